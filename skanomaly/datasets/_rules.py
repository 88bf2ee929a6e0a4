"""Synthetic data whose anomalies follow a known rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from skanomaly.utils._checks import check_count, is_number
from skanomaly.utils._seeds import draw_seed
from skanomaly.utils._typing import RandomStateLike

# A request for all rows beyond this number is taken for a mistake.
MAX_ROWS = 10**7

BLOB_MEANS = ((-4.0, -4.0), (8.0, 8.0), (-4.0, 7.0))
BLOB_OF_ANOMALIES = (6.0, -4.0)
BLOB_VARIANCE = 2.0


def make_sum_limit(
    n_samples: int | Literal["all"] = 1000,
    *,
    n_features: int = 5,
    n_values: int | Sequence[int] = 4,
    limit: float = 10.5,
    as_frame: bool = False,
    random_state: RandomStateLike = None,
) -> tuple[Any, Any]:
    """Make rows of small integers; a row is anomalous if its sum exceeds a limit.

    Every cell is drawn uniformly from 0, 1, ..., number of values - 1. Lowering one
    cell usually repairs a row, and the minimum number of edits is easy to compute,
    which makes the set a test of correctors.

    Parameters
    ----------
    n_samples : int or "all", default=1000
        Number of rows. "all" gives every possible row once, in lexicographic order,
        for exact frequencies and conditional probabilities.
    n_features : int, default=5
        Number of columns. Not used if `n_values` is a sequence.
    n_values : int or sequence of int, default=4
        Number of values of every column, or of each.
    limit : float, default=10.5
        Rows whose sum is greater are anomalies.
    as_frame : bool, default=False
        Whether to return pandas objects, with columns "x_0", "x_1", ...
    random_state : int, RandomState instance or None, default=None
        Seed of the draws. Not used with ``n_samples="all"``.

    Returns
    -------
    X : ndarray or DataFrame of shape (n_samples, n_features)
        The rows, int64.
    y : ndarray or Series of shape (n_samples,)
        1 = anomaly, 0 = normal, int64.

    See Also
    --------
    make_no_repeats : A rule on which values occur together.

    Notes
    -----
    With the defaults 121 of the 1024 possible rows are anomalies (11.8 percent); with
    ``n_values=(2, 3, 5, 7, 11)`` and ``limit=15``, 414 of 2310 (17.9 percent).

    Examples
    --------
    >>> from skanomaly.datasets import make_sum_limit
    >>> X, y = make_sum_limit("all")
    >>> X.shape, int(y.sum())
    ((1024, 5), 121)
    >>> X, y = make_sum_limit(3, n_values=(2, 10), as_frame=True, random_state=0)
    >>> X.columns.tolist(), X.max().tolist() <= [1, 9]
    (['x_0', 'x_1'], True)
    """
    n_values = _check_n_values(n_values, n_features)
    _check_limit(limit)
    X = _draw_codes(n_samples, n_values, random_state)
    return _as_wanted(X, X.sum(axis=1) > limit, as_frame)


def make_no_repeats(
    n_samples: int | Literal["all"] = 1000,
    *,
    n_features: int = 3,
    values: str | Sequence[object] = "ABCD",
    as_frame: bool = False,
    random_state: RandomStateLike = None,
) -> tuple[Any, Any]:
    """Make rows of characters; a row is anomalous if one appears twice in it.

    Every cell is drawn uniformly from `values`. No column is informative on its own:
    only the combination of values is.

    Parameters
    ----------
    n_samples : int or "all", default=1000
        Number of rows. "all" gives every possible row once, in lexicographic order.
    n_features : int, default=3
        Number of columns, at most the number of values.
    values : str or sequence, default="ABCD"
        The values, all different: characters of a str, or any values.
    as_frame : bool, default=False
        Whether to return pandas objects, with columns "x_0", "x_1", ...
    random_state : int, RandomState instance or None, default=None
        Seed of the draws. Not used with ``n_samples="all"``.

    Returns
    -------
    X : ndarray or DataFrame of shape (n_samples, n_features)
        The rows; an array is of dtype object.
    y : ndarray or Series of shape (n_samples,)
        1 = anomaly, 0 = normal, int64.

    See Also
    --------
    make_sum_limit : A rule on the sum of a row.

    Notes
    -----
    With the defaults 40 of the 64 possible rows are anomalies (62.5 percent): more
    than are normal.

    Examples
    --------
    >>> from skanomaly.datasets import make_no_repeats
    >>> X, y = make_no_repeats("all")
    >>> X[6].tolist(), int(y[6]), int(y.sum())
    (['A', 'B', 'C'], 0, 40)
    """
    values = _check_values(values, n_features)
    X = _draw_codes(n_samples, (len(values),) * n_features, random_state)
    ordered = np.sort(X, axis=1)
    repeats = (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)
    return _as_wanted(values[X], repeats, as_frame)


def make_gaussian_blobs(
    n_samples: int | Sequence[int] = (1000, 2000, 1500),
    *,
    n_anomalies: int = 2500,
    as_frame: bool = False,
    random_state: RandomStateLike = None,
) -> tuple[Any, Any]:
    """Make three normal blobs in the plane and a fourth, anomalous one.

    The normal blobs have the means (-4, -4), (8, 8) and (-4, 7), the anomalous one
    (6, -4); all have the covariance 2 I. A corrector fitted on the normal rows
    should move the anomalous rows to the three blobs.

    Parameters
    ----------
    n_samples : int or sequence of three ints, default=(1000, 2000, 1500)
        Number of rows of every normal blob, or of each.
    n_anomalies : int, default=2500
        Number of rows of the anomalous blob.
    as_frame : bool, default=False
        Whether to return pandas objects, with columns "x_0" and "x_1".
    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    Returns
    -------
    X : ndarray or DataFrame of shape (n_rows, 2)
        The rows, float64, shuffled.
    y : ndarray or Series of shape (n_rows,)
        1 = anomaly, 0 = normal, int64.

    See Also
    --------
    make_sum_limit : Rows of integers.

    Examples
    --------
    >>> from skanomaly.datasets import make_gaussian_blobs
    >>> X, y = make_gaussian_blobs(100, n_anomalies=50, random_state=0)
    >>> X.shape, int(y.sum())
    ((350, 2), 50)
    >>> X[y == 1].mean(axis=0).round().tolist()
    [6.0, -4.0]
    """
    counts: Any = n_samples
    counts = [counts] * 3 if np.ndim(counts) == 0 else list(counts)
    if len(counts) != 3:
        raise ValueError(f"n_samples={n_samples!r}: give an int, or three.")
    counts = [check_count("n_samples", n, least=0) for n in counts]
    counts.append(check_count("n_anomalies", n_anomalies, least=0))
    rng = np.random.default_rng(draw_seed(random_state))
    blob = rng.permutation(np.repeat(np.arange(4), counts))
    means = np.array([*BLOB_MEANS, BLOB_OF_ANOMALIES])
    noise = rng.normal(scale=np.sqrt(BLOB_VARIANCE), size=(len(blob), 2))
    return _as_wanted(means[blob] + noise, blob == 3, as_frame)


def _draw_codes(n_samples, n_values, random_state):
    """Return rows of integers below `n_values`: random ones, or each once."""
    if isinstance(n_samples, str) and n_samples == "all":
        return _every_row(n_values)
    n_samples = check_count("n_samples", n_samples, or_else=' or "all"')
    rng = np.random.default_rng(draw_seed(random_state))
    return rng.integers(n_values, size=(n_samples, len(n_values)))


def _every_row(n_values):
    # In floats, so that a product beyond int64 does not overflow.
    n_rows = np.prod(n_values, dtype=np.float64)
    if n_rows > MAX_ROWS:
        raise ValueError(
            f'n_samples="all" means {n_rows:.3g} rows; {MAX_ROWS} is the maximum.'
        )
    return np.indices(n_values, dtype=np.int64).reshape(len(n_values), -1).T


def _check_n_values(n_values, n_features):
    if np.ndim(n_values) == 0:
        n_features = check_count("n_features", n_features)
        n_values = (n_values,) * n_features
    if len(n_values) == 0:
        raise ValueError("n_values is empty: give one number for each column.")
    return tuple(check_count("n_values", n) for n in n_values)


def _check_limit(limit):
    if not is_number(limit) or np.isnan(float(limit)):
        raise ValueError(f"limit={limit!r}: give a number.")


def _check_values(values, n_features):
    n_features = check_count("n_features", n_features)
    found = np.empty(len(values), dtype=object)
    found[:] = list(values)
    if len(set(found)) < len(found):
        raise ValueError(f"values={values!r}: all must be different.")
    if n_features > len(found):
        raise ValueError(
            f"n_features={n_features}: at most {len(found)}, the number of values, "
            "else every row has a repeated value."
        )
    return found


def _as_wanted(X, is_anomaly, as_frame):
    y = is_anomaly.astype(np.int64)
    if not as_frame:
        return np.ascontiguousarray(X), y
    import pandas as pd

    names = [f"x_{j}" for j in range(X.shape[1])]
    return pd.DataFrame(X, columns=names).infer_objects(), pd.Series(y, name="target")
