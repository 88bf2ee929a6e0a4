"""Some rows of a table, drawn at random, to learn from."""

import numpy as np
import pandas as pd

from skanomaly._cli.errors import InputError

__all__ = ["count_rows", "require_rows", "sampled_rows"]


def count_rows(table):
    """Count the rows of a table, and check all of it."""
    return sum(len(chunk) for chunk in table.chunks())


def require_rows(table, n_rows):
    """Refuse a table that nothing can be learned from."""
    if n_rows == 1:
        raise InputError(f"{table.name}: one row is too few to learn from, it takes 2.")


def sampled_rows(table, n_rows, size, *, seed, always=()):
    """Return some rows in their order.

    Parameters
    ----------
    table : CsvTable or ParquetTable
        Table of `n_rows` rows.
    n_rows : int
        Number of its rows.
    size : int
        Most rows to draw.
    seed : int
        Seed of the draw.
    always : array-like of int, default=()
        Numbers of rows that are among them in any case.
    """
    if n_rows <= size:
        return pd.concat([chunk.frame() for chunk in table.chunks()])
    drawn = np.random.default_rng(seed).choice(n_rows, size, replace=False)
    chosen = np.union1d(drawn, np.asarray(always, np.int64))
    return pd.concat([_rows_of(chunk, chosen) for chunk in table.chunks()])


def _rows_of(chunk, chosen):
    labels = chunk.labels
    return chunk.frame(np.flatnonzero(np.isin(labels, chosen)))
