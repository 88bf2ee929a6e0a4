"""The range of a column in each category: a prediction that leaves it says nothing.

Trees that learned little of a small category may say what none of its rows has.
"""

from dataclasses import dataclass

import numpy as np

from skanomaly.correctors._numbers.features import MAX_CATEGORIES

__all__ = ["Ranges"]

# Categories with fewer rows have no range.
MIN_ROWS = 5
# The range holds nearly all rows, and what is near the middle half of them.
MOST = (0.02, 0.98)
FENCE = 1.5
# A prediction may leave it by this part of the column's own range.
MARGIN = 0.02


@dataclass(frozen=True, eq=False)
class Ranges:
    """Least and greatest prediction for each rank of the best category.

    `place` is its column in the matrix of the features, None without any.
    """

    place: int | None
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, features, x, y):
        """Take the ranges from rows whose values are y."""
        places = np.flatnonzero(features.is_category)
        low, high = np.full(MAX_CATEGORIES, -np.inf), np.full(MAX_CATEGORIES, np.inf)
        if not len(places):
            return cls(None, low, high)
        ranks = x[:, places[0]]
        distinct, counts = np.unique(ranks[np.isfinite(ranks)], return_counts=True)
        margin = MARGIN * np.subtract(*np.quantile(y, MOST[::-1]))
        for rank in distinct[counts >= MIN_ROWS].astype(int):
            low[rank], high[rank] = _range_of(y[ranks == rank], margin)
        return cls(int(places[0]), low, high)

    def hold(self, predicted, x):
        """Which predictions lie within the range of their category."""
        if self.place is None:
            return np.ones(len(x), bool)
        ranks = x[:, self.place]
        known = np.isfinite(ranks)
        at = np.where(known, ranks, 0).astype(int)
        inside = (predicted >= self.low[at]) & (predicted <= self.high[at])
        return ~known | inside


def _range_of(values, margin):
    least, low, high, most = np.quantile(values, [MOST[0], 0.25, 0.75, MOST[1]])
    fence = FENCE * (high - low)
    return min(least, low - fence) - margin, max(most, high + fence) + margin
