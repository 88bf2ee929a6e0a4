"""Properties of telling rows apart."""

import numpy as np
import pytest

from skanomaly.correctors._cleaning.alike import in_parts, unlike

SIZES = (3, 2, 4)


@pytest.fixture
def codes():
    return np.random.default_rng(0).integers(-1, SIZES, (500, 3))


# With the last sizes the numbers of all rows do not fit into one integer.
@pytest.mark.parametrize("sizes", [SIZES, (2**40, 2**40, 2**40)])
def test_rows_are_of_one_kind_if_they_are_equal(codes, sizes):
    some, kind = unlike(codes.T, sizes)
    np.testing.assert_array_equal(codes[some][kind], codes)
    assert len(some) == len(np.unique(codes, axis=0))


def test_rows_that_are_mostly_unlike_are_all_taken_for_unlike(codes):
    rows = np.concatenate([np.unique(codes, axis=0), codes[:10]])
    some, kind = unlike(rows.T, SIZES)
    np.testing.assert_array_equal(some, np.arange(len(rows)))
    np.testing.assert_array_equal(kind, some)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_parts_hold_every_row_once_and_few_kinds_each(codes, size):
    parts = list(in_parts(*unlike(codes.T, SIZES), size))
    for rows, some, which in parts:
        assert 0 < len(some) <= size
        np.testing.assert_array_equal(codes[some][which], codes[rows])
    every = np.sort(np.concatenate([rows for rows, _, _ in parts]))
    np.testing.assert_array_equal(every, np.arange(len(codes)))


def test_no_rows_have_no_kinds():
    some, kind = unlike(np.zeros((3, 0), int), SIZES)
    assert len(some) == len(kind) == len(list(in_parts(some, kind, 5))) == 0
