"""Relations between columns: sums, products, and the order of two."""

from dataclasses import dataclass, replace

import numpy as np

from skanomaly.correctors._numbers.grids import Grid

__all__ = ["Linear", "Order", "Product", "Relation", "connected"]


# Another rule is what so many rows have, this share of those that break the first, and
# a larger share of all rows than may be wrong: before, it may be one slip made again.
MIN_EXCEPTIONS = 5, 0.15


@dataclass(frozen=True, eq=False)
class Relation:
    """x[target] = f(x[parts]), to half a unit of the target's last digit.

    `factors` belong to `parts`: coefficients of a sum, exponents of a product.
    `exactness` is, for the target and each part, the share of rows in which the value
    solved from the others is the value that stands there, digit by digit. Rows whose
    target is one of `ratios` times what the parts make, or differs from it by one of
    `offsets`, follow another rule (a discount of one in ten, a delivery charge). They
    do not break this one.
    """

    target: int
    parts: tuple[int, ...]
    factors: tuple[float, ...]
    constant: float
    grids: tuple[Grid, ...]
    names: tuple[str, ...]
    slack: float = 1.0
    support: int = 0
    rows: int = 0
    exactness: tuple[float, ...] = ()
    ratios: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()

    @property
    def columns(self):
        """The target and the parts."""
        return (self.target, *self.parts)

    @property
    def neutral_at_zero(self):
        """Parts that change nothing where they are 0, as a discount or a fee."""
        return ()

    def grid_of(self, j):
        """Return the grid of column j."""
        return self.grids[self.columns.index(j)]

    def exactness_of(self, j):
        """Share of rows in which column j is solved to the last digit."""
        return self.exactness[self.columns.index(j)]

    def holds(self, x):
        """Whether rows fulfil the relation; nothing is said where a cell is missing."""
        return self.misses(x) <= self.tolerance(x)

    def breaks(self, x):
        """Whether rows break it: all cells are there and do not fit.

        One unit of the last digit is no error where digits were rounded off: that may
        be done in more than one way.
        """
        tolerance = self.tolerance(x) * (2 if self.rounds else 1)
        out = self.misses(x) > tolerance
        target, made = x[:, self.target], self.make(x)
        others = [r * made for r in self.ratios] + [o + made for o in self.offsets]
        for other in others:
            out &= ~(np.abs(target - other) <= tolerance)
        return out

    @property
    def rounds(self):
        """Whether the parts make more digits than the target has."""
        steps = [grid.step for grid in self.grids]
        return min(steps) < steps[0] or any(f not in (1, -1) for f in self.factors)

    def misses(self, x):
        """Distance of the target from what the parts make."""
        return np.abs(x[:, self.target] - self.make(x))

    def tolerance(self, x):
        """What rounding may add to a right row."""
        return self.slack * self.grids[0].half(x[:, self.target])

    def make(self, x):
        """What the parts make of the target; subclasses write it."""
        raise NotImplementedError

    def solve(self, x, j):
        """Return what the others of the row determine in column j, rounded."""
        with np.errstate(all="ignore"):
            return self.grid_of(j).round(self._solve(x, j))

    def _solve(self, x, j):
        """What the others of the row determine in column j; subclasses write it."""
        raise NotImplementedError

    def with_support(self, x):
        """Count the rows of a table in which it holds, and how exact it is."""
        known = np.isfinite(x[:, list(self.columns)]).all(axis=1)
        good = self.holds(x)
        exact = [
            float(np.mean(self.solve(x[good], j) == self.grid_of(j).round(x[good, j])))
            for j in self.columns
        ]
        return replace(
            self, support=int(good.sum()), rows=int(known.sum()), exactness=tuple(exact)
        )

    def with_exceptions(self, x, error_rate):
        """Find the ratios and differences that many rows have which do not hold.

        `error_rate` is the greatest share of rows that may be wrong.
        """
        rows = self.breaks(x)
        known = np.isfinite(x[:, list(self.columns)]).all(axis=1).sum()
        least, share = MIN_EXCEPTIONS
        least = max(least, share * rows.sum(), error_rate * known)
        target, made = x[rows, self.target], self.make(x[rows])
        with np.errstate(all="ignore"):
            ratios = np.where(target / made > 0, target / made, np.nan)
        ratios = _repeated(ratios, 4, least)
        # A decimal point in the wrong place is no rule.
        shift = np.log10(np.maximum(ratios, 1e-4))
        ratios = ratios[np.abs(shift - np.round(shift)) > 1e-3]
        offsets = _repeated(target - made, self.grids[0].decimals, least)
        return replace(
            self, ratios=tuple(ratios.tolist()), offsets=tuple(offsets.tolist())
        )

    def __str__(self):
        """The formula, its precision and its support, in words."""
        to = self._precision()
        return f"{self.formula}{to}, {self.support:,} of {self.rows:,} rows"

    @property
    def formula(self):
        """The relation as a formula of the columns' names."""
        return f"{self.names[self.target]} = {self.right_side}"

    @property
    def right_side(self):
        """What the target is, in the columns' names; subclasses write it."""
        raise NotImplementedError

    def _precision(self):
        decimals = self.grids[0].decimals
        if self.grids[0].step == 0 or self.grids[0].step >= 1:
            return ""
        return f" (to {decimals} decimal{'s' * (decimals != 1)})"


def _repeated(values, decimals, least):
    """Return the rounded values that come so often."""
    values = np.round(values[np.isfinite(values)], decimals)
    distinct, counts = np.unique(values, return_counts=True)
    return distinct[counts >= least]


class Linear(Relation):
    """x[target] = constant + the sum of factor * x[part]."""

    def make(self, x):
        """What the parts make of the target."""
        return self.constant + x[:, list(self.parts)] @ np.array(self.factors)

    def _solve(self, x, j):
        if j == self.target:
            return self.make(x)
        factor = self.factors[self.parts.index(j)]
        return x[:, j] + (x[:, self.target] - self.make(x)) / factor

    @property
    def formula(self):
        """The relation as a formula of the columns' names."""
        if self.constant and all(factor == -1 for factor in self.factors):
            return f"{self._left_side} = {self.constant:.10g}"
        return super().formula

    @property
    def _left_side(self):
        return " + ".join(self.names[j] for j in self.columns)

    @property
    def right_side(self):
        """What the target is, as a formula of the columns' names."""
        first = self.constant and max(self.factors) < 0
        terms = [f"{self.constant:.10g}"] if first else []
        for part, factor in sorted(
            zip(self.parts, self.factors, strict=True), key=lambda t: t[1] < 0
        ):
            size = "" if abs(factor) == 1 else f"{abs(factor):.10g} x "
            sign = ("- " if terms else "-") if factor < 0 else ("+ " if terms else "")
            terms.append(f"{sign}{size}{self.names[part]}")
        if self.constant and not first:
            terms.append(f"{'-+'[self.constant > 0]} {abs(self.constant):.10g}")
        return " ".join(terms)


class Product(Relation):
    """x[target] = constant * the product of x[part] ** factor."""

    @property
    def rounds(self):
        """Whether the parts make more digits than the target has."""
        return any(grid.step != 1 for grid in self.grids) or min(self.factors) < 0

    def make(self, x):
        """What the parts make of the target."""
        out = np.full(len(x), self.constant)
        with np.errstate(all="ignore"):
            for k, factor in enumerate(self.factors):
                out = out * self._value(x, k) ** factor
        return out

    def _value(self, x, k):
        """What part k stands for in the product."""
        return x[:, self.parts[k]]

    def _name(self, k):
        return self.names[self.parts[k]]

    def _solve(self, x, j):
        if j == self.target:
            return self.make(x)
        others = x.copy()
        others[:, j] = 1.0  # what stands there does not matter, be it zero
        ratio = x[:, self.target] / self.make(others)
        return ratio ** (1 / self.factors[self.parts.index(j)])

    @property
    def right_side(self):
        """What the target is, as a formula of the columns' names."""
        top, below = list[str](), list[str]()
        for k, factor in enumerate(self.factors):
            power = "" if abs(factor) == 1 else f"^{abs(factor):g}"
            (top if factor > 0 else below).append(self._name(k) + power)
        if self.constant != 1 or not top:
            top.insert(0, f"{self.constant:.10g}")
        return " x ".join(top) + "".join(f" / {name}" for name in below)


@dataclass(frozen=True, eq=False)
class Order:
    """x[first] <= x[second], and their difference is at most `high`.

    `usual` is the range of days in which the difference was found, if it is narrow.
    """

    first: int
    second: int
    low: float
    high: float
    names: tuple[str, ...]
    usual: tuple[float, float] | None = None
    support: int = 0
    rows: int = 0

    @property
    def columns(self):
        """Both columns."""
        return (self.first, self.second)

    def breaks(self, x):
        """Whether rows break it: both cells are there and do not fit."""
        away = x[:, self.second] - x[:, self.first]
        return (away < self.low) | (away > self.high)

    def with_support(self, x):
        """Count the rows of a table in which it holds."""
        known = np.isfinite(x[:, list(self.columns)]).all(axis=1)
        support = known.sum() - self.breaks(x).sum()
        return replace(self, support=int(support), rows=int(known.sum()))

    @property
    def formula(self):
        """The order, in names of columns."""
        first, second = self.names[self.first], self.names[self.second]
        if self.usual is None:
            return f"{first} <= {second}"
        low, high = self.usual
        return f"{second} - {first} in [{low:.4g}, {high:.4g}] days"

    def __str__(self):
        """The order and its support, in words."""
        return f"{self.formula}, {self.support:,} of {self.rows:,} rows"


def connected(relations):
    """Groups of relations that share columns."""
    groups: list[list] = []
    for relation in relations:
        mine = [
            g for g in groups if any(set(r.columns) & set(relation.columns) for r in g)
        ]
        groups = [g for g in groups if g not in mine]
        groups.append([r for g in mine for r in g] + [relation])
    return groups
