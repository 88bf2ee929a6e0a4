"""Refuse what scikit-learn would silently turn into numbers."""

import numpy as np

__all__ = ["refuse_non_numeric", "column_name"]

# What a model can be fed without a copy; everything else becomes float64. The first
# is what scikit-learn converts to.
NUMERIC_DTYPES = [
    np.float64, np.float32, np.uint8, np.int8, np.int16, np.int32, np.int64,
]  # fmt: skip


def column_name(estimator, index):
    """Name of a column as the user knows it: its label, else its position."""
    names = getattr(estimator, "feature_names_in_", None)
    return repr(str(names[index])) if names is not None else str(index)


def refuse_non_numeric(X):
    """Raise for masked arrays, dates and strings, naming the column.

    `check_array` ignores the mask, reads dates as nanoseconds and parses strings that
    look like numbers: three ways to train on nonsense without a word.
    """
    if isinstance(X, np.ma.MaskedArray):
        raise TypeError(
            "X is a masked array, whose mask would be ignored. Masked arrays are not "
            "supported; pass X.filled(np.nan) to an imputer first."
        )
    for name, dtype in _columns(X):
        kind = _kind(dtype)
        if kind == "date":
            raise TypeError(
                f"{name} is {dtype}: convert it to a number first, "
                "for instance to the seconds since a reference date."
            )
        if kind == "text":
            raise ValueError(
                f"{name} is {dtype}, not numeric: encode it first, "
                "for instance with sklearn.preprocessing.OneHotEncoder."
            )


def _columns(X):
    """Pairs (name, dtype): one a column for data frames, one in all for arrays."""
    if hasattr(X, "columns") and hasattr(X, "dtypes"):
        names = (f"column {str(name)!r} of X" for name in X.columns)
        return list(zip(names, X.dtypes, strict=True))
    return [("X", X.dtype)] if hasattr(X, "dtype") else []


def _kind(dtype):
    text = str(dtype).lower()
    if text.startswith(("date", "<m8", "timedelta", "duration", "time", "period")):
        return "date"
    if text.startswith(("<u", "|s", "str", "category", "categorical", "utf8")):
        return "text"
    return "number"
