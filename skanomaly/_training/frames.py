"""Frames of pandas and polars: which columns are categories, and results as frames."""

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from skanomaly._training.categories import distinct_values
from skanomaly.utils._inputs import dtype_kind, kind_of_cell

__all__ = ["categorical_columns", "frame_of", "has_objects", "in_form_of", "is_frame"]


def is_frame(X):
    """Whether a table has columns with a dtype each."""
    return hasattr(X, "columns") and hasattr(X, "dtypes")


def has_objects(X):
    """Whether a frame has a column of objects: its missing cells may be of any kind."""
    return is_frame(X) and any(dtype_kind(dtype) == "object" for dtype in X.dtypes)


def frame_of(X):
    """Table as a frame of pandas."""
    if isinstance(X, pd.DataFrame):
        return X
    if issparse(X):
        raise TypeError(
            "X is sparse, and some of its columns are categories: give a DataFrame, "
            "or X.toarray()."
        )
    if is_frame(X):
        return pd.DataFrame({name: _pandas_column(X[name]) for name in X.columns})
    # A list of numbers and text would become an array of text.
    dtype = object if isinstance(X, list | tuple) else None
    return pd.DataFrame(np.asarray(X, dtype=dtype))


def _pandas_column(series):
    if dtype_kind(series.dtype) == "number" and series.dtype.is_numeric():
        return pd.Series(series.to_numpy())
    return pd.Series(series.to_list(), dtype=object)


def categorical_columns(X, features):
    """Positions of the columns that are categories.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        The table of `fit`.
    features : "from_dtype", None, or array-like of bool, int or str
        As the user gave it.

    Returns
    -------
    set of int
    """
    if features is None:
        return set()
    if isinstance(features, str):  # "from_dtype"
        return _by_dtype(frame_of(X)) if is_frame(X) else set()
    return _chosen(X, np.asarray(features), features)


def _by_dtype(frame):
    columns = ((j, frame.iloc[:, j]) for j in range(frame.shape[1]))
    return {j for j, values in columns if _is_category(frame.columns[j], values)}


def _is_category(name, values):
    """Whether a column holds text, truth values, or is declared as categories."""
    kind = dtype_kind(values.dtype)
    if kind != "object":
        return kind == "text" or str(values.dtype).lower().startswith("bool")
    _, distinct = distinct_values(f"column {str(name)!r} of X", values)
    kinds = {kind_of_cell(value) for value in distinct}
    has_truth = any(isinstance(value, bool | np.bool_) for value in distinct)
    return "date" not in kinds and ("text" in kinds or has_truth)


def _chosen(X, array, features):
    names, n = _names_and_number(X)
    if array.dtype.kind == "b" and array.shape == (n,):
        return set(np.flatnonzero(array).tolist())
    if array.size == 0:
        return set()
    if array.dtype.kind in "iu" and 0 <= array.min() <= array.max() < n:
        return set(array.tolist())
    if array.dtype.kind in "OU" and names is not None:
        unknown = [name for name in array.tolist() if name not in names]
        if not unknown:
            return {names.index(name) for name in array.tolist()}
        raise ValueError(
            f"categorical_features names {unknown[0]!r}, but X has no such column; it "
            f"has {', '.join(map(repr, names[:10]))}."
        )
    raise ValueError(
        f"categorical_features={features!r} does not fit X with {n} columns: give "
        f"their positions (0 to {n - 1}), a mask of {n} truth values, or, for a "
        "DataFrame, their names."
    )


def _names_and_number(X):
    if is_frame(X):
        return list(X.columns), len(X.columns)
    shape = X.shape if issparse(X) else np.shape(X)
    return None, shape[1] if len(shape) > 1 else 0


def in_form_of(X, columns):
    """Columns as a frame like `X`, or as an array.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        What the user gave.
    columns : list of ndarray
        The columns of the result.
    """
    if isinstance(X, pd.DataFrame):
        series = [
            pd.Series(_like(column, dtype), index=X.index)
            for column, dtype in zip(columns, X.dtypes, strict=True)
        ]
        frame = pd.concat(series, axis=1).infer_objects()
        frame.columns = X.columns
        return frame
    if is_frame(X):
        pairs = zip(X.columns, columns, strict=True)
        return type(X)({name: column.tolist() for name, column in pairs})
    return np.column_stack(columns)


def _like(column, dtype):
    """Values as categories where those of `X` are."""
    if column.dtype != object or not isinstance(dtype, pd.CategoricalDtype):
        return column
    others = pd.Index(column).unique().difference(dtype.categories, sort=False)
    return pd.Categorical(column, dtype.categories.append(others))
