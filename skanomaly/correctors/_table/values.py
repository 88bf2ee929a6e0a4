"""Single values: of what kind they are, and what they are whatever their type."""

import datetime as dt
import operator
import re
from decimal import Decimal
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from skanomaly.correctors._table.moments import (
    days,
    iso_text,
    nanoseconds,
    nanoseconds_of,
    parse_iso,
)

__all__ = [
    "BOOLEAN",
    "COMPLEX",
    "DATE",
    "DURATION",
    "NUMBER",
    "TEXT",
    "ZONED",
    "families_of",
    "family_of",
    "is_code",
    "is_read",
    "key_text",
    "keys_of",
    "numbers_of",
    "text_key",
]

NUMBER, BOOLEAN, TEXT = "number", "boolean", "text"
DATE, ZONED, DURATION = "date", "date with zone", "duration"
COMPLEX = "complex number"

# Numbers as programs write them; leading zeros make a code.
_NUMBER = re.compile(
    r"[+-]?((0|[1-9]\d{0,30})(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?", re.ASCII
)
_CODE = re.compile(r"[+-]?0\d+", re.ASCII)


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
    own = families_of(values) == kind
    texts = np.array([isinstance(value, str) for value in values], dtype=bool)
    keys[own] = _typed_keys(kind, values[own])
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
    known = is_read(keys)
    if kind in (DATE, ZONED, DURATION):
        numbers[known] = days(keys[known])
    elif kind != TEXT:
        numbers[known] = keys[known].astype(np.float64)
    return numbers


def key_text(kind, key):
    """Plain text of a key, the same for all dtypes."""
    if kind == NUMBER:
        whole = isinstance(key, int) or (key.is_integer() and abs(key) < 1e16)
        return str(int(key)) if whole else str(key)
    if kind in (DATE, ZONED):
        return iso_text(key, kind == ZONED)
    return str(pd.Timedelta(key)) if kind == DURATION else str(key)


def is_code(value):
    """Whether a value is a text of digits with leading zeros, such as "00100"."""
    return isinstance(value, str) and _CODE.fullmatch(value.strip()) is not None


def _typed_keys(kind, values):
    if kind in (DATE, ZONED, DURATION):
        return nanoseconds_of(values)
    if kind == NUMBER and set(map(type, values)) == {float}:  # these are their own keys
        return values
    return _object_array([_TYPED[kind](value) for value in values])


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


def families_of(values):
    """`family_of` each value, as an array of objects."""
    types: list[Any] = list(set(map(type, values)))
    if len(types) == 1 and not issubclass(types[0], dt.datetime):  # as most columns are
        return np.full(len(values), _family_of_type(types[0]), dtype=object)
    return _family_each(values).astype(object)


def _object_array(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def is_read(keys):
    """Which values have a key."""
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
_is_not_none = np.frompyfunc(partial(operator.is_not, None), 1, 1)
