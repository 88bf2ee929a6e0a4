"""What the cells of a column are: numbers, dates, booleans or text, in any dtype.

A column is read once for each of its distinct values. What a value is, is its *key*:
equal keys are the same value, whatever the type and the spelling ("12.0", 12, 12.0).
"""

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from skanomaly.correctors._table.distinct import Distinct, distinct_cells
from skanomaly.correctors._table.markers import Markers, own_markers, possible_markers
from skanomaly.correctors._table.moments import days, iso_text, nanoseconds, parse_iso

__all__ = ["Reader", "Reading", "family_of", "key_text", "keys_of", "numbers_of"]

NUMBER, BOOLEAN, TEXT = "number", "boolean", "text"
DATE, ZONED, DURATION = "date", "date with zone", "duration"
COMPLEX = "complex number"

# A column of text is one of numbers if so many of its cells are; one that is not may be
# a typing error in any column of some length.
MOST = 0.95
ENOUGH_ROWS = 10
# More cells than this that cannot be read, and more than half of all, are another kind.
FEW_CELLS = 2

# Numbers as programs write them; leading zeros make a code.
_NUMBER = re.compile(
    r"[+-]?((0|[1-9]\d{0,30})(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?", re.ASCII
)
_CODE = re.compile(r"[+-]?0\d+", re.ASCII)

_PLURAL = {
    NUMBER: "numbers", BOOLEAN: "booleans", TEXT: "text", DATE: "dates",
    ZONED: "dates with a time zone", DURATION: "durations", COMPLEX: "complex numbers",
}  # fmt: skip
_ADVICE = {
    NUMBER: "pd.to_numeric",
    DATE: "pd.to_datetime and .dt.tz_localize(None)",
    ZONED: ".dt.tz_localize",
    DURATION: "pd.to_timedelta",
    BOOLEAN: 'astype("boolean")',
    TEXT: "astype(str)",
}


def family_of(value):
    """What kind of value a cell holds by its type alone."""
    if isinstance(value, dt.datetime):
        return DATE if value.tzinfo is None else ZONED
    kind: Any = type(value)
    return _family_of_type(kind)


def keys_of(kind, values):
    """Key of each value, read as a `kind`; None for one that cannot be read so."""
    if kind == TEXT:
        return _object_array([text_key(value) for value in values])
    keys = np.full(len(values), None, dtype=object)
    own = _families(values) == kind
    texts = np.array([isinstance(value, str) for value in values], dtype=bool)
    keys[own] = _object_array([_TYPED[kind](value) for value in values[own]])
    keys[texts] = _parse(kind, values[texts])
    return keys


def text_key(value):
    """Key of a value in a column of text: the text that a file would hold."""
    family = family_of(value)
    if isinstance(value, str):
        return str(value)
    return value if family not in _TYPED else key_text(family, _TYPED[family](value))


def numbers_of(kind, keys):
    """Keys as float64, NaN for None; dates and durations become days."""
    numbers = np.full(len(keys), np.nan)
    known = _is_read(keys)
    if kind in (DATE, ZONED, DURATION):
        numbers[known] = days(keys[known])
    elif kind != TEXT:
        numbers[known] = keys[known].astype(np.float64)
    return numbers


def key_text(kind, key):
    """Plain text of a key, the same for all dtypes."""
    if kind == NUMBER:
        whole = np.isfinite(key) and key == int(key) and abs(key) < 1e16
        return str(int(key)) if whole or isinstance(key, int) else str(key)
    if kind in (DATE, ZONED):
        return iso_text(key, kind == ZONED)
    return str(pd.Timedelta(key)) if kind == DURATION else str(key)


@dataclass(frozen=True)
class Reading:
    """A column as it was read: distinct values, what they are, and who holds them.

    `keys` are None for missing values and for what cannot be read as the column's kind
    (`unreadable`).
    """

    distinct: Distinct
    keys: np.ndarray
    missing: np.ndarray
    unreadable: np.ndarray


@dataclass(frozen=True)
class Reader:
    """How to read one column, as `fit` found it.

    Parameters
    ----------
    name : str
        What messages call the column.
    kind : str
        "number", "date", "date with zone", "duration", "boolean" or "text".
    markers : Markers
        What stands for a missing value.
    families : frozenset of str
        Kinds of the values that `fit` saw, by their types.
    """

    name: str
    kind: str
    markers: Markers
    families: frozenset

    @classmethod
    def fit(cls, name, cells, *, missing_values="auto", numeric=None):
        """Find out what a pandas series holds; `numeric` insists on numbers."""
        distinct = distinct_cells(name, cells)
        possible = possible_markers(missing_values)
        rest = ~possible.marks(distinct.values)
        values, counts = distinct.values[rest], distinct.counts[rest]
        families = frozenset(_families(values))
        if COMPLEX in families:
            raise TypeError(
                f"Column {name} holds complex numbers, which have no order."
            )
        kind = _kind(values, counts, share=0.5 if numeric else MOST)
        if kind == TEXT:
            own = own_markers(missing_values)
            possible = Markers.of_text(possible, own, distinct.values, distinct.counts)
        return cls(name, kind, possible, families)

    def read(self, cells):
        """Read a column, of `fit` or another one; see `Reading`.

        Raises
        ------
        TypeError
            If it is of another kind than the one of `fit`.
        ValueError
            If it holds infinity.
        """
        distinct = distinct_cells(self.name, cells)
        missing = self.markers.marks(distinct.values)
        keys = np.full(len(missing), None, dtype=object)
        keys[~missing] = keys_of(self.kind, distinct.values[~missing])
        if self.kind == NUMBER and self.markers.numbers:  # as text they are markers too
            missing |= np.array([key in self.markers.numbers for key in keys])
            keys[missing] = None
        unreadable = ~_is_read(keys) & ~missing
        reading = Reading(distinct, keys, missing, unreadable)
        self._require_kind(reading)
        if self.kind == NUMBER and np.isinf(numbers_of(NUMBER, keys)).any():
            raise ValueError(
                f"Column {self.name} holds infinity; replace it, or make it missing."
            )
        return reading

    def require_known(self, reading, known):
        """Refuse numbers, dates or booleans where `fit` saw text and none of these.

        `known` says which of the distinct values `fit` saw.
        """
        families, counts = _families(reading.distinct.values), reading.distinct.counts
        total = counts[~reading.missing].sum()
        for family in set(families) - self.families:
            here = (families == family) & ~reading.missing
            if not known[here].any() and 2 * counts[here].sum() > total:
                self._refuse(family)

    def _require_kind(self, reading):
        """Raise if most cells cannot be read: one odd cell is one cell's error."""
        values, counts = reading.distinct.values, reading.distinct.counts
        odd, total = reading.unreadable, counts[~reading.missing].sum()
        if 2 * counts[odd].sum() <= total:
            return
        typed = odd & (_families(values) != TEXT)
        if 2 * counts[typed].sum() > total:
            self._refuse(_kind(values[typed], counts[typed], MOST))
        if counts[odd].sum() > FEW_CELLS:
            self._refuse(_kind(values[odd], counts[odd], MOST))

    def _refuse(self, kind):
        raise TypeError(
            f"Column {self.name} held {_PLURAL[self.kind]} in fit and holds "
            f"{_PLURAL[kind]} now. Convert it before (for instance with "
            f"{_ADVICE[self.kind]}), or fit again on such a table."
        )


def _kind(values, counts, share):
    """Kind of a column by its distinct values; numbers need a share of its cells."""
    families, total = set(_families(values)), counts.sum()
    if len(families - {TEXT}) > 1 or not len(values):
        return COMPLEX if families == {COMPLEX} else TEXT
    for kind in (BOOLEAN, DATE, ZONED, DURATION, COMPLEX):
        if families <= {kind, TEXT} and _is_read(keys_of(kind, values)).all():
            return kind
    if families <= {NUMBER, TEXT} and not any(map(_is_code, values)):
        odd = total - counts[_is_read(keys_of(NUMBER, values))].sum()
        if odd <= (1 - share) * total or (odd == 1 and total >= ENOUGH_ROWS):
            return NUMBER
    return TEXT


def _is_code(value):
    return isinstance(value, str) and _CODE.fullmatch(value.strip()) is not None


def _parse(kind, texts):
    if kind in (DATE, ZONED):
        return parse_iso(texts, zoned=kind == ZONED)
    read = {NUMBER: _parse_number, BOOLEAN: _parse_boolean}.get(kind)
    return _object_array([read and read(text.strip()) for text in texts])


def _parse_number(text):
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return int(text)
    except ValueError:
        return float(text) if np.isfinite(float(text)) else None


def _parse_boolean(text):
    return {"true": True, "false": False}.get(text.lower())


def _number(value):
    """A plain int or float; one beyond all floats is infinite."""
    if isinstance(value, float):
        return float(value)
    if isinstance(value, np.floating):  # 0.1 is 0.1 in any width
        return float(str(value))
    if isinstance(value, int | np.integer):
        return int(value) if abs(int(value)) < 10**300 else np.inf
    return float(value)


_TYPED = {
    NUMBER: _number,
    BOOLEAN: bool,
    DATE: nanoseconds,
    ZONED: nanoseconds,
    DURATION: nanoseconds,
    COMPLEX: complex,
}


def _families(values):
    """`family_of` each value, as an array of objects."""
    return _family_each(values).astype(object)


def _object_array(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _is_read(keys):
    return _is_not_none(keys).astype(bool)


@cache
def _family_of_type(kind):
    for family, types in _TYPES.items():
        if issubclass(kind, types):
            return family
    return TEXT


# In this order: a boolean is an int, a duration of numpy is one of its integers.
_TYPES = {
    BOOLEAN: (bool, np.bool_),
    COMPLEX: (complex, np.complexfloating),
    DURATION: (dt.timedelta, np.timedelta64),
    NUMBER: (int, float, np.number, Decimal),
    DATE: (dt.date, np.datetime64, pd.Period),
}
_family_each = np.frompyfunc(family_of, 1, 1)
_is_not_none = np.frompyfunc(lambda key: key is not None, 1, 1)
