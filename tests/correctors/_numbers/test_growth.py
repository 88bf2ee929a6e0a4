"""Days and running numbers go on."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.growth import grows
from skanomaly.correctors._numbers.model import NumberModel

MARCH = 20513.0


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(0)
    day = MARCH + rng.integers(0, 31, 400)
    day[:3] = 0.0, MARCH + 20_000, MARCH - 3_000
    x = np.column_stack([day, np.arange(5000.0, 5400.0), rng.normal(50, 5, 400)])
    return NumberModel().fit(x, ["date", "number", "number"], ["day", "id", "size"]), x


def later(n=60, seed=1):
    rng = np.random.default_rng(seed)
    day = MARCH + 31 + rng.integers(0, 30, n)
    return np.column_stack([day, 5400.0 + np.arange(n), rng.normal(50, 5, n)])


def test_days_and_running_numbers_of_a_later_table_are_right(model):
    model, _ = model
    assert (model.judge(later()).p_error < 0.5).all()
    assert (model.judge(later(1)).p_error < 0.5).all()


def test_what_stands_apart_in_the_later_table_is_odd(model):
    rows = later()
    rows[5, 0] += 3_000
    rows[7, 1] *= 10
    rows[9, 2] = 500.0
    odd = model[0].judge(rows).p_error >= 0.5
    assert np.argwhere(odd).tolist() == [[5, 0], [7, 1], [9, 2]]


def test_what_fit_found_odd_stays_so_and_markers_are_no_days(model):
    model, x = model
    odd = model.judge(x).p_error >= 0.5
    assert np.argwhere(odd).tolist() == [[0, 0], [1, 0], [2, 0]]
    part = model.judge(x[:2]).p_error >= 0.5
    assert part.tolist() == odd[:2].tolist()
    rows = later()
    rows[:, 0] = 0.0
    assert (model.judge(rows).p_error[:, 0] >= 0.5).all()


def test_one_row_that_is_far_away_is_odd(model):
    rows = later(1)
    rows[0, 0] += 20 * 366
    assert model[0].judge(rows).p_error[0, 0] >= 0.5


def test_which_columns_grow():
    rng = np.random.default_rng(0)
    assert grows(np.arange(100.0), "number") and grows(-np.arange(100.0), "number")
    assert grows(rng.permutation(100).astype(float), "number")
    assert grows(np.zeros(3), "date")
    assert not grows(rng.normal(size=100), "number")
    assert not grows(np.ones(100), "number")
