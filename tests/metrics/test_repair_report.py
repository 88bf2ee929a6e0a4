"""Report of a repair: examples by hand, and the figures that are known for chance."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.datasets import make_sum_limit
from skanomaly.metrics import repair_report
from skanomaly.metrics._chance_repairs import repairs_by_chance

STRUCTURE = {"n_values": (2, 3, 5, 7, 11), "limit": 15}


def rule(X):
    return X.sum(axis=1) > 15


@pytest.fixture(scope="module")
def anomalies():
    X, y = make_sum_limit(40_000, **STRUCTURE, random_state=0)
    return X[y == 1], X[y == 0]


def largest_index(X):
    """Mask of the column with the largest value, the first one on ties."""
    return np.arange(X.shape[1]) == X.argmax(axis=1)[:, None]


def test_an_example_by_hand():
    before = pd.DataFrame({"a": [1, 1, 0, 0], "b": [5, 5, 5, 1]})
    after = pd.DataFrame({"a": [1, 0, 0, 1], "b": [0, 5, 5, 1]})
    mask = np.array([[False, True]] * 4)
    report = repair_report(
        before,
        after,
        y=[1, 1, 1, 0],
        mask=mask,
        is_anomaly=lambda X: X["a"] * X["b"] >= 1,
        classifier=lambda X: np.where(X["b"] > 4, 0.9, 0.5),
    )
    assert report["repaired"].dropna().to_dict() == {
        "rows": 4,
        "columns": 2,
        "rows_changed": 3,
        "cells_changed": 3,
        "dissimilarity": 0.75,
        "anomalies_before": 3,
        "anomalies_remaining": 1,
        "percentage_change": pytest.approx(-200 / 3),
        "percentage_change_by_judge": -50,
        "correct_changes": 2,
        "wrong_changes": 1,
        "percent_classified_before": 75,
        "percent_classified_after": 50,
        "known_values": 4,
        "known_values_wrongly_modified": 2,
        "rows_wrongly_modified": 2,
        "agreement_mean": 1.25,
        "agreement_median": 1,
        "agreement_std": pytest.approx(np.std([1, 1, 2, 1])),
    }
    assert list(report.columns) == ["repaired", "marginals", "uniform"]


@pytest.mark.parametrize(
    ("mask", "marginals", "uniform"),
    [("one", 24.60, 34.06), ("all", 9.44, 17.92)],
)
def test_chance_leaves_as_many_anomalies_as_enumeration_says(
    anomalies, mask, marginals, uniform
):
    X, normal = anomalies
    open_cells = largest_index(X) if mask == "one" else np.ones(X.shape, dtype=bool)
    report = repair_report(X, X, mask=open_cells, is_anomaly=rule, X_reference=normal)
    remaining = 100 + report.loc["percentage_change"]
    assert remaining["repaired"] == 100
    assert remaining["marginals"] == pytest.approx(marginals, abs=1.5)
    assert remaining["uniform"] == pytest.approx(uniform, abs=1.5)
    known = report.loc["known_values_wrongly_modified", ["marginals", "uniform"]]
    assert (known == 0).all()
    if mask == "all":
        agreement = report.loc[["agreement_mean", "agreement_std"], "marginals"]
        assert agreement.tolist() == pytest.approx([1.20, 0.886], abs=0.04)


def test_the_distance_of_real_rows_is_the_floor(anomalies):
    X, normal = anomalies
    report = repair_report(X[:1000], normal[:1000], X_reference=normal[1000:4460])
    joint, pairs = (
        report.loc[f"{kind}dissimilarity_to_reference"] for kind in ("", "pairwise_")
    )
    # The rest of the reference has 2460 rows.
    assert joint["real"] == pytest.approx(0.621, abs=0.02)
    assert joint["repaired"] == pytest.approx(joint["real"], abs=0.03)
    assert pairs["repaired"] == pytest.approx(pairs["real"], abs=0.02)
    assert pairs["uniform"] > pairs["marginals"] > 1.1 * pairs["real"]


def test_an_untouched_table(anomalies):
    X, _ = anomalies
    report = repair_report(X, X.copy(), mask=np.ones(X.shape, bool), is_anomaly=rule)
    assert list(report.columns) == ["repaired"]
    lines = report["repaired"]
    assert lines["dissimilarity"] == lines["cells_changed"] == 0
    assert lines["percentage_change"] == lines["correct_changes"] == 0
    assert lines["agreement_mean"] == 5 and lines["agreement_std"] == 0


def test_labels_are_told_apart_from_what_the_classifier_says():
    X = np.arange(10)[:, None]
    report = repair_report(
        X, X, y=np.where(X.ravel() > 3, -1, 1), anomaly_label=-1,
        classifier=lambda X: X.ravel() > 7,
    )["repaired"]  # fmt: skip
    assert report["anomalies_before"] == 6 and report["anomalies_remaining"] == 2
    # Nothing was repaired, whatever the first figure seems to say.
    assert report["percentage_change"] == pytest.approx(-200 / 3)
    assert report["percentage_change_by_judge"] == 0
    assert report["percent_classified_before"] == report["percent_classified_after"]


def test_chance_refills_the_mask_alone_and_from_normal_rows():
    before = pd.DataFrame(
        {"c": pd.Categorical(["x", "y", "x", "z"]), "n": [1.5, 2.5, np.nan, 4.5]},
        index=list("abcd"),
    )
    seen = []
    repair_report(
        before,
        before,
        mask=np.array([[True, False]] * 4),
        y=[0, 0, 1, 1],
        classifier=lambda X: seen.append(X) or np.zeros(4, bool),
    )
    assert len(seen) == 4  # before, repaired, marginals, uniform
    for X in seen[2:]:
        assert set(X["c"]) <= {"x", "y"}
        pd.testing.assert_series_equal(X["n"], before["n"])
        assert (X.dtypes == before.dtypes).all() and X.index.equals(before.index)


def test_judges_get_the_type_that_came_in():
    X = np.arange(6.0).reshape(3, 2)
    seen = []
    for table in (X, pd.DataFrame(X, columns=["a", "b"]), X.tolist()):
        repair_report(
            table, table, y=[0, 0, 1],
            is_anomaly=lambda X: seen.append(X) or np.asarray(X)[:, 0] > 1,
        )  # fmt: skip
    assert [type(s) for s in seen] == [np.ndarray] * 4 + [pd.DataFrame] * 4 + [
        np.ndarray
    ] * 4
    assert all(list(s.columns) == ["a", "b"] for s in seen[4:8])
    assert all(s.dtype == np.float64 for s in seen[:4])


def test_the_same_seed_gives_the_same_report(anomalies):
    X, normal = anomalies
    reports = [
        repair_report(X[:50], X[:50], mask=np.ones((50, 5), bool), is_anomaly=rule,
                      X_reference=normal, random_state=seed)
        for seed in (0, 0, 1)
    ]  # fmt: skip
    pd.testing.assert_frame_equal(reports[0], reports[1])
    assert not reports[0].equals(reports[2])


X = np.zeros((4, 2), dtype=int)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"X_after": X[:3]}, "X_after has 3 rows, X_before has 4"),
        ({"mask": np.ones((4, 2))}, r"mask has shape \(4, 2\) and dtype float64"),
        ({"mask": np.ones(4, bool)}, r"mask has shape \(4,\)"),
        ({"y": [0, 1]}, r"y has shape \(2,\); \(4,\) is wanted"),
        ({"is_anomaly": lambda X: X > 0}, r"is_anomaly returned shape \(4, 2\)"),
        ({"classifier": lambda X: -np.ones(4)}, r"classifier returned .* \[0, 1\]"),
        ({"X_reference": X[:, :1]}, "X_reference has 1 columns, X_before has 2"),
        ({"X_reference": X[:1]}, "X_reference has one row"),
    ],
)
def test_what_does_not_fit_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        repair_report(X, **({"X_after": X} | options))


def test_refilled_columns_hold_numbers_where_numbers_met_and_objects_stay_objects():
    before = pd.DataFrame({"n": [1, 2, 3], "o": pd.Series([1, 2, 3], dtype=object)})
    normal = pd.DataFrame({"n": [1.5, 2.5], "o": pd.Series([4, 5], dtype=object)})
    mask, rng = np.ones((3, 2), bool), np.random.default_rng(0)
    for table in repairs_by_chance(before, mask, normal, rng).values():
        assert table["n"].dtype.kind == "f"
        assert table["o"].dtype == object
