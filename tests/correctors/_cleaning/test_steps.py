"""Quantities that move by a step."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.correctors._cleaning.steps import Steps

NUMBERS = np.array([2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, np.nan])
N_ROWS = np.array([99, 100, 100, 101, 100, 100, 100, 1])


def steps_of(cells, said, numbers=NUMBERS, determined=True):
    """Of one column; rows that are as expected are left out."""
    steps = Steps([numbers], [N_ROWS], np.array([determined]))
    return steps.fit(np.array(cells)[:, None], np.array(said)[:, None])


def near_and_far(n_near, n_far):
    said = np.arange(n_near + n_far) % 4
    return said + np.where(np.arange(len(said)) < n_near, 1, 3), said


def test_what_lies_one_step_away_is_right_more_often_than_chance_puts_it_there():
    cells, said = near_and_far(24, 8)
    steps = steps_of(cells, said)
    # Of eight errors elsewhere about a quarter more would be there.
    assert 0.05 < steps.wrong[0] < 0.2
    codes = np.array([[3], [4], [6], [-1], [7]])
    best = np.array([[4], [4], [4], [4], [4]])
    most = steps.most(codes, best).ravel()
    assert most.tolist() == [steps.wrong[0], 1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("n_near", "n_far"),
    [(6, 18), (2, 0), (30, 70)],  # as by chance, too few to tell, like slips of digits
)
def test_errors_fall_anywhere(n_near, n_far):
    assert not steps_of(*near_and_far(n_near, n_far)).wrong


@pytest.mark.parametrize(
    "changed",
    [
        {"numbers": None},
        {"numbers": np.array([1.0, 2, 7, 20, 26, 40, 99, np.nan])},  # no steps
        {"determined": False},
    ],
)
def test_only_numbers_in_steps_that_one_column_tells_move(changed):
    assert not steps_of(*near_and_far(24, 8), **changed).wrong


@pytest.mark.slow
def test_a_shop_may_have_one_employee_more():
    rng = np.random.default_rng(0)
    usual = np.repeat(rng.integers(2, 9, size=200), 12)
    X = pd.DataFrame({"shop": np.repeat([f"shop {k}" for k in range(200)], 12)})
    X["employees"] = pd.Series(usual, dtype=object)
    X["sales"] = rng.poisson(900, len(X))
    more, wrong = np.arange(200)[::7] * 12 + 3, np.arange(200)[1::14] * 12 + 5
    X.loc[more, "employees"] += 1
    X.loc[wrong, "employees"] = (usual[wrong] + 1) % 7 + 2
    X.loc[wrong + 12, "employees"] = -usual[wrong + 12]
    X.loc[wrong[:4] + 24, "employees"] = "see note"
    after = NoisyChannelCorrector().fit(X).transform(X)
    assert_frame_equal(after.loc[more], X.loc[more])
    negative = wrong + 12
    assert (after.loc[negative, "employees"] == usual[negative]).all()
