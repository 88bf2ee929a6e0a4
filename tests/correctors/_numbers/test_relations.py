"""Properties of sums, products and orders."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.grids import Grid
from skanomaly.correctors._numbers.orders import find_orders
from skanomaly.correctors._numbers.relations import Linear, Product

CENTS, WHOLE = Grid(0.01, 2), Grid(1.0, 0)
NAMES = ("total", "quantity", "price")


@pytest.fixture
def product():
    return Product(0, (1, 2), (1.0, 1.0), 1.0, (CENTS, WHOLE, CENTS), NAMES)


ROWS = np.array([[51.2, 2, 25.6], [0, 3, 10.01], [np.nan, 1, 5]])


def test_a_row_holds_breaks_or_says_nothing(product):
    assert product.holds(ROWS).tolist() == [True, False, False]
    assert product.breaks(ROWS).tolist() == [False, True, False]


def test_each_column_is_solved_from_the_others(product):
    row = ROWS[:1]
    assert [product.solve(row, j)[0] for j in (0, 1, 2)] == [51.2, 2, 25.6]


def test_sums_are_solved_for_parts_that_are_taken_off():
    sum_ = Linear(0, (1, 2), (1.0, -1.0), 5.0, (WHOLE,) * 3, NAMES)
    row = np.array([[8.0, 10.0, 7.0]])
    assert sum_.holds(row)[0]
    assert [sum_.solve(row, j)[0] for j in (0, 1, 2)] == [8, 10, 7]
    assert sum_.formula == "total = quantity - price + 5"


def test_one_unit_of_the_last_digit_is_rounding_and_no_error(product):
    rows = np.array([[51.21, 2, 25.6], [51.23, 2, 25.6]])
    assert product.breaks(rows).tolist() == [False, True]


def test_exactness_is_the_share_of_cells_that_are_solved_digit_by_digit():
    net = np.round(np.random.default_rng(0).uniform(1, 100, 500), 2)
    x = np.column_stack([np.round(0.19 * net, 2), net])
    tax = Linear(0, (1,), (0.19,), 0.0, (CENTS, CENTS), ("tax", "net")).with_support(x)
    assert tax.exactness_of(0) == 1
    # 100 amounts have 19 taxes: hardly one in five is known from its tax.
    assert 0.1 < tax.exactness_of(1) < 0.3


@pytest.mark.parametrize("rule", ["discount", "charge"])
def test_what_many_rows_do_is_a_rule_of_its_own(product, rule):
    rng = np.random.default_rng(0)
    quantity, price = rng.integers(1, 9, 900), np.round(rng.uniform(5, 90, 900), 2)
    total = quantity * price
    other = rng.random(900) < 0.04
    total[other] = total[other] * 0.9 if rule == "discount" else total[other] + 4.99
    x = np.column_stack([np.round(total, 2), quantity, price])
    assert product.breaks(x).sum() > 20
    product = product.with_exceptions(x, 0.03)
    assert product.breaks(x).sum() == 0
    x[:, 0] *= 10
    assert product.breaks(x).all()


def find(x, kinds=("date", "date")):
    return find_orders(x, kinds, [WHOLE] * 2, ["first", "second"], 0.03, 0)


def test_the_order_of_two_dates_is_found_with_its_range():
    rng = np.random.default_rng(0)
    start = rng.integers(19000, 19400, 800)
    x = np.column_stack([start, start + rng.integers(1, 8, 800)]).astype(float)
    x[:5, 1] -= 60
    (order,) = find(x)
    assert str(order) == "second - first in [1, 7] days, 795 of 800 rows"
    late = np.array([[100.0, 90.0], [100.0, 500.0], [100.0, 104.0]])
    assert order.breaks(late).tolist() == [True, True, False]


def test_wrong_years_do_not_hide_the_order_of_two_dates():
    rng = np.random.default_rng(0)
    start = rng.integers(19000, 19300, 800)
    x = np.column_stack([start, start + rng.integers(1, 8, 800)]).astype(float)
    wrong = np.arange(80)
    x[wrong, wrong % 2] += 365 * rng.choice([-5, -1, 1, 10], 80)
    (order,) = find(x)
    assert order.breaks(x).nonzero()[0].tolist() == wrong.tolist()


def test_contracts_of_several_years_have_no_wrong_years():
    rng = np.random.default_rng(0)
    start = rng.integers(19000, 19300, 800)
    years = rng.choice([1, 2, 5], 800, p=[0.9, 0.06, 0.04])
    x = np.column_stack([start, start + np.round(365.25 * years)]).astype(float)
    assert not any(order.breaks(x).any() for order in find(x))


@pytest.mark.parametrize("kind", ["date", "number"])
def test_two_columns_that_are_apart_or_alike_have_no_order(kind):
    rng = np.random.default_rng(0)
    apart = np.column_stack([rng.normal(0, 1, 800), rng.normal(50, 1, 800)])
    assert find(apart, (kind, kind)) == []
    level = rng.normal(size=800)
    alike = np.column_stack([level, level + rng.normal(2, 1, 800)])
    assert find(alike, (kind, kind)) == []


def test_a_factor_is_solved_for_where_a_zero_stands(product):
    assert product.solve(np.array([[51.2, 0.0, 25.6]]), 1)[0] == 2
