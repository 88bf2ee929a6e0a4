"""Find sums, products and constant factors among the columns of a table, and bills.

Candidates are screened on a few rows, all triples at a time, and proved on many.
"""

from itertools import combinations, product

import numpy as np

from skanomaly.correctors._numbers.bills import Bills, are_replaced
from skanomaly.correctors._numbers.proving import (
    MIN_ROWS,
    are_tied,
    is_doubtful,
    is_proved,
)
from skanomaly.correctors._numbers.relations import Linear, Product, Relation
from skanomaly.correctors._numbers.simple import (
    median_of_finite,
    middle_size,
    simple_numbers,
    slope_of,
)

__all__ = ["find_arithmetic"]

SCREEN_ROWS = 200
FIRST_ROWS = 24
# Screening lets pass what holds in this share of the rows, proving is stricter.
SCREEN = 0.85
FIRST_SCREEN = 0.7
# All triples of so many columns are tried, the first ones of the table if it has more.
MAX_COLUMNS = 60
MAX_PARTS = 12
MIN_FULL = 0.05
# Rows without a zero that a product must be screened on, at first and then.
FULL_ROWS = 5, 15
# One more part must make the rest at least that much smaller.
PROGRESS = 0.95
POWERS = ((1, 1), (1, -1), (-1, 1), (1, -2), (-2, 1))
SIGNS = {"a": (1, -1, -1), "b": (-1, 1, -1), "c": (-1, -1, 1), "all": (1, 1, 1)}


def find_arithmetic(x, grids, names, seed, error_rate=0.0, kinds=None):
    """Return the proved relations among the columns of x, and the doubtful ones.

    The latter fail in more rows, though in no more than their columns may have errors,
    at `error_rate`, and no proved one is about the same columns. No date is a part of
    a bill: `kinds` says which columns are dates, None is none.
    """
    rng = np.random.default_rng([seed, 1])
    usable = [int(j) for j in _usable(x)[:MAX_COLUMNS]] if len(x) >= MIN_ROWS else []
    if len(usable) < 2:
        return [], []
    search = _Search(x, grids, names, usable, rng, error_rate)
    pairs = search.pairs()
    triples = search.sums_of_two() + search.products({r.target for r in pairs})
    proved = pairs + triples + search.long_sums(pairs + triples)
    numbers = {j for j in range(x.shape[1]) if kinds is None or kinds[j] != "date"}
    bills = Bills(search, numbers - {r.target for r in pairs}).find(proved)
    replaced = are_replaced(proved, bills)
    proved = [r for r, gone in zip(proved, replaced, strict=True) if not gone] + bills
    return proved, _about_others(search.doubtful, proved)


def _about_others(relations, proved):
    """Relations of which two columns at least are in no proved one, each set once."""
    known = set().union(*(r.columns for r in proved))
    kept: dict[frozenset, Relation] = {}
    for relation in relations:
        columns = frozenset(relation.columns)
        if len(columns - known) > 1 and not any(columns & other for other in kept):
            kept[columns] = relation
    return list(kept.values())


def _usable(x):
    """Columns with enough values that are not zero, and more than two of them."""
    some = x[:: max(1, len(x) // 1000)]
    full = (np.isfinite(some) & (some != 0)).mean(axis=0) >= MIN_FULL
    many = [len(np.unique(c[np.isfinite(c)])) > 2 for c in some.T]
    return np.flatnonzero(full & np.array(many, bool))


class _Search:
    """The screening rows, and what is needed to state and prove a relation."""

    def __init__(self, x, grids, names, usable, rng, error_rate):
        self.error_rate, self.doubtful = error_rate, list[Relation]()
        self.grids, self.names, self.usable, self.rng = grids, tuple(names), usable, rng
        rows = rng.permutation(len(x))[:8000]
        missing = np.isnan(x[rows][:, usable]).sum(axis=1)
        self.few = x[rows[np.argsort(missing, kind="stable")[:SCREEN_ROWS]]]
        self.many = x[rows]
        self.half = np.array(
            [g.half(middle_size(c)) for g, c in zip(grids, self.few.T, strict=True)]
        )

    def state(self, kind, target, parts, factors, constant=0.0, slack=1.0):
        """Make a relation, or None where it cannot be proved."""
        grids = tuple(self.grids[j] for j in (target, *parts))
        relation = kind(target, tuple(parts), tuple(factors), constant, grids,
                        self.names, slack)  # fmt: skip
        if is_proved(relation, self.many, np.random.default_rng(0)):
            return relation
        rng = np.random.default_rng(0)
        if is_doubtful(relation, self.many, rng, self.error_rate):
            self.doubtful.append(relation)
        return None

    def pairs(self):
        """Find a = k * b + constant."""
        found = []
        for b, a in combinations(self.usable, 2):
            relation = self._line(a, b) or self._line(b, a)
            if relation is not None:
                found.append(relation)
        return found

    def _line(self, a, b):
        """Slope and offset of a on b from pairs of far rows, made simple, proved."""
        x = self.few[:, [a, b]]
        x = x[np.isfinite(x).all(axis=1)]
        if len(x) < MIN_ROWS:
            return None
        slope = slope_of(x[:, 0], x[:, 1])
        if not slope:
            return None
        rest = x[:, 0] - slope * x[:, 1]
        off = np.abs(rest - np.median(rest))
        if np.quantile(off, SCREEN) > 1e-3 * np.ptp(x[:, 0]) + 4 * self.half[a]:
            return None
        return self._simple_line(a, b, x, slope)

    def _simple_line(self, a, b, x, slope):
        for k in simple_numbers(slope):
            rest = x[:, 0] - k * x[:, 1]
            middle = np.median(rest)
            for constant in dict.fromkeys((0.0, *simple_numbers(middle))):
                good = np.abs(rest - constant) <= self.grids[a].half(x[:, 0])
                if good.mean() >= SCREEN:
                    return self.state(Linear, a, (b,), (k,), constant)
        return None

    def sums_of_two(self):
        """Find a = b + c, with a constant or without, and a + b + c = constant."""
        triples = np.array(list(combinations(self.usable, 3)), int).reshape(-1, 3)
        found = []
        for signs in SIGNS.values():
            left = self._screen_sums(triples, signs)
            found += [r for t in left if (r := self._sum(t, signs)) is not None]
        return found

    def _screen_sums(self, triples, signs):
        full = self.few != 0
        for rows, least in ((FIRST_ROWS, FIRST_SCREEN), (SCREEN_ROWS, SCREEN)):
            kept = []
            for some in np.array_split(triples, len(triples) // 4000 + 1):
                total = self.few[:rows][:, some] @ np.array(signs, float)
                middle = median_of_finite(total)
                tolerance = self.half[some].max(axis=1)
                fits = (np.abs(total - middle) <= tolerance).mean(axis=0) >= least
                kept.append(fits & full[:rows][:, some].all(axis=2).any(axis=0))
            triples = triples[np.concatenate(kept)]
        return triples

    def _sum(self, triple, signs):
        """State a sum whose target is the odd one out, or the coarsest of the three."""
        signs = np.array(signs)
        k = int(np.flatnonzero(signs > 0)[0]) if signs.sum() < 0 else 2
        target, factors = triple[k], -signs * signs[k]
        parts = [i for i in range(3) if i != k]
        total = self.few[:, triple] @ signs
        constant = float(np.round(np.nanmedian(total) * signs[k], 6))
        if abs(constant) <= self.half[triple].max():
            constant = 0.0
        return self.state(
            Linear, int(target), [int(triple[i]) for i in parts],
            [float(factors[i]) for i in parts], constant,
        )  # fmt: skip

    def products(self, copies):
        """Find a = k * b * c, a = k * b / c and a = k * b / c ** 2.

        Columns in `copies` say the same as another one, and are left out.
        """
        found: list[Product] = []
        usable = [j for j in self.usable if j not in copies]
        for factors, a in product(POWERS, usable):
            others = [j for j in usable if j != a]
            pairs = np.array(list(combinations(others, 2)), int).reshape(-1, 2)
            for pair in self._screen_products(a, pairs, factors):
                if min(factors) < -1 and are_tied({a, *pair}, found):
                    continue
                relation = self._product(a, pair, factors)
                if relation is not None:
                    found.append(relation)
        return _best_of_each(found)

    def _screen_products(self, a, pairs, factors):
        for rows, least, full in zip(
            (FIRST_ROWS, SCREEN_ROWS), (FIRST_SCREEN, SCREEN), FULL_ROWS, strict=True
        ):
            if not len(pairs):
                break
            x = self.few[:rows]
            with np.errstate(all="ignore"):
                made = _made(x, pairs.T, factors)
                ratio = np.where(made != 0, x[:, [a]] / made, np.nan)
                ratio[~np.isfinite(ratio) | (ratio == 0)] = np.nan
                count = np.isfinite(ratio).sum(axis=0)
                middle = median_of_finite(ratio)
                off = np.abs(x[:, [a]] - middle * made)
                fits = off <= 2 * self.half[a] + 1e-3 * np.abs(x[:, [a]])
            fits &= np.isfinite(ratio)
            enough = count >= min(full, len(x) // 2)
            pairs = pairs[enough & (fits.sum(axis=0) >= least * np.maximum(count, 1))]
        return pairs

    def _product(self, a, pair, factors):
        """Make the constant simple, then prove."""
        x = self.few[np.isfinite(self.few[:, [a, *pair]]).all(axis=1)]
        with np.errstate(all="ignore"):
            made = _made(x, pair, factors)
            ratio = x[:, a] / made
        # The greatest values have the most digits, hence the best known ratio.
        best = np.argsort(-np.abs(x[:, a]), kind="stable")[: max(20, len(x) // 4)]
        best = best[np.isfinite(ratio[best])]
        if not len(best):
            return None
        for k in simple_numbers(float(np.median(ratio[best]))):
            good = np.abs(x[:, a] - k * made) <= self.grids[a].half(x[:, a])
            if good.mean() >= SCREEN:
                pair = [int(i) for i in pair]
                return self.state(Product, int(a), pair, [float(f) for f in factors], k)
        return None

    def long_sums(self, known):
        """Find a = the sum of three or more parts, taking in one after the other."""
        together: dict[int, set[int]] = {}
        for relation in known:
            for j in relation.columns:
                together.setdefault(j, set()).update(relation.columns)
        found = []
        for a in self.usable:
            free = [j for j in self.usable if j != a and j not in together.get(a, ())]
            relation = self._long_sum(int(a), free)
            if relation is not None:
                found.append(relation)
        return _best_of_each(found)

    def _long_sum(self, a, free):
        x = self.few[np.isfinite(self.few[:, [a, *free]]).all(axis=1)]
        if len(x) < MIN_ROWS:
            return None
        rest, parts, factors = x[:, a], list[int](), list[float]()
        while free and len(parts) < MAX_PARTS:
            choices = np.stack([rest[:, None] - s * x[:, free] for s in (1, -1)])
            sizes = _spread(choices)
            s, i = np.unravel_index(sizes.argmin(), sizes.shape)
            if sizes[s, i] > PROGRESS * _spread(rest[:, None])[0]:
                return None
            rest = choices[s, :, i]
            factors.append((1.0, -1.0)[s])
            parts.append(int(free.pop(i)))
            constant = np.round(np.median(rest), 6)
            slack = 1.0 if len(parts) < 3 else len(parts)
            if (np.abs(rest - constant) <= slack * self.half[a]).mean() >= SCREEN:
                if len(parts) < 3:
                    return None
                return self._tightest(a, parts, factors, float(constant), slack)
        return None

    def _tightest(self, a, parts, factors, constant, slack):
        """Exact if it can be, else with the slack of parts that were rounded alone."""
        constant = 0.0 if abs(constant) <= self.half[a] * slack else constant
        exact = self.state(Linear, a, parts, factors, constant)
        return exact or self.state(Linear, a, parts, factors, constant, slack)


def _made(x, pair, factors):
    """Product of two columns, each to a power that may be negative."""
    return x[:, pair[0]] ** float(factors[0]) * x[:, pair[1]] ** float(factors[1])


def _spread(x):
    """Distance from the median below which four fifths of the rows are."""
    return np.quantile(np.abs(x - np.median(x, axis=-2, keepdims=True)), 0.8, axis=-2)


def _best_of_each(relations):
    """Of relations of the same columns the one with the least dividing."""
    best: dict[frozenset, tuple] = {}
    for relation in relations:
        key = frozenset(relation.columns)
        rank = -min(relation.factors), abs(np.log(abs(relation.constant) or 1))
        if key not in best or rank < best[key][0]:
            best[key] = rank, relation
    return [relation for _, relation in best.values()]
