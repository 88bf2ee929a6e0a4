"""What the numbers of a table are written like, and what is said of them."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import AnomalyCorrector

PRICES = {"tea": "3.20", "cup": "8.00", "pot": "25.00"}


def sales(n=400, seed=1):
    """Texts with two decimals: total = price x qty."""
    rng = np.random.default_rng(seed)
    product, qty = rng.choice(list(PRICES), n), rng.integers(1, 6, n)
    price = [PRICES[p] for p in product]
    total = [f"{float(a) * b:.2f}" for a, b in zip(price, qty, strict=True)]
    return pd.DataFrame(
        {"product": product, "price": price, "qty": qty.astype(str), "total": total}
    )


def repaired(dirty):
    corrector = AnomalyCorrector(random_state=0).fit(dirty)
    out = corrector.transform(dirty)
    return out, corrector.report_.set_index(["row", "column"])


@pytest.mark.parametrize("dtype", ["str", object, "category"])
def test_numbers_in_texts_are_written_with_the_decimals_of_their_column(dtype):
    clean = sales()
    dirty = clean.copy()
    dirty.loc[10, "price"] = f"{float(clean.price[10]) * 10:.2f}"
    dirty.loc[20, "total"] = f"{float(clean.total[20]) * 10:.2f}"
    out, report = repaired(dirty.astype(dtype))
    assert out.astype(object).equals(clean.astype(object))
    new, old = clean.price[10], dirty.price[10]
    assert report.reason[10, "price"].startswith(f"price {old} should be {new}: ")


def test_a_number_that_cannot_be_read_is_named_and_written_like_the_others():
    clean = sales()
    dirty = clean.copy()
    dirty.loc[30, "total"] = clean.total[30].replace(".", ";")
    out, report = repaired(dirty)
    assert out.equals(clean)
    assert report.reason[30, "total"] == (
        f"total '{dirty.total[30]}' cannot be read as a number; "
        f"total = price x qty says {clean.total[30]}"
    )


def test_a_price_list_says_which_cell_of_a_broken_product_is_wrong():
    clean = sales()
    dirty = clean.copy()
    dirty.loc[[10, 11], "price"] = [f"{float(p) * 10:.2f}" for p in clean.price[10:12]]
    dirty.loc[[20, 21], "total"] = [f"{float(t) / 10:.3f}" for t in clean.total[20:22]]
    out, report = repaired(dirty)
    assert out.equals(clean)
    assert (report.status == "repaired").all()  # and no other cell is doubted


def test_a_list_with_many_exceptions_leaves_both_cells_in_doubt():
    clean = sales(1000)
    off = np.random.default_rng(0).random(1000) < 0.13  # discounts
    price = np.where(off, "6.00", clean.price)
    total = price.astype(float) * clean.qty.astype(int)
    clean = clean.assign(price=price, total=[f"{t:.2f}" for t in total])
    dirty = clean.copy()
    row = np.flatnonzero((clean["product"] == "cup") & ~off & (clean.qty == "3"))[0]
    dirty.loc[row, "total"] = "18.00"  # right if there were a discount
    _, report = repaired(dirty)
    assert report.status[row, "total"] == "flagged"
    assert 0.5 < report.p_error[row, "total"] < 0.95


@pytest.mark.parametrize("wrong", [None, "12x", 1e4])
def test_a_sum_to_the_last_digit_wins_over_a_rounded_multiple(wrong):
    rng = np.random.default_rng(0)
    net = np.round(rng.lognormal(5, 1, 400), 2)
    tax = np.round(0.19 * net, 2)
    clean = pd.DataFrame({"net": net, "tax": tax, "gross": np.round(net + tax, 2)})
    dirty = clean.astype(object)
    dirty.loc[20:29, "tax"] += 50  # the sum is broken more often than the multiple
    dirty.loc[3, "gross"] = wrong
    corrector = AnomalyCorrector(random_state=0, fill=True).fit(dirty)
    assert "gross = 1.19 x net" in str(corrector.relations_)
    assert corrector.transform(dirty).loc[3, "gross"] == clean.gross[3]
    cells = corrector.report_.set_index(["row", "column"])
    assert "net + tax" in cells.reason[3, "gross"]
