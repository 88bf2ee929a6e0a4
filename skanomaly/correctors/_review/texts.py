"""Cells as text and back.

Review pages and files of decisions hold texts. A number, a date, a boolean has the same
text whatever its dtype, and `ColumnParser` makes of it what its column holds.
"""

from decimal import Decimal
from functools import lru_cache

import numpy as np
import pandas as pd
from pandas.api import types as dtypes

from skanomaly.correctors._table.distinct import distinct_cells
from skanomaly.correctors._table.values import (
    BOOLEAN,
    DATE,
    DURATION,
    NUMBER,
    TEXT,
    ZONED,
    families_of,
    text_key,
)

__all__ = ["ColumnParser", "as_text"]

_BOOLEAN = {"true": True, "false": False}


def as_text(cell):
    """Return the text of a cell, the same for all dtypes; None for a missing one."""
    if isinstance(cell, str):
        return str(cell)
    if isinstance(cell, tuple):  # a label of several levels
        return str(tuple(as_text(part) for part in cell))
    if cell is None or (dtypes.is_scalar(cell) and pd.isna(cell)):
        return None
    return str(cell) if isinstance(cell, Decimal) else str(text_key(cell))


class ColumnParser:
    """Makes cells of a column out of texts.

    Parameters
    ----------
    cells : pandas.Series
        The column.
    """

    def __init__(self, cells):
        dtype = cells.dtype
        self.dtype = getattr(dtype, "subtype", dtype)  # of a sparse column
        self.known = {}
        if isinstance(dtype, pd.CategoricalDtype):
            self.known = {as_text(value): value for value in dtype.categories}
        elif dtypes.is_object_dtype(dtype):
            distinct = distinct_cells(repr(cells.name), cells).values
            self.known = {as_text(value): value for value in distinct}
        self.kind = self._kind()
        self.missing = self._missing()
        self.empty = self._empty(cells)

    def parse(self, given):
        """Return a cell of the column; raises ValueError for what cannot be one."""
        if not isinstance(given, str):
            return self.missing if as_text(given) is None else given
        if given in self.known:
            return self.known[given]
        if isinstance(self.dtype, pd.CategoricalDtype):
            raise ValueError(given)
        return given if self.kind == TEXT else self._read(given.strip())

    def _kind(self):
        """What the column holds, by its dtype or, of objects, by its cells."""
        dtype = self.dtype
        if dtypes.is_object_dtype(dtype):
            values = np.empty(len(self.known), dtype=object)
            values[:] = list(self.known.values())
            families = set(families_of(values))
            return families.pop() if len(families) == 1 else TEXT
        tests = {
            BOOLEAN: dtypes.is_bool_dtype,
            NUMBER: dtypes.is_numeric_dtype,
            DURATION: dtypes.is_timedelta64_dtype,
            DATE: _is_date,
        }
        found = (kind for kind, test in tests.items() if test(dtype))
        return next(found, TEXT)

    def _missing(self):
        if isinstance(self.dtype, np.dtype):
            return {"f": np.nan, "M": pd.NaT, "m": pd.NaT}.get(self.dtype.kind)
        return self.dtype.na_value

    def _empty(self, cells):
        """An emptied cell; some columns of text write "" and have no missing one."""
        is_text = self.kind == TEXT and not cells.isna().any()
        return "" if is_text and (cells == "").any() else self.missing

    def _read(self, text):
        if self.kind == BOOLEAN:
            return _BOOLEAN[text.lower()]
        if self.kind == NUMBER:
            return self._number(text)
        if self.kind == DURATION:
            return pd.Timedelta(text)
        if isinstance(self.dtype, pd.PeriodDtype):
            return pd.Period(text, freq=self.dtype.freq)
        return self._moment(text)

    def _number(self, text):
        number = float(text)
        if not np.isfinite(number):
            raise ValueError(text)
        whole = _as_int(text)
        if dtypes.is_integer_dtype(self.dtype) or whole is not None:
            if whole is None:
                raise ValueError(text)
            return whole
        return number

    def _moment(self, text):
        """A time without a zone, in a column with one, is in that zone."""
        moment = pd.Timestamp(text)
        if pd.isna(moment):
            raise ValueError(text)
        zone = self._zone()
        if zone is None:
            if moment.tzinfo is not None:
                raise ValueError(text)
            return moment
        naive = moment.tzinfo is None
        return moment.tz_localize(zone) if naive else moment.tz_convert(zone)

    def _zone(self):
        pandas_zone = getattr(self.dtype, "tz", None)
        arrow_zone = getattr(getattr(self.dtype, "pyarrow_dtype", None), "tz", None)
        own = "UTC" if self.kind == ZONED else None
        return pandas_zone or arrow_zone or own


def _is_date(dtype):
    is_period = isinstance(dtype, pd.PeriodDtype)
    return is_period or dtypes.is_datetime64_any_dtype(dtype)


@lru_cache(maxsize=1024)
def _as_int(text):
    """Return a text as an int of any size; None for a fraction."""
    try:
        return int(text)
    except ValueError:
        number = float(text)
        return int(number) if number.is_integer() and abs(number) < 2**53 else None
