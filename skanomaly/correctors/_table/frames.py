"""Tables of any type as pandas frames, and their single cells."""

from os import PathLike

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.utils import check_array

__all__ = [
    "MISSING",
    "cells_of",
    "is_polars",
    "label_keys",
    "polars_cells",
    "to_array",
    "to_frame",
]

MISSING = -1  # the code of a cell without a value, and of a value never seen in `fit`


def to_frame(X):
    """Return the table as a pandas frame; cells stay the objects that they are.

    Raises
    ------
    TypeError, ValueError
        For sparse input, masked arrays, complex numbers and anything that is not
        two-dimensional, in scikit-learn's words.
    """
    if isinstance(X, pd.DataFrame):
        _require_cells(X)
        return X
    if is_polars(X):
        _require_cells(X)
        columns = {name: polars_cells(X[name]) for name in X.columns}
        return pd.DataFrame(columns)
    array = to_array(X)
    return pd.DataFrame(array).infer_objects()


def to_array(X):
    """Return nested lists and arrays as a checked array, of objects where mixed."""
    _require_table(X)
    if issparse(X):
        check_array(X)  # raises scikit-learn's own message
    if isinstance(X, np.ma.MaskedArray):
        raise TypeError(
            "X is a masked array, whose mask would be ignored; pass X.filled(np.nan)."
        )
    if isinstance(X, list | tuple):
        X = _from_lists(X)
    return check_array(X, dtype=None, ensure_all_finite=False)


def _require_table(X):
    """Say how to make a table of what is often passed in its place."""
    if isinstance(X, str | PathLike):
        reader = "parquet" if str(X).lower().endswith((".parquet", ".pq")) else "csv"
        raise TypeError(
            f"X must be a table, got the path {str(X)!r}: read the file first, "
            f"X = pandas.read_{reader}({str(X)!r})."
        )
    if isinstance(X, pd.Series) or type(X).__name__ == "Series":
        raise ValueError(
            "X must be a table of two dimensions, got a Series: pass X.to_frame()."
        )


def label_keys(table):
    """One number for each index label of a pandas frame, None for other tables."""
    if not isinstance(table, pd.DataFrame):
        return None
    try:
        keys = pd.util.hash_pandas_object(table.index, index=False)
    except (TypeError, ValueError):  # labels of several types, or no valid Unicode
        labels = np.array([ascii(label) for label in table.index], dtype=object)
        return pd.util.hash_array(labels).astype(np.uint64)
    return keys.to_numpy(np.uint64)


def cells_of(X, rows, columns):
    """Cells of a table as an array of objects, exactly as they are."""
    cells = np.empty(len(rows), dtype=object)
    for j in np.unique(columns):
        here = columns == j
        cells[here] = _column_cells(X, int(j))[rows[here]]
    return cells


def polars_cells(series):
    """Cells of a polars series as Python objects."""
    cells = np.empty(len(series), dtype=object)
    cells[:] = series.to_list()
    return cells


def is_polars(X):
    """Whether a table is a polars frame, without importing polars."""
    return type(X).__module__.partition(".")[0] == "polars" and hasattr(X, "to_series")


def _column_cells(X, j):
    if isinstance(X, pd.DataFrame):
        return X.iloc[:, j].astype(object).to_numpy(dtype=object)
    if is_polars(X):
        return polars_cells(X.to_series(j))
    return to_array(X)[:, j].astype(object)


def _from_lists(X):
    """Rows as an array; strings beside numbers must not all become strings."""
    array = np.asarray(X, dtype=object)
    kinds = {type(cell) for cell in array.ravel()}
    return array if any(issubclass(k, str | bytes) for k in kinds) else np.asarray(X)


def _require_cells(X):
    for count, what, axis in [(X.shape[0], "sample", 0), (X.shape[1], "feature", 1)]:
        if count < 1:
            raise ValueError(
                f"Found array with 0 {what}(s) (shape={X.shape}) while a minimum of 1 "
                f"is required: the table is empty along axis {axis}."
            )
