"""Orders of a shop, with errors that are known: a table for the tests."""

import numpy as np

KINDS = ["number", "number", "number", "number", "date", "date"]
NAMES = ["age", "quantity", "price", "total", "ordered", "shipped"]
PRICES = np.array([6.0, 25.0, 80.0, 300.0])


def orders(n=1500, seed=0):
    """Clean orders of a shop: numbers, and the product as a category."""
    rng = np.random.default_rng(seed)
    product = rng.integers(0, 4, n)
    quantity = rng.integers(1, 5, n)
    price = np.round(PRICES[product] * rng.normal(1, 0.05, n), 2)
    ordered = rng.integers(19000, 19360, n)
    x = np.column_stack(
        [
            rng.integers(18, 80, n),
            quantity,
            price,
            np.round(quantity * price, 2),
            ordered,
            ordered + rng.integers(1, 8, n),
        ]
    ).astype(float)
    return x, product[:, None]


def dirty_orders(n=1500, seed=0):
    """Return (dirty, clean, codes, cells), the cells of each kind of error."""
    clean, codes = orders(n, seed)
    x = clean.copy()
    rows = np.random.default_rng(seed + 1).permutation(n)[:35].reshape(7, 5)
    x[rows[0], 0] = [230, -5, 999, 0, 230]
    x[rows[1], 2] *= -1
    x[rows[2], 2] = np.round(x[rows[2], 2] * 10, 2)
    x[rows[3], 3] = 0
    x[rows[4], 1] = 400
    x[rows[5], 5] = x[rows[5], 4] - 30
    x[rows[6], 4] = 0
    kinds = "age", "sign", "x10", "total", "quantity", "early", "1970"
    columns = 0, 2, 2, 3, 1, 5, 4
    cells = {k: (rows[i], columns[i]) for i, k in enumerate(kinds)}
    return x, clean, codes, cells
