"""One column of numbers or dates: its grid, its scale, its tails, what is expected."""

from dataclasses import dataclass, field, replace

import numpy as np

from skanomaly.correctors._numbers.constants import find_constants, is_dense, is_short
from skanomaly.correctors._numbers.expectations import Expectation
from skanomaly.correctors._numbers.grids import Grid
from skanomaly.correctors._numbers.growth import News, grows
from skanomaly.correctors._numbers.kinds import (
    find_explained,
    find_kinds,
    is_of_kind,
    levels_of,
)
from skanomaly.correctors._numbers.scales import Scale
from skanomaly.correctors._numbers.slips import Slips
from skanomaly.correctors._numbers.tails import EXPECTED, Tails

__all__ = ["Column"]

MIN_VALUES = 30
# 1970-01-01, 1900-01-01 and 9999-12-31.
MARKER_DAYS = 0.0, -25567.0, 2932896.0
# Range of the other dates beside these.
TAIL_END = 0.01
# A column with one value this frequent is judged by its other values.
MOSTLY_ONE = 0.5
# A value that so many rows have is never odd beside the rest of its row, only rare.
COMMON = 5, 0.003
# With no more values than these a column is a list of categories.
FEW_VALUES = 12
# A value that the rest of the row explains as well as these of its column is right,
# however rare it is in the column.
EXPLAINED = 0.01
# A column in which more than so many times the error rate looks odd is not judged; its
# cells keep their order, with this part of their probability to be wrong.
MOST_ODD = 2.0
UNDECIDED = 0.45
# No number is surely wrong because it is far: of 85 such flags in dirty tables whose
# errors are known 74 were right.
MOST_SURE = 0.9
# A cell so many steps off has half of it.
HALF_UNDECIDED = 30.0


@dataclass(eq=False)
class Column:
    """A column by itself (`tails`) and given the rest of the row (`expectation`).

    `decimals` is how many of them its cells write at least; `kinds` are ranges of far
    values that another column explains, `constants` are far ones that come again where
    hardly any others are. `grows` says that new rows leave its range, and `news` which
    of them may, see `beside`.
    """

    name: str
    kind: str
    grid: Grid
    scale: Scale
    n: int
    common: np.ndarray
    n_values: int
    tails: Tails | None = None
    expectation: Expectation | None = None
    middle: float = 0.0
    main: float = np.nan
    status: str = "judged"
    decimals: int = 0
    kinds: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))
    constants: np.ndarray = field(default_factory=lambda: np.empty(0))
    is_undecided: bool = False
    grows: bool = False
    odd: np.ndarray | None = None
    news: News | None = None

    @classmethod
    def of(cls, values, name, kind, error_rate, kinds=None):
        """Read the column's own values."""
        there = values[np.isfinite(values)]
        distinct, counts = np.unique(there, return_counts=True)
        common = distinct[counts >= max(COMMON[0], COMMON[1] * len(there))]
        grid = Grid.of(there, kind)
        column = cls(name, kind, grid, Scale(), len(there), common, len(distinct))
        if kinds is not None:
            column.kinds = kinds
        there = there[~is_of_kind(column.kinds, there)]
        column.grows = grows(there, kind)
        if len(there) < MIN_VALUES:
            column.status = f"not judged: fewer than {MIN_VALUES} values"
        elif np.ptp(there) == 0:
            column.status = "not judged: one value only"
        else:
            column._set_tails(there, error_rate)
        return column

    def _set_tails(self, values, error_rate):
        self.main = _main_value(values)
        values = values[values != self.main]
        values = values[~_lone_markers(values, self.kind, MOST_ODD * error_rate)]
        self.scale = Scale.of(values, self.kind)
        dense = self.kind == "number" and is_dense(values, self.grid)
        if dense:
            self._set_constants(values, MOST_ODD * error_rate)
            values = values[~np.isin(values, self.constants)]
        scaled = self.scale.forward(values)
        self.middle = float(np.median(scaled))
        slips = Slips(self.grid, np.sort(values))
        # In a list of categories a frequent one is no error, however far it is.
        most = 1.0 if self.n_values <= FEW_VALUES else MOST_ODD
        self.tails = Tails.of(
            scaled, error_rate, self._steps(values), most=most, slips=slips, dense=dense
        )
        if self.tails.abstains:
            self.abstain()

    def _set_constants(self, values, most):
        """Find them; the logarithm of a short bulk would make all of them near."""
        if is_short(values):
            self.scale = Scale()
        slips = Slips(self.grid, np.sort(values))
        self.constants = find_constants(values, self.scale, most, slips)

    def abstain(self):
        """Flag nothing more: the column has odd values by nature."""
        self.is_undecided = True
        self.status = "abstained: too many values look odd"

    def _steps(self, values):
        """One and a half steps of the grid, on the scale, above and below the bulk."""
        low, high = np.quantile(values, [0.03, 0.97])
        step = 1.5 * self.grid.step
        up = self.scale.forward(high + step) - self.scale.forward(high)
        down = self.scale.forward(low) - self.scale.forward(low - step)
        return float(up), float(down)

    @property
    def is_judged(self):
        """Whether its values can be odd at all."""
        return self.tails is not None and not self.is_undecided

    @property
    def has_expectation(self):
        """Whether it is worth asking what the rest of a row says about it."""
        return self.tails is not None and self.n_values > FEW_VALUES

    def is_common(self, values):
        """Whether many rows have these values."""
        return np.isin(values, self.common)

    def find_kinds(self, values, codes, levels):
        """Ranges of far values that a category of another column explains.

        So do `levels` of any other column, if nearly only they have a constant.
        """
        far = (self.alone(values) <= EXPECTED) & ~_is_marker(values, self.kind)
        scaled = self.scale.forward(values)
        constants = self.constants[~_is_marker(self.constants, self.kind)]
        same = [values == constant for constant in constants]
        kinds = find_kinds(scaled, far, codes), find_explained(scaled, same, levels)
        return self.scale.back(np.concatenate(kinds))

    def levels(self, values):
        """Which numbers are alike; what stands for a missing one is like no other."""
        values = np.where(_is_marker(values, self.kind), np.nan, values)
        return levels_of(values, self.alone(values) <= EXPECTED)

    def remember_odd(self, values):
        """Remember which values of the table of `fit` are odd: they stay so."""
        self.odd = np.unique(values[self.alone(values) <= EXPECTED])

    def beside(self, values, error_rate):
        """Return the column for another table, of which these are its values."""
        if not self.grows or not self.is_judged:
            return self
        own = Column.of(values, self.name, self.kind, error_rate)
        ends = self.scale.back(np.array(self.bounds()))
        return replace(self, news=News.of(own, self.kind, ends.tolist(), self.odd))

    def is_news(self, values):
        """Which values lie out of the range, and may."""
        if self.news is None:
            return np.zeros(values.shape, bool)
        far = replace(self, news=None).alone(values) <= EXPECTED
        far &= ~_is_marker(values, self.kind)
        return far & self.news.believe(values, EXPECTED)

    def alone(self, values):
        """Number of right values expected as far out in the column by itself."""
        if self.tails is None or self.is_undecided:
            return np.full(values.shape, float(max(self.n, 1)))
        scaled = self.scale.forward(values)
        expected = np.nan_to_num(self.tails.expected(scaled), nan=float(self.n))
        # A second kind of right values, unless they are very far out.
        kind = self.is_common(values) & ~np.isin(values, self.constants)
        kind &= ~self.tails.is_far(scaled)
        expected = np.where(kind, expected + 1.0, expected)
        known = (values == self.main) | is_of_kind(self.kinds, values)
        known |= self.is_news(values)
        return np.where(known, float(self.n), expected)

    def bounds(self):
        """Least and greatest believed value, on the scale."""
        if self.tails is None or self.is_undecided:
            return -np.inf, np.inf
        return self.tails.bounds

    def p_wrong(self, values, alone, given):
        """Probability that a value is wrong from the two expected numbers."""
        given = np.where(self.is_common(values), given + 1.0, given)
        explained = given > EXPLAINED * self.n
        alone = np.where(explained & np.isfinite(given), alone + 1.0, alone)
        p = EXPECTED / (EXPECTED + np.fmin(alone, given))
        return np.where(p > 0.5, 0.5 + (2 * MOST_SURE - 1) * (p - 0.5), p)

    def p_undecided(self, values, given):
        """Below one half for every value, and in the order of how odd they are."""
        if self.tails is None:
            return np.zeros(values.shape)
        # How far, in steps from the middle to where a tail begins: an order that odd
        # values cannot change, however many there are.
        starts = self.tails.upper.start, -self.tails.lower.start
        steps = [abs(start - self.middle) for start in starts if np.isfinite(start)]
        step = max(steps, default=0.0) or 1.0
        far = (self.scale.forward(values) - self.middle) / step
        alone = far**2 / (far**2 + HALF_UNDECIDED**2)
        return UNDECIDED * np.fmax(alone, EXPECTED / (EXPECTED + given))

    def plausibility(self, alone, given):
        """How well values fit column and row: 1 for usual ones, near 0 for odd."""
        share = np.fmin(alone, given) / max(self.n, 1)
        return np.clip(share / 0.01, 1e-9, 1.0)


def _is_marker(values, kind):
    """Which values stand for missing ones: 999, or the first and last days."""
    if kind == "date":
        return np.isin(values, MARKER_DAYS)
    size = np.abs(values)
    return (size >= 99) & (10 ** np.round(np.log10(size + 1)) == size + 1)


def _lone_markers(values, kind, most):
    """Which dates stand for missing ones out of the range of all others.

    However many they are, they are no tail of the right ones, unless more than `most`
    of the column are such: then they have a meaning.
    """
    marked = _is_marker(values, kind) if kind == "date" else np.zeros(len(values), bool)
    if not 0 < marked.sum() <= most * len(values):
        return np.zeros(len(values), bool)
    low, high = np.quantile(values[~marked], [TAIL_END, 1 - TAIL_END])
    return marked & ((values < low) | (values > high))


def _main_value(values):
    """Return the value that more than half of the column has, NaN if there is none."""
    distinct, counts = np.unique(values, return_counts=True)
    top, n = counts.argmax(), len(values)
    if counts[top] > MOSTLY_ONE * n and n - counts[top] >= MIN_VALUES:
        return float(distinct[top])
    return np.nan
