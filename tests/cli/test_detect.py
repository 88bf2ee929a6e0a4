"""`skanomaly detect`, as a user runs it."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from skanomaly import detectors
from skanomaly._cli import csv_encoding, csv_table
from skanomaly._cli.features import TableFeatures
from skanomaly.detectors import AutoEncoder, DeepSVDD
from tests.cli.conftest import refused


@pytest.fixture
def table(tmp_path):
    """Return the path of a table whose row 5 is odd by `b`, and row 9 by `kind`."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=120)
    frame = pd.DataFrame({"id": range(120), "a": a, "b": 2 * a + rng.normal(size=120)})
    frame["b"] = frame["b"].round(3)
    frame["kind"] = rng.choice(["red", "blue"], 120)
    frame["text"] = [f"words {i}" for i in range(120)]
    frame.loc[5, "b"] = 40
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Train small networks, and no further ones for the threshold."""
    for name, cls in {"AutoEncoder": AutoEncoder, "DeepSVDD": DeepSVDD}.items():
        small = partial(cls, max_epochs=5, contamination=0.1)
        monkeypatch.setattr(detectors, name, small)


def test_scores_of_rows(run, table):
    status, out, err = run("detect", "table.csv", "-o", "scores.csv")
    assert (status, err) == (0, "")
    scores = pd.read_csv("scores.csv")
    assert scores.columns.tolist() == ["row", "score", "anomalous"]
    assert scores["row"].tolist() == list(range(120))
    assert scores["score"].idxmax() == 5
    assert scores.loc[5, "anomalous"] == 1
    assert f"{scores['anomalous'].sum()} rows of 120 anomalous" in out
    assert "2 columns of numbers, 1 column of categories" in out
    assert "id: left out: it numbers the rows" in out
    assert "text: left out: text with 120 values" in out


@pytest.mark.parametrize("detector", ["AutoEncoder", "DeepSVDD"])
def test_explained_rows_name_their_columns(run, table, detector):
    arguments = ["--detector", detector, "--explain", "--quiet"]
    assert run("detect", "table.csv", "-o", "s.csv", *arguments) == (0, "", "")
    scores = pd.read_csv("s.csv")
    names = [f"{what}_{k}" for k in (1, 2, 3) for what in ("column", "contribution")]
    assert scores.columns.tolist()[3:] == names
    assert scores.loc[5, "column_1"] == "b"
    assert set(scores.loc[0, ["column_1", "column_2", "column_3"]]) == {
        "a",
        "b",
        "kind",
    }
    assert (scores["contribution_1"] >= scores["contribution_2"]).all()


def test_contributions_of_an_autoencoder_sum_to_the_score(run, table):
    run("detect", "table.csv", "-o", "s.csv", "--explain")
    scores = pd.read_csv("s.csv")
    parts = scores.filter(like="contribution").sum(axis=1)
    np.testing.assert_allclose(parts, scores["score"], rtol=1e-4)


def test_chunks_do_not_change_scores(run, table, monkeypatch):
    run("detect", "table.csv", "-o", "whole.csv")
    monkeypatch.setattr(csv_encoding, "BLOCK", 100)
    monkeypatch.setattr(csv_table, "CHUNK", 500)
    run("detect", "table.csv", "-o", "parts.csv")
    whole, parts = pd.read_csv("whole.csv"), pd.read_csv("parts.csv")
    pd.testing.assert_frame_equal(whole, parts, rtol=1e-5)


def test_rows_are_compared_with_those_of_another_table(run, table):
    frame = pd.read_csv(table)
    frame.drop(index=5).to_csv("normal.csv", index=False)
    frame[4:6].to_csv("new.csv", index=False)
    status, out, _ = run("detect", "new.csv", "-o", "s.csv", "--train", "normal.csv")
    assert status == 0
    assert "learned from 119 rows" in out
    assert pd.read_csv("s.csv")["anomalous"].tolist() == [0, 1]
    frame.drop(columns="b").to_csv("less.csv", index=False)
    line = refused(run, "detect", "less.csv", "-o", "t.csv", "--train", "normal.csv")
    assert line.endswith("less.csv has no column 'b', which normal.csv has.")


def test_ignored_columns_and_the_share_of_anomalies(run, table):
    arguments = ["--ignore", "b", "--contamination", "0.25"]
    _, out, _ = run("detect", "table.csv", "-o", "s.csv", *arguments)
    assert "b: ignored" in out
    assert pd.read_csv("s.csv")["anomalous"].sum() == 30


def test_a_detector_that_draws_nothing_is_taken_too(run, table):
    run("detect", "table.csv", "-o", "s.csv", "--detector", "NeighborsDetector")
    assert pd.read_csv("s.csv").columns[-1] == "anomalous"


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--detector", "AutoEncodr"], "no 'AutoEncodr'; did you mean 'AutoEncoder'?"),
        (["--detector", "deepsvdd"], "no 'deepsvdd'; did you mean 'DeepSVDD'?"),
        (["--detector", "tree"], "no 'tree'; there are AnoGAN, AutoEncoder, DeepSAD"),
        (["--ignore", "c"], "--ignore: table.csv has no column 'c'"),
        (["--ignore", "a", "b", "kind"], "no column can be used: id (left out: it num"),
        (["--contamination", "0.9"], "The 'contamination' parameter of AutoEncoder"),
    ],
)
def test_what_cannot_be_detected(run, table, arguments, said):
    assert said in refused(run, "detect", "table.csv", "-o", "s.csv", *arguments)


def test_columns_are_read_as_what_they_hold():
    X = pd.DataFrame(
        {
            "number": ["1.5", "N/A", "-2", None, *["1"] * 96],
            "code": ["?", *[f"{i % 7:03d}" for i in range(1, 100)]],
            "day": ["2024-01-01", "2024-01-03 12:00", *["2024-01-02"] * 98],
            "year": ["1492", *["2000"] * 99],
            "flag": [True, False] * 50,
            "constant": ["x"] * 100,
        }
    )
    features = TableFeatures(X, [])
    assert [(column.kind, column.usual) for column in features.columns] == [
        ("number", 1), ("category", "001"), ("date", 19724), ("number", 2000),
        ("number", 0.5), ("category", "x"),
    ]  # fmt: skip
    rows = features.features(X)
    assert rows["number"].fillna(0).tolist()[:4] == [1.5, 0, -2, 0]
    assert rows["code"].tolist()[:3] == [None, "001", "002"]
    assert rows["day"].tolist()[:2] == [19723, 19725.5]
    assert rows["year"][0] == 1492
    new = features.features(X.head(1).assign(code="999", number="many"))
    assert new["code"].tolist() == ["999"]
    assert new["number"].isna().all()
    usual = features.without(new, features.columns[1])
    assert usual["code"].tolist() == ["001"]


def test_one_row_is_too_few(run, tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    line = refused(run, "detect", "x.csv", "-o", "s.csv")
    assert line == "skanomaly: x.csv: one row is too few to learn from, it takes 2."
