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
# Differences that lie close together, but for so many that are whole years off, and
# hardly any that are far off in another way: there the year is wrong, if it puts so
# many of them the wrong way round. A contract of some years never ends before it began.
YEAR, LEAP_DAYS = 365.25, 3
NARROW, BULK = 0.1, (0.15, 0.85)
MIN_OTHER_YEARS, WHOLE_YEARS, WRONG_WAY = 8, 0.8, 0.2


def find_orders(x, kinds, grids, names, error_rate, seed):
    """Return the proved orders of columns of one kind, counted on all rows of x."""
    rows = np.random.default_rng([seed, 2]).permutation(len(x))[:MAX_ROWS]
    found = []
    for a, b in list(combinations(range(min(x.shape[1], MAX_COLUMNS)), 2)):
        if kinds[a] != kinds[b]:
            continue
        away = x[rows, b] - x[rows, a]
        away = away[np.isfinite(away)]
        if kinds[a] == "date" and len(away) >= MIN_ROWS:
            away = _without_other_years(away, _days(x[rows, a]))
        if len(away) < MIN_ROWS:
            continue
        first, second = (a, b) if np.mean(away >= 0) >= 0.5 else (b, a)
        away = away if first == a else -away
        some = x[rows][:, [first, second]]
        if _is_order(away, some, kinds[a]):
            step = max(grids[a].step, grids[b].step)
            low, high, usual = _range(away, kinds[a], error_rate, step)
            if usual is not None:
                a_day = _days(some[:, 0])
                usual = usual[0] / a_day, usual[1] / a_day
            found.append(Order(first, second, low, high, tuple(names), usual))
    return [order.with_support(x) for order in found]


def _days(dates):
    """How long a day is: dates are in days or in seconds."""
    return SECONDS_A_DAY if np.nanmedian(np.abs(dates)) > MOST_DAYS else 1


def _without_other_years(away, a_day):
    """Differences of two dates but for those of a wrong year, where they stand out."""
    low, high = np.quantile(away, BULK)
    near = high - low + LEAP_DAYS * a_day
    if near > NARROW * YEAR * a_day:
        return away
    off = away - (low + high) / 2
    years = np.round(off / (YEAR * a_day))
    wrong = (years != 0) & (np.abs(off - years * YEAR * a_day) <= near)
    far = np.abs(off) > NARROW * YEAR * a_day
    enough = wrong.sum() >= max(MIN_OTHER_YEARS, WHOLE_YEARS * far.sum())
    wrong_way = (away[wrong] * (low + high) < 0).sum() >= WRONG_WAY * wrong.sum()
    return away[~wrong] if enough and wrong_way else away


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
