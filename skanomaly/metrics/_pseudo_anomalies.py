"""Pseudo-anomalies, generated from given rows to test a detector without labels."""

import numpy as np
from scipy.sparse import issparse


def uniform_rows(X, n_draws, random_state):
    """Draw rows uniformly from the bounding box of the rows of `X`.

    The result is of the type of `X` (array, pandas or polars frame).
    """
    rng = np.random.default_rng(random_state)
    return _like(X, _uniform(_numbers(X), n_draws, rng, margin=0.0))


def pseudo_anomalies(X, kind, n_draws, random_state):
    """Make `n_draws` pseudo-anomalies of a kind from `X`, of the type of `X`.

    Each kind breaks one property that rows of the normal class have:

    - "uniform": drawn from the box around the rows, a tenth wider on each side. Nearly
      all of them are far from every row, and a detector must not call that normal.
    - "permute": every column is drawn on its own from the observed values. The
      marginals stay, the dependence between columns is lost. Any column type works.
    - "expand": a row plus half the difference of two others. Directions of high
      variance stay, so these lie closest to the rows: the local anomalies.
    - "mixed": a third of each.
    """
    rng = np.random.default_rng(random_state)
    if kind == "permute":
        return _permute(X, n_draws, rng)
    makers = MAKERS if kind == "mixed" else {kind: MAKERS[kind]}
    values = _numbers(X)
    parts = np.array_split(np.arange(n_draws), len(makers))
    made = [
        make(values, len(part), rng)
        for make, part in zip(makers.values(), parts, strict=True)
    ]
    return _like(X, np.concatenate(made))


def _shuffled(values, n, rng):
    rows = rng.integers(len(values), size=(n, values.shape[1]))
    return np.take_along_axis(values, rows, axis=0)


def _uniform(values, n, rng, margin=0.1):
    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    rim = margin * (high - low)
    drawn = rng.uniform(low - rim, high + rim, size=(n, values.shape[1]))
    return drawn.astype(values.dtype)


def _expanded(values, n, rng, step=0.5):
    row, tip, foot = values[rng.integers(len(values), size=(3, n))]
    return row + step * (tip - foot)


MAKERS = {"uniform": _uniform, "permute": _shuffled, "expand": _expanded}
KINDS = (*MAKERS, "mixed")


def _permute(X, n, rng):
    """Draw every column independently; columns of a frame keep their types."""
    if not hasattr(X, "columns"):
        values = np.asarray(X)
        flat = values.reshape(len(values), -1)
        return _shuffled(flat, n, rng).reshape((n, *values.shape[1:]))
    rows = rng.integers(len(X), size=(len(X.columns), n))
    return type(X)(
        {name: _take(X[name], r) for name, r in zip(X.columns, rows, strict=True)}
    )


def _take(column, rows):
    """Take rows of a pandas or polars column, without its index."""
    return column.array[rows] if hasattr(column, "array") else column[rows]


def _numbers(X):
    """Return the rows of `X` as floats, of shape (n_samples, n_columns)."""
    if issparse(X):
        raise TypeError("X is sparse: this criterion needs dense rows, X.toarray().")
    values = np.asarray(X)
    if values.dtype.kind not in "buif":
        raise ValueError(
            f"X has columns that are not numbers (dtype {values.dtype}). Encode them "
            "first, or use anomaly_scorer('synthetic_roc_auc', kind='permute')."
        )
    dtype = values.dtype if values.dtype.kind == "f" else np.float64
    return values.reshape(len(values), -1).astype(dtype, copy=False)


def _like(X, values):
    """Give generated values, (n, n_columns), the type and the columns of `X`."""
    if hasattr(X, "columns"):
        return type(X)({name: values[:, j] for j, name in enumerate(X.columns)})
    return values.reshape((-1, *np.shape(X)[1:]))
