"""Far values that another column explains: lorries among cars."""

import numpy as np
from scipy.stats import binom

__all__ = ["find_explained", "find_kinds", "is_of_kind", "levels_of"]

# A value of another column explains far values if so many rows have it, and nearly all
# of these are far.
MIN_ROWS, MIN_FAR = 3, 0.8
# A kind reaches that many times the distance of its quartiles beyond its median...
REACH = 4.0
# ... and at least this part of its distance from the rest of the column.
MIN_REACH = 0.02
# Numbers are compared in so many parts of about the same size.
N_PARTS = 10
# The rows of one far value would share something by such a chance.
SIGNIFICANT = 0.01


def find_kinds(scaled, far, codes):
    """Ranges of far values that belong to categories of other columns.

    Parameters
    ----------
    scaled : float array of shape (n,)
        A column on its scale, NaN is missing.
    far : bool array of shape (n,)
        Which values are far from the rest.
    codes : int array of shape (n, d)
        Categories of the other columns, -1 is missing.

    Returns
    -------
    ndarray of shape (k, 2)
        Least and greatest value of each kind.
    """
    known = np.isfinite(scaled)
    if far.sum() < MIN_ROWS:
        return np.empty((0, 2))
    middle = np.median(scaled[known & ~far])
    found = [
        _range_of(scaled[known & far & (codes[:, c] == code)], middle)
        for c in range(codes.shape[1])
        for code in _far_categories(codes[known, c], far[known])
    ]
    return np.array(found).reshape(-1, 2)


def _far_categories(codes, far):
    there = codes >= 0
    n = np.bincount(codes[there])
    n_far = np.bincount(codes[there & far], minlength=len(n))
    return np.flatnonzero((n_far >= MIN_ROWS) & (n_far >= MIN_FAR * n))


def _range_of(values, middle):
    """Range of one kind; a few wild values of its rows do not matter."""
    low, center, high = np.quantile(values, [0.25, 0.5, 0.75])
    reach = max(REACH * (high - low), MIN_REACH * abs(center - middle))
    return center - reach, center + reach


def levels_of(values, far):
    """Which tenth of a column each number is in; one more for all `far` ones.

    -1 is missing.
    """
    known = np.isfinite(values)
    out = np.where(known & far, N_PARTS, -1)
    known &= ~far
    if known.any():
        parts = np.arange(1, N_PARTS) / N_PARTS
        ends = np.unique(np.quantile(values[known], parts, method="lower"))
        out[known] = np.searchsorted(ends, values[known])
    return out


def find_explained(scaled, same, levels):
    """Ranges of far values whose rows nearly all share a level of another column.

    Errors come anywhere; what only one doctor's patients have is no error.

    Parameters
    ----------
    scaled : float array of shape (n,)
        A column on its scale, NaN is missing.
    same : list of bool arrays of shape (n,)
        The rows of each of the values.
    levels : int array of shape (n, d)
        What the other columns have, -1 is missing.
    """
    found = [
        _range_of(scaled[rows], np.nanmedian(scaled))
        for rows in same
        if any(_is_shared(rows, column, levels.shape[1]) for column in levels.T)
    ]
    return np.array(found).reshape(-1, 2)


def _is_shared(rows, column, n_columns):
    """Whether these rows have one level of a column far more often than by chance."""
    there = column >= 0
    n_all, n_here = np.bincount(column[there]), np.bincount(column[there & rows])
    if not n_here.sum():
        return False
    top, n_rows = n_here.argmax(), n_here.sum()
    chance = binom.sf(n_here[top] - 1, n_rows, n_all[top] / there.sum())
    n_tried = np.count_nonzero(n_all) * n_columns
    return n_here[top] >= MIN_FAR * n_rows and chance * n_tried < SIGNIFICANT


def is_of_kind(kinds, scaled):
    """Which values lie in the range of one of the kinds."""
    low, high = kinds[:, 0], kinds[:, 1]
    inside = (scaled[..., None] >= low) & (scaled[..., None] <= high)
    return inside.any(axis=-1)
