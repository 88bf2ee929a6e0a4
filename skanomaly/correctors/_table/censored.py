"""Numbers of which only a bound is known: "<0.5", "100+", "> 200"."""

import re

import numpy as np

__all__ = ["bound_forms", "is_bound"]

# Fewer cells of one form may be slips of the pen.
MIN_CELLS = 3
_BOUND = re.compile(
    r"\s*(<=|>=|[<>\u2264\u2265])?\s*[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)\s*(\+)?\s*",
    re.ASCII,
)


def bound_forms(values, counts):
    """Forms of bounds that several cells of a column have: a set of (before, after)."""
    cells: dict = {}
    for form, count in zip(map(_form, values), np.asarray(counts), strict=True):
        if form is not None:
            cells[form] = cells.get(form, 0) + count
    return frozenset(form for form, count in cells.items() if count >= MIN_CELLS)


def is_bound(values, forms):
    """Which values have one of the forms."""
    return np.array([_form(value) in forms for value in values], dtype=bool)


def _form(value):
    """Sign before and after the number; None for what is no bound."""
    match = _BOUND.fullmatch(value) if isinstance(value, str) else None
    form = None if match is None else match.groups(default="")
    return form if form and any(form) and not all(form) else None
