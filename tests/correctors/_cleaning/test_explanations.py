"""Which of several contradicting cells is the wrong one."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.correctors._cleaning.beliefs import CellPosterior
from skanomaly.correctors._cleaning.explanations import (
    Contradictions,
    find_causes,
    n_decided,
    share_blame,
)


def shelf(n=2000, seed=0):
    """A code says product and dose; the product alone does not say the code."""
    rng = np.random.default_rng(seed)
    code = rng.integers(8, size=n)
    return pd.DataFrame(
        {
            "code": np.char.add("C", code.astype(str)),
            "product": np.char.add("p", (code // 2).astype(str)),
            "dose": np.char.add("d", (code % 4).astype(str)),
            "branch": rng.choice(["n", "s", "w"], n),
        },
        dtype=object,
    )


def test_the_cell_whose_change_settles_the_row_is_changed():
    right = shelf()
    dirty = right.copy()
    rows = np.random.default_rng(1).choice(2000, 40, replace=False)
    dirty.loc[rows, "code"] = right.loc[rows[::-1], "code"].to_numpy()
    wrong = (dirty != right).to_numpy()
    corrector = NoisyChannelCorrector(random_state=0)
    out = corrector.fit_transform(dirty)
    assert not (out != right).to_numpy()[~wrong].any()
    assert (out == right).to_numpy()[wrong].mean() > 0.5


def test_of_two_columns_either_may_be_wrong_and_nothing_is_changed():
    rng = np.random.default_rng(0)
    town = rng.integers(8, size=2000)
    right = pd.DataFrame(
        {
            "city": np.char.add("c", town.astype(str)),
            "land": np.char.add("l", (town // 2).astype(str)),
            "size": rng.choice(["s", "m", "l"], 2000),
        },
        dtype=object,
    )
    dirty = right.copy()
    rows = rng.choice(2000, 30, replace=False)
    dirty.loc[rows, "city"] = right.loc[rows[::-1], "city"].to_numpy()
    wrong = dirty["land"].str[1:].astype(int) != dirty["city"].str[1:].astype(int) // 2
    corrector = NoisyChannelCorrector(random_state=0)
    out = corrector.fit_transform(dirty)
    assert (out["land"] == right["land"]).mean() > 0.998
    p = corrector.error_proba(dirty)[wrong.to_numpy()]
    assert (p[:, :2].sum(axis=1) < 1.2).mean() > 0.9


def test_no_repair_is_surer_than_that_its_cell_is_wrong():
    right = shelf()
    dirty = right.copy()
    rng = np.random.default_rng(3)
    for column in right:
        rows = rng.choice(2000, 60, replace=False)
        dirty.loc[rows, column] = right.loc[rows[::-1], column].to_numpy()
    corrector = NoisyChannelCorrector(alpha=0.6, random_state=0).fit(dirty)
    corrector.transform(dirty)
    report = corrector.report_[corrector.report_["status"] == "repaired"]
    assert len(report) > 20
    assert report["p_new"].between(0, 1).all()
    assert (report["p_new"] <= report["p_error"] + 1e-9).all()


def test_of_two_cells_that_contradict_only_each_other_none_is_changed():
    rng = np.random.default_rng(5)
    at = rng.integers(6, size=900)
    branch = ["Harbour", "Mill Lane", "Old Town", "Airport", "Campus", "Station"]
    X = pd.DataFrame(
        {
            "branch": np.array(branch)[at],
            "code": np.array(["HB1", "ML2", "OT3", "AP4", "CP5", "ST6"])[at],
            "age": rng.integers(6, 90, 900),
            "day": rng.integers(20_000, 20_300, 900),
            "days": rng.integers(1, 60, 900),
        }
    ).astype(str)
    X["day"] = "d" + X["day"]
    X.loc[3, "branch"], X.loc[20, "branch"] = "Harbuor", "mill lane"
    X.loc[77, "code"], X.loc[600, "branch"] = "AP4", "Campus"
    X.loc[90, ["branch", "code"]] = X.loc[90, ["code", "branch"]].to_numpy()
    p_error = NoisyChannelCorrector(random_state=0).fit(X).error_proba(X)
    assert p_error[[77, 600], 1].max() < 0.8


@pytest.mark.parametrize("n_shelves, n_genres, n_wrong", [(60, 4, 30), (120, 6, 50)])
def test_both_are_flagged_where_only_one_of_them_determines_the_other(
    n_shelves, n_genres, n_wrong
):
    rng, n = np.random.default_rng(1), 3000
    at, of = rng.integers(0, n_shelves, n), rng.integers(0, n_genres, n_shelves)
    genres = np.array(["crime", "travel", "poetry", "law", "history", "art"])[of]
    X = pd.DataFrame(
        {
            "shelf": [f"S{k + 100}" for k in at],
            "genre": genres[at].astype(object),
            "reader": rng.choice(["adult", "child", "senior"], n),
            "days": rng.integers(1, 60, n),
        }
    )
    rows, right = rng.choice(n, n_wrong + 60, replace=False), X["genre"].copy()
    rows, typos = rows[:n_wrong], rows[n_wrong:]
    X.loc[rows, "genre"] = X.loc[rows[::-1], "genre"].to_numpy()
    wrong = (X["genre"] != right).to_numpy()
    X.loc[typos, "genre"] = [word[:1] + word[2:] for word in X.loc[typos, "genre"]]
    corrector = NoisyChannelCorrector(random_state=0)
    out = corrector.fit(X).transform(X)
    changed = out["genre"] != X["genre"]
    assert (out["genre"] == right)[changed].all()
    assert (out["shelf"] == X["shelf"]).all()
    # Flagged, or repaired where the genre is wrong in other rows, too.
    assert (corrector.error_proba(X)[wrong, 1] >= 0.5).mean() > 0.75


@pytest.mark.parametrize("is_evidence_only, p", [(True, 0.5), (False, 0.0)])
def test_a_number_that_becomes_odd_does_not_say_which_cell_is_wrong(
    is_evidence_only, p
):
    """A grade and its code contradict; with the code that fits, a number is odd."""
    codes = np.array([[1, 0, 5]])
    fields = dict.fromkeys(CellPosterior._fields)
    p_error = np.array([[0.96, 0.5, 0.0]])
    fields |= {"p_error": p_error, "p_new": p_error.copy()}
    fields["best"] = np.array([[0, 1, 5]])
    result = CellPosterior(**fields)

    def find_odd(rows):
        contradicts = rows[:, 0] != rows[:, 1]
        is_odd = (rows[:, 1] == 1) & (rows[:, 2] == 5)
        return np.column_stack([contradicts, contradicts, is_odd])

    fixed = np.array([False, False, is_evidence_only])
    odd, rates = find_odd(codes), np.full(3, 0.01)
    found = find_causes(codes, odd, result.best, find_odd, fixed)
    share_blame(found, result, rates, n_decided(found, odd, odd, ~odd))
    assert result.p_error[0, 1] == pytest.approx(p)


def pair_that_contradicts():
    """Two cells of which either is wrong, and what is believed of them."""
    codes = np.array([[1, 0, 0]])
    p = np.array([[0.98, 0.9, 0.0]])
    fields = dict.fromkeys(CellPosterior._fields)
    fields |= {"p_error": p, "p_new": p.copy(), "best": np.array([[0, 1, 0]])}

    def find_odd(rows):
        contradicts = rows[:, 0] != rows[:, 1]
        return np.column_stack([contradicts, contradicts, np.zeros(len(rows), bool)])

    odd, none_fixed = find_odd(codes), np.zeros(3, bool)
    found = find_causes(codes, odd, fields["best"], find_odd, none_fixed)
    return found, CellPosterior(**fields)


@pytest.mark.parametrize(
    "rates, n_wrong, p",
    [
        ([0.03, 0.03], [0, 0], 0.49),
        ([0.03, 0.0001], [0, 0], 0.49),
        ([0.03, 0.03], [50, 0], 0.49),
        ([0.03, 0.0001], [50, 0], 0.97),
    ],
)
def test_a_cell_is_changed_where_its_column_is_wrong_in_other_rows_too(
    rates, n_wrong, p
):
    found, result = pair_that_contradicts()
    share_blame(found, result, np.array([*rates, 0.01]), np.array([*n_wrong, 0]))
    assert result.p_new[0, 0] == pytest.approx(p, abs=0.02)
    # Where both are as likely wrong, both are shown.
    assert result.p_error[0, :2].sum() == pytest.approx(0.98, abs=0.021)


def test_only_rows_in_which_nothing_else_can_be_wrong_are_decided():
    cause = np.array([[1, 1, 0], [0, 0, 1], [0, 1, 0]], bool)
    found = [Contradictions(np.arange(3), cause, cause)]
    odd = np.array([[1, 1, 0], [0, 1, 1], [1, 1, 1], [0, 1, 0], [0, 0, 1]], bool)
    wrong = np.ones((5, 3), bool)
    wrong[4] = False
    none = np.zeros((5, 3), bool)
    assert n_decided(found, odd, wrong, none).tolist() == [0, 2, 1]
    repeated = none.copy()
    repeated[[0, 1, 3, 4], [0, 2, 1, 0]] = True
    assert n_decided(found, odd, wrong, repeated).tolist() == [1, 2, 1]


def names_and_genders(share, seed, n=1200):
    """First names, most of which say the gender, with exceptions both ways."""
    rng = np.random.default_rng(seed)
    name = rng.integers(16, size=n)
    exception = rng.permutation(n) < share * n
    return pd.DataFrame(
        {
            "name": np.char.add("name ", name.astype(str)),
            "gender": np.array(["f", "m"])[(name + exception) % 2],
            "group": rng.choice(["7a", "7b"], n),
        },
        dtype=object,
    )


@pytest.mark.parametrize("share", [0.02, 0.03, 0.05])
def test_exceptions_of_two_columns_that_nothing_else_speaks_about_stay(share):
    X = names_and_genders(share, 0)
    corrector = NoisyChannelCorrector(random_state=0)
    assert_frame_equal(corrector.fit_transform(X), X)
    assert corrector.error_proba(X).max() < 0.8


def test_a_third_column_says_which_of_two_is_wrong():
    X = names_and_genders(0, 0)
    title = X["gender"].map({"f": "Ms", "m": "Mr"})
    right = X.assign(title=title)
    dirty, rows = right.copy(), np.random.default_rng(1).permutation(1200)[:30]
    dirty.loc[rows, "gender"] = right.loc[rows, "gender"].map({"f": "m", "m": "f"})
    assert_frame_equal(
        NoisyChannelCorrector(random_state=0).fit_transform(dirty), right
    )


def test_one_mistake_that_is_made_again_is_repaired_where_two_columns_contradict():
    rng = np.random.default_rng(0)
    school = rng.choice(5, 1200, p=[0.1, 0.2, 0.4, 0.2, 0.1])
    right = pd.DataFrame(
        {
            "school": np.char.add("school ", school.astype(str)),
            "years": np.array(["6", "9", "12", "16", "18"])[school],
            "sex": rng.choice(["m", "f"], 1200),
        },
        dtype=object,
    )
    dirty = right.copy()
    rows = rng.choice(np.flatnonzero(school == 2), 20, replace=False)
    dirty.loc[rows, "years"] = "9"
    assert_frame_equal(
        NoisyChannelCorrector(random_state=0).fit_transform(dirty), right
    )
