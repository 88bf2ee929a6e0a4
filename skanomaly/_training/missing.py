"""Missing cells, which are NaN in standardized rows: they neither train nor score."""

import math

__all__ = ["filled", "known"]


def filled(x):
    """Rows with zero, the mean of a standardized column, in place of missing cells."""
    return x.nan_to_num(nan=0.0, posinf=math.inf, neginf=-math.inf)


def known(cells, x):
    """Errors or scores of cells, zero where the cell of `x` is missing.

    They have to be finite everywhere (computed from `filled` rows), or the gradient of
    what is replaced here would not be.
    """
    return cells.masked_fill(x.isnan(), 0.0)
