"""Values that a person typed, or a file brought back, as their column holds them."""

import numpy as np
import pandas as pd

from skanomaly.utils._shown import shown

__all__ = ["as_column_holds", "is_missing", "same_text", "same_values"]


def is_missing(value):
    """Tell whether an entry says nothing: None, NaN or an empty text."""
    return value == "" if isinstance(value, str) else _is_na(value)


def _is_na(value):
    return bool(np.ndim(value) == 0 and pd.isna(value))


def same_values(left, right):
    """Tell which cells of two arrays of objects are equal; missing equals missing."""
    equal = np.frompyfunc(_is_equal, 2, 1)(left, right)
    return np.asarray(equal, dtype=bool)


def _is_equal(a, b):
    if a is b:
        return True
    if _is_na(a) or _is_na(b):
        return _is_na(a) and _is_na(b)
    try:
        return bool(a == b)
    except (TypeError, ValueError):  # a date with a zone and one without
        return False


def same_text(left, right):
    """Tell whether two values are the same as a file would hold them."""
    if is_missing(left) or is_missing(right):
        return is_missing(left) and is_missing(right)
    return _text(left) == _text(right)


def _text(value):
    if isinstance(value, bool | np.bool_) or not isinstance(
        value, int | float | np.number
    ):
        text = str(value)
        return text.removesuffix(" 00:00:00")
    return f"{value:.15g}"


def as_column_holds(cells, values):
    """Return values in the type of a column's cells, an array of objects.

    Parameters
    ----------
    cells : Series
        The column of the table.
    values : Series of object
        What should stand in some of its cells.

    Raises
    ------
    ValueError
        If a value is none of the column's kind.
    """
    make = _maker(cells)
    held = np.empty(len(values), dtype=object)
    for k, value in enumerate(values):
        try:
            held[k] = make(value)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(
                f"corrections write {shown(value)} into column {str(cells.name)!r}, "
                f"whose dtype {cells.dtype} cannot hold it."
            ) from None
    return held


def _maker(cells):
    """Return what makes a value of the column's kind of another one."""
    dtype = cells.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        dtype = dtype.categories.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return _boolean
    if pd.api.types.is_numeric_dtype(dtype):
        whole = pd.api.types.is_integer_dtype(dtype)
        return lambda value: _number(value, whole)
    if isinstance(dtype, pd.DatetimeTZDtype) or dtype.kind == "M":
        return lambda value: pd.NaT if is_missing(value) else pd.Timestamp(value)
    if dtype.kind == "m":
        return lambda value: pd.NaT if is_missing(value) else pd.Timedelta(value)
    return _object_maker(cells)


def _object_maker(cells):
    """Text stays text: a file that was read again may have made it a number."""
    known = cells[cells.notna().to_numpy()]
    all_text = len(known) > 0 and all(isinstance(value, str) for value in known)
    writes_empty = all_text and len(known) == len(cells) and (known == "").any()

    def make(value):
        if _is_na(value):
            return "" if writes_empty else None
        return _plain(value) if all_text and not isinstance(value, str) else value

    return make


def _plain(value):
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _number(value, whole):
    if is_missing(value):
        return np.nan if not whole else None
    number = float(value) if isinstance(value, str) else value
    if isinstance(number, bool | np.bool_) or not np.isfinite(number):
        raise ValueError
    if not whole:
        return float(number)
    if float(number) != int(number):
        raise ValueError
    return int(number)


def _boolean(value):
    if is_missing(value):
        return None
    text = str(value).strip().lower()
    if text not in ("true", "false", "1", "0", "1.0", "0.0"):
        raise ValueError
    return text in ("true", "1", "1.0")
