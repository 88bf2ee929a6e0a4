"""Far values that another column explains: lorries among cars."""

import numpy as np

__all__ = ["find_kinds", "is_of_kind"]

# A value of another column explains far values if so many rows have it, and nearly all
# of these are far.
MIN_ROWS, MIN_FAR = 3, 0.8
# A kind reaches that many times the distance of its quartiles beyond its median...
REACH = 4.0
# ... and at least this part of its distance from the rest of the column.
MIN_REACH = 0.02


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


def is_of_kind(kinds, scaled):
    """Which values lie in the range of one of the kinds."""
    low, high = kinds[:, 0], kinds[:, 1]
    inside = (scaled[..., None] >= low) & (scaled[..., None] <= high)
    return inside.any(axis=-1)
