"""Random repairs: the baselines of a repair report."""

import numpy as np
import pandas as pd

from skanomaly.metrics._codes import join


def split_reference(reference, n_rows, rng):
    """Return a random sample of `n_rows` rows, at most half of them, and the rest."""
    if len(reference) < 2:
        raise ValueError("X_reference has one row: two or more are needed.")
    order = rng.permutation(len(reference))
    cut = min(n_rows, len(reference) // 2)
    return reference.iloc[order[:cut]], reference.iloc[order[cut:]]


def repairs_by_chance(before, open_cells, normal, rng):
    """Return tables whose open cells are filled at random, by name."""
    shape = before.shape
    marginal = rng.integers(len(normal), size=shape)
    uniform = np.column_stack(
        [_distinct(normal.iloc[:, j], shape[0], rng) for j in range(shape[1])]
    )
    return {
        "marginals": _refill(before, open_cells, normal, marginal),
        "uniform": _refill(before, open_cells, normal, uniform),
    }


def _distinct(column, size, rng):
    """Draw row positions so that each distinct value is equally likely."""
    first = np.flatnonzero(~column.duplicated().to_numpy() & column.notna().to_numpy())
    return rng.choice(first if len(first) else [0], size=size)


def _refill(before, open_cells, normal, rows):
    """Fill the open cells from rows of `normal`, drawn separately for each cell."""
    n = len(before)
    columns = {}
    for j in range(before.shape[1]):
        column = before.iloc[:, j]
        source = np.where(open_cells[:, j], n + rows[:, j], np.arange(n))
        filled = join([column, normal.iloc[:, j]]).take(source)
        # Joining columns of different types gave objects; classifiers need numbers.
        same_type = filled.dtype == column.dtype
        columns[j] = (filled if same_type else filled.infer_objects()).array
    table = pd.DataFrame(columns, index=before.index)
    return table.set_axis(before.columns, axis=1)
