"""Rows that break a relation for a reason that another column tells."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.model import NumberModel

TOTAL = 2
N = 600


def sold(rows, total):
    """Return quantity, price, total and age; some totals are another part of theirs."""
    rng = np.random.default_rng(0)
    quantity = rng.integers(1, 12, N)
    price = np.round(rng.lognormal(3, 0.5, N), 2)
    x = np.column_stack([quantity, price, np.round(quantity * price, 2)])
    x = np.column_stack([x, rng.integers(20, 64, N)]).astype(float)
    x[rows, TOTAL] = np.round(x[rows, TOTAL] * total, 2)
    return x


def judged(x, codes):
    """Judge a table by a model of it."""
    names = ["quantity", "price", "total", "age"]
    size = [int(codes.max()) + 1]
    model = NumberModel().fit(x, ["number"] * 4, names, codes, size, ["status"])
    return model.judge(x, codes)


def some_rows(k):
    """Draw k rows."""
    return np.random.default_rng(1).choice(N, k, replace=False)


@pytest.mark.parametrize("k", [1, 4, 15])
@pytest.mark.parametrize("total", [0.0, -1.0, 0.9])
def test_a_value_that_only_these_rows_have_excuses_them(k, total):
    rows, codes = some_rows(k), np.zeros((N, 1), int)
    codes[rows] = 1
    result = judged(sold(rows, total), codes)
    assert (result.p_error[rows] < 0.5).all()
    assert np.isnan(result.new).all()


def test_notes_that_are_never_the_same_excuse_rows_where_they_stand():
    rows, codes = some_rows(15), np.full((N, 1), -1)
    codes[rows, 0] = np.arange(15)
    assert np.isnan(judged(sold(rows, 0.0), codes).new).all()


def test_the_end_of_another_column_excuses_its_rows():
    rows, codes = some_rows(6), np.zeros((N, 1), int)
    x = sold(rows, 0.0)
    x[rows, 3] = 65 + np.arange(6)
    assert np.isnan(judged(x, codes).new).all()


def test_errors_that_come_anywhere_are_not_excused_by_chance():
    rows, codes = some_rows(20), np.zeros((N, 1), int)
    codes[::60] = 1 + np.arange(10)[:, None]  # ten rare values
    codes[rows[0]] = 11  # one of them a wrong row's alone
    clean, x = sold([], 1.0), sold(rows, 10.0)
    result = judged(x, codes)
    assert result.p_new[rows[0], TOTAL] > 0.9
    assert (result.new == clean)[result.p_new > 0.9].all()
