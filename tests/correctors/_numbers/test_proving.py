"""What proves a discount: the rows in which there is one."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.charges import Rated
from skanomaly.correctors._numbers.grids import Grid
from skanomaly.correctors._numbers.proving import is_proved

CENTS, WHOLE = Grid(0.01, 2), Grid(1.0, 0)
BILL = Rated(
    0, (1, 2), (1.0, 1.0), 1.0, (CENTS, CENTS, WHOLE), ("total", "price", "off"),
    rates=(0.0, -0.01),
)  # fmt: skip
N = 1000


def bills(discounted, given):
    """Every so many rows have a discount, of which every so many do not get it."""
    price = np.round(np.random.default_rng(0).uniform(3, 90, N), 2)
    off = np.where(np.arange(N) % discounted == 0, 10.0, 0.0)
    got = np.where(np.arange(N) % (discounted * given) == 0, 0.0, off)
    return np.column_stack([np.round(price * (1 - got / 100), 2), price, off])


@pytest.mark.parametrize(
    ("discounted", "given", "proved"),
    [
        (10, 10, True),  # nine tenths of them get it
        (10, 3, False),  # two thirds: 97 % of all rows are as they should be
        (50, N, False),  # all, but they are 20
    ],
)
def test_a_discount_is_proved_where_there_is_one(discounted, given, proved):
    x = bills(discounted, given)
    assert BILL.holds(x).mean() > 0.95
    assert is_proved(BILL, x, np.random.default_rng(0)) == proved


def test_a_discount_that_all_rows_have_is_needed_by_none():
    x = bills(1, N)
    assert not is_proved(BILL, x, np.random.default_rng(0))
