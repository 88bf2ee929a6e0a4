"""Distances between the empirical distributions of the rows of two tables."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from skanomaly.metrics._codes import check_tables, joint_codes
from skanomaly.utils._typing import IntArray, MatrixLike


def total_variation(A: MatrixLike, B: MatrixLike) -> float:
    r"""Total variation distance between the rows of two tables.

    .. math::
        \tfrac12 \sum_r \left| \frac{n_A(r)}{|A|} - \frac{n_B(r)}{|B|} \right|

    over all distinct rows :math:`r`, where :math:`n_A(r)` counts the rows of `A` equal
    to it. The order of rows does not matter.

    Parameters
    ----------
    A, B : DataFrame or array-like of shape (n_samples, n_features)
        Tables of the same columns, of any types; numbers of rows may differ.

    Returns
    -------
    distance : float
        0 for equal frequencies of all rows, 1 if no row is in both tables.

    See Also
    --------
    pairwise_total_variation : Does not saturate with many columns.

    Notes
    -----
    Missing values are equal to each other. Small samples are far apart even if they
    come from one distribution, and where rows are nearly unique the distance is near 1
    whatever the tables: compare it with the distance between two real samples of the
    same sizes.

    Examples
    --------
    >>> from skanomaly.metrics import total_variation
    >>> total_variation([["a", 1], ["b", 2]], [["b", 2], ["c", 3]])
    0.5
    """
    (a, b), n_values = joint_codes(check_tables({"A": A, "B": B}))
    return joint_variation(a, b, n_values)


def pairwise_total_variation(A: MatrixLike, B: MatrixLike) -> float:
    """Mean total variation distance over all pairs of columns.

    Compares the joint distributions of two columns at a time, and so distinguishes a
    good sample from noise where whole rows are nearly unique.

    Parameters
    ----------
    A, B : DataFrame or array-like of shape (n_samples, n_features)
        Tables of the same two or more columns, of any types.

    Returns
    -------
    distance : float
        Between 0 and 1, lower is more similar. Its floor is the distance between two
        real samples of the same sizes.

    See Also
    --------
    total_variation : The distance for whole rows.

    Examples
    --------
    >>> from skanomaly.metrics import pairwise_total_variation
    >>> pairwise_total_variation([[0, 0, 0], [1, 1, 1]], [[0, 0, 1], [1, 1, 0]])
    0.6666666666666666
    """
    (a, b), n_values = joint_codes(check_tables({"A": A, "B": B}))
    if len(n_values) < 2:
        raise ValueError("A and B have one column: two or more are needed.")
    return pairwise_variation(a, b, n_values)


def joint_variation(a: IntArray, b: IntArray, n_values: Sequence[int]) -> float:
    """Distance between rows of integers, each column below its `n_values`."""
    codes = np.concatenate([a, b])
    rows = np.zeros(len(codes), dtype=np.int64)
    for column, n in zip(codes.T, n_values, strict=True):
        # Renumbered after each column, the products stay far below the limit of int64.
        rows = pd.factorize(rows * n + column)[0]
    return _variation(rows, len(a))


def pairwise_variation(a: IntArray, b: IntArray, n_values: Sequence[int]) -> float:
    """Mean distance over pairs of columns of integers."""
    codes = np.concatenate([a, b])
    distances = [
        _variation(pd.factorize(codes[:, i] * n_values[j] + codes[:, j])[0], len(a))
        for i, j in combinations(range(len(n_values)), 2)
    ]
    return float(np.mean(distances))


def _variation(ids, n_a):
    """Distance between `ids[:n_a]` and the rest, numbers from 0 on."""
    n_ids, n_b = ids.max() + 1, len(ids) - n_a
    count_a = np.bincount(ids[:n_a], minlength=n_ids)
    count_b = np.bincount(ids[n_a:], minlength=n_ids)
    # In integers, so that the result does not depend on the order of the rows.
    return float(np.abs(count_a * n_b - count_b * n_a).sum() / (2 * n_a * n_b))
