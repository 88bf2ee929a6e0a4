"""Sentences that say why a cell was changed."""

import datetime as dt
import time

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import AnomalyCorrector, InverseGradientRepair
from skanomaly.correctors._table.sentences import quoted, readable_bounds
from skanomaly.datasets import make_sum_limit
from tests.contract.mode_corrector import ModeCorrector


def test_values_are_quoted_as_what_they_are():
    values = ["Rome", 5.0, 0.1, True, pd.Timestamp("2024-01-31"), dt.date(2024, 1, 31)]
    assert [quoted(value) for value in values] == [
        "'Rome'", "5", "0.1", "True", "2024-01-31", "2024-01-31",
    ]  # fmt: skip
    assert quoted("x" * 100) == "'" + "x" * 59 + "…'"


def test_bounds_of_dates_are_dates_and_others_stay_numbers():
    readings = ["number", "date", "date with zone", "duration"]
    bounds = readable_bounds([1.5, 19723.0, 19723.25, 2.0], np.arange(4), readings)
    assert bounds.tolist() == [
        1.5,
        pd.Timestamp("2024-01-01"),
        pd.Timestamp("2024-01-01 06:00", tz="UTC"),
        pd.Timedelta(days=2),
    ]
    assert readable_bounds([1.0, np.nan], np.array([0, 1]), readings).dtype == float
    assert readable_bounds([1e9], np.array([1]), readings).tolist() == [1e9]


def test_labels_give_the_probability_before_and_after():
    X, y = make_sum_limit(1000, as_frame=True, random_state=0)
    repair = InverseGradientRepair(max_epochs=100, random_state=0).fit(X, y)
    repair.transform(X)
    report = repair.report_
    assert report["kind"].eq("anomalous row").all() and len(report)
    cell = report.iloc[0]
    assert cell["reason"].startswith("the row is an anomaly with probability 0.")
    change = f"with {cell['column']} {quoted(cell['new'])} instead of "
    change += quoted(cell["old"])
    assert change in cell["reason"]
    several = report["n_edits"] > 1
    assert several.any()
    assert (report["reason"].str.contains(" more it is one with") == several).all()


def test_filled_and_redrawn_cells_have_a_reason():
    X = pd.DataFrame({"a": ["x", "x", "y"], "b": ["u", None, "u"]})
    corrector = ModeCorrector().fit(X)
    corrector.transform(X)
    assert corrector.report_.set_index("kind")["reason"].to_dict() == {
        "missing cell": "b 'u' instead of missing: the likeliest value given the rest "
        "of the row",
        "redrawn cell": "a 'x' instead of 'y': likely given the rest of the row",
    }


def test_a_constraint_is_the_reason_of_what_was_changed_for_it():
    X = pd.DataFrame({"a": ["x", "y"] * 30, "b": ["u", "v"] * 30})
    X.loc[0, "b"] = "v"
    rule = lambda table: (table["a"] == "x") == (table["b"] == "u")  # noqa: E731
    corrector = AnomalyCorrector(constraints=[rule], random_state=0).fit(X)
    corrector.transform(X)
    report = corrector.report_
    assert report["kind"].tolist() == ["constraint"]
    assert report["reason"][0].startswith("the row breaks a constraint; with ")


@pytest.fixture(scope="module")
def messy():
    """A table with a unit, a blank and a cell that is no number."""
    rng = np.random.default_rng(0)
    weight = rng.integers(40, 99, 200).astype(str).astype(object)
    weight[::3] = [f"{w} kg" for w in weight[::3]]
    weight[7] = "3x5"
    return pd.DataFrame({"weight": weight, "team": rng.choice(["a", "b"], 200)})


def test_a_format_says_both_spellings_and_the_steps(messy):
    corrector = AnomalyCorrector(random_state=0).fit(messy)
    corrector.transform(messy)
    report = corrector.report_.set_index("row")
    old, new = messy.loc[0, "weight"], messy.loc[0, "weight"].removesuffix(" kg")
    cell = report.loc[0]
    assert cell["reason"] == (
        f"weight '{old}' is written as '{new}': drop the unit 'kg'"
    )
    assert cell["kind"] == "drop the unit 'kg'"


def test_what_cannot_be_read_is_named(messy):
    corrector = AnomalyCorrector(random_state=0).fit(messy)
    corrector.transform(messy)
    cell = corrector.report_.set_index("row").loc[7]
    assert cell["status"] == "flagged" and cell["kind"] == "cannot be read"
    assert cell["reason"] == ("weight '3x5' is no number, as the rest of its column is")


def test_ten_thousand_sentences_take_no_time(messy):
    corrector = AnomalyCorrector(random_state=0).fit(messy)
    long = pd.concat([messy] * 150, ignore_index=True)
    corrector.transform(long)
    assert len(corrector.report_) > 10_000
    rows = corrector._rows(long)
    repair = corrector._repair(rows)
    start = time.process_time()
    corrector._write(long, rows, repair)
    assert time.process_time() - start < 2
