"""Reasons that other columns give for rows in which a relation does not hold.

The total of a cancelled order is 0, and nobody made an error. Errors come anywhere:
where the rows that break a relation share something that hardly any other row has, they
follow a rule of their own.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

__all__ = ["Excuses", "Levels"]

# A value of many rows is a reason if most of them break the relation; the end of a
# column, from some value on, if nearly all do.
MOST, NEARLY_ALL = 0.5, 0.8
# Errors would do this by chance so rarely, in any of the columns.
SIGNIFICANT = 0.01
# A value of fewer rows is rare. It is a reason where all its rows break the relation,
# rows with rare values are few in the column, and more of them do than by chance.
RARE, MAX_RARE, RARE_CHANCE = 10, 0.05, 0.02


@dataclass(frozen=True, eq=False)
class Levels:
    """The distinct values of a column, and which of them each row has, -1 for none."""

    values: np.ndarray
    number: np.ndarray

    @classmethod
    def of(cls, column, known):
        """Take a column apart."""
        number = np.full(len(column), -1)
        values, number[known] = np.unique(column[known], return_inverse=True)
        return cls(values, number)

    def count(self, rows):
        """Number of these rows that each value has."""
        number = self.number[rows]
        return np.bincount(number[number >= 0], minlength=len(self.values))


@dataclass(frozen=True, eq=False)
class Excuses:
    """Ranges of numbers and of codes whose rows break one relation by right.

    Attributes
    ----------
    numbers, codes : tuple of (column, low, high)
        Both ends are part of the range. A single value is a range, too, and so is
        everything that is not missing.
    """

    numbers: tuple[tuple[int, float, float], ...] = ()
    codes: tuple[tuple[int, float, float], ...] = ()

    @classmethod
    def of(cls, relation, x, others, numbers, codes):
        """Find what the rows that break a relation have in common.

        Parameters
        ----------
        relation : Relation
        x : float array of shape (n, m)
        others : set of int
            Columns of x that may give a reason. One that follows from the relation's
            columns repeats their errors.
        numbers, codes : sequence of Levels
            Of the columns of x, and of the codes of the other columns.
        """
        broken = relation.breaks(x)
        if not broken.any():
            return cls()
        asked = np.isfinite(x[:, list(relation.columns)]).all(axis=1)
        rows = _Rows(broken, asked, 2 * len(others) + len(codes))
        by_number = [
            (j, *ends)
            for j in sorted(others)
            for ends in (*rows.values(numbers[j]), *rows.ends(numbers[j]))
        ]
        by_code = [
            (c, *ends) for c, levels in enumerate(codes) for ends in rows.values(levels)
        ]
        return cls(tuple(by_number), tuple(by_code))

    def excuse(self, x, codes):
        """Whether rows have a reason."""
        out = np.zeros(len(x), bool)
        for table, ranges in ((x, self.numbers), (codes, self.codes)):
            for column, low, high in ranges:
                out |= (table[:, column] >= low) & (table[:, column] <= high)
        return out


class _Rows:
    """Rows that break a relation, among all of which it says something."""

    def __init__(self, broken, asked, n_columns):
        self.broken, self.asked = broken, asked
        self.n_broken = int(broken.sum())
        self.rate = self.n_broken / asked.sum()
        self.significant = SIGNIFICANT / max(1, n_columns)

    def values(self, levels):
        """Return the values, and the fact that there is one, that are reasons."""
        n, n_broken = levels.count(self.asked), levels.count(self.broken)
        found = (n_broken >= MOST * n) & self._is_no_chance(n_broken, n, len(n))
        found |= self._rare(n_broken, n)
        ranges = [(value, value) for value in levels.values[found].tolist()]
        if len(n) and not found.all() and self._is_any(n_broken.sum(), n.sum()):
            ranges.append((levels.values[0], levels.values[-1]))
        return ranges

    def _is_any(self, n_broken, n):
        """Whether any value is a reason: notes that are never the same twice."""
        return n_broken >= NEARLY_ALL * n and self._is_no_chance(n_broken, n, 1)

    def _rare(self, n_broken, n):
        """Rare values, of which every row breaks the relation."""
        is_rare = (n > 0) & (n < RARE)
        share = n[is_rare].sum() / self.asked.sum()
        found = is_rare & (n_broken == n)
        chance = binom.sf(n_broken[found].sum() - 1, self.n_broken, share)
        return found & (share <= MAX_RARE) & (chance < RARE_CHANCE)

    def ends(self, levels):
        """Return the lowest and the highest values, where they are reasons."""
        n, n_broken = levels.count(self.asked), levels.count(self.broken)
        low = self._first_part(n, n_broken)
        high = self._first_part(n[::-1], n_broken[::-1])
        ends = [(-np.inf, levels.values[low - 1])] if low else []
        return ends + ([(levels.values[-high], np.inf)] if high else [])

    def _first_part(self, n, n_broken):
        """How many values, one after the other, are a reason."""
        total, there = n.cumsum(), n_broken.cumsum()
        good = (n_broken > 0) & (there >= NEARLY_ALL * total)
        good &= self._is_no_chance(there, total, 1)
        return int(good.nonzero()[0][-1]) + 1 if good.any() else 0

    def _is_no_chance(self, n_broken, n, n_tried):
        """Whether that many rows would hardly have an error each."""
        chance = binom.sf(n_broken - 1, n, self.rate) * n_tried
        return (n_broken > 0) & (chance < self.significant)
