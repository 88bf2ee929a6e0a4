"""Find what bills are made of: products of three, rates in per cent, charges.

``total = price x days x (1 - discount / 100)``, ``amount = m3 x price + fixed``. Many
candidates are screened at once: from one row to another the logarithm of the total
changes by as much as those of all factors together.
"""

from dataclasses import replace
from functools import partial
from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from skanomaly.correctors._numbers.charges import Charged, Rated
from skanomaly.correctors._numbers.proving import are_tied, is_proved
from skanomaly.correctors._numbers.relations import Product, Relation
from skanomaly.correctors._numbers.simple import (
    median_of_finite,
    middle_size,
    simple_numbers,
    slope_of,
)

__all__ = ["Bills", "are_replaced"]

# The first columns of the table take part.
MAX_COLUMNS = 16
# Pairs of rows that are compared first, the share of them that must agree, and how many
# must say something.
PAIRS, FIRST_SCREEN, MIN_PAIRS = 8, 0.5, 3
# What proves a candidate afterwards is stricter.
SCREEN = 0.85
# A total that is smaller, in units of its last digit, says too little.
MIN_UNITS = 20
# Share of a column that must be in the range of rates, and beside its usual value.
IN_RANGE, MIN_BESIDE = 0.95, 0.05
# Below it a column of numbers with decimals has fractions, up to it per cents.
FRACTION, PER_CENT = 1.0, 100.0
# Rates in one bill: a discount and a tax.
MAX_RATES = 2


class Factor(NamedTuple):
    """A column in a product; with a rate it stands for 1 + rate * value."""

    column: int
    rate: float = 0.0
    power: int = 1

    def of(self, x):
        """What it is in each row."""
        value = x[:, self.column]
        return (1 + self.rate * value if self.rate else value) ** float(self.power)


class Bills:
    """The search for bills among the rows of another search.

    Parameters
    ----------
    search : _Search
        What has the rows, and states and proves a relation.
    numbers : set of int
        Columns that may take part.
    """

    def __init__(self, search, numbers):
        self.search = search
        beside = [j for j in sorted(numbers) if _is_rate_or_fee(search.few[:, j])]
        usable = numbers.intersection(search.usable)
        self.columns = sorted(usable.union(beside))[:MAX_COLUMNS]
        self.plain = [j for j in self.columns if j in usable]
        self.x = _fullest_first(search.few, self.columns)
        self.targets = [j for j in self.plain if self._is_fine(j, self.x[:, j])]

    def find(self, known):
        """Return the proved ones that do not follow from those that are known."""
        self.found, self.known = list[Relation](), list(known)
        if len(self.columns) > 2 and len(self.x) >= 2 * PAIRS:
            with np.errstate(all="ignore"):
                plain = [Factor(j) for j in self.plain]
                rates = [f for j in self.columns for f in self._rates(j)]
                divided = [Factor(f.column, f.rate, -1) for f in rates if f.rate > 0]
                self._find_rated(_Products(self.x, [*plain, *rates], 2))
                self._find_rated(_Products(self.x, [*plain, *divided], 2))
                pairs = _Products(self.x, plain, 2)
                self._find_fixed(pairs)
                self._find_rated(_Products(self.x, [*plain, *rates], 3))
                self._find_charged(pairs)
        return self.found

    def _is_fine(self, a, y):
        return middle_size(y) >= MIN_UNITS * 2 * self.search.half[a]

    def _rates(self, j):
        """Both rates of a column of per cents or fractions; indicators have none."""
        size = np.abs(self.x[np.isfinite(self.x[:, j]) & (self.x[:, j] != 0), j])
        if np.mean(size <= FRACTION) >= IN_RANGE:
            whole = np.mean(size == np.round(size)) >= 0.5
            return [] if whole else [Factor(j, -1.0), Factor(j, 1.0)]
        if np.mean(size <= PER_CENT) >= IN_RANGE:
            return [Factor(j, -0.01), Factor(j, 0.01)]
        return []

    def _find_rated(self, products):
        """Find a = k * b * c * d, where c and d may be rates, and a = k * b * rate."""
        for a in self.targets:
            y = self.x[:, a]
            for factors, made in products.like(y, self.search.half[a], {a}):
                rates = tuple(f.rate for f in factors)
                if len(rates) == 2 and not any(rates):
                    continue
                k = self._constant(a, y, made)
                if k is not None:
                    kind = partial(Rated, rates=rates) if any(rates) else Product
                    parts = [f.column for f in factors]
                    self._state(kind, a, parts, [float(f.power) for f in factors], k)

    def _find_charged(self, products):
        """Find a = k * b * c + d and a = k * b * c - d."""
        for a, d, sign in self._charges():
            y, half = self.x[:, a] - sign * self.x[:, d], self.search.half[a]
            for factors, made in products.like(y, half, {a, d}):
                k = self._constant(a, y, made)
                if k is not None:
                    parts = [*(f.column for f in factors), d]
                    self._state(Charged, a, parts, [k, 1.0, sign], 0.0)

    def _charges(self):
        """Yield totals, what may be added to them, and 1 or -1 where it is taken off.

        a + d is the same from both sides: the later column is the total.
        """
        for a, d in product(self.targets, self.columns):
            if a != d:
                yield a, d, 1.0
            if a > d:
                yield a, d, -1.0

    def _find_fixed(self, products):
        """Find a = k * b * c + constant."""
        for a in self.targets:
            y = self.x[:, a]
            for factors, made in products.in_line_with(y, self.search.half[a], {a}):
                k, constant = self._line(a, y, made)
                if constant:
                    parts = [f.column for f in factors]
                    self._state(Charged, a, parts, [k, 1.0], constant)

    def _state(self, kind, target, parts, factors, constant):
        """Keep what is proved, unless what is known says it as well or simpler."""
        columns = {target, *parts}
        known = [r for r in self.known if not _is_coarser(r, target, columns)]
        simpler = any(columns.issuperset(r.columns) for r in known)
        if simpler or are_tied(columns, known):
            return
        relation = self.search.state(kind, int(target), parts, factors, constant)
        if relation is not None:
            relation = self._refined(relation)
            self.found.append(relation)
            self.known.append(relation)

    def _refined(self, relation):
        """Let a total have all digits that it has in any right row, if all are told."""
        x = self.search.many
        grid = relation.grids[0].finer(x[relation.holds(x), relation.target])
        finer = replace(relation, grids=(grid, *relation.grids[1:]))
        return finer if is_proved(finer, x, np.random.default_rng(0)) else relation

    def _constant(self, a, y, made):
        """Return the simple number that makes a product the total, or None."""
        known = np.isfinite(y) & np.isfinite(made)
        ratio = np.where(known, y / made, np.nan)
        # The greatest values have the most digits, hence the best known ratio.
        best = np.argsort(-np.where(np.isfinite(ratio), np.abs(y), 0.0), kind="stable")
        middle = np.nanmedian(ratio[best[: max(20, known.sum() // 4)]])
        if not middle > 0:
            return None
        half = self.search.grids[a].half(self.x[:, a])
        fitting = (
            k
            for k in simple_numbers(float(middle))
            if np.mean(np.abs(y - k * made)[known] <= half[known]) >= SCREEN
        )
        return next(fitting, None)

    def _line(self, a, y, made):
        """Return the simple factor and the simple constant that make the total."""
        known = np.isfinite(y) & np.isfinite(made)
        y, made = y[known], made[known]
        slope = slope_of(y, made)
        half = self.search.grids[a].half(y)
        for k in simple_numbers(slope) if slope is not None and slope > 0 else []:
            rest = y - k * made
            for constant in simple_numbers(np.median(rest)):
                if np.mean(np.abs(rest - constant) <= half) >= SCREEN:
                    return k, constant
        return 0.0, 0.0


def are_replaced(relations, bills):
    """For each relation, whether one of the bills says the same more finely."""
    return [
        any(_is_coarser(r, bill.target, set(bill.columns)) for bill in bills)
        for r in relations
    ]


def _is_coarser(relation, target, columns):
    """Whether a relation is a quotient of a total that a bill of more columns has.

    Days are total / price, rounded, though there is a small discount in some rows.
    """
    within = columns.issuperset(relation.columns) and target in relation.parts
    return within and isinstance(relation, Product) and min(relation.factors) < 0


class _Products:
    """All products of two or of three factors that are columns of their own."""

    def __init__(self, x, factors, size):
        self.factors = factors
        self.chosen = _choices(factors, size)
        self.columns = np.array([f.column for f in factors], int)[self.chosen]
        self.values = np.column_stack([f.of(x) for f in factors])
        logs = _changes(self.values)
        self.changes = sum(logs[:, column] for column in self.chosen.T)

    def like(self, y, half, without):
        """Yield factors whose product times a constant is nearly y, and the product."""
        size = np.abs(y[: 2 * PAIRS])
        blur = (half / size[:PAIRS] + half / size[PAIRS:] + 1e-6)[:, None]
        off = np.abs(_changes(y[:, None]) - self.changes)
        for factors, made in self._that(_agree(off, blur), without):
            ratio = np.where(made != 0, y / made, np.nan)
            ratio[~np.isfinite(ratio) | (ratio == 0)] = np.nan
            off = np.abs(y - median_of_finite(ratio[:, None]) * made)
            fits = off <= 2 * half + 1e-3 * np.abs(y)
            if fits[np.isfinite(ratio)].mean() >= SCREEN:
                yield factors, made

    def in_line_with(self, y, half, without):
        """Yield factors whose product changes as y does, and the product."""
        rows = 2 * PAIRS
        made = np.prod(self.values[:rows][:, self.chosen], axis=2)
        change, step = y[:PAIRS] - y[PAIRS:rows], made[:PAIRS] - made[PAIRS:]
        slope = np.where(step != 0, change[:, None] / step, np.nan)
        off = np.abs(change[:, None] - median_of_finite(slope) * step)
        blur = 4 * half + 1e-3 * np.abs(change)[:, None]
        yield from self._that(_agree(off, blur), without)

    def _that(self, agree, without):
        """Yield the products that agree and leave some columns out."""
        agree &= ~np.isin(self.columns, list(without)).any(axis=1)
        for chosen in self.chosen[agree]:
            made = self.values[:, chosen].prod(axis=1)
            yield [self.factors[i] for i in chosen], made


def _choices(factors, size):
    """Which factors make a product: each column once, and not too many rates."""
    chosen = np.array(list(combinations(range(len(factors)), size)), int)
    chosen = chosen.reshape(-1, size)
    columns = np.sort(np.array([f.column for f in factors], int)[chosen], axis=1)
    rates = np.array([f.rate != 0 for f in factors], bool)[chosen].sum(axis=1)
    good = (np.diff(columns, axis=1) > 0).all(axis=1)
    return chosen[good & (rates <= min(MAX_RATES, size - 1))]


def _changes(values):
    """By how much the logarithm changes from one of two rows to the other."""
    logs = np.log(np.abs(values[: 2 * PAIRS]))
    logs[np.isinf(logs)] = np.nan
    return logs[:PAIRS] - logs[PAIRS:]


def _agree(off, blur):
    """Whether enough pairs of rows do, of those that say something."""
    known = np.isfinite(off).sum(axis=0)
    good = (off <= blur).sum(axis=0)
    return (known >= MIN_PAIRS) & (good >= FIRST_SCREEN * known)


def _is_rate_or_fee(column):
    """Whether a column has two values or more, not only a few times."""
    counts = np.unique(column[np.isfinite(column)], return_counts=True)[1]
    return len(counts) > 1 and 1 - counts.max() / counts.sum() >= MIN_BESIDE


def _fullest_first(x, columns):
    """Rows without zeros and missing cells in these columns first."""
    empty = (np.isnan(x[:, columns]) | (x[:, columns] == 0)).sum(axis=1)
    return x[np.argsort(empty, kind="stable")]
