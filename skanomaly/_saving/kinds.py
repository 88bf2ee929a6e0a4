"""Values that are no containers: what of them a file keeps, and how they come back.

What a file keeps is made of text, numbers, lists and arrays, and of other such values.
"""

import collections
import datetime
import decimal
import fractions
import re
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingRegressor
from torch import nn

from skanomaly._saving.trees import booster_of, parts_of

__all__ = ["BY_TAG", "kind_of"]


class Kind(NamedTuple):
    """How values of some classes are kept.

    Parameters
    ----------
    tag : str
        Its name in the file.
    classes : tuple of type
        Of the values.
    dump : callable
        Plain parts, a tuple, of a value.
    build : callable
        The value, from its parts.
    """

    tag: str
    classes: tuple[type, ...]
    dump: Callable[[Any], tuple]
    build: Callable[..., Any]


# -- Python and numpy


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


def _scalar(dtype, digits):
    return np.ndarray((), dtype, bytes.fromhex(digits))[()]


def _random_state(*parts):
    state = np.random.RandomState(0)
    state.set_state(parts)
    return state


def _random_generator(name, state):
    if name not in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"):
        raise ValueError(f"{name!r} is no generator of numpy.")
    bits = getattr(np.random, name)(0)
    bits.state = state
    return np.random.Generator(bits)


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

NUMPY = [
    Kind("dtype", (np.dtype,), lambda v: (v.str,), np.dtype),
    Kind(
        "scalar",
        (np.generic,),
        lambda v: (v.dtype.str, v.tobytes().hex()),
        _scalar,
    ),
    Kind(
        "RandomState",
        (np.random.RandomState,),
        lambda v: v.get_state(),
        _random_state,
    ),
    Kind(
        "random.Generator",
        (np.random.Generator,),
        lambda v: (type(v.bit_generator).__name__, v.bit_generator.state),
        _random_generator,
    ),
]

# -- scipy and scikit-learn


def _sparse_parts(matrix):
    return (
        type(matrix).__name__,
        matrix.shape,
        matrix.data,
        matrix.indices,
        matrix.indptr,
    )


def _sparse(name, shape, data, indices, indptr):
    matrix = SPARSE[name]((data, indices, indptr), shape=shape)
    matrix.check_format(full_check=True)  # an index beyond the end could crash
    return matrix


SPARSE = {
    kind.__name__: kind
    for kind in (
        sparse.csr_matrix,
        sparse.csc_matrix,
        sparse.csr_array,
        sparse.csc_array,
    )
}
SCIPY = [
    Kind("sparse", tuple(SPARSE.values()), _sparse_parts, _sparse),
    Kind("booster", (HistGradientBoostingRegressor,), parts_of, booster_of),
]

# -- pandas


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


# -- torch


def _tensor_parts(tensor):
    """Array, dtype, order of the dimensions in memory, and what training asks."""
    x = tensor.detach().cpu()
    order = sorted(range(x.ndim), key=lambda d: (-x.stride(d), d))
    x = x.permute(order).contiguous()
    # numpy has no bfloat16, nor what is smaller: their bits travel.
    array = x.numpy() if x.dtype in NUMPY_TYPES else x.view(torch.uint8).numpy()
    is_parameter = isinstance(tensor, nn.Parameter)
    return (array, _dtype_name(x.dtype), order, is_parameter, tensor.requires_grad)


def _tensor(array, name, order, is_parameter, requires_grad):
    x = torch.from_numpy(array.copy())
    dtype = _torch_dtype(name)
    if x.dtype != dtype:
        x = x.view(dtype)
    back = sorted(range(len(order)), key=order.__getitem__)
    x = x.permute(back)
    if is_parameter:
        return nn.Parameter(x, requires_grad=requires_grad)
    return x.requires_grad_(requires_grad)


NUMPY_TYPES = {
    torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
    torch.float16, torch.float32, torch.float64, torch.complex64, torch.complex128,
}  # fmt: skip


def _dtype_name(dtype):
    return str(dtype).removeprefix("torch.")


def _torch_dtype(name):
    dtype = getattr(torch, name, None)
    if not isinstance(dtype, torch.dtype):
        raise ValueError(f"{name!r} is no dtype of torch.")
    return dtype


def _generator_parts(generator):
    return (str(generator.device), generator.get_state().numpy())


def _generator(device, state):
    kept = torch.Generator(present_device(device))
    if kept.device.type == torch.device(device).type:
        kept.set_state(torch.from_numpy(state.copy()))
    return kept


def present_device(name):
    """Return the device of that name, or the processor where there is none."""
    if torch.device(name).type == "cuda" and torch.cuda.is_available():
        return name
    return "cpu"


TORCH = [
    Kind("tensor", (torch.Tensor,), _tensor_parts, _tensor),
    Kind("Generator", (torch.Generator,), _generator_parts, _generator),
    Kind("device", (torch.device,), lambda v: (str(v),), torch.device),
    Kind("torch.dtype", (torch.dtype,), lambda v: (_dtype_name(v),), _torch_dtype),
    Kind("Size", (torch.Size,), tuple, lambda *sizes: torch.Size(sizes)),
]

KINDS = [*PYTHON, *NUMPY, *SCIPY, *PANDAS, *TORCH]
BY_TAG = {kind.tag: kind for kind in KINDS}
BY_CLASS = {c: kind for kind in KINDS for c in kind.classes}


def kind_of(value):
    """Return the `Kind` of a value, or None."""
    for c in type(value).__mro__:
        if c in BY_CLASS:
            return BY_CLASS[c]
    return None
