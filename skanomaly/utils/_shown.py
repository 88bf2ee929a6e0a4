"""Cells and labels as messages show them."""

import numpy as np

__all__ = ["shown"]


def shown(value):
    """Return a cell or a label as a person would type it: 3, and not np.int64(3)."""
    return repr(_plain(value))


def _plain(value):
    if isinstance(value, tuple):  # a label of several levels
        return tuple(map(_plain, value))
    if isinstance(value, np.datetime64 | np.timedelta64):
        return str(value)  # `item` would make some of these whole numbers
    return value.item() if isinstance(value, np.generic) else value
