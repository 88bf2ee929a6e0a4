"""Each value comes back as it was, of the same class, and what is shared stays so."""

import collections
import datetime
import decimal
import fractions
import math
import re
import uuid
import zoneinfo

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from skanomaly._saving.decoding import Decoder
from skanomaly._saving.encoding import Encoder

Point = collections.namedtuple("Point", "x y")


def through(value):
    """A value, from its node."""
    encoder = Encoder()
    node = encoder.node(value)
    decoder = Decoder(encoder.arrays, encoder.others)
    return decoder.value(node)


VALUES = [
    None, True, 3, -0.0, math.inf, 10**30, "é\ud800", b"\x00\xff", 2 - 3j,
    [1, [2, []]], (1, ("a",)), {1: "a", "1": "b", None: 0, (1, 2): 3}, {1, 2},
    frozenset({"a"}), range(2, 9, 3), slice(None, 3), collections.Counter("abca"),
    collections.OrderedDict(b=1, a=2), collections.deque([1, 2], 3),
    collections.defaultdict(list, a=[1]), re.compile("a+", re.IGNORECASE),
    decimal.Decimal("1.10"), fractions.Fraction(1, 3), uuid.UUID(int=5),
    datetime.date(2020, 2, 29), datetime.time(1, 2, 3), datetime.timedelta(3, 4, 5),
    datetime.datetime(2020, 1, 1, 2, tzinfo=datetime.UTC),
    datetime.datetime(2020, 7, 1, 2, tzinfo=zoneinfo.ZoneInfo("Europe/Rome"), fold=1),
    np.float32(1.5), np.int8(-3), np.bool_(True), np.str_("ab"), np.str_(""),
    np.datetime64("2020-01-01", "D"), np.datetime64("NaT"), np.timedelta64(3, "s"),
    np.dtype("float32"), np.dtype(object), np.dtype("M8[ns]"),
    pd.Timestamp("2020-01-01 10:00", tz="Europe/Rome"), pd.Timestamp(7, unit="s"),
    pd.Timedelta(3, "s"), pd.Period("2020-03", "M"), pd.Interval(0, 1, "left"), pd.NaT,
    pd.NA, pd.CategoricalDtype(["b", "a"], ordered=True), pd.Int8Dtype(),
    torch.device("cpu"), torch.float16, torch.Size([2, 3]),
    int, str, np.float64, pd.Timestamp, nn.ReLU, torch.optim.AdamW,
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda v: repr(v)[:40])
def test_a_value_comes_back(value):
    back = through(value)
    assert type(back) is type(value)
    assert repr(back) == repr(value)
    assert back is value or not (back != value) or pd.isna(value)


ARRAYS = [
    np.arange(6.0).reshape(2, 3), np.asfortranarray(np.eye(3)), np.array(3.5),
    np.array(["a", "bcd"]), np.zeros((0, 4)), np.array(["2020", "NaT"], "M8[D]"),
    np.array([1, "a", None, 2.5, (1,)], dtype=object), np.array([[None, 1]], object),
    np.arange(4, dtype=">i4"), np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
]  # fmt: skip


@pytest.mark.parametrize("array", ARRAYS, ids=repr)
def test_an_array_comes_back(array):
    back = through(array)
    assert back.dtype == array.dtype and back.shape == array.shape
    np.testing.assert_array_equal(back, array)


COLUMNS = {
    "numbers": [1.5, np.nan, 3.0],
    "objects": pd.Series(["a", None, 3], dtype=object),
    "objects of text": pd.Series(["a", "b", "c"], dtype=object),
    "text": pd.array(["a", None, "b"], dtype="string"),
    "plain text": pd.Series(["a", "b", "c"]),
    "integers": pd.array([1, None, 3], dtype="Int16"),
    "truth": pd.array([True, None, False], dtype="boolean"),
    "category": pd.Categorical(["b", "a", None], categories=["b", "a"], ordered=True),
    "moments": pd.to_datetime(["2020-01-01", None, "2021-01-01"]),
    "zoned": pd.to_datetime(["2020-01-01", None, "2021-07-01"]).tz_localize(
        "Asia/Tokyo"
    ),
    "periods": pd.PeriodIndex(["2020-01", "2020-02", "NaT"], freq="M"),
    "ranges": pd.interval_range(0, 3),
    "spans": pd.to_timedelta([1, 2, None], unit="h"),
    "sparse": pd.arrays.SparseArray([0, 0, 1]),
}


def _frame():
    frame = pd.DataFrame({name: pd.Series(column) for name, column in COLUMNS.items()})
    return frame.set_axis(pd.date_range("2020", periods=3, name="day"), axis=0)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_comes_back(name):
    column = _frame()[name]
    pd.testing.assert_series_equal(through(column), column)


INDEXES = [
    pd.RangeIndex(2, 8, 3, name="n"), pd.Index([3, 1, 2]), pd.Index(["a", None, "b"]),
    pd.Index(["a", 1, (2, 3)], dtype=object), pd.CategoricalIndex(["a", "b"]),
    pd.date_range("2020", periods=3, tz="UTC"), pd.IntervalIndex.from_breaks([0, 1, 2]),
    pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", None]),
]  # fmt: skip


@pytest.mark.parametrize("index", INDEXES, ids=lambda i: type(i).__name__)
def test_an_index_comes_back(index):
    pd.testing.assert_index_equal(through(index), index, exact=True)


def test_a_frame_comes_back():
    frame = _frame()
    pd.testing.assert_frame_equal(through(frame), frame)
    two_alike = pd.DataFrame([[1, "a"]], columns=["x", "x"])
    pd.testing.assert_frame_equal(through(two_alike), two_alike)
    no_rows = _frame().iloc[:0]
    pd.testing.assert_frame_equal(through(no_rows), no_rows)
    empty = pd.DataFrame(index=[1, 2])
    pd.testing.assert_frame_equal(through(empty), empty)


TENSORS = [
    torch.randn(3, 4), torch.randn(3, 4).T, torch.zeros(0, 2), torch.tensor(1.5),
    torch.randn(2, 3, 4).permute(2, 0, 1), torch.ones(2, 2, dtype=torch.bfloat16),
    torch.tensor([True]), nn.Parameter(torch.randn(2), requires_grad=False),
    nn.Parameter(torch.randn(2)), torch.randn(2, requires_grad=True),
]  # fmt: skip


@pytest.mark.parametrize("tensor", TENSORS, ids=lambda t: f"{t.dtype}{tuple(t.shape)}")
def test_a_tensor_comes_back_with_its_layout(tensor):
    back = through(tensor)
    assert type(back) is type(tensor) and back.dtype == tensor.dtype
    assert back.requires_grad == tensor.requires_grad
    assert back.numel() < 2 or back.stride() == tensor.stride()
    assert torch.equal(back, tensor)


@pytest.mark.parametrize("kind", ["MT19937", "PCG64", "Philox", "SFC64"])
def test_random_generators_go_on_where_they_were(kind):
    rng = np.random.Generator(getattr(np.random, kind)(1))
    rng.normal(size=3)
    assert (through(rng).normal(size=5) == rng.normal(size=5)).all()


def test_other_random_streams_go_on_where_they_were():
    state, generator = np.random.RandomState(1), torch.Generator().manual_seed(1)
    state.normal()
    torch.randn(3, generator=generator)
    assert (through(state).normal(size=5) == state.normal(size=5)).all()
    back = through(generator)
    assert back.initial_seed() == 1
    drawn = [torch.randn(5, generator=g) for g in (back, generator)]
    assert torch.equal(*drawn)


def test_a_network_comes_back_with_what_its_layers_share():
    layer = nn.Linear(2, 2)
    network = nn.Sequential(layer, nn.ReLU(), layer, nn.BatchNorm1d(2)).eval()
    back = through(network)
    assert back[0] is back[2] and not back.training
    x = torch.randn(5, 2)
    assert torch.equal(back(x), network(x))
    assert repr(back) == repr(network)
    assert [*back.state_dict()] == [*network.state_dict()]


def test_what_is_shared_stays_so_and_circles_end():
    shared, circle = [1], {}
    circle["self"], circle["parts"] = circle, (shared, shared)
    back = through(circle)
    assert back["self"] is back
    assert back["parts"][0] is back["parts"][1]


FORGED = [
    ["=", 5], ["=", -1], ["tuple", ["=", 0]], ["array", 0], ["other", 0], ["unknown"],
    ["name", "os.system"], ["name", "torch.optim._x"], ["name", "pandas.read_pickle"],
    ["object", "subprocess.Popen", {}], ["module", "torch.nn.Module.apply", {}],
    ["object", "skanomaly.correctors.AnomalyCorrector", {}], ["value", "eval", "1"],
    ["dict", [["list"], 1]], ["set", ["dict"]], ["dict", 1], {"a": 1}, [], ["list", {}],
    ["named", "skanomaly.nets.flows.Affine"],
    ["named", "skanomaly._training.net.DetectorNet"],
    ["value", "random.Generator", "seed", ["dict"]], ["value", "torch.dtype", "load"],
    ["objects", ["list", 3], 1],
    ["module", "torch.nn.Linear", {"_forward_hooks": ["dict"]}],
]  # fmt: skip


@pytest.mark.parametrize("node", FORGED, ids=str)
def test_a_node_that_makes_no_sense_is_an_error(node):
    with pytest.raises((ValueError, TypeError, AttributeError, IndexError, KeyError)):
        Decoder([], []).value(node)


def test_a_key_may_not_take_for_ever_to_hash():
    """Each tuple holds the one before it twice: its hash would take 2**60 steps."""
    tuples = [["tuple", 1, 2], *(["tuple", ["=", n], ["=", n]] for n in range(1, 60))]
    with pytest.raises(ValueError, match="where it cannot stand"):
        Decoder([], []).value(["list", *tuples, ["dict", [["=", 60], 1]]])
