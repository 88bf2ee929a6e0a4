"""Properties of the relations that bills have."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.charges import Charged, Rated
from skanomaly.correctors._numbers.grids import Grid

CENTS, WHOLE = Grid(0.01, 2), Grid(1.0, 0)
NAMES = ("total", "days", "price", "discount")


def rated(rates=(0.0, 0.0, -0.01), factors=(1.0, 1.0, 1.0), constant=1.0):
    grids = (CENTS, WHOLE, CENTS, WHOLE)
    return Rated(
        0, (1, 2, 3), factors, constant, grids, NAMES, rates=rates
    )  # fmt: skip


def charged(factors=(1.0, 1.0, 1.0), constant=0.0):
    n = len(factors) + 1
    parts, grids = tuple(range(1, n)), (CENTS, WHOLE, CENTS, CENTS)[:n]
    names = ("amount", "m3", "price", "fixed")[:n]
    return Charged(0, parts, factors, constant, grids, names)


@pytest.mark.parametrize(
    ("relation", "row"),
    [
        (rated(), [54, 3, 20, 10]),
        (rated((0.0, 0.0, 0.01)), [66, 3, 20, 10]),
        (rated((0.0, 0.0, 0.01), (1.0, 1.0, -1.0)), [60, 3, 22, 10]),
        (rated(constant=2.0), [108, 3, 20, 10]),
        (charged(), [29.8, 4, 5.2, 9]),
        (charged((1.0, 1.0, -1.0)), [11.8, 4, 5.2, 9]),
        (charged((0.5, 1.0), -3.0), [7.4, 4, 5.2]),
    ],
)
def test_each_column_is_solved_from_the_others(relation, row):
    right = np.array([row], dtype=float)
    assert relation.holds(right)[0]
    for j in relation.columns:
        wrong = right.copy()
        wrong[0, j] = 77
        assert relation.breaks(wrong)[0]
        assert relation.solve(wrong, j)[0] == pytest.approx(row[j])


def test_nothing_is_solved_for_a_rate_of_nothing():
    row = np.array([[0.0, 0, 20, 10]])
    assert rated().holds(row)[0]
    assert not np.isfinite(rated().solve(row, 3)[0])


@pytest.mark.parametrize(
    ("relation", "formula"),
    [
        (rated(), "total = days x price x (1 - discount / 100)"),
        (rated((0.0, 0.0, 1.0)), "total = days x price x (1 + discount)"),
        (
            rated(factors=(1.0, 1.0, -1.0)),
            "total = days x price / (1 - discount / 100)",
        ),
        (charged(), "amount = m3 x price + fixed"),
        (charged((0.01, 1.0, -1.0)), "amount = 0.01 x m3 x price - fixed"),
        (charged((1.0, 1.0), 4.5), "amount = m3 x price + 4.5"),
        (charged((1.0, 1.0), -4.5), "amount = m3 x price - 4.5"),
    ],
)
def test_the_formula_is_as_a_person_would_write_it(relation, formula):
    assert relation.formula == formula


def test_a_zero_says_something_of_rates_and_charges_only():
    assert rated().neutral_at_zero == (3,)
    assert charged().neutral_at_zero == (3,)
    assert charged((1.0, 1.0), 4.5).neutral_at_zero == ()


def test_only_products_of_whole_numbers_do_not_round():
    whole = Charged(0, (1, 2), (1.0, 1.0), 5.0, (WHOLE,) * 3, NAMES[:3])
    assert not whole.rounds
    assert rated().rounds and charged().rounds
