"""Checks of single arguments: the message names it, what came, and what to write."""

from numbers import Integral, Real

import numpy as np


def is_number(value: object) -> bool:
    """Whether `value` is a real number; truth values are none."""
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_))


def check_fraction(name: str, value: float, *, upper_closed: bool = True) -> None:
    """Raise unless `value` is a number in (0, 1], or in (0, 1)."""
    if not is_number(value) or not (0 < value < 1 or (upper_closed and value == 1)):
        interval = "(0, 1]" if upper_closed else "(0, 1)"
        raise ValueError(f"{name}={value!r}: give a number in {interval}.")


def check_count(name: str, count: int, *, least: int = 1, or_else: str = "") -> int:
    """Return an integer of `least` or more; `or_else` names what else is taken."""
    is_count = isinstance(count, Integral) and not isinstance(count, bool)
    if not is_count or count < least:
        raise ValueError(f"{name}={count!r}: give an int of at least {least}{or_else}.")
    return int(count)
