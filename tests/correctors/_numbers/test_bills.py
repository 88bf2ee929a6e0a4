"""Totals of bills that are found, and that must not be."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.arithmetic import find_arithmetic
from skanomaly.correctors._numbers.grids import Grid

RNG = np.random.default_rng(0)
N = 800
QTY = RNG.integers(1, 9, N).astype(float)
DAYS = RNG.choice([1.0, 1, 1, 2, 2, 3, 7, 14], N)
PRICE = np.round(RNG.uniform(3, 90, N), 2)
DISCOUNT = RNG.choice([0.0, 0, 0, 0, 10, 20], N)
# One price in five has the other tax; one order in five pays for the delivery.
VAT = RNG.choice([7.0, 19, 19, 19, 19], N)
FEE = RNG.choice([0, 0, 0, 0, 4.9], N)
NOISE = {"age": RNG.integers(18, 80, N).astype(float), "kg": RNG.normal(60, 9, N)}


def cents(values):
    return np.round(values + 1e-9, 2)


def find(columns, kinds=None):
    x = np.column_stack(list(columns.values()))
    grids = [Grid.of(column) for column in x.T]
    return find_arithmetic(x, grids, list(columns), 0, 0.03, kinds)


def formulas(**columns):
    return [r.formula for r in find(columns | NOISE)[0]]


def said_of_the_total(columns, kinds=None):
    """Formulas of it, proved or doubtful; not that days are nearly total / price."""
    proved, doubtful = find(columns, kinds)
    return [r.formula for r in (*proved, *doubtful) if r.formula.startswith("total")]


@pytest.mark.parametrize(
    ("total", "parts", "formula"),
    [
        (QTY * DAYS * PRICE, {"qty": QTY, "days": DAYS, "price": PRICE},
         "total = qty x days x price"),
        (QTY * DAYS * PRICE / 1000, {"a": QTY * 10, "b": DAYS * 10, "c": PRICE * 10},
         "total = 1e-06 x a x b x c"),
        (DAYS * PRICE * (1 - DISCOUNT / 100), {"days": DAYS, "price": PRICE,
         "off": DISCOUNT}, "total = days x price x (1 - off / 100)"),
        (DAYS * PRICE * (1 - DISCOUNT / 100), {"days": DAYS, "price": PRICE,
         "off": DISCOUNT / 100}, "total = days x price x (1 - off)"),
        (QTY * PRICE * (1 + VAT / 100), {"qty": QTY, "price": PRICE, "vat": VAT},
         "total = qty x price x (1 + vat / 100)"),
        (PRICE * (1 + VAT / 100), {"net": PRICE, "vat": VAT},
         "total = net x (1 + vat / 100)"),
        (PRICE / (1 + VAT / 100), {"gross": PRICE, "vat": VAT},
         "total = gross / (1 + vat / 100)"),
        (PRICE * (1 - DISCOUNT / 100) * (1 + VAT / 100), {"net": PRICE,
         "off": DISCOUNT, "vat": VAT},
         "total = net x (1 - off / 100) x (1 + vat / 100)"),
        (QTY * PRICE + FEE, {"qty": QTY, "price": PRICE, "fee": FEE},
         "total = qty x price + fee"),
        (QTY * PRICE - FEE, {"qty": QTY, "price": PRICE, "paid": FEE},
         "total = qty x price - paid"),
        (QTY * PRICE + 12.5, {"qty": QTY, "price": PRICE},
         "total = qty x price + 12.5"),
    ],
)  # fmt: skip
def test_the_total_of_a_bill_is_found(total, parts, formula):
    digits = 2 if np.median(total) > 5 else 6
    total = np.round(total + 1e-9, digits)
    assert formulas(**parts, total=total) == [formula]


def test_errors_in_all_columns_and_missing_cells_do_not_hide_a_bill():
    total, off = cents(DAYS * PRICE * (1 - DISCOUNT / 100)), DISCOUNT.copy()
    total[:9] *= 10
    off[20:28] = 15
    total[RNG.random(N) < 0.2] = np.nan
    found = formulas(days=DAYS, price=PRICE, off=off, total=total)
    assert found == ["total = days x price x (1 - off / 100)"]


def test_a_product_of_two_is_not_said_again_with_a_third():
    columns = {"qty": QTY, "price": PRICE, "off": DISCOUNT, "fee": FEE}
    assert formulas(**columns, total=cents(QTY * PRICE)) == ["total = qty x price"]


def test_what_follows_from_two_relations_is_no_third_one():
    net = cents(QTY * PRICE)
    found = formulas(
        qty=QTY, price=PRICE, net=net, vat=VAT, gross=cents(net * (1 + VAT / 100))
    )
    assert found == ["net = qty x price", "gross = net x (1 + vat / 100)"]


def test_a_rounded_quotient_gives_way_to_the_exact_bill():
    # Days are total / price to the next whole number, but for great discounts.
    off = np.where(np.arange(N) % 10 == 0, 5.0, 0.0)
    total = cents(DAYS * PRICE * (1 - off / 100))
    assert formulas(days=DAYS, price=PRICE, total=total) == ["days = total / price"]
    found = formulas(days=DAYS, price=PRICE, off=off, total=total)
    assert found == ["total = days x price x (1 - off / 100)"]


@pytest.mark.parametrize("column", ["days", "price", "off"])
def test_no_bill_is_found_with_one_of_its_columns_shuffled(column):
    columns = {"days": DAYS, "price": PRICE, "off": DISCOUNT}
    total = cents(DAYS * PRICE * (1 - DISCOUNT / 100))
    columns[column] = RNG.permutation(columns[column])
    assert said_of_the_total(columns | {"total": total} | NOISE) == []


def test_a_discount_that_a_third_of_the_discounted_rows_do_not_get_is_none():
    # All in all 96 % of the rows are as they would be with it.
    off = np.where(np.arange(N) % 10 == 0, 10.0, 0.0)
    given = np.where(np.arange(N) % 30 == 0, 0.0, off)
    total = cents(DAYS * PRICE * (1 - given / 100))
    columns = {"days": DAYS, "price": PRICE, "off": off, "total": total}
    assert said_of_the_total(columns) == []
    columns["total"] = cents(DAYS * PRICE * (1 - off / 100))
    assert said_of_the_total(columns) != []


def test_an_indicator_is_no_rate():
    score = np.round(RNG.normal(100, 5, N))
    flag = (RNG.random(N) < 0.5).astype(float)
    assert formulas(score=score, flag=flag, corrected=score - flag) == []


def test_no_date_is_part_of_a_bill():
    columns = {"qty": QTY, "price": PRICE, "fee": FEE}
    columns["total"] = cents(QTY * PRICE + FEE)
    assert said_of_the_total(columns, ["number"] * 4) != []
    kinds = ["number", "date", "number", "number"]
    assert said_of_the_total(columns, kinds) == []


def test_nothing_is_found_among_prices_rates_and_counts_of_their_own():
    for seed in range(30):
        rng = np.random.default_rng(seed)
        columns = {f"c{i}": rng.permutation(column) for i, column in enumerate(
            [QTY, DAYS, PRICE, DISCOUNT, VAT, VAT / 100, FEE, cents(QTY * PRICE)]
        )}  # fmt: skip
        assert find(columns) == ([], [])


def test_a_total_is_told_to_all_digits_that_it_has_in_some_rows():
    price = RNG.choice([12.0, 15.0, 19.5, 32.0], N)
    off = np.where((price != 19.5) | (np.arange(N) % 20 == 0), DISCOUNT, 0)
    total = cents(DAYS * price * (1 - off / 100))
    assert Grid.of(total).decimals == 1
    x = np.column_stack([DAYS, price, off, total])
    (relation,) = find(dict(zip("abcd", x.T, strict=True)))[0]
    np.testing.assert_allclose(relation.solve(x, 3), total)
