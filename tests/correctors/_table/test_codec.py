"""Tables to codes and back: what does not change keeps its very value and type."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors._table.codec import MISSING, TableCodec, to_frame, write_cells

MIXED = pd.DataFrame(
    {
        "text": ["b", "a", None, "b"],
        "integer": [1, 2, 10, 2],
        "float": [0.1, 0.2, np.nan, 0.4],
        "category": pd.Categorical(["v", "u", "v", "v"], categories=["u", "v", "w"]),
        "bool": [True, False, True, True],
        "nullable": pd.array([1, None, 3, 3], dtype="Int64"),
        "date": pd.to_datetime(["2020-01-01", "2021-01-01", None, "2022-01-01"]),
    },
    index=["p", "q", "r", "s"],
)


def fit(X, n_bins=16, numeric=None):
    frame = to_frame(X)
    numeric = [numeric] * frame.shape[1]
    return TableCodec.fit(frame, numeric=numeric, n_bins=n_bins), frame


def test_values_are_sorted_by_their_string_form():
    codec, _ = fit(MIXED)
    assert codec.columns[1].values.tolist() == [1, 10, 2]


def test_codes_and_back_are_the_identity_for_every_kind_of_column():
    codec, frame = fit(MIXED)
    codes, unseen = codec.encode(frame)
    assert not unseen.any()
    assert codec.n_categories == (2, 3, 3, 2, 2, 2, 3)
    for j in range(frame.shape[1]):
        known = codes[:, j] != MISSING
        values = codec.values(codes[known, j], j)
        assert values.tolist() == frame.iloc[:, j][known].tolist()


def test_a_missing_cell_has_no_code():
    codec, frame = fit(MIXED)
    assert (codec.encode(frame)[0] == MISSING).sum() == 4


def test_decode_rewrites_only_what_changed_and_keeps_dtypes_and_index():
    codec, frame = fit(MIXED)
    before = codec.encode(frame)[0]
    after = before.copy()
    after[2] = 0
    out = codec.decode(after, frame, before)
    assert out.loc["r"].tolist() == ["a", 1, 0.1, "u", False, 1, MIXED["date"].iloc[0]]
    pd.testing.assert_frame_equal(out.drop("r"), MIXED.drop("r"))
    assert (out.dtypes == MIXED.dtypes).all()


def test_decode_leaves_the_numbers_of_unchanged_bins_alone():
    # A bin stands for several numbers: a cell that does not change must not get
    # another one of them.
    table = pd.DataFrame({"x": np.arange(10) / 7, "y": np.arange(10)})
    codec, frame = fit(table, n_bins=2, numeric=True)
    before = codec.encode(frame)[0]
    after = before.copy()
    after[0, 1] = 1
    out = codec.decode(after, frame, before)
    changed = (out != table).to_numpy()
    assert changed[0, 1] and changed.sum() == 1


def test_a_bin_is_written_back_as_a_real_value_of_the_column():
    X = pd.DataFrame({"x": np.random.default_rng(0).normal(size=200)})
    codec, frame = fit(X, n_bins=8)
    assert codec.n_categories == (8,)
    assert set(codec.columns[0].values) <= set(X["x"])
    codes = codec.encode(frame)[0]
    assert np.bincount(codes[:, 0]).min() >= 20
    # each representative lies in its own bin
    own = codec.columns[0].encode(pd.Series(codec.columns[0].values.astype(float)))[0]
    assert own.tolist() == list(range(8))


def test_numbers_beyond_the_training_range_fall_into_the_end_bins():
    codec, _ = fit(pd.DataFrame({"x": np.arange(100.0)}), n_bins=4)
    codes, unseen = codec.columns[0].encode(pd.Series([-1e30, 1e30]))
    assert codes.tolist() == [0, 3]
    assert not unseen.any()


def test_an_integer_column_is_binned_only_when_it_has_many_values():
    X = pd.DataFrame({"few": [1, 2] * 20, "many": np.arange(40)})
    assert fit(X)[0].is_numeric.tolist() == [False, True]
    assert fit(X, numeric=False)[0].is_numeric.tolist() == [False, False]


@pytest.mark.parametrize(
    "X",
    [
        np.array([["a", 1], ["b", 2], ["b", 2]], dtype=object),
        np.array([[1, 2], [3, 4], [3, 2]]),
        np.array([["a", "b"], ["c", "d"], ["a", "d"]]),
        [["a", 1], ["b", 2], ["b", 2]],
    ],
)
def test_arrays_round_trip(X):
    codec, frame = fit(X)
    codes = codec.encode(frame)[0]
    after = np.roll(codes, 1, axis=0)
    out = codec.decode(after, frame, codes)
    assert out.to_numpy().tolist() == np.roll(np.array(X, object), 1, axis=0).tolist()


def test_a_longer_string_is_not_cut_to_the_width_of_the_array():
    X = np.array([["a"], ["b"]])
    out = write_cells(X, np.array([0]), np.array([0]), np.array(["long"], object))
    assert out.tolist() == [["long"], ["b"]]
    assert X.tolist() == [["a"], ["b"]]


def test_ten_thousand_categories():
    X = pd.DataFrame({"id": [f"v{i}" for i in range(10_000)]})
    codec, frame = fit(X)
    codes = codec.encode(frame)[0][:, 0]
    assert codec.n_categories == (10_000,)
    assert (codec.values(codes, 0) == X["id"].to_numpy()).all()


def test_cells_of_a_polars_frame_are_written_into_their_own_columns():
    pl = pytest.importorskip("polars")
    table = pl.DataFrame({"a": ["x", "y", "z"], "b": ["u", "v", "w"]})
    values = np.array(["A", "B"], dtype=object)
    out = write_cells(table, np.array([0, 2]), np.array([0, 1]), values)
    assert out["a"].to_list() == ["A", "y", "z"]
    assert out["b"].to_list() == ["u", "v", "B"]


def test_polars_in_polars_out():
    pl = pytest.importorskip("polars")
    X = pl.DataFrame({"a": ["x", "y", None], "b": [1, 2, 3], "c": [0.5, None, 1.0]})
    codec, frame = fit(X)
    assert codec.encode(frame)[0].tolist() == [[0, 0, 0], [1, 1, MISSING], [-1, 2, 1]]
    at = np.array([2]), np.array([0])
    out = write_cells(X, *at, np.array(["x"], dtype=object))
    assert out.schema == X.schema
    assert out["a"].to_list() == ["x", "y", "x"]


@pytest.mark.parametrize(
    ("column", "error", "message"),
    [
        ([None, None], ValueError, "no value in any training row"),
        ([np.inf, 1.0], ValueError, "infinity"),
        ([[1], [2]], TypeError, "cannot be compared"),
    ],
)
def test_a_column_that_cannot_be_learned_is_named(column, error, message):
    X = pd.DataFrame({"fine": [1, 2]})
    X["bad"] = pd.Series(column, dtype=object).infer_objects()
    with pytest.raises(error, match=message) as raised:
        fit(X)
    assert "'bad'" in str(raised.value)


def test_a_dtype_that_cannot_hold_the_repair_is_named():
    X = pd.DataFrame({"c": pd.Categorical(["u", "u"], categories=["u"])})
    with pytest.raises(ValueError, match=r"'c'.*cannot hold the repaired value 'w'"):
        write_cells(X, np.array([0]), np.array([0]), np.array(["w"], object))


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ("x.csv", TypeError, r"read the file first, X = pandas.read_csv\('x.csv'\)"),
        (Path("x.parquet"), TypeError, r"pandas.read_parquet\('x.parquet'\)"),
        (MIXED["text"], ValueError, r"got a Series: pass X.to_frame\(\)"),
    ],
)
def test_what_is_no_table_yet_is_refused_with_the_way_to_one(given, error, said):
    with pytest.raises(error, match=said):
        to_frame(given)


def test_only_columns_that_are_asked_for_are_searched_for_unreadable_cells(monkeypatch):
    X = pd.DataFrame({"a": ["1", "2", "3x"] + ["4"] * 17, "b": ["5", "x"] + ["6"] * 18})
    codec, frame = fit(X)
    every = codec.unreadable(frame)
    assert np.argwhere(every).tolist() == [[1, 1], [2, 0]]
    read = []
    column = type(codec.columns[0])
    whole = column.is_unreadable
    monkeypatch.setattr(
        column,
        "is_unreadable",
        lambda self, cells: read.append(self.name) or whole(self, cells),
    )
    asked = np.zeros(every.shape, bool)
    asked[:, 1] = True
    np.testing.assert_array_equal(codec.unreadable(frame, asked), every & asked)
    assert read == ["'b'"]
