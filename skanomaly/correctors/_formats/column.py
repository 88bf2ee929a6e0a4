"""A text column as the formats see it: its distinct values and their rows."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

__all__ = ["Step", "TextColumn"]

# So many values tell whether a column may hold numbers, dates or the like.
SAMPLE = 200


@dataclass(frozen=True)
class Step:
    """One change of the way of writing; subclasses write `rewrite` and `__str__`.

    `p_right` is the probability that a cell changed by it is right afterwards: all of
    300,000 in tables to which such errors were added, but users' tables differ.
    """

    p_right: ClassVar[float] = 0.97

    def rewrite(self, value):
        """Return the new spelling of one value; it stays where nothing fits.

        Subclasses write it.
        """
        raise NotImplementedError

    def apply(self, values):
        """Return the new spelling of each value, an object array of the same shape."""
        new = np.empty(len(values), dtype=object)
        new[:] = [self.rewrite(value) for value in values]
        return new


@dataclass(frozen=True)
class TextColumn:
    """Name of a column, its distinct values and the number of rows of each."""

    name: str
    values: np.ndarray
    counts: np.ndarray

    @cached_property
    def n_rows(self):
        """Number of rows that hold a value."""
        return int(self.counts.sum())

    def share(self, chosen):
        """Share of the rows whose value is chosen, a boolean for each value."""
        return self.counts[np.asarray(chosen, dtype=bool)].sum() / max(self.n_rows, 1)

    def mostly(self, test):
        """Tell, from a sample, whether most values may pass a slow test."""
        sample = self.values[:: max(1, len(self.values) // SAMPLE)]
        return sum(bool(test(value)) for value in sample) >= len(sample) / 2

    def after(self, step):
        """Return the column as the step leaves it; values that became equal are one."""
        rows: dict = {}
        counts = self.counts.tolist()
        for value, n in zip(step.apply(self.values), counts, strict=True):
            rows[value] = rows.get(value, 0) + n
        values = np.empty(len(rows), dtype=object)
        values[:] = list(rows)
        return TextColumn(self.name, values, np.array(list(rows.values())))
