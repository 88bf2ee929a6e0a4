"""Rows that are alike, so that one of them is judged for all."""

from math import prod

import numpy as np

from skanomaly.correctors._table.keys import keys_of_rows

__all__ = ["in_parts", "unlike"]

# To gather what is thought of so many kinds takes longer than to think it again.
MOSTLY = 0.5


def unlike(columns, n_values):
    """One row of each kind of equal rows, by number, and the kind of every row.

    Where most rows are of a kind of their own, every row is taken for one.

    Parameters
    ----------
    columns : sequence of d int arrays of shape (n,)
        Codes, -1 is missing.
    n_values : sequence of d ints
        Number of values of each column.
    """
    keys = _keys(columns, n_values)
    order = np.argsort(keys)
    keys = keys[order]
    is_new = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
    if is_new.sum() > MOSTLY * len(keys):
        return np.arange(len(keys)), np.arange(len(keys))
    kind = np.empty(len(keys), dtype=np.int64)
    kind[order] = np.cumsum(is_new) - 1
    return order[is_new], kind


def in_parts(some, kind, size):
    """Yield rows, at most `size` unlike ones, and which of these each row is like.

    `some` and `kind` are what `unlike` returns.
    """
    order = np.argsort(kind, kind="stable")
    kind = kind[order]
    for start in range(0, len(some), size):
        here = slice(*np.searchsorted(kind, [start, start + size]))
        yield order[here], some[start : start + size], kind[here] - start


def _keys(columns, n_values):
    """One number for each row, the same for equal rows."""
    if prod(int(size) + 1 for size in n_values) >= 2**63:
        return keys_of_rows(np.column_stack(columns))
    keys = columns[0].astype(np.int64) + 1
    for column, size in zip(columns[1:], n_values[1:], strict=True):
        keys *= int(size) + 1
        keys += column
        keys += 1
    return keys
