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
    dirty.loc[30, "total"] = clean.total[30].replace(".", ",")
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
