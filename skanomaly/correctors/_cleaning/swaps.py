"""Two cells of a row that were exchanged: one mistake, which explains both."""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from skanomaly.correctors._cleaning.exchanges import exchanged_columns, exchanged_rows
from skanomaly.correctors._cleaning.suspects import ESTABLISHED, MIN_COVERED

__all__ = ["Swap", "Swaps"]


# Columns have different values if nearly all of their rows hold frequent ones, and no
# more of them than these one of the other's.
MAX_SHARED = 0.05


class Swap(NamedTuple):
    """Rows in which the cells of two columns may have changed places."""

    rows: np.ndarray
    columns: tuple[int, int]
    values: tuple[np.ndarray, np.ndarray]  # what the cells would be, exchanged back


class Swaps:
    """Finds cells whose values are at home in each other's column.

    Parameters
    ----------
    texts : list of d arrays of str, or None
        Values of each column by code.
    n_rows : list of d int arrays
        How many rows hold each value.
    codes : int array of shape (n, d)
        The table; -1 is missing.
    """

    def __init__(self, texts, n_rows, codes):
        self.exchanged, meant = exchanged_columns(texts, n_rows, codes)
        self.is_rare = [n < ESTABLISHED for n in n_rows]
        homes = [_homes(*column) for column in zip(texts, n_rows, strict=True)]
        self.moves, self.are_apart = {}, {}
        for a, b in combinations(range(len(texts)), 2):
            there = _moves(texts[a], homes[b]), _moves(texts[b], homes[a])
            if (a, b) not in meant and all((move >= 0).any() for move in there):
                self.moves[a, b] = there
                shared = [
                    n_rows[j][move >= 0].sum() / max(1, n_rows[j].sum())
                    for j, move in zip((a, b), there, strict=True)
                ]
                known = [
                    n_rows[j][n_rows[j] >= ESTABLISHED].sum() / max(1, n_rows[j].sum())
                    for j in (a, b)
                ]
                self.are_apart[a, b] = (
                    max(shared) <= MAX_SHARED and min(known) >= MIN_COVERED
                )

    def find(self, codes, p_error):
        """Return a `Swap` for each pair of columns.

        Both cells must look wrong, or both hold what their column hardly has and one
        looks wrong, or the columns have different values, or exchange theirs often.
        """
        found = []
        for (a, b), (to_b, to_a) in self.moves.items():
            wrong = p_error[:, [a, b]] > 0.5
            rare = self.is_rare[a][codes[:, a]] & self.is_rare[b][codes[:, b]]
            # Of columns that share no values, one exchanged pair is plain to see.
            enough = self.are_apart[a, b] | wrong.any(axis=1)
            wrong = wrong.all(axis=1) | (rare & enough)
            if (a, b) in self.exchanged:
                wrong |= exchanged_rows(codes, (a, b), self.exchanged[a, b])
            rows = np.flatnonzero(wrong & (codes[:, a] >= 0) & (codes[:, b] >= 0))
            new_a, new_b = to_a[codes[rows, b]], to_b[codes[rows, a]]
            fits = (new_a >= 0) & (new_b >= 0) & (new_a != codes[rows, a])
            if fits.any():
                found.append(Swap(rows[fits], (a, b), (new_a[fits], new_b[fits])))
        return found

    def often_exchanged(self, codes):
        """Cells of rows in which columns hold each other's values, (n, d)."""
        cells = np.zeros(codes.shape, bool)
        for pair, strange in self.exchanged.items():
            cells[np.ix_(exchanged_rows(codes, pair, strange), pair)] = True
        return cells


def _homes(values, n_rows):
    """Code of each value that is established in its column."""
    if values is None:
        return {}
    return {str(values[k]): k for k in np.flatnonzero(n_rows >= ESTABLISHED)}


def _moves(values, home):
    """Code that each value has in another column, -1 where it is not established."""
    if values is None:
        return np.full(1, -1)
    return np.array([home.get(str(value), -1) for value in values], dtype=np.int64)
