"""Columns that go on: days and running numbers of a later table are no errors.

What lies beyond a range that will be left anyway is odd only if it stands apart from
the rest of its own table, too, or if the table of `fit` had it and found it odd.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["News", "grows"]

# Numbers run where so many steps from row to row lead the same way.
ONE_WAY = 0.95
# Fewer rows say nothing of each other; then what is as far as the range of `fit` is
# long, for dates a year at least, is believed.
MIN_ROWS = 30
YEAR = 366.0


def grows(values, kind):
    """Tell whether new values, in the order of the rows, leave the range of `values`.

    Dates always do. So do numbers that run, or of which each comes once and hardly one
    is left out.
    """
    if kind == "date":
        return True
    steps = np.diff(values)
    if len(values) < MIN_ROWS or not steps.any():
        return False
    one_way = max((steps >= 0).mean(), (steps <= 0).mean()) >= ONE_WAY
    dense = (values == np.floor(values)).all() and np.ptp(values) <= 2 * len(values)
    once = len(np.unique(values)) >= ONE_WAY * len(values)
    return bool(once and (one_way or dense))


@dataclass(frozen=True, eq=False)
class News:
    """Which values of another table than that of `fit` are believed out of its range.

    `own` is the column of that table by itself, None where its rows are few; then
    values from `least` to `most` are. `odd` were found odd in `fit`.
    """

    own: Any
    least: float
    most: float
    odd: np.ndarray

    @classmethod
    def of(cls, own, kind, ends, odd):
        """Take what a column of another table is, and the range of that of `fit`."""
        reach = max(ends[1] - ends[0], YEAR if kind == "date" else 0.0)
        few = own is None or own.n < MIN_ROWS
        return cls(None if few else own, ends[0] - reach, ends[1] + reach, odd)

    def believe(self, values, expected):
        """Which values are believed, at most `expected` as far out in their table."""
        if self.own is None:
            near = (values >= self.least) & (values <= self.most)
        else:
            near = self.own.alone(values) > expected
        return near & ~np.isin(values, self.odd)
