"""How many exceptions the columns have that follow one and the same other column.

Where thirty columns follow a group in nine rows of ten, some do so in nineteen of
twenty, by chance. Those are picked as dependencies, and their few exceptions would be
errors. What the others do tells: the rates of columns that follow one column are drawn
from one distribution, whose mean each of them shrinks to (empirical Bayes).
"""

import numpy as np

__all__ = ["Followers"]

# One column follows another from this lambda on, though with exceptions.
FOLLOWS = 0.75
# A distribution is learned from so many columns that follow one.
MIN_FOLLOWERS = 3
# Where more of them deviate in a row, the column that they follow is wrong there.
MOSTLY = 0.5
TINY = 1e-9


class Followers:
    """Columns that follow others, and the rows in which they deviate."""

    def __init__(self):
        self.deviates, self.strength = {}, {}

    def add(self, source, target, strength, deviates):
        """Note that `target` follows `source`, unless it hardly does.

        Parameters
        ----------
        source, target : int
        strength : float
            Goodman and Kruskal's lambda.
        deviates : int array of shape (n,)
            1 for rows whose target deviates, 0 for others, -1 where nothing is said.
        """
        if strength >= FOLLOWS:
            of_source = self.deviates.setdefault(source, {})
            of_source[target] = deviates.astype(np.int8)
            self.strength[source, target] = strength

    def exceptions(self, n_columns):
        """Share of rows in which each column deviates, 0 where too little is known.

        Of several columns that it follows the closest one says so.
        """
        rates, closest = np.zeros(n_columns), np.zeros(n_columns)
        for source, targets in self.deviates.items():
            if len(targets) < MIN_FOLLOWERS:
                continue
            shrunk = _shrunk(np.column_stack(list(targets.values())))
            for target, rate in zip(targets, shrunk, strict=True):
                if self.strength[source, target] > closest[target]:
                    closest[target] = self.strength[source, target]
                    rates[target] = rate
        return rates


def _shrunk(deviates):
    """Posterior means of the rates of columns, with a beta prior by moments."""
    rows = (deviates == 1).sum(axis=1) <= MOSTLY * deviates.shape[1]
    n = np.maximum((deviates[rows] >= 0).sum(axis=0), 1)
    hits = (deviates[rows] == 1).sum(axis=0)
    mean = hits.sum() / n.sum()
    by_chance = mean * (1 - mean) / n
    beyond = max((hits / n - mean).var() - by_chance.mean(), TINY)
    weight = max(mean * (1 - mean) / beyond - 1, 0.0)
    return (hits + weight * mean) / (n + weight)
