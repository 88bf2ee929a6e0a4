"""Refuse what scikit-learn would silently turn into numbers."""

import datetime

import numpy as np

__all__ = ["NUMERIC_DTYPES", "column_name", "refuse_non_numeric"]

# Types that a model takes without a copy; everything else becomes float64. The first
# is the type that scikit-learn converts to.
NUMERIC_DTYPES = [
    np.float64, np.float32, np.uint8, np.int8, np.int16, np.int32, np.int64,
]  # fmt: skip

# Prefixes of the names of non-numeric dtypes in numpy, pandas and polars.
DATE_DTYPES = ("date", "<m8", "timedelta", "duration", "time", "period")
TEXT_DTYPES = ("<u", "|s", "str", "category", "categorical", "enum", "utf8")

DATE_TYPES = (datetime.date, datetime.timedelta, np.datetime64, np.timedelta64)


def column_name(estimator: object, index: int) -> str:
    """Name of a column as the user knows it: its label, else its position."""
    names = getattr(estimator, "feature_names_in_", None)
    return repr(str(names[index])) if names is not None else str(index)


def refuse_non_numeric(X: object) -> None:
    """Raise for masked arrays, dates and strings, naming the column.

    `check_array` ignores the mask, reads dates as nanoseconds and parses strings that
    look like numbers: three ways to train silently on meaningless values.
    """
    if isinstance(X, np.ma.MaskedArray):
        raise TypeError(
            "X is a masked array, whose mask would be ignored. Masked arrays are not "
            "supported; pass X.filled(np.nan) to an imputer first."
        )
    for name, values, dtype in _columns(X):
        kind = _kind(dtype)
        if kind == "object":
            kind = _kind_of_cells(values)
        if kind == "date":
            raise TypeError(
                f"{name} holds dates or times (dtype {dtype}): convert it to a number "
                "first, for instance to the seconds since a reference date."
            )
        if kind == "text":
            raise ValueError(
                f"{name} is text (dtype {dtype}), not numeric: encode it first, "
                "for instance with sklearn.preprocessing.OneHotEncoder."
            )


def _columns(X):
    """Triples (name, values, dtype), one for each column; one in all for an array."""
    if hasattr(X, "columns") and hasattr(X, "dtypes"):
        names = [f"column {str(name)!r} of X" for name in X.columns]
        values = (X.iloc[:, j] for j in range(len(names))) if hasattr(X, "iloc") else X
        return zip(names, values, X.dtypes, strict=True)
    if hasattr(X, "dtype"):
        return [("X", X, X.dtype)]
    return [("X", X, "object")] if isinstance(X, list | tuple) else []


def _kind(dtype):
    text = str(dtype).lower()
    for kind, beginnings in [
        ("date", DATE_DTYPES),
        ("text", TEXT_DTYPES),
        ("object", ("object",)),
    ]:
        if text.startswith(beginnings):
            return kind
    return "number"


def _kind_of_cells(values):
    """Kind of the first non-numeric cell; object columns are checked cell by cell."""
    if isinstance(values, np.ndarray) and values.dtype != object:
        return _kind(values.dtype)
    for kind in map(_kind_of_cell, values):
        if kind != "number":
            return kind
    return "number"


def _kind_of_cell(cell):
    if isinstance(cell, str | bytes):
        return "text"
    if isinstance(cell, DATE_TYPES):
        return "date"
    if isinstance(cell, list | tuple | np.ndarray):
        return _kind_of_cells(cell)
    return "number"
