"""Which of several contradicting cells is the wrong one."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.correctors._cleaning.beliefs import CellPosterior
from skanomaly.correctors._cleaning.explanations import explain


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
    explain(codes, find_odd(codes), result, find_odd, np.full(3, 0.01), fixed)
    assert result.p_error[0, 1] == pytest.approx(p)
