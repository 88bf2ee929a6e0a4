"""Numbers that another column determines, as a price list does, and slips of these.

A number that differs from its list need not be wrong, for there are discounts. One that
is ten times what the list says is; one with the other sign may be.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.stats import poisson

from skanomaly.correctors._numbers.signs import share_of_slips

__all__ = ["Lookup", "find_lookups"]

# So many rows, and a good majority of them, must say what belongs to a value.
MIN_GROUP, MAJORITY = 5, 0.8
# A list is one if so few rows differ from it, and it saves most of the wrong guesses
# that the column's most frequent number would be.
AGREE, SAVED = 0.85, 0.8
# What a column is looked up in has at most this many values a row.
MAX_VALUES = 0.2
MAX_ROWS = 5000
FACTORS = (-1.0, 10.0, 100.0, 1e3, 1e4, 0.1, 0.01, 1e-3, 1e-4)
NOISE = 1e-9
# A value that foretells slips gives a reason for them: they are no slips.
MIN_REASON, REASON = 3, 0.4
# So do values that have slips in all their rows, if chance makes so many this rarely.
IN_ALL = 0.01
# A number that deviates elsewhere too, where it is no slip, is none if chance makes so
# many of its slips: a deductible of 1000 stands beside 300 as often as beside 100.
BY_CHANCE = 0.1
# Slips in so many of all rows, or of those with one value if it is more than a single
# one, are another way to count: a box of ten has ten times the price of a piece.
MAX_SHARE = 0.1
# No slip of the known kind was right in the tables that were tried; another sign may be
# meant so, money given back for instance, where nothing tells, see `signs`.
P_SLIP, P_SIGN = 0.97, 0.7


@dataclass(frozen=True, eq=False)
class Lookup:
    """x[target] is what a list says of another column's value.

    `source` is the number of a column of x, or of the codes where `by_code` is true;
    `known` are its values, `listed` what belongs to them. A value of `excused`, pairs
    of a column of codes and one of its values, explains what looks like a slip. A
    number with the other sign is one with the probability `p_sign`. Numbers in `usual`
    are exceptions as often where they are no slips.
    """

    target: int
    source: int
    by_code: bool
    known: np.ndarray
    listed: np.ndarray
    name: str
    agree: float
    excused: tuple[tuple[int, int], ...] = ()
    p_sign: float = P_SIGN
    usual: tuple[float, ...] = ()

    def of(self, x, codes):
        """What the list says of each row, NaN where it says nothing."""
        return self._at(self.source_of(x, codes))

    def slips(self, x, codes):
        """Probability of each cell of the target to be a slip of what the list says."""
        factor = self._factors(x, codes)
        return np.select([factor < 0, factor > 0], [self.p_sign, P_SLIP], 0.0)

    def have_other_sign(self, x, codes):
        """Which cells of the target are what the list says with the other sign."""
        return self._factors(x, codes) < 0

    def _factors(self, x, codes):
        """By which factor cells are slips of what the list says, 0 for none."""
        factor = _factor(x[:, self.target], self.of(x, codes))
        # What belongs to another value may stand here because that value is wrong.
        slips = ~np.isin(x[:, self.target], [*self.listed, *self.usual])
        for column, value in self.excused:
            slips &= codes[:, column] != value
        return np.where(slips, factor, 0.0)

    def __str__(self):
        """What is determined by what, in words."""
        return f"{self.name}, {100 * self.agree:.0f} % of the rows"

    def source_of(self, x, codes):
        """Values of the column that it is looked up by."""
        return (codes if self.by_code else x)[:, self.source]

    def _at(self, values):
        at = np.searchsorted(self.known, values).clip(0, len(self.known) - 1)
        return np.where(self.known[at] == values, self.listed[at], np.nan)


def find_lookups(x, codes, names, code_names, seed):
    """Return for each column of x the list that it agrees with best, if there is one.

    Parameters
    ----------
    x : float array of shape (n, m)
    codes : int array of shape (n, d)
        -1 is missing.
    names, code_names : sequence of str
    seed : int
        Draws the rows that are looked at.

    Returns
    -------
    list of Lookup
    """
    if len(x) > MAX_ROWS:
        rng = np.random.default_rng([seed, 5])
        rows = np.sort(rng.choice(len(x), MAX_ROWS, replace=False))
        x, codes = x[rows], codes[rows]
    columns = _levels(x, names) + _levels(
        np.where(codes < 0, np.nan, codes), code_names
    )
    lists = [_best_list(j, columns, x.shape[1]) for j in range(x.shape[1])]
    found = [_excused(one, x, codes) for one in lists if one is not None]
    found = [one for one in found if one is not None]
    shares = share_of_slips(found, x, codes)
    return [
        replace(one, p_sign=max(P_SIGN, share * P_SLIP))
        for one, share in zip(found, shares, strict=True)
    ]


def _levels(columns, names):
    return [_Levels.of(c, name) for c, name in zip(columns.T, names, strict=True)]


def _best_list(j, columns, n_numbers):
    """Make the list that column j agrees with best, or None; numbers come first."""
    found = [
        (listed.agree, -len(listed.known), i, listed)
        for i, column in enumerate(columns)
        if i != j
        and column.is_key
        and (listed := _list(column, columns[j])) is not None
    ]
    if not found:
        return None
    *_, i, listed = max(found, key=lambda one: one[:2])
    by_code = i >= n_numbers
    name = f"{columns[j].name} is determined by {columns[i].name}"
    i -= by_code * n_numbers
    return Lookup(j, i, by_code, listed.known, listed.values, name, listed.agree)


@dataclass(frozen=True, eq=False)
class _Levels:
    """A column's distinct values, and which of them each row has, -1 for none."""

    name: str
    values: np.ndarray
    number: np.ndarray

    @classmethod
    def of(cls, column, name):
        """Take a column apart."""
        known = np.isfinite(column)
        number = np.full(len(column), -1)
        values, number[known] = np.unique(column[known], return_inverse=True)
        return cls(name, values, number)

    @property
    def is_key(self):
        """Whether there are few enough values to look something up by."""
        return 1 < len(self.values) <= MAX_VALUES * (self.number >= 0).sum()


class _List(NamedTuple):
    """What belongs to the known values of a column, and how many rows agree."""

    agree: float
    known: np.ndarray
    values: np.ndarray


def _list(source, target):
    """Return what one column lists of the other, None where it does not."""
    rows = (source.number >= 0) & (target.number >= 0)
    group, number = source.number[rows], target.number[rows]
    if not len(group):
        return None
    pairs, n = np.unique(group * len(target.values) + number, return_counts=True)
    owner, own = np.divmod(pairs, len(target.values))
    order = np.lexsort((-n, owner))
    first = order[np.unique(owner[order], return_index=True)[1]]
    size = np.bincount(group, minlength=len(source.values))[owner[first]]
    good = (size >= MIN_GROUP) & (n[first] >= MAJORITY * size)
    size, first = size[good], first[good]
    if size.sum() < AGREE * len(group):
        return None
    agree, base = n[first].sum() / size.sum(), np.bincount(number).max() / len(group)
    if agree < AGREE or agree <= base + SAVED * (1 - base):
        return None
    return _List(float(agree), source.values[owner[first]], target.values[own[first]])


def _excused(lookup, x, codes):
    """Leave out of a list what is no slip; None where there are too many."""
    lookup = replace(lookup, usual=tuple(_usual_exceptions(lookup, x, codes)))
    slips = lookup.slips(x, codes) > 0
    if slips.sum() > MAX_SHARE * len(x):
        return None
    listed = _without_counted(lookup, x, codes, slips)
    if not len(listed.known):
        return None
    return replace(listed, excused=tuple(_reasons(codes, slips)))


def _usual_exceptions(lookup, x, codes):
    """Yield numbers that deviate by chance as often as they look like slips."""
    value, listed = x[:, lookup.target], lookup.of(x, codes)
    slips = lookup.slips(x, codes) > 0
    deviates = np.isfinite(value) & np.isfinite(listed) & (value != listed)
    for number in np.intersect1d(value[slips], value[deviates & ~slips]):
        others = np.isfinite(listed) & (listed != number)
        would = others & (_factor(np.full(len(x), number), listed) != 0)
        here = others & (value == number)
        by_chance = (here & ~would).sum() / (others & ~would).sum()
        if by_chance * would.sum() > BY_CHANCE * (here & would).sum():
            yield float(number)


def _without_counted(lookup, x, codes, slips):
    """Forget values of which many rows look like slips."""
    values = lookup.source_of(x, codes)
    at = np.searchsorted(lookup.known, values).clip(0, len(lookup.known) - 1)
    here = lookup.known[at] == values
    size = np.bincount(at[here], minlength=len(lookup.known))
    n_slips = np.bincount(at[here & slips], minlength=len(lookup.known))
    kept = n_slips <= np.maximum(1, MAX_SHARE * size)
    return replace(lookup, known=lookup.known[kept], listed=lookup.listed[kept])


def _reasons(codes, slips):
    """Yield columns and values that foretell slips."""
    for column in range(codes.shape[1]):
        known = codes[:, column] >= 0
        n = np.bincount(codes[known, column])
        n_slips = np.bincount(codes[known & slips, column], minlength=len(n))
        foretold = (n_slips >= MIN_REASON) & (n_slips >= REASON * n)
        foretold |= _are_all(n, n_slips, slips.mean())
        for value in np.flatnonzero(foretold):
            yield column, int(value)


def _are_all(n, n_slips, share):
    """Which values have slips in all of their rows, if that is no chance.

    The deductible of a policy is ten times the usual one in both of its claims.
    """
    several = n > 1
    found = several & (n_slips == n)
    by_chance = (share ** n[several]).sum()
    return found & (poisson.sf(found.sum() - 1, by_chance) < IN_ALL)


def _factor(values, listed):
    """By which factor values are slips of what is listed, 0 for none."""
    factor = np.zeros(len(values))
    with np.errstate(invalid="ignore"):
        for f in FACTORS:
            made = f * listed
            same = np.abs(values - made) <= NOISE * np.abs(made)
            factor[same & (made != listed)] = f
    return factor
