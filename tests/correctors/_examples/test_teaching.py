"""Correctors that are taught: corrections in `fit`, and what becomes of them."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from skanomaly.correctors import (
    AnomalyCorrector,
    DiffusionInpainter,
    NoisyChannelCorrector,
)

CORRECTORS = [AnomalyCorrector, NoisyChannelCorrector]


def _towns(n=120):
    """A clean table, and the same with names in another order and a wrong town."""
    rng = np.random.default_rng(0)
    first, last = ["Ann", "Bob", "Carl", "Dora"], ["Miller", "Lopez", "Weber", "Khan"]
    names = [(first[i], last[j]) for i, j in rng.integers(4, size=(n, 2))]
    town = np.tile(["Bern", "Rome", "Oslo"], n // 3)
    land = np.tile(["CH", "IT", "NO"], n // 3)
    clean = pd.DataFrame(
        {"name": [f"{b}, {a}" for a, b in names], "town": town, "land": land}
    )
    clean.index = [f"r{i}" for i in range(n)]
    dirty = clean.copy()
    for i in range(0, n, 4):
        dirty.iloc[i, 0] = "{} {}".format(*names[i])
    dirty.iloc[7, 1] = "Rmoe"
    return dirty, clean


@pytest.fixture(params=CORRECTORS)
def corrector(request):
    return request.param(random_state=0)


def test_what_few_rows_show_is_done_everywhere(corrector):
    dirty, clean = _towns()
    rows = corrector.suggest_rows(dirty, 6)
    assert set(rows) <= set(dirty.index)
    repaired = corrector.fit(dirty, corrections=clean.loc[rows]).transform(dirty)
    assert repaired["name"].tolist() == clean["name"].tolist()
    learned = [p for p in corrector.programs_ if p.is_learned]
    assert [p.column for p in learned] == ["name"]
    report = corrector.report_
    written = report[(report["column"] == "name") & (report["status"] == "repaired")]
    assert written["p_new"].between(0.8, 1).all()
    assert corrector.inverse_transform(repaired).equals(dirty)


def test_corrected_rows_are_taken_over_and_confirmed_ones_stay(corrector):
    dirty, _ = _towns()
    # Against all that the table says: Rome lies in Norway, and "Rmoe" is a town.
    given = pd.DataFrame(
        {"row": ["r1", "r7"], "column": ["land", None], "value": ["NO", None]}
    )
    repaired = corrector.fit(dirty, corrections=given).transform(dirty)
    assert repaired.at["r1", "land"] == "NO"
    assert repaired.at["r7", "town"] == "Rmoe"
    report = corrector.report_.set_index(["row", "column"])
    assert report.loc[("r1", "land"), "p_new"] == 1
    assert ("r7", "town") not in report.index
    p = corrector.error_proba(dirty)
    assert p[1].tolist() == [0, 0, 1]
    assert p[7].tolist() == [0, 0, 0]
    # The same row alone, and again when it has been corrected.
    assert corrector.transform(dirty.iloc[[1]]).at["r1", "land"] == "NO"
    assert corrector.transform(repaired).at["r1", "land"] == "NO"


def test_a_clean_table_that_is_confirmed_stays(corrector):
    _, clean = _towns()
    repaired = corrector.fit(clean, corrections=clean).transform(clean)
    assert repaired.equals(clean)
    assert len(corrector.report_) == 0
    assert np.nanmax(corrector.error_proba(clean)) == 0


def test_rounds_ask_for_other_rows(corrector):
    dirty, clean = _towns()
    first = corrector.suggest_rows(dirty, 4)
    second = corrector.fit(dirty, corrections=clean.loc[first]).suggest_rows(dirty, 4)
    assert not set(first) & set(second)
    assert corrector.suggest_rows(dirty, 4) == second
    with pytest.raises(ValueError, match="n must be a number of rows"):
        corrector.suggest_rows(dirty, 0)


def test_a_review_of_a_report_is_a_correction(corrector):
    dirty, _ = _towns(300)
    dirty.loc[["r1", "r10", "r34"], "town"] = ["Rme", "Roma", "Rom"]
    corrector.fit(dirty).transform(dirty)
    review = corrector.report_.assign(decision="reject", value=None)
    assert ("r7", "town") in set(zip(review["row"], review["column"], strict=True))
    again = clone(corrector).fit(dirty, corrections=review)
    assert again.transform(dirty).at["r7", "town"] == "Rmoe"


def test_accepted_repairs_teach_nothing_about_cells_that_the_review_does_not_show():
    rng = np.random.default_rng(0)
    k = rng.integers(4, size=600)
    town = np.array(["Paris", "Milan", "Oslo", "Bern"])[k].astype(object)
    land = np.array(["France", "Italy", "Norway", "Switzerland"])[k].astype(object)
    code = np.array(["75000", "20100", "0150", "3000"])[k].astype(object)
    clean = pd.DataFrame({"town": town, "land": land, "code": code})
    dirty = clean.copy()
    some = np.flatnonzero(k == 1)[:5]
    dirty.loc[some, ["town", "land"]] = clean.loc[some, ["land", "town"]].to_numpy()
    dirty.loc[np.flatnonzero(k == 3)[:3], "town"] = "Berns"
    review = AnomalyCorrector(random_state=0).fit(dirty).repair(dirty).report
    review = review.assign(decision="accept", value=None)
    corrector = AnomalyCorrector(random_state=0).fit(dirty, corrections=review)
    table, report, _ = corrector.repair(dirty)
    pd.testing.assert_frame_equal(table, clean)
    assert set(report["status"]) == {"repaired"}


def test_programs_switched_off_are_not_applied(corrector):
    dirty, clean = _towns()
    rows = corrector.suggest_rows(dirty, 6)
    corrector.fit(dirty, corrections=clean.loc[rows])
    for program in corrector.programs_:
        program.enabled = False
    repaired = corrector.transform(dirty)
    others = ~dirty.index.isin(rows)
    assert repaired["name"][others].equals(dirty["name"][others])
    assert repaired["name"][~others].equals(clean["name"][~others])


def test_immutable_columns_refuse_corrections(corrector):
    dirty, clean = _towns()
    corrector.set_params(immutable=["name"])
    with pytest.raises(ValueError, match="'name', which is immutable"):
        corrector.fit(dirty, corrections=clean.iloc[:4])
    corrector.fit(dirty, corrections=clean.iloc[1:4])


def test_a_fit_that_fails_keeps_the_earlier_one(corrector):
    dirty, clean = _towns()
    corrector.fit(dirty, corrections=clean.iloc[:8])
    before = corrector.transform(dirty)
    with pytest.raises(ValueError, match="no index label"):
        corrector.fit(dirty, corrections=clean.iloc[:2].rename({"r0": "z"}))
    assert corrector.transform(dirty).equals(before)
    # A later fit without corrections forgets them.
    assert (
        corrector.fit(dirty).transform(dirty).at["r0", "name"] == dirty.at["r0", "name"]
    )


def test_arrays_have_positions_for_labels(corrector):
    dirty, clean = _towns()
    X, right = dirty.to_numpy(object), clean.to_numpy(object)
    given = pd.DataFrame(right[:8])
    repaired = corrector.fit(X, corrections=given).transform(X)
    assert (repaired[:, 0] == right[:, 0]).all()
    assert corrector.suggest_rows(X, 2)[0] not in range(8)


def test_corrections_pass_through_a_pipeline():
    dirty, clean = _towns()
    pipe = make_pipeline(AnomalyCorrector(random_state=0), OrdinalEncoder())
    pipe.fit(dirty, anomalycorrector__corrections=clean.iloc[:8])
    assert len(pipe[0].programs_) == 1
    with sklearn.config_context(enable_metadata_routing=True):
        step = AnomalyCorrector(random_state=0).set_fit_request(corrections=True)
        routed = make_pipeline(step, OrdinalEncoder())
        routed.fit(dirty, corrections=clean.iloc[:8])
    assert [str(p) for p in routed[0].programs_] == [str(p) for p in pipe[0].programs_]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*labelled anomalies look normal")
def test_rows_that_are_judged_as_wholes_are_taken_over():
    dirty, clean = _towns(30)
    y = np.zeros(len(dirty), int)
    y[[7, 10]] = 1
    inpainter = DiffusionInpainter(hidden_units=(8,), n_steps=10)
    corrector = AnomalyCorrector(max_epochs=5, inpainter=inpainter, random_state=0)
    given = clean.iloc[[0, 7]]
    repaired = corrector.fit(dirty, y, corrections=given).transform(dirty)
    assert repaired.iloc[[0, 7]].equals(given)
    assert corrector.report_.set_index("row").loc["r7", "p_new"] == 1
