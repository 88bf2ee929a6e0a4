"""Relations that bills have: discounts and taxes as rates, and what is added."""

from dataclasses import dataclass

import numpy as np

from skanomaly.correctors._numbers.relations import Product, Relation

__all__ = ["Charged", "Rated"]


@dataclass(frozen=True, eq=False)
class Rated(Product):
    """x[target] = constant * the product of what the parts stand for ** factor.

    A part with a rate of 0 stands for itself, any other one for 1 + rate * x[part]: a
    discount of 10 per cent, with a rate of -0.01, for 0.9.
    """

    rates: tuple[float, ...] = ()

    @property
    def neutral_at_zero(self):
        """Parts that are rates."""
        parts = zip(self.parts, self.rates, strict=True)
        return tuple(part for part, rate in parts if rate)

    @property
    def rounds(self):
        """A rate makes more digits than the target has."""
        return True

    def _value(self, x, k):
        value, rate = super()._value(x, k), self.rates[k]
        return 1 + rate * value if rate else value

    def _solve(self, x, j):
        if j in self.neutral_at_zero:
            return self._solve_rate(x, j)
        return super()._solve(x, j)

    def _solve_rate(self, x, j):
        k = self.parts.index(j)
        others = x.copy()
        others[:, j] = 0.0
        ratio = x[:, self.target] / self.make(others)
        return (ratio ** (1 / self.factors[k]) - 1) / self.rates[k]

    def _name(self, k):
        name, rate = super()._name(k), self.rates[k]
        if not rate:
            return name
        per_cent = " / 100" if abs(rate) == 0.01 else ""
        return f"(1 {'-' if rate < 0 else '+'} {name}{per_cent})"


class Charged(Relation):
    """x[target] = factor * a product of two parts, with something added.

    That is a third part, added or taken away, or the constant, the same for all.
    """

    @property
    def neutral_at_zero(self):
        """The part that is added."""
        return self.parts[2:]

    @property
    def rounds(self):
        """Whether the parts make more digits than the target has."""
        return self.factors[0] != 1 or any(grid.step != 1 for grid in self.grids)

    def make(self, x):
        """What the parts make of the target."""
        return self._product(x) + self._added(x)

    def _product(self, x):
        return self.factors[0] * x[:, self.parts[0]] * x[:, self.parts[1]]

    def _added(self, x):
        added = np.full(len(x), self.constant)
        for part, factor in zip(self.parts[2:], self.factors[2:], strict=True):
            added += factor * x[:, part]
        return added

    def _solve(self, x, j):
        if j == self.target:
            return self.make(x)
        if j in self.neutral_at_zero:
            return (x[:, self.target] - self._product(x)) / self.factors[2]
        others = x.copy()
        others[:, j] = 1.0  # what stands there does not matter, be it zero
        return (x[:, self.target] - self._added(x)) / self._product(others)

    @property
    def right_side(self):
        """What the target is, as a formula of the columns' names."""
        first, second, *added = [self.names[j] for j in self.parts]
        size = "" if self.factors[0] == 1 else f"{self.factors[0]:.10g} x "
        added = added or [f"{abs(self.constant):.10g}"]
        sign = "-" if min(*self.factors, self.constant) < 0 else "+"
        return f"{size}{first} x {second} {sign} {added[0]}"
