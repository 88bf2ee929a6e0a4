"""Values in the words of the table that they are written into.

`fit` may have seen "12" where the table to repair has the integer 12, a category, or
the text "12.0".
"""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd

from skanomaly.correctors._table.decimals import usual_decimals, write_number
from skanomaly.correctors._table.distinct import distinct_cells
from skanomaly.correctors._table.values import (
    BOOLEAN,
    DATE,
    DURATION,
    NUMBER,
    TEXT,
    ZONED,
    family_of,
    keys_of,
)

__all__ = ["spelled"]


def spelled(column, values, cells, *, as_seen=True):
    """Values of a learned column as the cells of a table have them.

    Parameters
    ----------
    column : CategoricalColumn or BinnedColumn
        The learned column.
    values : array of objects
        Some of its values; None stays None.
    cells : pandas.Series
        The column of the table.
    as_seen : bool, default=True
        Whether the values are ones that `fit` saw, and so have the form of its cells.

    Returns
    -------
    ndarray of objects
        A value that has no such form stays as it is.
    """
    if as_seen and cells.dtype == column.dtype and cells.dtype != object:
        return values
    write = _writer(column, cells)
    if write is None:
        return values
    keys = column.reader.keys_of(values)
    result = values.copy()
    for at, key in enumerate(keys):
        if key is not None and values[at] is not None:
            result[at] = write(values[at], key)
    return result


def _writer(column, cells):
    """Function of a value and its key, or None where values are right as they are."""
    kind, dtype = column.reading, cells.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        own = _categories(column, pd.Series(dtype.categories))
        return lambda value, key: own.get(key, value)
    if isinstance(dtype, pd.PeriodDtype):
        return lambda value, key: _as_date(key, None, None).to_period(dtype.freq)
    like = _usual_type(column.name, cells)
    if like is None:
        return None
    if issubclass(like, str):
        text = _text_writer(column, cells)
        return lambda value, key: like(value if isinstance(value, str) else text(key))
    if kind == TEXT:
        return lambda value, key: _from_text(value, like)
    build = _builder(kind, like, cells)
    return lambda value, key: value if type(value) is like else build(key)


def _text_writer(column, cells):
    """Function that makes a text of a key, a number with the column's decimals."""
    kind, decimals = column.reading, column.reader.decimals
    if kind != NUMBER:
        return column.reader.text
    if decimals is None:  # `fit` saw no texts, so this table says how they are
        distinct = distinct_cells(column.name, cells)
        decimals = usual_decimals(distinct.values, distinct.counts)
    return lambda key: write_number(key, decimals)


def _categories(column, categories):
    """Category of each key."""
    distinct = distinct_cells(column.name, categories)
    keys = column.reader.keys_of(distinct.values)[distinct.codes]
    return dict(zip(keys[::-1], categories.astype(object)[::-1], strict=True))


def _usual_type(name, cells):
    """Type of most cells, None of no cells."""
    by_dtype = _type_of(cells.dtype)
    if by_dtype is not None:
        return by_dtype
    counts: dict = {}
    distinct = distinct_cells(name, cells)
    for value, count in zip(distinct.values, distinct.counts, strict=True):
        counts[type(value)] = counts.get(type(value), 0) + count
    return max(counts, key=lambda kind: counts[kind]) if counts else None


def _type_of(dtype):
    """Type of the cells of a dtype; None where any may stand."""
    types = pd.api.types
    if isinstance(dtype, pd.ArrowDtype):  # its dates may be `date` or `Timestamp`
        return None
    for is_it, kind in (
        (types.is_bool_dtype, bool),
        (types.is_integer_dtype, int),
        (types.is_float_dtype, float),
        (types.is_datetime64_any_dtype, pd.Timestamp),
        (types.is_timedelta64_dtype, pd.Timedelta),
        (types.is_string_dtype, str),
    ):
        if is_it(dtype) and not types.is_object_dtype(dtype):
            return kind
    return None


def _builder(kind, like, cells):
    """Function that makes a cell of a type from a key."""
    if kind == NUMBER:
        return lambda key: _as_number(key, like)
    if kind == DURATION:
        return lambda key: _as_duration(key, like)
    if kind in (DATE, ZONED):
        zone = _zone(cells)
        return lambda key: _as_date(key, like, zone)
    return like  # boolean


def _zone(cells):
    """Time zone of a column, of objects that of its first cell."""
    if cells.dtype != object:
        return getattr(cells.dtype, "tz", None)
    known = cells.dropna()
    return getattr(known.iloc[0], "tzinfo", None) if len(known) else None


def _as_number(key, like):
    if issubclass(like, Decimal):
        return Decimal(str(key))
    if issubclass(like, int | np.integer):
        return like(key) if key == int(key) else key
    return like(key)


def _as_duration(key, like):
    duration = pd.Timedelta(key, unit="ns")
    if like is np.timedelta64:
        return duration.to_timedelta64()
    return duration.to_pytimedelta() if like is dt.timedelta else duration


def _as_date(key, like, zone):
    date = pd.Timestamp(np.datetime64(key // 1000, "us"))
    if key % 1000:  # finer than most dates, and beyond 2262 too fine for pandas
        date += pd.Timedelta(key % 1000, unit="ns")
    if zone is not None:
        date = date.tz_localize("UTC").tz_convert(zone)
    if like is dt.date:
        return date.date()
    if like is np.datetime64:
        return date.to_datetime64()
    return date.to_pydatetime() if like is dt.datetime else date


def _from_text(value, like):
    """A number or boolean that a column of text holds beside texts."""
    family = {bool: BOOLEAN, np.bool_: BOOLEAN}.get(like, NUMBER)
    key = _key(family, value)
    return value if key is None or family_of(value) != TEXT else key


def _key(kind, value):
    array = np.empty(1, dtype=object)
    array[0] = value
    return keys_of(kind, array)[0]
