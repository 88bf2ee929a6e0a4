"""Where a prediction says nothing, and how far it may be off."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.features import Features
from skanomaly.correctors._numbers.model import NumberModel
from skanomaly.correctors._numbers.ranges import Ranges
from skanomaly.correctors._numbers.spreads import Spread, _drawn

FEATURES = Features((0, 1), 0, {0: np.arange(5.0), 1: np.arange(5.0)})


def spread(x, residual, n_learn=0):
    return Spread.of(FEATURES, x, residual, np.zeros(len(x)), n_learn)


def test_a_small_category_that_the_model_misses_has_a_spread_of_its_own():
    x = np.column_stack([np.repeat([0.0, 1.0, 2.0], [600, 10, 2]), np.zeros(612)])
    residual = np.where(x[:, 0] == 1, 80.0, np.resize([-1.0, 1.0], 612))
    found = spread(x, residual, n_learn=300)  # only a few of them to calibrate
    at = found.at(np.zeros(4), np.array([[0, 0], [1, 0], [2, 0], [np.nan, 0]]))
    assert at[0] < 3 and at[1] > 80
    assert np.isnan(at[2:]).all()  # too few rows to know, and no category


def test_categories_that_contradict_each_other_say_nothing():
    a = np.repeat([0.0, 1.0], 100)
    x = np.column_stack([a, a])
    x[0, 1] = 1
    found = spread(x, np.resize([-1.0, 1.0], 200))
    at = found.at(np.zeros(3), np.array([[0.0, 0], [1, 1], [0, 1]]))
    assert np.isnan(at).tolist() == [False, False, True]


def test_a_prediction_that_leaves_the_range_of_its_category_says_nothing():
    x = np.column_stack([np.repeat([0.0, 1.0, 2.0], [50, 10, 4]), np.zeros(64)])
    y = np.r_[np.linspace(0, 1, 50), np.linspace(9, 10, 10), np.full(4, 30.0)]
    y[50] = 1000  # one wrong value does not matter
    ranges = Ranges.of(FEATURES, x, y)
    rows = np.array([[0, 0], [0, 0], [1, 0], [1, 0], [2, 0], [np.nan, 0]])
    held = ranges.hold(np.array([0.5, 50, 9.5, 990, 99, 99]), rows)
    assert held.tolist() == [True, False, True, False, True, True]


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_no_number_is_odd_beside_a_wrong_category(seed):
    rng = np.random.default_rng(seed)
    kind = rng.choice(4, 400, p=[0.4, 0.3, 0.2, 0.1])
    weight = np.array([200, 800, 120, 1500])[kind] + rng.integers(-20, 20, 400)
    department = np.array([0, 0, 1, 2])[kind]
    codes, rows = np.column_stack([kind, department]), rng.permutation(400)[:10]
    codes[rows[:5], 1] = (codes[rows[:5], 1] + 1) % 3
    codes[rows[5:], 0] += 4  # another spelling
    x, sizes = weight[:, None].astype(float), [8, 3]
    model = NumberModel().fit(x, ["number"], ["g"], codes, sizes, ["kind", "dept"])
    assert (model.judge(x, codes).p_error < 0.5).all()
    odd = np.flatnonzero(kind == 0)[-8:]
    odd = odd[~np.isin(odd, rows)]
    x[odd] = 800  # weighs what another kind does
    assert (model.judge(x, codes).p_error[odd, 0] >= 0.5).all()


def test_the_spread_of_few_rows_is_drawn_towards_that_of_all():
    spreads = _drawn(np.array([1.0, 1.0, 16.0]), np.array([20, 20_000, 0]), 4.0)
    np.testing.assert_allclose(spreads, [2.0, 1.0, 4.0], rtol=0.01)
    np.testing.assert_array_equal(_drawn(np.array([1.0]), np.array([3]), 0.0), [1.0])
