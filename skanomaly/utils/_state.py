"""The state of an estimator: replaced as a whole, and read as a whole.

Threads may then score while another one fits the same object: each result is of one
fit, the earlier or the later one. Attributes that are set one after the other would mix
the network of one fit with the threshold of another.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

__all__ = ["all_or_nothing", "of_one_fit"]

Method = TypeVar("Method", bound=Callable[..., Any])


def _snapshot(estimator):
    """Object with the same attributes, in a dictionary of its own.

    Not by `copy.copy`, which pickles; copying a dictionary is one step for all threads.
    """
    twin = object.__new__(type(estimator))
    twin.__dict__ = estimator.__dict__.copy()
    return twin


def all_or_nothing(learn: Method) -> Method:
    """Let a method that sets attributes and returns `self` set all of them, or none.

    It works on a copy, whose attributes become those of the object in one assignment.
    When it fails, by Ctrl-C too, the object has not been touched.
    """

    @wraps(learn)
    def learn_aside(self, *args, **kwargs):
        learned = learn(_snapshot(self), *args, **kwargs)
        self.__dict__ = learned.__dict__
        return self

    return learn_aside  # type: ignore[return-value]


def of_one_fit(read: Method) -> Method:
    """Let a method that reads several attributes see those of one fit."""

    @wraps(read)
    def read_snapshot(self, *args, **kwargs):
        return read(_snapshot(self), *args, **kwargs)

    return read_snapshot  # type: ignore[return-value]
