"""Signs that differ from what another column determines: slips, or meant so."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import AnomalyCorrector

PRICES = np.array([3.5, 12.0, 7.25, 19.9, 5.0, 2.75])
WEIGHTS = np.array([120.0, 80.0, 310.0, 95.0, 45.0, 260.0])
MONTHS = np.array("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())


@pytest.fixture
def sales():
    """Sales whose price and weight are those of the product."""
    rng = np.random.default_rng(0)
    product = rng.integers(6, size=600)
    return pd.DataFrame(
        {
            "product": np.array(list("abcdef"))[product],
            "price": PRICES[product],
            "weight": WEIGHTS[product],
            "pieces": rng.integers(1, 5, size=600),
        }
    )


@pytest.fixture
def months():
    """Rows with the number and the name of a month."""
    rng = np.random.default_rng(0)
    number = rng.integers(1, 13, size=600)
    place = rng.choice(["shop", "web"], 600)
    return pd.DataFrame({"month": MONTHS[number - 1], "no": number, "place": place})


def negated(table, column, rows):
    """The table with other signs in some rows of a column."""
    dirty = table.copy()
    dirty.loc[rows, column] *= -1
    return dirty


def repaired(dirty):
    """The repaired table, and the statuses of the changed or flagged cells."""
    table, report, _ = AnomalyCorrector(random_state=0).fit(dirty).repair(dirty)
    return table, report.groupby("column")["status"].unique().str[0].to_dict()


def test_signs_that_turn_in_several_columns_alone_are_turned_back(sales):
    dirty = negated(sales, "price", range(0, 600, 40))
    dirty = negated(dirty, "weight", range(13, 600, 40))
    table, status = repaired(dirty)
    pd.testing.assert_frame_equal(table, sales)
    assert status == {"price": "repaired", "weight": "repaired"}


def test_signs_that_turn_in_one_column_may_be_meant_so(sales):
    dirty = negated(sales, "price", range(0, 600, 40))
    table, status = repaired(dirty)
    pd.testing.assert_frame_equal(table, dirty)
    assert status == {"price": "flagged"}


@pytest.mark.parametrize("other", ["weight", "pieces"])
def test_signs_that_turn_together_are_meant_so(sales, other):
    rows = range(0, 600, 40)
    dirty = negated(negated(sales, "price", rows), other, rows)
    dirty = negated(dirty, "weight", range(13, 600, 40))
    table, _ = repaired(dirty)
    pd.testing.assert_series_equal(table["price"], dirty["price"])


def test_a_few_errors_elsewhere_do_not_explain_many_signs(sales):
    dirty = negated(sales, "price", range(0, 600, 20))
    dirty = negated(dirty, "weight", range(13, 600, 80))
    table, status = repaired(dirty)
    pd.testing.assert_series_equal(table["price"], dirty["price"])
    assert status["price"] == "flagged"


def test_what_numbers_another_column_has_no_other_sign(months):
    table, status = repaired(negated(months, "no", [3, 80, 311]))
    pd.testing.assert_frame_equal(table, months)
    assert status == {"no": "repaired"}


def test_a_marker_below_zero_is_no_slip_of_a_number(months):
    dirty = months.copy()
    dirty.loc[range(0, 600, 20), "no"] = -1
    table, _ = repaired(dirty)
    pd.testing.assert_frame_equal(table, dirty)
