"""What the layers make of a table together."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from skanomaly.correctors import AnomalyCorrector
from skanomaly.correctors._cleaning import layers


@pytest.fixture
def bills():
    """Bills whose total is the product of two columns."""
    rng = np.random.default_rng(0)
    bills = pd.DataFrame(
        {
            "qty": rng.integers(1, 9, 400).astype(float),
            "price": np.round(rng.lognormal(2, 1, 400), 2),
            "shop": rng.choice(list("abc"), 400),
        }
    )
    return bills.assign(total=np.round(bills["qty"] * bills["price"], 2))


@pytest.mark.parametrize("column", ["qty", "price", "total"])
def test_a_relation_fills_the_only_missing_number_if_asked_to(bills, column):
    gaps = bills.copy()
    gaps.loc[3, column] = np.nan
    table, report, rows = AnomalyCorrector(fill=True).fit(gaps).repair(gaps)
    pd.testing.assert_frame_equal(table, bills)
    reason = f"{column} has no number; total = qty x price says "
    assert report["reason"][0].startswith(reason)
    assert rows["n_filled"].sum() == 1
    pd.testing.assert_frame_equal(AnomalyCorrector().fit_transform(gaps), gaps)


def test_progress_through_the_table_is_shown_when_asked_for(capsys):
    X = pd.DataFrame({"a": list("xyz") * 9, "b": list("uvw") * 9})
    for verbose, shown in ((0, False), (1, True)):
        AnomalyCorrector(verbose=verbose).fit_transform(X)
        assert ("table: 100%" in capsys.readouterr().err) == shown


def test_a_relation_with_two_missing_numbers_fills_none(bills):
    bills.loc[3, ["price", "total"]] = np.nan
    table = AnomalyCorrector(fill=True).fit_transform(bills)
    assert table.loc[3, ["price", "total"]].isna().all()


def test_a_relation_does_not_fill_a_column_that_is_to_be_flagged(bills):
    bills.loc[3, "total"] = np.nan
    corrector = AnomalyCorrector(fill=True, roles={"total": "flag"})
    assert np.isnan(corrector.fit_transform(bills).loc[3, "total"])


def test_a_relation_replaces_what_is_no_number(bills):
    dirty = bills.astype(object)
    dirty.loc[3, "total"] = "12x"
    table = AnomalyCorrector().fit_transform(dirty)
    assert table.loc[3, "total"] == bills.loc[3, "total"]


def test_numbers_that_an_exact_relation_confirms_are_not_doubted():
    rng = np.random.default_rng(0)
    pieces, price = rng.integers(1, 9, 500), rng.normal(20, 2, 500).round(2)
    X = pd.DataFrame({"pieces": pieces, "price": price})
    X["total"] = (pieces * price).round(2)
    X.loc[8, "total"] = 1.0
    corrector = AnomalyCorrector().fit(X)
    corrector.transform(X)
    report = corrector.report_
    assert report[["row", "column"]].to_numpy().tolist() == [[8, "total"]]
    p = np.asarray(corrector.error_proba(X))
    assert (np.delete(p, 8, axis=0) < 0.1).all()


def test_units_that_differ_are_said(bills):
    bills["size"] = [f"{n} cm" for n in range(100, 390)] + ["1.8 m", "2.1 m"] * 55
    corrector = AnomalyCorrector().fit(bills)
    status = corrector.column_report_.set_index("column")["status"]
    assert status["size"].endswith("; units differ and are not converted: cm, m")
    assert "units" not in status["shop"]


@pytest.mark.slow
def test_numbers_that_miss_alike_are_suggested_as_the_whole_row_has_them():
    rng = np.random.default_rng(0)
    home, away = rng.poisson(1.5, 800), rng.poisson(1.1, 800)
    right = pd.DataFrame({"home": home, "away": away, "goals": home + away})
    right["result"] = np.sign(home - away)
    right["margin"] = [f"by {k}" for k in home - away]
    dirty = right.copy()
    dirty.loc[[3, 90, 177, 305, 444, 609, 700, 777], "home"] += 1
    corrector = AnomalyCorrector(random_state=0).fit(dirty)
    assert_frame_equal(corrector.transform(dirty), dirty)
    said = corrector.report_.query("column == 'home'").set_index("row")
    assert len(said) == 8 and (said["p_error"] > 0.8).all()
    assert (said["suggestion"] == right["home"][said.index]).all()


def test_notes_below_a_table_are_no_other_kind_of_column(monkeypatch):
    monkeypatch.setattr(layers, "CHUNK_ROWS", 1170)
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"size": rng.integers(0, 999, 1200), "kind": ["a", "b"] * 600})
    X["size"] = X["size"].astype(object)
    X.loc[1170:, "size"] = "see note"  # a chunk of its own
    corrector = AnomalyCorrector(random_state=0).fit(X)
    assert_frame_equal(corrector.transform(X), X)
    assert corrector.report_["reason"].str.contains("is no number").sum() == 30
