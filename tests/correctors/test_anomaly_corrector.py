"""Rows chosen, cells chosen, values chosen, repairs verified."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from skanomaly.correctors import (
    AnomalyCorrector,
    DiffusionInpainter,
    InverseGradientRepair,
)
from skanomaly.datasets import make_no_repeats, make_sum_limit
from skanomaly.detectors import AutoEncoder
from tests.contract.check_corrector import differences, towns

pytestmark = pytest.mark.filterwarnings("ignore:.*labelled anomalies look normal")
SMALL = DiffusionInpainter(hidden_units=(16,), n_steps=100)


@pytest.fixture(scope="module")
def letters():
    return make_no_repeats(1000, as_frame=True, random_state=0)


@pytest.fixture(scope="module")
def labelled(letters):
    corrector = AnomalyCorrector(max_epochs=400, inpainter=SMALL, random_state=0)
    return corrector.fit(*letters)


@pytest.fixture(scope="module")
def sums():
    X, y = make_sum_limit(600, random_state=0)
    return pd.DataFrame(X, columns=list("abcde")), y


# With labels


def test_labelled_anomalies_are_repaired_and_verified(labelled, letters):
    X, y = letters
    out = labelled.transform(X)
    assert isinstance(labelled.repair_, InverseGradientRepair)
    assert (out.nunique(axis=1) == 3).all()
    assert not differences(X, out)[y == 0].any()
    report = labelled.row_report_
    assert report["status"].eq("repaired").tolist() == (y == 1).tolist()
    repaired = report[y == 1]
    assert (repaired["p_anomaly_before"] >= 0.5).all()
    assert (repaired["p_anomaly_after"] < 0.5).all()
    assert repaired["certified_min_edits"].all()
    verified = labelled.repair_.anomaly_proba(out)
    np.testing.assert_allclose(report["p_anomaly_after"], verified)


def test_the_report_holds_probabilities_of_old_and_new_values(labelled, letters):
    labelled.transform(letters[0])
    report = labelled.report_
    for name in ("p_error", "p_new", "p_anomaly_before", "p_anomaly_after"):
        assert report[name].between(0, 1).all()
    # The model of normal rows knows that letters do not repeat.
    assert (report["p_error"] > 0.5).mean() > 0.95
    assert (report["p_new"] > 1 - report["p_error"]).mean() > 0.95


def test_the_model_of_right_rows_learns_from_normal_rows_only(labelled, letters):
    X, y = letters
    codes = labelled._codec.encode(X)[0]
    scores = labelled.inpainter_.model_.log_likelihood(codes)
    assert labelled.inpainter_ is labelled.repair_.inpainter_
    assert scores[y == 0].min() > np.median(scores[y == 1])


def test_of_the_repairs_the_likelier_wins():
    rng = np.random.default_rng(0)
    normal = rng.choice(["a", "b"], 300, p=[0.03, 0.97])
    X = pd.DataFrame({"v": [*normal, *["c"] * 60], "w": "ok"})
    corrector = AnomalyCorrector(
        LogisticRegression(), inpainter=SMALL, random_state=0
    ).fit(X, np.repeat([0, 1], [300, 60]))
    assert (corrector.transform(X.tail(5))["v"] == "b").all()


# With a detector


def test_a_detector_chooses_the_rows(sums):
    X, _ = sums
    detector = AutoEncoder(max_epochs=5, random_state=0)
    corrector = AnomalyCorrector(detector, inpainter=SMALL, random_state=0).fit(X)
    out = corrector.transform(X)
    rows = corrector.repair_.one_hot(X)
    found = corrector.repair_.classifier_.predict(rows) == -1
    status = corrector.row_report_["status"]
    assert 0 < found.sum() < len(X)
    assert status.ne("untouched").tolist() == found.tolist()
    done = status.eq("repaired").to_numpy()
    after = corrector.repair_.classifier_.predict(corrector.repair_.one_hot(out))
    assert (after[done] == 1).all()


@pytest.mark.parametrize("search", ["auto", "beam"])
def test_a_fitted_classifier_chooses_the_rows(search, sums):
    X, y = sums
    first = InverseGradientRepair(LogisticRegression()).fit(X, y)
    corrector = AnomalyCorrector(
        first.classifier_, search=search, inpainter=SMALL, random_state=0
    ).fit(X)
    assert corrector.repair_.classifier_ is first.classifier_
    assert (first.anomaly_proba(corrector.transform(X)) < 0.5).all()


# Without both


@pytest.mark.parametrize("y", [None, "normal"])
def test_alone_the_model_of_right_rows_repairs_cells(y):
    X, wrong = towns(500, share=0.05)
    y = None if y is None else np.zeros(len(X))
    inpainter = DiffusionInpainter(hidden_units=(32,), n_steps=400)
    corrector = AnomalyCorrector(alpha=0.6, inpainter=inpainter, random_state=0)
    out = corrector.fit(X, y).transform(X)
    assert corrector.repair_ is None
    assert corrector.inpainter_.alpha == 0.6
    changed = differences(X, out)
    assert changed[wrong].mean() > (0.3 if y is None else 0.05)
    assert changed[~wrong].mean() < 0.05
    assert corrector.row_report_["p_anomaly_before"].isna().all()
    assert corrector.report_["p_error"].notna().all()
    assert len(corrector.inpainter_.nets_) == (2 if y is None else 1)


def test_cells_are_judged_in_every_mode(labelled, letters):
    X, y = letters
    p = labelled.error_proba(X)
    assert p.shape == X.shape
    assert ((p >= 0) & (p <= 1)).all()
    assert p[y == 1].max(axis=1).mean() > p[y == 0].max(axis=1).mean()
    gap = X.head(2).astype(object)
    gap.iloc[0, 0] = None
    assert np.isnan(labelled.error_proba(gap))[:, 0].tolist() == [True, False]


# Risk and failure


@pytest.fixture(scope="module")
def soft(sums):
    """A classifier that is not sure of its repairs."""
    return (
        InverseGradientRepair(LogisticRegression(C=0.01, class_weight="balanced"))
        .fit(*sums)
        .classifier_
    )


def test_risky_repairs_are_left_alone(sums, soft):
    X, y = sums
    free = AnomalyCorrector(soft, inpainter=SMALL, random_state=0).fit(X, y)
    free.transform(X)
    risk = free.row_report_["p_anomaly_after"][free.row_report_["n_edits"] > 0]
    alpha = float(risk.median())
    corrector = AnomalyCorrector(soft, alpha=alpha, inpainter=SMALL, random_state=0)
    out = corrector.fit(X, y).transform(X)
    report = corrector.row_report_
    left = report["status"] == "abstained"
    assert left.loc[risk.index].tolist() == (risk > alpha).tolist()
    assert 0 < left.sum() < len(risk)
    assert report.loc[left, "reason"].eq("risk above alpha").all()
    assert report.loc[left, "n_edits"].eq(0).all()
    assert out[left].equals(X[left])
    assert (
        report.loc[report["status"] == "repaired", "p_anomaly_after"] <= alpha
    ).all()


def test_rows_without_a_repair_fail(sums):
    X, y = sums
    corrector = AnomalyCorrector(
        LogisticRegression(), max_edits=1, inpainter=SMALL, random_state=0
    ).fit(X, y)
    row = pd.DataFrame([[3] * 5], columns=X.columns)
    assert corrector.transform(row).equals(row)
    report = corrector.row_report_.iloc[0]
    assert [report["status"], report["reason"]] == ["failed", "no repair found"]
    assert report["p_anomaly_after"] == report["p_anomaly_before"] > 0.5


def test_constraints_and_locked_columns_reach_the_search(sums):
    X, y = sums
    corrector = AnomalyCorrector(
        LogisticRegression(),
        immutable=["a"],
        constraints=[lambda table: table["b"] != 0],
        inpainter=SMALL,
        random_state=0,
    ).fit(X, y)
    row = pd.DataFrame([[3, 3, 3, 1, 1], [3, 3, 3, 3, 3]], columns=X.columns)
    out = corrector.transform(row)
    assert (out["a"] == 3).all()
    assert (out["b"] != 0).all()
    assert corrector.row_report_["status"].tolist() == ["repaired"] * 2
    for proposed in corrector.propose(row).to_dict("records"):
        assert proposed["column"] != "a"
        assert (proposed["column"], proposed["new"]) != ("b", 0)


def known_pair(table):
    """Whether b follows a."""
    return table["b"].str.upper() == table["a"]


@pytest.mark.parametrize("labels", [False, True])
def test_rows_that_break_a_constraint_are_repaired_with_and_without_labels(labels):
    letters = np.random.default_rng(0).choice(list("ABC"), 300)
    X = pd.DataFrame({"a": letters, "b": pd.Series(letters).str.lower(), "c": "x"})
    X.loc[[5, 6], "b"] = ["a", "b"] if letters[5] != "A" and letters[6] != "B" else "c"
    broken = ~known_pair(X)
    assert broken.any()
    y = broken.astype(int) if labels else None
    corrector = AnomalyCorrector(
        LogisticRegression(C=100) if labels else None,
        constraints=known_pair, immutable=["a"], inpainter=SMALL, random_state=0,
    )  # fmt: skip
    out = corrector.fit(X, y).transform(X)
    assert known_pair(out).all()
    assert out["a"].equals(X["a"]) and out[~broken].equals(X[~broken])
    report = corrector.row_report_[broken]
    assert report["status"].eq("repaired").all()
    assert report["reason"].eq("breaks a constraint").all()
    assert report["n_edits"].eq(1).all()
    assert corrector.report_["p_new"].between(0, 1).all()


def test_the_given_inpainter_is_not_touched(labelled):
    assert not hasattr(SMALL, "net_")
    assert SMALL.random_state is None
    assert labelled.inpainter_.n_steps == 100
