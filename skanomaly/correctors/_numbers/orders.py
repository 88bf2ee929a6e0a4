"""Find columns of which one never exceeds the other, such as two dates."""

from itertools import combinations

import numpy as np

from skanomaly.correctors._numbers.reasons import MOST_DAYS, SECONDS_A_DAY
from skanomaly.correctors._numbers.relations import Order
from skanomaly.correctors._numbers.tails import EXPECTED, Tails

__all__ = ["find_orders"]

SUPPORT = 0.97
MIN_ROWS = 100
MAX_ROWS = 20_000
MAX_COLUMNS = 60
# With one column shuffled the order must hold in no more rows: two columns that are
# apart anyway are in no order worth the name.
MAX_BY_CHANCE = 0.95
MAX_BY_CHANCE_NUMBERS = 0.8
# Differences are impossible from one of these on, in gaps beyond the greatest one.
REACH = 1.01, 1.5, 2, 3, 5
# An order is a sharp edge: just inside are so many times more rows than outside.
SHARPNESS = 20


def find_orders(x, kinds, grids, names, error_rate, seed):
    """Return the proved orders of columns of one kind, counted on all rows of x."""
    rows = np.random.default_rng([seed, 2]).permutation(len(x))[:MAX_ROWS]
    found = []
    for a, b in list(combinations(range(min(x.shape[1], MAX_COLUMNS)), 2)):
        if kinds[a] != kinds[b]:
            continue
        away = x[rows, b] - x[rows, a]
        away = away[np.isfinite(away)]
        if len(away) < MIN_ROWS:
            continue
        first, second = (a, b) if np.mean(away >= 0) >= 0.5 else (b, a)
        away = away if first == a else -away
        some = x[rows][:, [first, second]]
        if _is_order(away, some, kinds[a]):
            step = max(grids[a].step, grids[b].step)
            low, high, usual = _range(away, kinds[a], error_rate, step)
            if usual is not None and np.nanmedian(np.abs(some[:, 0])) > MOST_DAYS:
                usual = usual[0] / SECONDS_A_DAY, usual[1] / SECONDS_A_DAY
            found.append(Order(first, second, low, high, tuple(names), usual))
    return [order.with_support(x) for order in found]


def _is_order(away, x, kind):
    """Whether the second column is hardly ever below the first, and not by chance."""
    outside = away < 0
    if outside.mean() > 1 - SUPPORT:
        return False
    x = x[np.isfinite(x).all(axis=1)]
    # Rows are in random order already: turned against each other they are shuffled.
    by_chance = np.mean(np.roll(x[:, 0], 1) <= x[:, 1])
    if by_chance > (MAX_BY_CHANCE if kind == "date" else MAX_BY_CHANCE_NUMBERS):
        return False
    if not outside.any():
        return True
    width = np.median(-away[outside])
    return np.sum((away >= 0) & (away <= width)) >= SHARPNESS * outside.sum()


def _range(away, kind, error_rate, step):
    """Least and greatest possible difference, and the range in which it usually is."""
    if kind != "date":
        return 0.0, np.inf, None
    tails = Tails.of(away, error_rate, (1.5 * step, 1.5 * step))
    low, high = tails.bounds
    limits = high + tails.upper.guard * np.array(REACH)
    impossible = np.flatnonzero(tails.upper.expected(limits) < EXPECTED)
    if not len(impossible):
        return 0.0, np.inf, None
    return 0.0, float(limits[impossible[0]]), (max(0.0, low), high)
