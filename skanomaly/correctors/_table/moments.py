"""Dates and durations as whole nanoseconds, one unit for all types and texts."""

import datetime as dt
import re

import numpy as np
import pandas as pd

__all__ = ["days", "iso_text", "nanoseconds", "nanoseconds_of", "parse_iso"]

DAY = 86_400_000_000_000  # nanoseconds

_UNITS = {
    "D": DAY, "h": 3_600_000_000_000, "m": 60_000_000_000, "s": 1_000_000_000,
    "ms": 1_000_000, "us": 1_000, "ns": 1,
}  # fmt: skip

_ISO = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)


def nanoseconds(value):
    """Nanoseconds of a duration, or since 1970, as an int of any size.

    A period stands for its start, and a time with a zone is counted in UTC.
    """
    if isinstance(value, pd.Period):
        value = value.start_time
    elif isinstance(value, dt.datetime) and not isinstance(value, pd.Timestamp):
        value = pd.Timestamp(value)
    if isinstance(value, pd.Timestamp | pd.Timedelta):
        value = value.asm8
    elif isinstance(value, dt.date):
        value = np.datetime64(value, "D")
    elif isinstance(value, dt.timedelta):
        value = np.timedelta64(value, "us")
    unit, step = np.datetime_data(value.dtype)
    if unit not in _UNITS:  # years, months and weeks; as finely as is never too fine
        value, unit, step = value.astype(f"{value.dtype.kind}8[D]"), "D", 1
    return int(value.astype(np.int64)) * step * _UNITS[unit]


def nanoseconds_of(values):
    """`nanoseconds` of each value, as an array of objects."""
    # All of one type and unit, as in a column of dates: much faster.
    if len({(type(v), getattr(v, "unit", None)) for v in values}) == 1 and isinstance(
        values[0], pd.Timestamp | pd.Timedelta
    ):
        counts = np.array([value.asm8 for value in values])
        return counts.astype(np.int64).astype(object) * _UNITS[values[0].unit]
    result = np.empty(len(values), dtype=object)
    result[:] = [nanoseconds(value) for value in values]
    return result


def parse_iso(texts, zoned):
    """Nanoseconds of ISO dates and times among texts; None for all other texts.

    `zoned` says whether to read those that name their zone or those that do not.
    """
    result = np.empty(len(texts), dtype=object)
    result[:] = [_parse(text.strip(), zoned) for text in texts]
    return result


def _parse(text, zoned):
    match = _ISO.fullmatch(text)
    if match is None or (match["zone"] is not None) != zoned:
        return None
    try:
        return nanoseconds(pd.Timestamp(text) if zoned else np.datetime64(text))
    except ValueError:  # the 30th of February
        return None


def days(moments):
    """Nanoseconds as days, in float64 and the same whatever unit they came in."""
    whole, rest = moments // DAY, moments % DAY
    return whole.astype(np.float64) + rest.astype(np.float64) / DAY


def iso_text(moment, zoned):
    """Nanoseconds since 1970 as text; midnight without a zone is a plain date."""
    date = np.datetime64(moment // DAY, "D")
    if not zoned and moment % DAY == 0:
        return str(date)
    clock = str(np.datetime64(moment % DAY, "ns"))[11:].rstrip("0").rstrip(".")
    return f"{date} {clock}" + ("+00:00" if zoned else "")
