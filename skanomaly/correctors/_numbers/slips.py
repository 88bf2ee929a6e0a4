"""Slips of the pen: far cells that are usual ones times ten or with a wrong sign."""

from dataclasses import dataclass

import numpy as np

from skanomaly.correctors._numbers.grids import Grid

__all__ = ["Slips"]

FACTORS = (-1.0, 10.0, 100.0, 1e3, 1e4, 1e6, 0.1, 0.01, 1e-3)
# Fewer far cells, or a smaller share, or fewer different ones may look like anything.
MIN_CELLS = 8
MIN_SHARE = 0.005
MIN_DISTINCT = 5
# Share of the far cells that one factor must bring back between these quantiles.
EXPLAINED = 0.85
BULK = (0.03, 0.97)
# Share of the cells brought back that must be below each of these levels of the bulk,
# within the tolerance: a second kind of right values is not spread like the bulk.
LEVELS = (0.25, 0.5, 0.75)
TOLERANCE = 0.15


@dataclass(frozen=True, eq=False)
class Slips:
    """A column's values in ascending order, the far cells last."""

    grid: Grid
    ordered: np.ndarray

    def mirrored(self):
        """The same for the other end of the column."""
        return Slips(self.grid, -self.ordered[::-1])

    def factor_of(self, n_far):
        """By which factor the uppermost cells are slips of the others, 0 for none."""
        bulk, far = np.split(self.ordered, [len(self.ordered) - n_far])
        few = len(far) < max(MIN_CELLS, MIN_SHARE * len(bulk))
        if few or len(np.unique(far)) < MIN_DISTINCT:
            return 0.0
        found = (f for f in FACTORS if self._explains(far / f, bulk))
        return next(found, 0.0)

    def _explains(self, back, bulk):
        low, high = np.quantile(bulk, BULK)
        if np.mean((back >= low) & (back <= high) & self.grid.holds(back)) < EXPLAINED:
            return False
        # The levels of the bulk are its own: where many rows have one value, they are
        # its rank, a quarter of the rows or not.
        levels = np.quantile(_ranks(bulk, bulk), LEVELS)
        off = np.abs(np.quantile(_ranks(back, bulk), LEVELS) - levels)
        slack = TOLERANCE + 0.5 / np.sqrt(len(back))
        return bool(off.max() <= slack)


def _ranks(values, bulk):
    """Share of the bulk below each value; halves of ties count."""
    below = np.searchsorted(bulk, values) + np.searchsorted(bulk, values, "right")
    return below / (2 * len(bulk))
