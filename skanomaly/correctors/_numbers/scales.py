"""A scale on which the spread of a column is about the same everywhere."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Scale"]

# Columns of one sign whose values span more than this are read by their logarithm, if
# they are skewed to the right by more than that, by the middle of the outer twentieths
# (Bowley's skewness): ages and marks are not.
LOG_SPAN, LOG_SKEW = 3.0, 0.1
# Columns of both signs with a longer tail than this, in units of their quartiles.
LONG_TAIL = 8.0
ONE_SIGN = 0.97


@dataclass(frozen=True)
class Scale:
    """The map x -> `unit_log((x - center) / unit)`, or x itself ("plain")."""

    kind: str = "plain"
    center: float = 0.0
    unit: float = 1.0

    @classmethod
    def of(cls, values, kind="number"):
        """Choose the scale from the bulk of a column; wild values do not matter."""
        values = values[np.isfinite(values)]
        if kind == "date" or len(values) < 2:
            return cls()
        size = np.abs(values[values != 0])
        if np.mean(values >= 0) >= ONE_SIGN and len(size):
            low, middle, high = np.quantile(size, [0.05, 0.5, 0.95])
            is_skewed = high + low - 2 * middle > LOG_SKEW * (high - low)
            is_skewed &= high >= LOG_SPAN * low
            return cls("log", 0.0, low) if is_skewed else cls()
        return cls._of_both_signs(values)

    @classmethod
    def _of_both_signs(cls, values):
        q1, low, middle, high, q99 = np.quantile(values, [0.01, 0.25, 0.5, 0.75, 0.99])
        unit = high - low
        longest = max(q99 - middle, middle - q1)
        if unit > 0 and longest > LONG_TAIL * unit / 2:
            return cls("log", float(middle), float(unit))
        return cls()

    def forward(self, values):
        """Values on the scale."""
        if self.kind == "plain":
            return values
        away = (values - self.center) / self.unit
        return np.sign(away) * np.log1p(np.abs(away))

    def back(self, scaled):
        """The inverse of `forward`."""
        if self.kind == "plain":
            return scaled
        away = np.sign(scaled) * np.expm1(np.minimum(np.abs(scaled), 700.0))
        return away * self.unit + self.center
