"""Rows of the same thing that speak for a new value, and those for the old one.

Of two rows of one film, one says drama and the other comedy. Each is unlikely beside
the other, and nobody can say which is wrong: more rows must speak for a change than
against it.
"""

from typing import NamedTuple

import numpy as np

__all__ = ["NO_MATTER", "PairCounts", "Witnesses"]

# Two rows with the same value of a column that names a thing agree so often, and differ
# at most this part as often as any two rows.
AGREE, LESS_OFTEN = 0.9, 0.5
# Lead where no column names a thing.
NO_MATTER = 2**31


class PairCounts(NamedTuple):
    """How many rows hold each pair of values of two columns, as a sparse table."""

    column: int
    n_targets: int
    pairs: np.ndarray
    n_rows: np.ndarray
    agree: float  # how often two rows of a thing do

    def of(self, source, target):
        """Return the number of rows that hold both values, 0 for -1."""
        key = source.astype(np.int64) * self.n_targets + target
        at = np.searchsorted(self.pairs, key).clip(0, len(self.pairs) - 1)
        found = (self.pairs[at] == key) & (source >= 0) & (target >= 0)
        return np.where(found, self.n_rows[at], 0)


class Witnesses:
    """Counts of the columns that name what the cells of others are about.

    Parameters
    ----------
    n_values : sequence of d ints
        Values of each column.
    """

    def __init__(self, n_values):
        self.n_values = n_values

    def fit(self, codes, asked, naming=True):
        """Count in a table for the columns `asked`, a bool array of shape (d,).

        `naming`, of the same shape, says which columns may name things.
        """
        columns = np.flatnonzero(naming & (np.array(self.n_values) > 1))
        self.counts = {
            int(j): [
                counts
                for c in columns.tolist()
                if c != j and (counts := self._counts(codes, c, j)) is not None
            ]
            for j in np.flatnonzero(asked)
        }
        return self

    def lead(self, codes, new, cells, counted):
        """How many rows more of the same thing hold the new value than the old one.

        The most of all columns that name a thing; NO_MATTER where none does. -1 where
        one of them that says more of the cells has more other rows for the old value:
        what all rows of a thing hold is no error that somebody made in one.

        Parameters
        ----------
        codes, new : int arrays of shape (n, d)
            What stands there, and what would.
        cells : bool array of shape (n, d)
            Which cells are asked about.
        counted : bool
            Whether these rows are among those that `fit` counted; others count, too.
        """
        out = np.full(codes.shape, NO_MATTER)
        for j, several in self.counts.items():
            rows = np.flatnonzero(cells[:, j])
            best, agree, most_against = np.full((3, len(rows)), -float(NO_MATTER))
            for counts in several if len(rows) else ():
                source = codes[rows, counts.column]
                n_new = counts.of(source, new[rows, j])
                n_old = counts.of(source, codes[rows, j])
                known, more = n_new + n_old > 0, n_new - n_old - (not counted)
                best[known] = np.maximum(best, more)[known]
                for said, by in (
                    (more > 0, agree),
                    (n_new < n_old - counted, most_against),
                ):
                    by[known & said] = np.maximum(by, counts.agree)[known & said]
            best[(most_against >= agree) & (best > 0)] = -1
            out[rows, j] = np.where(best == -NO_MATTER, NO_MATTER, best)
        return out

    def _counts(self, codes, c, j):
        """Counts of two columns, None where the first names no thing."""
        m = self.n_values[j]
        known = (codes[:, c] >= 0) & (codes[:, j] >= 0)
        key = codes[known, c].astype(np.int64) * m + codes[known, j]
        pairs, n_rows = np.unique(key, return_counts=True)
        size = np.bincount(pairs // m, n_rows, minlength=self.n_values[c])[pairs // m]
        several = size > 1
        n = n_rows[several].sum()
        if not n:
            return None
        others = (n_rows[several] - 1) / (size[several] - 1)
        agree = others @ n_rows[several] / n
        share = np.bincount(pairs % m, n_rows, minlength=m) / n_rows.sum()
        enough = max(AGREE, 1 - LESS_OFTEN * (1 - share @ share))
        return PairCounts(c, m, pairs, n_rows, agree) if agree >= enough else None
