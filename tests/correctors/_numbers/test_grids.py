"""Properties of grids of numbers."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.grids import Grid


@pytest.mark.parametrize(
    ("values", "step"),
    [
        (np.arange(100.0), 1.0),
        (np.arange(100) / 10, 0.1),
        (np.arange(1000) / 100, 0.01),
        (np.random.default_rng(0).normal(size=100), 0.0),
    ],
)
def test_the_step_is_that_of_the_last_digit(values, step):
    assert Grid.of(values).step == pytest.approx(step)


def test_a_few_odd_digits_do_not_change_the_grid():
    values = np.arange(100.0)
    values[:2] += 0.123
    assert Grid.of(values).step == 1


def test_dates_in_seconds_have_a_step_of_one_day():
    grid = Grid.of(1.7e9 // 86400 * 86400 + 86400.0 * np.arange(50), "date")
    assert grid.step == 86400
    assert grid.round(np.array([86400 * 3 + 5.0])) == 86400 * 3


def test_float_noise_is_on_the_grid_and_another_digit_is_not():
    grid = Grid.of(np.arange(100) / 10)
    assert grid.holds(np.array([0.1 + 0.2, 0.34])).tolist() == [True, False]


def test_a_finer_grid_holds_the_few_values_with_more_digits():
    values = np.arange(1000) / 10
    values[::50] += 0.05
    grid = Grid.of(values)
    assert grid.decimals == 1
    assert grid.finer(values).decimals == 2
    assert grid.finer(values[1::50]) == grid
