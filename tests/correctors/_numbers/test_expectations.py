"""What the rest of a row says about a number."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import AnomalyCorrector
from skanomaly.correctors._numbers.expectations import Expectation


@pytest.fixture(scope="module")
def number_by_two_dates():
    """Numbers of receipts, and the two dates between which each one was worked on."""
    rng = np.random.default_rng(0)
    day = np.sort(rng.uniform(0, 400, 2000))
    x = np.column_stack([np.arange(2000.0), day, day + rng.integers(0, 4, 2000)])
    codes = np.zeros((2000, 0), int)
    learned = Expectation.learn(x[:, 0], x, codes, (), [0], error_rate=0.03, seed=0)
    return learned, x, codes


def test_a_hidden_feature_costs_little_if_another_one_says_the_same(
    number_by_two_dates,
):
    learned, x, codes = number_by_two_dates
    hidden = np.zeros(x.shape, bool)
    _, spread = learned.predict(x, codes, hidden)
    for hide in (1, 2):
        hidden[:] = False
        hidden[:, hide] = True
        _, wider = learned.predict(x, codes, hidden)
        assert np.median(wider / spread) < 8
    hidden[:, [1, 2]] = True
    predicted, wider = learned.predict(x, codes, hidden)
    assert np.median(wider / spread) > 20
    low, high = learned.bounds(predicted, wider)
    assert ((x[:, 0] > low) & (x[:, 0] < high)).all()


def test_missing_features_are_as_hidden_where_hardly_a_row_lacks_them(
    number_by_two_dates,
):
    learned, x, codes = number_by_two_dates
    some = x[::20].copy()
    some[:, [1, 2]] = np.nan
    hidden = np.zeros(some.shape, bool)
    low, high = learned.bounds(*learned.predict(some, codes[::20], hidden))
    assert ((some[:, 0] > low) & (some[:, 0] < high)).all()
    # What many rows lack was learned: the spread is theirs, and no wider.
    lacking = x.copy()
    lacking[::2, [1, 2]] = np.nan
    args = lacking[:, 0], lacking, codes, (), [0]
    learned = Expectation.learn(*args, error_rate=0.03, seed=0)
    lacks = np.isnan(learned.features.take(lacking, codes))
    assert lacks.any() and (learned._loss(lacks & False, lacks) == 1).all()


def test_the_spread_of_a_row_hangs_on_no_other_row(number_by_two_dates):
    learned, x, codes = number_by_two_dates
    hidden = np.random.default_rng(1).random(x.shape) < 0.5
    _, every = learned.predict(x, codes, hidden)
    rows = [[i] for i in range(60)]
    alone = [learned.predict(x[i], codes[i], hidden[i])[1][0] for i in rows]
    np.testing.assert_array_equal(every[:60], alone)


def test_two_dates_that_contradict_each_other_make_no_number_odd():
    rng = np.random.default_rng(3)
    n = 2400
    day = pd.to_timedelta(np.sort(rng.integers(0, 420, n)), "D")
    X = pd.DataFrame({"ticket": np.arange(n), "in": pd.Timestamp("2023-03-01") + day})
    days = rng.choice([0, 1, 2, 3, 7], n, p=[0.3, 0.35, 0.2, 0.1, 0.05])
    X["out"] = X["in"] + pd.to_timedelta(days, "D")
    X["job"] = rng.choice(["chain", "light", "brakes"], n)
    rows = rng.choice(n, 12, replace=False)
    X.loc[rows, "out"] -= pd.Timedelta(days=30)
    p_error = AnomalyCorrector(random_state=0).fit(X).error_proba(X)
    assert (p_error[rows, 1:3].max(axis=1) >= 0.5).all()
    assert (p_error[:, 0] < 0.5).all()
