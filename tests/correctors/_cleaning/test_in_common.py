"""Rows that have much in common, and those that seem to."""

import numpy as np
import pytest

from skanomaly.correctors._cleaning.in_common import have_much_in_common


@pytest.fixture
def scattered():
    """Six rows all over a table of 1000."""
    return np.isin(np.arange(1000), np.linspace(0, 999, 6).astype(int))


@pytest.mark.parametrize(
    ("at", "is_much"),
    [
        (range(500, 506), True),
        (range(500, 502), False),  # two are too few
        (range(0, 1000, 150), False),
        (range(0, 900), False),  # most of the table
        ([10, *range(500, 512), 700, 999], True),  # with errors among them
        ([10, *range(500, 506), 600, 650, 700, 750, 800, 850, 900], False),
    ],
)
def test_rows_that_lie_close_together_have_much_in_common(at, is_much):
    rows = np.isin(np.arange(1000), at)
    assert have_much_in_common(rows, np.zeros((1000, 0), int)) == is_much


def test_rows_that_share_several_values_have_much_in_common(scattered):
    codes = np.column_stack([np.arange(1000) % 4, np.arange(1000) // 4 % 4])
    codes[scattered] = [1, 2]
    assert have_much_in_common(scattered, codes)
    # One of the values alone comes in a quarter of the table.
    assert not have_much_in_common(scattered, codes[:, :1])


def test_rows_of_a_group_are_compared_with_the_group_alone():
    none, group = np.zeros((1000, 0), int), np.arange(1000) < 300
    close, apart = np.arange(500, 506), [0, 299]
    rows = np.isin(np.arange(1000), [*apart, *close])
    assert have_much_in_common(rows, none)
    assert not have_much_in_common(rows, none, group)
    assert have_much_in_common(rows, none, ~group)


def test_of_columns_with_different_gaps_each_is_looked_at(scattered):
    rng = np.random.default_rng(0)
    codes = rng.permuted(np.tile(np.arange(1000), (3, 1)), axis=1).T
    at = np.flatnonzero(scattered)
    codes[at[0], 0] = -1
    assert not have_much_in_common(scattered, codes)
    codes[at[1:], 0] = np.arange(400, 405)
    assert have_much_in_common(scattered, codes)
