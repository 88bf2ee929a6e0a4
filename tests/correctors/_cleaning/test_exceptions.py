"""How many exceptions columns have, by what others do that follow the same column."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.correctors._cleaning.exceptions import Followers


def rates(hits, n, strength=0.9):
    """Rates of columns that follow the first one, with so many exceptions each."""
    rng, followers = np.random.default_rng(0), Followers()
    for target, k in enumerate(hits, start=1):
        deviates = np.zeros(n, int)
        deviates[rng.choice(n, k, replace=False)] = 1
        followers.add(0, target, strength, deviates)
    return followers.exceptions(len(hits) + 1)


def test_a_column_with_few_exceptions_by_chance_has_as_many_as_the_others():
    few = rates([6, 12, 15, 9, 12, 10, 14, 11], 120)
    assert few[0] == 0
    np.testing.assert_allclose(few[1:], 89 / 8 / 120, rtol=0.1)


def test_a_column_of_many_rows_has_its_own_rate():
    many = rates([20, 1200, 900, 1100], 10000)
    assert many[1] < 0.004
    assert many[2] == pytest.approx(0.12, rel=0.05)


@pytest.mark.parametrize("hits, strength", [([6, 12], 0.9), ([6, 12, 9], 0.5)])
def test_too_few_or_loose_followers_say_nothing(hits, strength):
    assert not rates(hits, 120, strength).any()


def test_rows_in_which_most_deviate_are_errors_of_the_column_that_they_follow():
    followers = Followers()
    deviates = np.arange(100) < 10
    for target in (1, 2, 3):
        followers.add(0, target, 0.9, deviates.astype(int))
    assert (followers.exceptions(4) < 1e-6).all()


@pytest.mark.slow
def test_columns_with_as_many_exceptions_as_others_stay_as_they_are():
    rng = np.random.default_rng(0)
    group = rng.integers(4, size=120)
    other = rng.integers(1, 4, (120, 16)) * (rng.random((120, 16)) < 0.1)
    words = np.array(["lo", "mid", "hi", "max"])
    X = pd.DataFrame(words[(group[:, None] + other) % 4]).add_prefix("c")
    X["group"] = group.astype(str)
    with pytest.warns(UserWarning, match="Far more cells look wrong"):
        corrector = NoisyChannelCorrector(random_state=0).fit(X)
    assert_frame_equal(corrector.transform(X), X)
