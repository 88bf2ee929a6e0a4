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
def test_without_labels_cells_are_repaired(y):
    X, wrong = towns(1000, share=0.02)
    y = None if y is None else np.zeros(len(X))
    corrector = AnomalyCorrector(random_state=0)
    out = corrector.fit(X, y).transform(X)
    assert corrector.repair_ is corrector.inpainter_ is None
    changed = differences(X, out)
    assert changed[wrong].mean() > 0.5
    assert changed[~wrong].mean() < 0.01
    assert corrector.row_report_["p_anomaly_before"].isna().all()
    assert corrector.report_["p_error"].notna().all()


def test_a_given_inpainter_is_asked_about_cells_too():
    X, wrong = towns(300, share=0.05)
    corrector = AnomalyCorrector(
        error_rate=0.05,
        inpainter=DiffusionInpainter(hidden_units=(16,), n_steps=100, n_folds=2),
        random_state=0,
    ).fit(X)
    assert len(corrector.inpainter_.nets_) == 2
    p = corrector.error_proba(X)
    assert p[wrong].mean() > 10 * p[~wrong].mean()


def test_single_cells_are_not_judged_where_rows_are(labelled, letters):
    with pytest.raises(ValueError, match="fit without labels"):
        labelled.error_proba(letters[0])


@pytest.fixture(scope="module")
def shop():
    """Orders with a typing error, a wrong sum, an impossible age and a unit."""
    rng = np.random.default_rng(0)
    city = rng.integers(4, size=600)
    right = pd.DataFrame(
        {
            "city": np.array(["Bern", "Rome", "Oslo", "Kyiv"])[city],
            "land": np.array(["CH", "IT", "NO", "UA"])[city],
            "n": rng.integers(1, 6, 600),
            "price": rng.integers(500, 5000, 600) / 100,
            "age": rng.integers(18, 80, 600),
            "size": rng.integers(10, 40, 600).astype(str),
        }
    )
    right["total"] = (right["n"] * right["price"]).round(2)
    dirty = right.copy()
    dirty.loc[[3, 40], "city"] = right.loc[[3, 40], "city"].str[:-1]  # a letter is lost
    dirty.loc[7, "total"] = 1.0
    dirty.loc[9, "age"] = 333
    dirty.loc[::5, "size"] += " cm"
    return dirty, right


@pytest.fixture(scope="module")
def cleaner(shop):
    return AnomalyCorrector(random_state=0).fit(shop[0])


def test_sums_and_formats_are_written_and_impossible_numbers_flagged(cleaner, shop):
    dirty, right = shop
    out, report = cleaner.repair(dirty)[:2]
    assert out["total"].equals(right["total"])
    assert out["size"].equals(right["size"])
    assert out["city"].equals(right["city"])
    assert out.loc[9, "age"] == 333
    flag = report[(report["row"] == 9) & (report["column"] == "age")].iloc[0]
    assert flag["status"] == "flagged"
    assert flag["new"] is None
    assert flag["low"] >= 18 and flag["high"] <= 80
    assert "age 333" in flag["reason"]
    assert cleaner.error_proba(dirty)[9, 4] > 0.5
    assert "total = n x price" in cleaner.relations_[0]
    steps = cleaner.column_report_.set_index("column")["formats"]
    assert "cm" in steps["size"] and steps["land"] == ""


def test_a_clean_table_stays(shop):
    right = shop[1]
    corrector = AnomalyCorrector(random_state=0)
    assert corrector.fit_transform(right).equals(right)
    assert corrector.report_.empty


@pytest.mark.parametrize("column", ["size", "total", "age"])
def test_roles_say_what_is_done_to_a_column(column, shop):
    dirty = shop[0]
    flag = AnomalyCorrector(roles={column: "flag"}, random_state=0).fit(dirty)
    assert flag.transform(dirty)[column].equals(dirty[column])
    mine = flag.report_[flag.report_["column"] == column]
    assert len(mine) and mine["status"].eq("flagged").all()
    ignore = AnomalyCorrector(roles={column: "ignore"}, random_state=0).fit(dirty)
    assert ignore.transform(dirty)[column].equals(dirty[column])
    assert not (ignore.report_["column"] == column).any()


def test_layers_can_be_switched_off(shop):
    dirty = shop[0]
    corrector = AnomalyCorrector(formats=False, numbers=False, random_state=0)
    out = corrector.fit_transform(dirty)
    assert out[["size", "total", "age"]].equals(dirty[["size", "total", "age"]])
    assert not corrector.report_["column"].isin(["size", "total", "age"]).any()


def test_one_cell_that_cannot_be_written_fails_alone(cleaner, shop):
    dirty, right = shop
    few = dirty.loc[[3, 7]]
    few["city"] = few["city"].astype("category")  # the right city of row 3 is missing
    assert right.loc[3, "city"] not in few["city"].cat.categories
    out, report, rows = cleaner.repair(few)
    failed = report[report["status"] == "failed"]
    assert failed[["row", "column"]].to_numpy().tolist() == [[3, "city"]]
    assert "cannot hold" in failed["reason"].iloc[0]
    assert out.loc[3, "city"] == dirty.loc[3, "city"]
    assert out.loc[7, "total"] == right.loc[7, "total"]
    assert rows["status"].tolist() == ["failed", "repaired"]


def is_grown_up(table):
    """Whether the age is that of a customer."""
    return table["age"] >= 30


def test_no_number_is_invented_for_a_constraint(shop):
    right = shop[1]
    corrector = AnomalyCorrector(constraints=is_grown_up, random_state=0).fit(right)
    assert corrector.transform(right).equals(right)
    young = (right["age"] < 30).to_numpy()
    assert young.any()
    assert (corrector.row_report_["status"].eq("failed") == young).all()
    assert corrector.row_report_["reason"][young].str.contains("constraint").all()


def test_reports_belong_to_the_call(cleaner, shop):
    from concurrent.futures import ThreadPoolExecutor

    parts = [shop[0].iloc[k::6] for k in range(6)] * 3
    alone = [cleaner.repair(part).report for part in parts[:6]]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda part: cleaner.repair(part).report, parts))
    for mine, want in zip(together, alone * 3, strict=True):
        pd.testing.assert_frame_equal(mine, want)


def test_a_table_of_rare_truths_is_left_alone_with_a_warning():
    rng = np.random.default_rng(0)
    town = rng.integers(8, size=3000)
    codes = np.repeat(town[:, None], 5, axis=1)
    rare = rng.random(codes.shape) < 0.12
    codes[rare] = rng.integers(8, size=rare.sum())
    X = pd.DataFrame(np.char.add("v", codes.astype(str)).astype(object))
    with pytest.warns(UserWarning, match="Far more cells look wrong in"):
        corrector = AnomalyCorrector(random_state=0).fit(X)
    assert corrector.transform(X).equals(X)
    assert corrector.column_report_["status"].str.startswith("abstained").any()


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


def test_large_tables_are_repaired_in_parts_with_the_same_result(shop, monkeypatch):
    dirty = shop[0]
    corrector = AnomalyCorrector(random_state=0).fit(dirty)
    whole, p = corrector.repair(dirty), corrector.error_proba(dirty)
    monkeypatch.setattr("skanomaly.correctors._cleaning.layers.CHUNK_ROWS", 70)
    parts = corrector.repair(dirty)
    for one, other in zip(whole, parts, strict=True):
        pd.testing.assert_frame_equal(one, other)
    np.testing.assert_array_equal(p, corrector.error_proba(dirty))
