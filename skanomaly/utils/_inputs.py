"""Refuse what scikit-learn would silently turn into numbers."""

import datetime
from collections.abc import Container
from numbers import Integral
from typing import Any

import numpy as np

# Types that a model takes without a copy; everything else becomes float64. The first
# is the type that scikit-learn converts to.
NUMERIC_DTYPES = [
    np.float64, np.float32, np.uint8, np.int8, np.int16, np.int32, np.int64,
]  # fmt: skip

# Prefixes of the names of non-numeric dtypes in numpy, pandas and polars.
KINDS = {
    "date": ("date", "<m8", "timedelta", "duration", "time", "period"),
    "text": ("<u", "|s", "str", "category", "categorical", "enum", "utf8"),
    "object": ("object",),
}

DATE_TYPES = (datetime.date, datetime.timedelta, np.datetime64, np.timedelta64)


def column_name(estimator: object, index: int) -> str:
    """Name of a column as the user knows it: its label, else its position."""
    names = getattr(estimator, "feature_names_in_", None)
    return repr(str(names[index])) if names is not None else str(index)


def check_ignored_labels(X: Any, y: Any) -> None:
    """Refuse labels of other rows: they are ignored, but hint at a mistake."""
    n_rows, n_labels = _length(X), _length(y)
    if n_rows is not None and n_labels is not None and n_rows != n_labels:
        raise ValueError(
            f"X has {n_rows} rows, but y has {n_labels} labels. y is ignored here; "
            "leave it out, or pass one label for each row."
        )


def _length(values):
    """How many rows or labels; None if that cannot be told."""
    if getattr(values, "shape", ()):
        return values.shape[0]
    return len(values) if isinstance(values, list | tuple) else None


ADVICE = "encode it first, for instance with sklearn.preprocessing.OneHotEncoder."


def refuse_non_numeric(
    X: object, but: Container[int] = (), advice: str = ADVICE
) -> None:
    """Raise for masked arrays, dates and strings, naming the column.

    Columns at the positions `but` are left out; `advice` is what to do about text.

    `check_array` ignores the mask, reads dates as nanoseconds and parses strings that
    look like numbers: three ways to train silently on meaningless values.
    """
    if isinstance(X, np.ma.MaskedArray):
        raise TypeError(
            "X is a masked array, whose mask would be ignored. Masked arrays are not "
            "supported; pass X.filled(np.nan) to an imputer first."
        )
    for j, (name, values, dtype) in enumerate(_columns(X)):
        if j in but:
            continue
        kind = dtype_kind(dtype)
        if kind == "object":
            kind = _kind_of_cells(values)
        if kind == "date":
            raise TypeError(
                f"{name} holds dates or times (dtype {dtype}): convert it to a number "
                "first, for instance to the seconds since a reference date."
            )
        if kind == "text":
            raise ValueError(f"{name} is text (dtype {dtype}), not numeric: {advice}")


def _columns(X):
    """Triples (name, values, dtype), one for each column; one in all for an array."""
    if hasattr(X, "columns") and hasattr(X, "dtypes"):
        names = [f"column {str(name)!r} of X" for name in X.columns]
        values = (X.iloc[:, j] for j in range(len(names))) if hasattr(X, "iloc") else X
        return zip(names, values, X.dtypes, strict=True)
    if hasattr(X, "dtype"):
        return [("X", X, X.dtype)]
    return [("X", X, "object")] if isinstance(X, list | tuple) else []


def dtype_kind(dtype):
    """Kind of the cells of a dtype: "date", "text", "object" or "number"."""
    text = str(dtype).lower()
    found = (kind for kind, prefixes in KINDS.items() if text.startswith(prefixes))
    return next(found, "number")


def _kind_of_cells(values):
    """Kind of the first non-numeric cell; object columns are checked cell by cell."""
    if isinstance(values, np.ndarray) and values.dtype != object:
        return dtype_kind(values.dtype)
    found = (kind for kind in map(kind_of_cell, values) if kind != "number")
    return next(found, "number")


def kind_of_cell(cell):
    """Kind of a cell: "date", "text" or "number"."""
    if isinstance(cell, str | bytes):
        return "text"
    if isinstance(cell, DATE_TYPES):
        return "date"
    if isinstance(cell, list | tuple | np.ndarray):
        return _kind_of_cells(cell)
    return "number"


def with_first_bad_cell(message: str, X: object) -> str:
    """Add to scikit-learn's message of NaN or infinity where the first one is.

    Parameters
    ----------
    message : str
        Any message; one of another kind is returned as it is.
    X : array-like
        The rows, as the user gave them.

    Returns
    -------
    str
        The message, its first line with the row and the column.
    """
    first, line, rest = message.partition("\n")
    if "NaN" not in first and "infinity" not in first:
        return message
    try:
        bad = np.argwhere(~np.isfinite(np.asarray(X, dtype=np.float64)))
    except (TypeError, ValueError):  # sparse, or cells that only a frame can hold
        return message
    if not len(bad) or bad.shape[1] != 2:
        return message
    i, j = bad[0]
    names = getattr(X, "columns", None)
    name = j if names is None else repr(str(names[j]))
    return f"{first} The first is in row {i}, column {name}.{line}{rest}"


def check_n_samples(n_samples, name="n_samples"):
    """Refuse numbers of rows that cannot be."""
    if not isinstance(n_samples, Integral) or n_samples < 1:
        raise ValueError(f"{name}={n_samples!r} must be an integer above 0.")
