"""The way in which a column writes its numbers: how many decimals, which step."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Grid"]

MAX_DECIMALS = 6
# Share of a column's values that must be written with that many decimals.
ON_GRID = 0.97
# The same for a grid that is to hold what is off the first one as well.
ON_FINER_GRID = 0.999
# Steps that dates in seconds or minutes may have: a day, an hour, a minute.
DATE_STEPS = (86400.0, 3600.0, 60.0)
EPSILON = 1e-9


@dataclass(frozen=True)
class Grid:
    """Multiples of `step`; a step of 0 means that every number is possible.

    `decimals` is what is needed to write a value.
    """

    step: float
    decimals: int

    @classmethod
    def of(cls, values, kind="number"):
        """Return the coarsest grid that nearly all of the values lie on."""
        values = values[np.isfinite(values)]
        if kind == "date":
            for step in DATE_STEPS:
                # Days counted from 1970 stay below 86,400; they have no such step.
                if len(values) and np.median(np.abs(values)) > 1e5:
                    if _share_on(values, step) >= ON_GRID:
                        return cls(step, 0)
        for decimals in range(MAX_DECIMALS + 1):
            if _share_on(values, 10.0**-decimals) >= ON_GRID:
                return cls(10.0**-decimals, decimals)
        return cls(0.0, MAX_DECIMALS)

    def finer(self, values):
        """Return the grid that holds a few values with more decimals, too, or itself.

        Of a column of prices as 52.5 hardly any may be 52.65.
        """
        if not 0 < self.step <= 1:
            return self
        values = values[np.isfinite(values)]
        for decimals in range(self.decimals, MAX_DECIMALS + 1):
            if _share_on(values, 10.0**-decimals) >= ON_FINER_GRID:
                return Grid(10.0**-decimals, decimals)
        return self

    def round(self, values):
        """Nearest values of the grid."""
        if self.step == 0:
            return values
        if self.step >= 1:
            return np.round(values / self.step) * self.step
        return np.round(values, self.decimals)

    def holds(self, values):
        """Whether values lie on the grid, but for the noise of floats."""
        if self.step == 0:
            return np.isfinite(values)
        return np.abs(values - self.round(values)) <= _noise(values, self.step)

    def half(self, values):
        """Half a unit of the last digit: the most that rounding takes or adds."""
        scale = np.abs(values)
        return 0.5 * self.step * (1 + 1e-6) + 1e-9 * scale


def _share_on(values, step):
    if not len(values):
        return 0.0
    off = np.abs(values - np.round(values / step) * step)
    return np.mean(off <= _noise(values, step))


def _noise(values, step):
    """Return what floats may add to a value of the grid."""
    return np.minimum(step * 1e-3, EPSILON * np.maximum(np.abs(values), step) + 1e-12)
