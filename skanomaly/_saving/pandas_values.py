"""What a file keeps of tables, columns and cells of pandas."""

import numpy as np
import pandas as pd

from skanomaly._saving.kind import Kind

__all__ = ["PANDAS"]


def _column(values):
    """Parts of the cells of a column or an index, an array of numpy or pandas."""
    if isinstance(values, np.ndarray):
        return (None, values)
    if isinstance(values, pd.Categorical):
        return ("category", values.codes, values.categories, values.ordered)
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        dtype = values.dtype
        return ("zoned", np.asarray(values.asi8), dtype.unit, dtype.tz)
    return (str(values.dtype), np.asarray(values.astype(object)))


def _cells(kind, values, *more):
    if kind is None:
        return values
    if kind == "category":
        return pd.Categorical.from_codes(values, more[0], ordered=more[1])
    if kind == "zoned":
        unit, zone = more
        moments = pd.DatetimeIndex(values.view(f"M8[{unit}]"), tz="UTC")
        return moments.tz_convert(zone).array
    return pd.array(values, dtype=kind)


def _plain(values):
    """Array of numpy, where pandas only wraps one."""
    numpy_like = isinstance(values.dtype, np.dtype)
    return values.to_numpy() if numpy_like else values.array


def _index_parts(index):
    names = list(index.names)
    if isinstance(index, pd.MultiIndex):
        return (
            "multi",
            names,
            list(index.levels),
            [np.asarray(c) for c in index.codes],
        )
    if isinstance(index, pd.RangeIndex):
        return ("range", names, index.start, index.stop, index.step)
    freq = getattr(index, "freqstr", None)
    return ("flat", names, freq, *_column(_plain(index)))


def _index(form, names, *parts):
    if form == "multi":
        return pd.MultiIndex(*parts, names=names)
    if form == "range":
        return pd.RangeIndex(*parts, name=names[0])
    freq, *column = parts
    cells = _cells(*column)
    index = pd.Index(cells, dtype=cells.dtype, name=names[0])
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        index.freq = freq
    return index


def _frame_parts(frame):
    columns = [_column(_plain(frame.iloc[:, j])) for j in range(frame.shape[1])]
    return (frame.index, frame.columns, columns)


def _frame(index, names, columns):
    parts = [_series(index, None, column) for column in columns]
    if not parts:
        return pd.DataFrame(index=index, columns=names)
    frame = pd.concat(parts, axis=1)
    frame.columns = names
    return frame


def _series(index, name, column):
    cells = _cells(*column)  # whose dtype pandas would guess anew
    return pd.Series(cells, index=index, name=name, dtype=cells.dtype)


def _pandas_dtype(kind, *more):
    if kind == "category":
        return pd.CategoricalDtype(*more)
    return pd.api.types.pandas_dtype(kind)


def _dtype_parts(dtype):
    if isinstance(dtype, pd.CategoricalDtype):
        return ("category", dtype.categories, dtype.ordered)
    return (str(dtype),)


PANDAS = [
    Kind("NaT", (type(pd.NaT),), lambda v: (), lambda: pd.NaT),
    Kind("NA", (type(pd.NA),), lambda v: (), lambda: pd.NA),
    Kind(
        "Timestamp",
        (pd.Timestamp,),
        lambda v: (v.as_unit(v.unit)._value, v.unit, v.tz),
        lambda value, unit, zone: _timestamp(value, unit, zone),
    ),
    Kind(
        "Timedelta",
        (pd.Timedelta,),
        lambda v: (v._value, v.unit),
        lambda value, unit: pd.Timedelta(np.timedelta64(value, unit)),
    ),
    Kind(
        "Period",
        (pd.Period,),
        lambda v: (v.ordinal, v.freqstr),
        lambda n, freq: pd.Period(ordinal=n, freq=freq),
    ),
    Kind(
        "Interval", (pd.Interval,), lambda v: (v.left, v.right, v.closed), pd.Interval
    ),
    Kind("Index", (pd.Index,), _index_parts, _index),
    Kind("DataFrame", (pd.DataFrame,), _frame_parts, _frame),
    Kind(
        "Series",
        (pd.Series,),
        lambda v: (v.index, v.name, _column(_plain(v))),
        _series,
    ),
    Kind("cells", (pd.api.extensions.ExtensionArray,), _column, _cells),
    Kind(
        "pandas.dtype", (pd.api.extensions.ExtensionDtype,), _dtype_parts, _pandas_dtype
    ),
]


def _timestamp(value, unit, zone):
    moment = pd.Timestamp(np.datetime64(value, unit))
    return moment if zone is None else moment.tz_localize("UTC").tz_convert(zone)
