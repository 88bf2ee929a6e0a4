"""Values of other columns that foretell some rows of a table: these have a reason.

An error comes anywhere. Rows that share a value, which others hardly have, are as they
are because of it.
"""

from functools import cached_property

import numpy as np
from scipy.stats import binom

__all__ = ["MIN_ROWS", "SIGNIFICANT", "ValueCounts", "rare_reasons", "reasons_for"]

# A reason is this improbable by chance, and makes its rows so much more frequent. It
# is judged by itself from so many rows on.
SIGNIFICANT, MIN_LIFT, MIN_ROWS = 1e-4, 3, 10
# Below, it is a reason where all its rows deviate, and where rows with such a rare
# value are few.
MAX_RARE = 0.05
TINY = 1e-12


class ValueCounts:
    """The values of a table, numbered through all columns to be counted at once.

    Parameters
    ----------
    codes : int array of shape (n, d)
        -1 is missing.
    n_values : sequence of d ints
        Values of each column.
    """

    def __init__(self, codes, n_values):
        self.n_values = np.asarray(n_values, dtype=np.int64)
        self.start = np.append(0, np.cumsum(self.n_values))
        # One more number for what is missing. Column by column, as they are asked for.
        cells = np.where(codes >= 0, codes + self.start[:-1], self.start[-1])
        self.cells = np.ascontiguousarray(cells.T)

    @cached_property
    def total(self):
        """Rows with each value."""
        return self.of(slice(None))

    def of(self, rows, columns=slice(None), weight=None):
        """Count the rows with each value, or their weight; elsewhere it is 0."""
        cells = self.cells[columns][:, rows]
        if weight is not None:
            weight = np.tile(weight, len(cells))
        n = self.start[-1]
        return np.bincount(cells.ravel(), weight, minlength=n + 1)[:n]

    def column_of(self, numbers):
        """Return the column of each numbered value."""
        return np.searchsorted(self.start, numbers, side="right") - 1

    def named(self, numbers):
        """Return numbered values as a list of (column, value)."""
        column = self.column_of(numbers)
        return list(zip(column.tolist(), numbers - self.start[column], strict=True))

    def sums(self, numbers):
        """Sum a number of each value by columns."""
        column = np.repeat(np.arange(len(self.n_values)), self.n_values)
        return np.bincount(column, numbers, minlength=len(self.n_values))

    @cached_property
    def rare_cells(self):
        """Rows and numbers of cells with rare values, where few cells are of these."""
        rare = (self.total > 0) & (self.total < MIN_ROWS)
        few = self.sums(self.total * rare) <= MAX_RARE * self.cells.shape[1]
        rare &= np.repeat(few, self.n_values)
        c, row = np.nonzero(np.append(rare, False)[self.cells])
        return row, self.cells[c, row]


def reasons_for(rows, table, groups=None, *, but_for=(), among=slice(None)):
    """Values of columns that foretell which rows these are, a list of (column, value).

    Errors come anywhere; rows that share a value, which others hardly have, have a
    reason to be as they are.

    Parameters
    ----------
    rows : bool array of shape (n,)
    table : ValueCounts
    groups : int array of shape (n,), default=None
        Rows are compared with others of their group; None compares with all.
    but_for : sequence of ints, default=()
        Columns that foretell nothing.
    among : bool array of shape (n,), default=slice(None)
        Rows of the table, with `rows` in it, that these are compared with.
    """
    theirs = table.of(rows)
    for c in but_for:
        theirs[table.start[c] : table.start[c + 1]] = 0
    columns = np.unique(table.column_of(np.flatnonzero(theirs > 1)))
    if not len(columns):
        return []
    total = table.of(among, columns)
    chance = total * rows[among].mean()
    if groups is not None:
        size = np.bincount(groups)
        expected = (np.bincount(groups, rows) / np.maximum(size, 1))[groups]
        chance = table.of(among, columns, expected)
    # A value that hardly comes elsewhere is as rare as the rows themselves.
    asked = np.flatnonzero((total >= MIN_ROWS) & (theirs > 1))
    asked = asked[theirs[asked] / np.maximum(chance[asked], TINY) > MIN_LIFT]
    if not len(asked):
        return []
    return table.named(asked[_p_value(table, asked, theirs, chance) < SIGNIFICANT])


def _p_value(table, asked, theirs, chance):
    """Probability of as many rows by chance, for one of all values of the table."""
    column, n_values = table.column_of(asked), table.n_values
    n_rows, expected = table.sums(theirs)[column], table.sums(chance)[column]
    share = np.minimum(1, chance[asked] / np.maximum(TINY, expected))
    p = binom.sf(theirs[asked] - 1, n_rows, share)
    return p * n_values[column] * len(n_values)


def rare_reasons(deviates, judged, table, *, but_for=()):
    """Rare values whose rows all deviate, a list of (column, value).

    Few rows of a kind of their own are known by what is rare elsewhere in them, too.

    Parameters
    ----------
    deviates, judged : bool array of shape (n,)
        Rows that are not as another column says, and rows of which it says something.
    table : ValueCounts
    but_for : sequence of ints, default=()
        Columns that foretell nothing.
    """
    row, number = table.rare_cells
    n = len(table.total)
    there = np.bincount(number[deviates[row]], minlength=n)
    said = np.bincount(number[judged[row]], minlength=n)
    found = np.flatnonzero((there > 0) & (there == said))
    return table.named(found[~np.isin(table.column_of(found), but_for)])
