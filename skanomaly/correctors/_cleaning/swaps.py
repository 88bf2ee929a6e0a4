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
# Of customers and streets with a few rows each it is plain to see, too, if both cells
# have so many times the rows in the other's column, and few rows where they are.
MIN_HOME, MAX_AWAY = 3, 4


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
        self.moves, self.are_apart = {}, {}
        self.plain: dict[tuple, tuple] = {}
        homes, every = (
            [_homes(*column, least) for column in zip(texts, n_rows, strict=True)]
            for least in (ESTABLISHED, 1)
        )
        for a, b in combinations(range(len(texts)), 2):
            if (a, b) in meant:
                continue
            counts = n_rows[a], n_rows[b]
            there = _moves(texts[a], homes[b]), _moves(texts[b], homes[a])
            if all((move >= 0).any() for move in there):
                self.moves[a, b] = there
                self.are_apart[a, b] = _are_apart(counts, there, ESTABLISHED)
            there = _moves(texts[a], every[b]), _moves(texts[b], every[a])
            if not self.are_apart.get((a, b)):
                self.plain |= _plain((a, b), counts, there)

    def find(self, codes, p_error):
        """Return a `Swap` for each pair of columns.

        Both cells must look wrong, or both hold what their column hardly has and one
        looks wrong, or the columns have different values, or exchange theirs often.
        Of small homes both cells must be away.
        """
        found = []
        for (a, b), moves in self.moves.items():
            wrong = p_error[:, [a, b]] > 0.5
            rare = self.is_rare[a][codes[:, a]] & self.is_rare[b][codes[:, b]]
            # Of columns that share no values, one exchanged pair is plain to see.
            enough = self.are_apart[a, b] | wrong.any(axis=1)
            wrong = wrong.all(axis=1) | (rare & enough)
            if (a, b) in self.exchanged:
                wrong |= exchanged_rows(codes, (a, b), self.exchanged[a, b])
            found.append(_exchanged_back(codes, (a, b), moves, wrong))
        for pair, moves in self.plain.items():
            every = np.ones(len(codes), bool)
            found.append(_exchanged_back(codes, pair, moves, every))
        return [swap for swap in found if len(swap.rows)]

    def often_exchanged(self, codes):
        """Cells of rows in which columns hold each other's values, (n, d)."""
        cells = np.zeros(codes.shape, bool)
        for pair, strange in self.exchanged.items():
            cells[np.ix_(exchanged_rows(codes, pair, strange), pair)] = True
        return cells


def _exchanged_back(codes, columns, moves, rows):
    """Return the `Swap` of some rows, where both values are at home."""
    a, b = columns
    (to_b, to_a), here = moves, (codes[:, [a, b]] >= 0).all(axis=1)
    rows = np.flatnonzero(rows & here)
    new_a, new_b = to_a[codes[rows, b]], to_b[codes[rows, a]]
    fits = (new_a >= 0) & (new_b >= 0) & (new_a != codes[rows, a])
    return Swap(rows[fits], columns, (new_a[fits], new_b[fits]))


def _are_apart(counts, moves, least):
    """Whether two columns hold different values, of so many rows at least."""
    shared = [
        n[move >= 0].sum() / max(1, n.sum())
        for n, move in zip(counts, moves, strict=True)
    ]
    known = [n[n >= least].sum() / max(1, n.sum()) for n in counts]
    return max(shared) <= MAX_SHARED and min(known) >= MIN_COVERED


def _plain(columns, counts, moves):
    """Where values of small homes belong that are away, if the columns are apart."""
    (n_a, n_b), (to_b, to_a) = counts, moves
    away = _away(n_a, n_b, to_b), _away(n_b, n_a, to_a)
    shared = [
        np.where(far < 0, move, -1) for far, move in zip(away, moves, strict=True)
    ]
    for here, other in zip(shared, away[::-1], strict=True):
        here[other[other >= 0]] = -1  # the other column has these by mistake
    if not all((move >= 0).any() for move in away):
        return {}
    return {columns: away} if _are_apart(counts, shared, MIN_HOME) else {}


def _away(n_here, n_there, move):
    """Code of each value in the other column, -1 where it is not at home there."""
    few = (n_here <= MAX_AWAY) & (n_here * MIN_HOME <= n_there[move])
    return np.where((move >= 0) & few, move, -1)


def _homes(values, n_rows, least):
    """Code of each value that has so many rows in its column."""
    if values is None:
        return {}
    return {str(values[k]): k for k in np.flatnonzero(n_rows >= least)}


def _moves(values, home):
    """Code that each value has in another column, -1 where it is not established."""
    if values is None:
        return np.full(1, -1)
    return np.array([home.get(str(value), -1) for value in values], dtype=np.int64)
