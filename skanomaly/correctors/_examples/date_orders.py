"""Dates of three numbers: which orders of day, month and year fit a column."""

import re
from datetime import date

__all__ = ["date_orders", "is_possible"]

_DATE = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})")
ORDERS = ("mdy", "dmy", "ymd")
# Two right dates say in which order the others are, one may be so by chance.
MIN_DATES = 2


def date_orders(texts):
    """Return the orders in which all texts that look like dates are dates.

    Empty where there are too few of them, or where no order fits them all.
    """
    numbers = [n for n in map(_numbers, set(texts)) if n is not None]
    if len(numbers) < MIN_DATES:
        return ()
    return tuple(o for o in ORDERS if all(_is_date(n, o) for n in numbers))


def is_possible(text, orders):
    """Tell whether a text is a date in one of the orders, or does not look like one."""
    numbers = _numbers(text) if orders else None
    return numbers is None or any(_is_date(numbers, order) for order in orders)


def _numbers(text):
    match = _DATE.fullmatch(text or "")
    return None if match is None else [int(match[k]) for k in (1, 3, 4)]


def _is_date(numbers, order):
    year, month, day = (numbers[order.index(part)] for part in "ymd")
    try:
        date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return False
    return True
