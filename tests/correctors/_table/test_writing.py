"""One cell that its column cannot hold is one failure."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors._table.writing import try_write_cells, write_cells
from tests.contract.mode_corrector import ModeCorrector

ROWS, COLUMNS = np.array([0, 1, 2]), np.zeros(3, dtype=np.int64)


def values(*cells):
    array = np.empty(len(cells), dtype=object)
    array[:] = cells
    return array


def _category(cells):
    return pd.DataFrame({"x": pd.Categorical(cells, categories=["u", "v"])})


@pytest.mark.parametrize(
    ("X", "wanted", "failed"),
    [
        (_category(["u", "u", "v"]), ("v", "w", "u"), 1),
        (pd.DataFrame({"x": [1, 2, 3]}), (4, 5.5, 6), 1),
        (pd.DataFrame({"x": pd.array([1, 2, 3], dtype="Int8")}), (4, 5, 600), 2),
        (pd.DataFrame({"x": [True, False, True]}), ("no", False, False), 0),
        (pd.DataFrame({"x": pd.to_datetime(["2020-01-01"] * 3).astype("M8[s]")}),
         (pd.Timestamp(2021, 1, 1), pd.Timestamp(1e9 + 0.5, unit="s"),
          pd.Timestamp(2022, 1, 1)), 1),
        (np.array([[1], [2], [3]]), (4, 5.5, 6), 1),
        (np.array([[1], [2], [3]], dtype=np.int8), (4, 5, 600), 2),
        (np.array([[1.0], [2.0], [3.0]]), (4, "x", 6), 1),
    ],
)  # fmt: skip
def test_a_cell_that_does_not_fit_stays_and_the_others_are_written(X, wanted, failed):
    before = X.copy()
    out, which = try_write_cells(X, ROWS, COLUMNS, values(*wanted))
    assert which.tolist() == [i == failed for i in range(3)]
    cells, old = (np.asarray(t, dtype=object)[:, 0] for t in (out, before))
    for i in range(3):
        assert cells[i] == (old[i] if i == failed else wanted[i])
    assert type(out) is type(X)
    assert np.array_equal(np.asarray(X), np.asarray(before)), "X was modified"


def test_polars_enumerations_hold_only_their_own():
    pl = pytest.importorskip("polars")
    X = pl.DataFrame({"x": ["u", "u", "v"]}, schema={"x": pl.Enum(["u", "v"])})
    out, failed = try_write_cells(X, ROWS, COLUMNS, values("v", "w", "u"))
    assert failed.tolist() == [False, True, False]
    assert out.schema == X.schema and out["x"].to_list() == ["v", "u", "u"]


def test_the_error_names_column_and_value():
    with pytest.raises(ValueError, match=r"'x'.*int64.*cannot hold.*5\.5"):
        write_cells(pd.DataFrame({"x": [1, 2, 3]}), ROWS, COLUMNS, values(4, 5.5, 6))


def test_a_row_with_a_cell_that_cannot_be_written_fails_and_others_are_repaired():
    X = pd.DataFrame({"a": ["x", "x", "x", "y"], "b": ["u", None, "u", "v"]})
    X["b"] = X["b"].astype("category")
    corrector = ModeCorrector().fit(X)
    lacking = X.assign(a=["x", "y", "y", "y"], b=["v", "v", None, "v"])
    lacking["b"] = lacking["b"].astype("category")  # and no "u"
    out = corrector.transform(lacking)
    assert out["a"].tolist() == ["x", "x", "y", "x"]
    assert out["b"].tolist()[:2] == ["v", "v"] and pd.isna(out["b"][2])
    rows = corrector.row_report_
    assert rows["status"].tolist() == ["untouched", "repaired", "failed", "repaired"]
    assert "cannot hold the repaired value 'u'" in rows["reason"][2]
    assert corrector.inverse_transform(out).equals(lacking)
    assert corrector.report_["row"].tolist() == [1, 3]
