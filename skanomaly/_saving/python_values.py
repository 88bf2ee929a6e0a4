"""What a file keeps of values of Python's standard library."""

import collections
import datetime
import decimal
import fractions
import re
import uuid
import zoneinfo

from skanomaly._saving.kind import Kind

__all__ = ["PYTHON"]


def _texts(*classes):
    """Kinds that their text says all of."""
    return [Kind(c.__name__, (c,), lambda value: (str(value),), c) for c in classes]


def _iso(*classes):
    return [
        Kind(c.__name__, (c,), lambda value: (value.isoformat(),), c.fromisoformat)
        for c in classes
    ]


def _moment(text, zone, fold):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


PYTHON = [
    *_texts(decimal.Decimal, fractions.Fraction, uuid.UUID),
    *_iso(datetime.date, datetime.time),
    Kind(
        "datetime",
        (datetime.datetime,),
        lambda v: (v.replace(tzinfo=None).isoformat(), v.tzinfo, v.fold),
        _moment,
    ),
    Kind(
        "timedelta",
        (datetime.timedelta,),
        lambda v: (v.days, v.seconds, v.microseconds),
        datetime.timedelta,
    ),
    Kind(
        "timezone",
        (datetime.timezone,),
        lambda v: v.__getinitargs__(),
        datetime.timezone,
    ),
    Kind("ZoneInfo", (zoneinfo.ZoneInfo,), lambda v: (v.key,), zoneinfo.ZoneInfo),
    Kind("complex", (complex,), lambda v: (v.real, v.imag), complex),
    Kind("bytes", (bytes,), lambda v: (v.hex(),), bytes.fromhex),
    Kind("slice", (slice,), lambda v: (v.start, v.stop, v.step), slice),
    Kind("range", (range,), lambda v: (v.start, v.stop, v.step), range),
    Kind("pattern", (re.Pattern,), lambda v: (v.pattern, v.flags), re.compile),
    Kind("Counter", (collections.Counter,), lambda v: (dict(v),), collections.Counter),
    Kind(
        "OrderedDict",
        (collections.OrderedDict,),
        lambda v: (dict(v),),
        collections.OrderedDict,
    ),
    Kind(
        "defaultdict",
        (collections.defaultdict,),
        lambda v: (v.default_factory, dict(v)),
        collections.defaultdict,
    ),
    Kind(
        "deque", (collections.deque,), lambda v: (list(v), v.maxlen), collections.deque
    ),
]
