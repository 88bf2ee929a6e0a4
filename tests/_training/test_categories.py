"""Codes of categories, and how loud they are."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skanomaly._training import categories
from skanomaly._training.categories import Categories


def learned(values):
    return Categories("column 'c'", pd.Series(values, dtype=object))


def test_frequent_levels_come_first_and_equals_in_alphabetical_order():
    column = learned(["b", "a", "c", "c", "b", "a", "a", "d"])
    assert column.levels == ["a", "b", "c"]
    assert column.rare == "d"
    assert_allclose(column.shares, [3 / 8, 2 / 8, 2 / 8, 1 / 8])


def test_rare_and_unseen_levels_share_a_code_and_missing_cells_have_none():
    column = learned(["a", "a", "b", "b", "c", None])
    codes = column.codes(pd.Series(["b", "c", "new", None, "a"], dtype=object))
    assert_array_equal(codes, [1, 2, 2, np.nan, 0])


def test_levels_are_left_out_from_the_most_frequent_that_is_too_many():
    # Of 70 levels as frequent as each other none comes before another.
    values = [f"v{k}" for k in range(70)] * 3 + ["often"] * 10
    assert learned(values).levels == ["often"]
    few = [f"v{k}" for k in range(categories.MAX_LEVELS)] * 3
    assert len(learned(few).levels) == categories.MAX_LEVELS


def test_decoding_reverses_codes_but_for_rare_levels():
    column = learned(["x", "x", True, True, 3, 3, 3, "once", "once more"])
    assert column.decode(np.arange(4.0)).tolist() == [3, True, "x", "once"]


def test_the_order_of_rows_does_not_matter():
    values = np.random.default_rng(0).choice(list("abcde"), 200)
    first, second = learned(values), learned(values[::-1])
    assert first.levels == second.levels
    assert_array_equal(first.scales(), second.scales())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.array([0.1, 2.5, 0.1, 2.5]), np.array([0.1, 2.5, 0.1, 2.5], dtype="f4")),
        (np.array([1, 2, 1, 2]), np.array([1.0, 2.0, 1.0, 2.0])),
        (np.array([True, False] * 2), np.array([1, 0] * 2)),
    ],
)
def test_equal_numbers_are_one_level_in_every_dtype(one, other):
    column = Categories("column 'c'", pd.Series(one))
    assert_array_equal(column.codes(pd.Series(other)), column.codes(pd.Series(one)))
    assert column.codes(pd.Series(other)).max() < len(column.levels)


def test_large_numbers_that_float64_does_not_hold_stay_apart():
    column = learned([2**60, 2**60, 2**60 + 1, 2**60 + 1])
    assert len(column.levels) == 2


@pytest.mark.parametrize("n_levels", [2, 5, 40])
def test_the_inputs_of_a_column_have_the_same_variance_whatever_their_number(n_levels):
    values = np.random.default_rng(0).integers(0, n_levels, 4000).astype(str)
    column = learned(values)
    variances = column.shares * (1.0 - column.shares) / column.scales() ** 2
    # That of the input which no row has is not there yet.
    assert_allclose(variances.sum(), categories.WEIGHT, rtol=0.2)


def test_an_unseen_level_is_further_away_than_a_frequent_one():
    column = learned(["a"] * 50 + ["b"] * 50)
    inputs = np.eye(3) - column.shares
    distances = ((inputs / column.scales()) ** 2).sum(axis=1)
    assert distances[2] > 2 * distances[0]
    # A constant column has more to say about another value, but not without bound.
    constant = learned(["a"] * 100)
    inputs = np.eye(2) - constant.shares
    distances = ((inputs / constant.scales()) ** 2).sum(axis=1)
    assert distances[0] == 0.0
    assert 10 < distances[1] < 100
