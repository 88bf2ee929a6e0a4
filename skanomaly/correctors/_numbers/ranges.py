"""The range of a column in each category: no prediction leaves it.

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
        for rank in distinct[counts >= MIN_ROWS].astype(int):
            low[rank], high[rank] = _range_of(y[ranks == rank])
        return cls(int(places[0]), low, high)

    def clip(self, predicted, x):
        """Predictions within the range of their category."""
        if self.place is None:
            return predicted
        ranks = x[:, self.place]
        known = np.isfinite(ranks)
        at = np.where(known, ranks, 0).astype(int)
        clipped = np.clip(predicted, self.low[at], self.high[at])
        return np.where(known, clipped, predicted)


def _range_of(values):
    least, low, high, most = np.quantile(values, [MOST[0], 0.25, 0.75, MOST[1]])
    fence = FENCE * (high - low)
    return min(least, low - fence), max(most, high + fence)
