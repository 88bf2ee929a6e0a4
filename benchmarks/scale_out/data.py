"""Tables that workers make by partition, and what is fitted to score or repair them."""

import dask.dataframe as dd
import numpy as np
import pandas as pd

from skanomaly.correctors import AnomalyCorrector
from skanomaly.detectors import AutoEncoder

N_COLUMNS = 20
N_TOWNS = 200
N_FITTED = 5000
HELD_OUT = 10**6  # a partition that no table has


def numbers(k, n_rows):
    """Rows of partition `k`: twenty columns that depend on five hidden ones."""
    mix = np.random.default_rng(0).normal(size=(5, N_COLUMNS))
    rng = np.random.default_rng([1, k])
    X = rng.normal(size=(n_rows, 5)) @ mix + 0.1 * rng.normal(size=(n_rows, N_COLUMNS))
    return _frame(X.T, [f"x{j}" for j in range(N_COLUMNS)], k, n_rows)


def orders(k, n_rows):
    """Rows of partition `k`: a town, what follows from it, half a percent is wrong."""
    rng = np.random.default_rng([2, k])
    town = rng.integers(N_TOWNS, size=n_rows)
    sizes = {"town": N_TOWNS, "zip": N_TOWNS, "land": 10, "tax": 5}
    columns = []
    for name, size in sizes.items():
        column = np.array([f"{name}{i:03d}" for i in range(size)], object)[town % size]
        wrong = rng.random(n_rows) < 0.005
        column[wrong] = rng.permutation(column)[wrong]
        columns.append(column)
    columns.append(rng.integers(1, 100, n_rows))
    return _frame(columns, [*sizes, "pieces"], k, n_rows)


def _frame(columns, names, k, n_rows):
    index = pd.RangeIndex(k * n_rows, (k + 1) * n_rows, name="row")
    return pd.DataFrame(dict(zip(names, columns, strict=True)), index=index)


def in_parts(make, n_parts, n_rows):
    """Dask DataFrame whose partitions the workers make."""
    divisions = [*range(0, n_parts * n_rows, n_rows), n_parts * n_rows - 1]
    meta = make(0, 1).iloc[:0]
    return dd.from_map(
        make, range(n_parts), n_rows=n_rows, meta=meta, divisions=divisions
    )


def estimators():
    """Name -> what is fitted to 5,000 rows, and how its partitions are made."""
    sample, table = numbers(HELD_OUT, N_FITTED), orders(HELD_OUT, N_FITTED)
    return {
        "AutoEncoder": (AutoEncoder(random_state=0).fit(sample), numbers),
        "AnomalyCorrector": (AnomalyCorrector(random_state=0).fit(table), orders),
    }
