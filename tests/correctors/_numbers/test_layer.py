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
