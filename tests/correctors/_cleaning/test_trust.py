"""How far a cell that deviates is an error, and no rare truth."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.correctors._cleaning.trust import Trust


def trust_of(codes, expected, rates, error_rate=0.03, told_wrong=0.0, amounts=None):
    sizes = (codes.max(axis=0) + 1).tolist()
    n_rows = [np.bincount(column) for column in codes.T]
    never = np.zeros(len(sizes))
    trust = Trust(error_rate, sizes, n_rows, amounts=amounts)
    return trust.fit(codes, expected, rates, never, told_wrong)


def independent(n=1000):
    return np.random.default_rng(0).integers(5, size=(n, 3))


def test_the_more_cells_deviate_the_more_of_them_are_errors():
    codes, nothing = independent(), np.full((1000, 3), -1)
    trust = trust_of(codes, nothing, np.array([0.0005, 0.01, 0.04]))
    assert (np.diff(trust.alone) > 0).all()
    assert trust.alone[0] < 0.1 < 0.7 < trust.alone[2]
    assert not trust.abstains.any()


def test_far_more_than_expected_are_rare_truths():
    codes, nothing = independent(), np.full((1000, 3), -1)
    trust = trust_of(codes, nothing, np.array([0.03, 0.05, 0.2]))
    assert trust.abstains.tolist() == [False, False, True]
    assert trust.alone[2] < 0.2


def test_errors_that_a_person_found_are_no_rare_truths():
    codes, nothing = independent(), np.full((1000, 3), -1)
    rates, told_wrong = np.array([0.03, 0.2, 0.2]), np.array([0, 0.2, 0.02])
    trust = trust_of(codes, nothing, rates, told_wrong=told_wrong)
    assert trust.abstains.tolist() == [False, False, True]
    assert trust.alone[1] > 0.8


def test_a_frequent_value_alone_decides_nothing():
    codes = independent()
    codes[:, 0] = np.arange(1000) % 50 == 0
    expected = np.full((1000, 3), -1)
    expected[:, 0] = 0  # sure of the frequent value, whatever the row says
    expected[:, 1] = codes[:, 1]
    trust = trust_of(codes, expected, np.full(3, 0.01))
    assert trust.pure.tolist() == [False, True, False]


def test_a_quantity_of_which_many_rows_are_not_sure_is_flagged_only():
    codes = independent()
    amounts = np.array([True, True, False])
    expected = codes.copy()
    expected[:80, [0, 2]] = -1
    trust = trust_of(codes, expected, np.full(3, 0.01), amounts=amounts)
    assert trust.pure.all()
    assert (trust.is_loose(codes) == [True, False, False]).all()
    codes[:, 2] = codes[:, 0]  # names determine the quantity
    trust = trust_of(codes, expected, np.full(3, 0.01), amounts=amounts)
    assert not trust.is_loose(codes).any()


@pytest.mark.parametrize("share", [0.005, 0.02, 0.05])
def test_rare_values_that_depend_on_nothing_stay(share):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.choice(["no", "yes"], (2000, 6), p=[1 - share, share]))
    corrector = NoisyChannelCorrector(random_state=0)
    assert corrector.fit_transform(X).equals(X)
    assert (corrector.error_proba(X) < 0.5).all()
