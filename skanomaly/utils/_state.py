"""Keep an estimator whole when a method fails half-way."""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["all_or_nothing"]


@contextmanager
def all_or_nothing(estimator: object) -> Iterator[None]:
    """Restore every attribute when the block fails; Ctrl-C is a failure too."""
    before = dict(estimator.__dict__)
    try:
        yield
    except BaseException:
        estimator.__dict__.clear()
        estimator.__dict__.update(before)
        raise
