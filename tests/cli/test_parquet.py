"""Parquet files keep their schema, their metadata and every cell that is right."""

import datetime
import importlib.util
from decimal import Decimal
from functools import partial

import numpy as np
import pandas as pd
import pytest

from skanomaly import detectors
from skanomaly._cli.errors import InputError
from skanomaly._cli.parquet_table import ParquetTable
from skanomaly.detectors import AutoEncoder
from tests.cli.conftest import refused

pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
parquet = importlib.import_module("pyarrow.parquet")


@pytest.fixture
def typed(tmp_path, rows):
    """Return the path of the table with columns of many types, in two row groups."""
    towns, zips, _ = zip(*rows, strict=True)
    n = len(rows)
    counts = np.random.default_rng(1).integers(1, 9, n).tolist()
    columns = {
        "town": pyarrow.array(towns).dictionary_encode(),
        "zip": pyarrow.array(zips),
        "pieces": pyarrow.array([None, *counts[1:]], pyarrow.int16()),
        "big": pyarrow.array([2**60 + i for i in range(n)]),
        "price": pyarrow.array([Decimal("5.50")] * n, pyarrow.decimal128(9, 2)),
        "total": pyarrow.array([5.5 * count for count in counts]),
        "day": pyarrow.array([datetime.date(2024, 1, 1 + i % 9) for i in range(n)]),
        "paid": pyarrow.array([i % 3 == 0 for i in range(n)]),
        "list": pyarrow.array([[i] for i in range(n)]),
    }
    table = pyarrow.table(columns).replace_schema_metadata({"source": "shop"})
    path = tmp_path / "dirty.parquet"
    parquet.write_table(table, path, row_group_size=150, compression="gzip")
    return path


def test_only_wrong_cells_differ(run, typed):
    status, out, err = run("repair", "dirty.parquet", "-o", "clean.parquet")
    assert (status, err) == (0, "")
    assert "dirty.parquet: 240 rows, 9 columns, Parquet, 2 row groups" in out
    assert "changed 2 cells in 2 rows: town 2" in out
    assert "list: cells are list<" in out
    before, after = map(parquet.read_table, ("dirty.parquet", "clean.parquet"))
    assert after.schema.equals(before.schema, check_metadata=True)
    town = before["town"].to_pylist()
    assert (town[3], town[8]) == ("Brn", "Olso")
    town[3], town[8] = "Bern", "Oslo"
    assert after["town"].to_pylist() == town
    assert after.drop(["town"]).equals(before.drop(["town"]))
    files = [parquet.ParquetFile(name) for name in ("dirty.parquet", "clean.parquet")]
    groups = [[f.metadata.row_group(i) for i in (0, 1)] for f in files]
    assert [g.num_rows for g in groups[1]] == [g.num_rows for g in groups[0]]
    assert groups[1][0].column(1).compression == "GZIP"


def test_the_index_of_pandas_stays(run, tmp_path, rows):
    frame = pd.DataFrame(rows, columns=["town", "zip", "note"])
    frame.index = pd.Index([f"order {i}" for i in range(240)], name="order")
    frame.to_parquet("dirty.parquet")
    status, out, _ = run("repair", "dirty.parquet", "-o", "clean.parquet")
    assert status == 0
    assert "order: index of the table" in out
    frame.loc["order 3", "town"], frame.loc["order 8", "town"] = "Bern", "Oslo"
    pd.testing.assert_frame_equal(pd.read_parquet("clean.parquet"), frame)


def test_report_and_scores_are_written_as_parquet(run, typed, dirty, monkeypatch):
    assert run("repair", "dirty.csv", "--report", "changes.parquet")[0] == 0
    assert pd.read_parquet("changes.parquet")["old"].tolist() == ["Brn", "Olso"]
    arguments = ["--contamination", "0.1"]
    monkeypatch.setattr(detectors, "AutoEncoder", partial(AutoEncoder, max_epochs=2))
    assert run("detect", "dirty.parquet", "-o", "s.parquet", *arguments)[0] == 0
    assert pd.read_parquet("s.parquet").columns.tolist() == [
        "row",
        "score",
        "anomalous",
    ]


@pytest.mark.parametrize(
    "column, value, kept",
    [
        ("pieces", 7, 7),
        ("price", "6.25", Decimal("6.25")),
        ("day", pd.Timestamp("2024-05-01"), datetime.date(2024, 5, 1)),
        ("paid", True, True),
        ("town", "Paris", "Paris"),
        ("total", 1.25, 1.25),
        ("zip", None, None),
    ],
)
def test_a_new_value_has_the_type_of_its_column(typed, column, value, kept):

    table = ParquetTable(str(typed), name="dirty.parquet")
    chunk = next(iter(table.chunks()))
    at = table.names.index(column)
    new = chunk.written(np.array([4, 1]), np.array([at, at]), [value, None])
    assert new.schema.equals(table.schema)
    assert new[column][4].as_py() == kept
    assert new[column][1].as_py() is None


def test_a_value_that_its_column_cannot_hold_is_refused(typed):

    table = ParquetTable(str(typed), name="dirty.parquet")
    chunk = next(iter(table.chunks()))
    with pytest.raises(InputError, match="column 'pieces' cannot hold a new value"):
        chunk.written(np.array([4]), np.array([2]), ["many"])


def test_text_is_not_written_into_a_parquet_file_s_place(run, typed):
    line = refused(run, "repair", "dirty.parquet", "-o", "clean.csv.gz")
    assert line.endswith("row groups; name it clean.parquet.")
