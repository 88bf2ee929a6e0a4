"""Numbers that another column determines."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import AnomalyCorrector
from skanomaly.correctors._numbers.lookups import find_lookups

PRICES = np.array([3.5, 12.0, 7.25, 19.9, 5.0, 2.75])


@pytest.fixture
def sales():
    """Sales whose price is that of the product."""
    rng = np.random.default_rng(0)
    product = rng.integers(6, size=600)
    return pd.DataFrame(
        {
            "product": np.array(list("abcdef"))[product],
            "price": PRICES[product],
            "place": rng.choice(["shop", "web"], 600),
        }
    )


def found_in(sales):
    codes = np.column_stack(
        [pd.factorize(sales[c], sort=True)[0] for c in ("product", "place")]
    )
    x = sales[["price"]].to_numpy()
    return find_lookups(x, codes, ["price"], ["product", "place"], 0), x, codes


def test_a_price_list_is_found(sales):
    (lookup,), x, codes = found_in(sales)
    assert str(lookup) == "price is determined by product, 100 % of the rows"
    np.testing.assert_array_equal(lookup.of(x, codes), x[:, 0])


def test_what_no_other_column_determines_has_no_list(sales):
    sales["price"] = np.random.default_rng(1).permutation(sales["price"])
    assert found_in(sales)[0] == []


def test_a_column_of_one_value_has_no_list(sales):
    sales["price"] = 3.5
    assert found_in(sales)[0] == []


@pytest.mark.parametrize("factor", [10, 1000, 0.1])
def test_a_decimal_point_in_the_wrong_place_is_moved(sales, factor):
    dirty = sales.copy()
    dirty.loc[[3, 80, 311], "price"] *= factor
    table, report, _ = AnomalyCorrector().fit(dirty).repair(dirty)
    pd.testing.assert_frame_equal(table, sales)
    assert report["reason"].str.contains("price is determined by product").all()


def test_another_sign_is_only_flagged(sales):
    sales.loc[[3, 80, 311], "price"] *= -1
    table, report, _ = AnomalyCorrector().fit(sales).repair(sales)
    pd.testing.assert_frame_equal(table, sales)
    assert set(report["status"]) == {"flagged"}
    assert report["row"].tolist() == [3, 80, 311]


@pytest.mark.parametrize("discount", [0.9, 0.5])
def test_discounts_stay(sales, discount):
    rows = np.arange(0, 600, 20)
    sales.loc[rows, "price"] = (sales.loc[rows, "price"] * discount).round(2)
    pd.testing.assert_frame_equal(AnomalyCorrector().fit_transform(sales), sales)


def test_tens_that_another_column_explains_stay(sales):
    rows = np.arange(0, 600, 20)
    sales.loc[rows, "price"] *= 10
    sales["unit"] = "piece"
    sales.loc[rows, "unit"] = "box of 10"
    pd.testing.assert_frame_equal(AnomalyCorrector().fit_transform(sales), sales)


def test_many_tens_are_another_way_to_count(sales):
    rows = np.arange(0, 600, 8)
    sales.loc[rows, "price"] *= 10
    pd.testing.assert_frame_equal(AnomalyCorrector().fit_transform(sales), sales)


def test_tens_of_one_product_are_its_other_way_to_count(sales):
    rows = np.flatnonzero(sales["product"] == "a")[::6]  # 3 % of all sales
    sales.loc[rows, "price"] *= 10
    pd.testing.assert_frame_equal(AnomalyCorrector().fit_transform(sales), sales)


def test_tens_in_all_rows_of_one_thing_stay(sales):
    sales["place"] = [f"p{k // 2}" for k in range(600)]
    pairs = [8, 9, 240, 241]
    sales.loc[[*pairs, 77, 400], "price"] *= 10
    (lookup,), x, codes = found_in(sales)
    assert np.flatnonzero(lookup.slips(x, codes)).tolist() == [77, 400]


def test_an_exception_that_comes_where_it_is_no_slip_is_none_elsewhere(sales):
    sales.loc[::25, "price"] = 35.0  # ten times that of one product in six
    rows = np.flatnonzero(sales["price"].isin([12.0, 7.25]))[:2]
    sales.loc[rows, "price"] *= 10
    lookups, x, codes = found_in(sales)
    np.testing.assert_array_equal(np.flatnonzero(lookups[0].slips(x, codes)), rows)


def test_a_price_of_another_product_is_no_slip(sales):
    sales.loc[sales["product"] == "a", "price"] = 120.0
    dirty = sales.copy()
    dirty.loc[np.flatnonzero(sales["product"] == "b")[:3], "price"] = 120.0
    lookups, x, codes = found_in(dirty)
    assert not lookups[0].slips(x, codes).any()
