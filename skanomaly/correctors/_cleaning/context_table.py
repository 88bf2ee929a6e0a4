"""What the values of one or two columns say about those of another one."""

from math import prod
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from skanomaly.correctors._cleaning.value_prior import best_on_grid, distinct

__all__ = ["ContextTable", "Query", "concentration", "context_keys"]

# A context of so many rows says nearly the same with and without one of them, so that
# what it says can be looked up.
FREQUENT = 50
# Less than that is what rounding leaves of a context when its only row is taken out.
NOTHING = 1e-6
# Numbers of a table that are kept for the next rows.
MAX_KEPT = 2**14
NO_ENTRY = np.zeros(0, dtype=np.int64)
# What each table says of rows that were not counted; no part of it when it is saved.
_SAID: WeakKeyDictionary = WeakKeyDictionary()


class Query(NamedTuple):
    """Rows to look up, with what of them was counted, see `Query.of`."""

    evidence: np.ndarray  # (n, d)
    own: np.ndarray  # (n,) value that was counted, -1 for none
    weight: np.ndarray  # (n,) its weight, 0 for none
    rows: np.ndarray  # the rows that were counted
    p_own: np.ndarray  # prior of their values without themselves

    @classmethod
    def of(cls, evidence, own, own_weight, prior):
        """Rows of which the value `own` was counted with the weight `own_weight`."""
        rows = np.flatnonzero(own >= 0)
        p = prior.leave_one_out(own[rows], own_weight[rows])
        return cls(evidence, own, np.where(own >= 0, own_weight, 0.0), rows, p)


def context_keys(codes, columns, n_categories):
    """One integer for each row's values of `columns`; -1 where one is missing."""
    keys = codes[:, columns[0]].astype(np.int64)
    missing = keys < 0
    for c in columns[1:]:
        keys = keys * n_categories[c] + codes[:, c]
        missing |= codes[:, c] < 0
    keys[missing] = -1
    return keys


class Counts(NamedTuple):
    """Mass of the pairs (context, value) that occur, sorted by context."""

    keys: np.ndarray  # (m,) context of each group of pairs
    group: np.ndarray  # its number, for each pair
    values: np.ndarray
    mass: np.ndarray
    n_rows: np.ndarray

    @classmethod
    def of(cls, keys, n_keys, target, weight, n_values):
        """Count rows whose context and value are known."""
        known = (keys >= 0) & (target >= 0)
        pairs = keys[known] * n_values + target[known]
        pairs, inverse = distinct(pairs, n_keys * n_values)
        keys, values = np.divmod(pairs, n_values)
        keys, group = distinct(keys, n_keys)
        mass = np.bincount(inverse, weight[known], minlength=len(pairs))
        n_rows = np.bincount(inverse, minlength=len(pairs))
        return cls(keys, group, values, mass, n_rows)

    def concentration(self, prior):
        """Dirichlet concentration of highest leave-one-out likelihood, and its gain."""
        own = self.mass / self.n_rows
        p = prior.leave_one_out(self.values, own)
        total = np.bincount(self.group, self.mass)[self.group]
        return best_on_grid(self.mass, self.mass - own, total - own, p)


def concentration(keys, n_keys, target, weight, prior):
    """Dirichlet concentration of highest leave-one-out likelihood, and its gain.

    The gain is in nats over knowing nothing but the column's frequencies.
    """
    counts = Counts.of(keys, n_keys, target, weight, prior.n_values)
    return counts.concentration(prior)


class Found(NamedTuple):
    """Contexts of rows, and what was counted in the rare ones."""

    novel: np.ndarray  # (n,) nothing was counted in the context
    place: np.ndarray  # (n,) number of the frequent context, -1 for none
    share: np.ndarray  # (n,) expected count of a value that does not depend on it
    row: np.ndarray  # row of each entry of a rare context
    entries: np.ndarray  # number of that entry
    cells: np.ndarray  # its cell, of all cells of the rows one after the other
    own: np.ndarray  # which of the entries are the value of their own row
    rest: np.ndarray  # what was counted there besides this row


class ContextTable:
    """Two ratios, p(v | context) / p(v) and p(context | v) / p(context), from counts.

    A value that never met the context takes part only through `absent`, which all such
    values share. What frequent contexts say of the others is looked up; of the rare
    ones it is computed from their few entries, because there the row itself counts.
    """

    def __init__(self, columns, n_categories, codes, target, weight, prior):
        self.columns, self.n_categories = columns, n_categories
        self.n_keys = prod(n_categories[c] for c in columns)
        keys = context_keys(codes, columns, n_categories)
        counts = Counts.of(keys, self.n_keys, target, weight, prior.n_values)
        self.keys, self.values, self.mass = counts.keys, counts.values, counts.mass
        # The last context stays empty: it stands for those that were never seen.
        n = len(self.keys) + 1
        self.start = np.searchsorted(counts.group, np.arange(n + 1))
        self.context_mass = np.bincount(counts.group, self.mass, minlength=n)
        self.value_mass = np.bincount(self.values, self.mass, minlength=prior.n_values)
        self.total = max(self.value_mass.sum(), NOTHING)
        self.forward, _ = counts.concentration(prior)
        self.backward = self._backward_concentration(counts)
        self.lift = np.log1p(
            self.mass / (self.forward * np.exp(prior.log_p[self.values]))
        )
        self.absent = np.log(self.backward / (self.value_mass + self.backward))
        self._number()
        self._collect_frequent(counts.group)

    def _backward_concentration(self, counts):
        own = np.minimum(1.0, self.mass)
        p = (self.context_mass[counts.group] - own) / max(self.total, 1.0)
        again = p > 0
        mass, own, p = self.mass[again], own[again], p[again]
        total = self.value_mass[self.values[again]] - own
        return best_on_grid(mass, mass - own, total, p)[0]

    def _number(self):
        """Number the contexts by their keys, where these are few."""
        self.numbers = None
        if self.n_keys <= 1024 + 8 * len(self.keys):
            self.numbers = np.full(self.n_keys + 1, len(self.keys), dtype=np.int32)
            self.numbers[self.keys] = np.arange(len(self.keys))

    def _collect_frequent(self, group):
        """Keep the counts of the frequent contexts as full rows."""
        frequent = self.context_mass >= FREQUENT
        self.place = np.where(frequent, np.cumsum(frequent) - 1, -1)
        at = np.flatnonzero(frequent[group])
        where = self.place[group[at]], self.values[at]
        share = self.backward * self.context_mass[group[at]] / self.total
        shape = frequent.sum(), len(self.value_mass)
        self.counts = np.zeros(shape)
        self.counts[where] = self.mass[at]
        self._parts: tuple = where, self.lift[at], np.log1p(self.mass[at] / share)

    def weigh(self, weights):
        """Choose the exponents of both ratios."""
        self.weights = weights
        _SAID.pop(self, None)
        where, forward, backward = self._parts
        self.scores = np.zeros(self.counts.shape)
        self.scores[where] = weights[0] * forward + weights[1] * backward
        return self

    def freeze(self, weights):
        """Weigh for good, and forget what that was made of."""
        self.weigh(weights)
        self._parts = ()
        return self

    @property
    def n_contexts(self):
        """Number of contexts that were counted."""
        return len(self.keys)

    def said(self):
        """What `add` adds for each context where no row was counted, by `index`."""
        if self in _SAID:
            return _SAID[self]
        mass = self.context_mass
        out = np.zeros((len(mass), len(self.value_mass)))
        out[self.place >= 0] = self.scores
        group = np.repeat(np.arange(len(mass)), np.diff(self.start))
        rare = np.flatnonzero(self.place[group] < 0)
        group = group[rare]
        share = self.backward / self.total * mass
        out[group, self.values[rare]] = self._of_entries(rare, share[group])
        out[mass < NOTHING] = -self.base
        if out.size <= MAX_KEPT:
            _SAID[self] = out
        return out

    def find(self, query):
        """Look up the contexts of rows, to be passed to `add`."""
        index = self.index(query.evidence)
        mass = self.context_mass[index] - query.weight
        novel = mass < NOTHING
        place = np.where(novel, -1, self.place[index])
        mass = np.where(place < 0, mass, self.context_mass[index])
        share = self.backward / self.total * mass
        rare = np.flatnonzero((place < 0) & ~novel)
        size = self.start[index[rare] + 1] - self.start[index[rare]]
        row = np.repeat(rare, size)
        first = self.start[index[rare]] - np.cumsum(size) + size
        entries = np.repeat(first, size) + np.arange(len(row))
        value = self.values[entries]
        own = np.flatnonzero(value == query.own[row]) if len(query.rows) else NO_ENTRY
        rest = np.maximum(self.mass[entries[own]] - query.weight[row[own]], 0)
        cells = row * len(self.value_mass) + value
        return Found(novel, place, share, row, entries, cells, own, rest)

    def add(self, out, query, found):
        """Add the logarithm of the weighed ratios to `out`, contiguous of shape (n, k).

        The base, what is said of a value without any count, is left out where the
        context is known: it is the same for all rows, see `base`.
        """
        if found.novel.any():
            out[found.novel] -= self.base
        self._add_own_base(out, query, found.novel)
        self._add_frequent(out, query, found.place, found.share)
        self._add_rare(out, query, found)

    @property
    def base(self):
        """What a known context says of a value that it never met, shape (k,)."""
        return self.weights[1] * self.absent

    def _add_own_base(self, out, query, novel):
        if not self.weights[1] or not len(query.rows):
            return
        rows = query.rows[~novel[query.rows]]
        own = query.own[rows]
        rest = np.maximum(self.value_mass[own] - query.weight[rows], 0)
        absent = np.log(self.backward / (rest + self.backward))
        out[rows, own] += self.weights[1] * (absent - self.absent[own])

    def _add_frequent(self, out, query, place, share):
        rows = np.flatnonzero(place >= 0)
        if len(rows) == len(out):
            out += self.scores[place]
        elif len(rows):
            out[rows] += self.scores[place[rows]]
        counted = place[query.rows] >= 0
        if not counted.any():
            return
        rows = query.rows[counted]
        where = place[rows], query.own[rows]
        rest = np.maximum(self.counts[where] - query.weight[rows], 0)
        own = self._ratios(rest, query.p_own[counted], share[rows])
        out[rows, query.own[rows]] += own - self.scores[where]

    def _add_rare(self, out, query, found):
        """Add what was counted in rare contexts, entry by entry."""
        row, own = found.row, found.own
        if not len(row):
            return
        share = found.share[row]
        score = self._of_entries(found.entries, share)
        p = query.p_own[np.searchsorted(query.rows, row[own])]
        score[own] = self._ratios(found.rest, p, share[own])
        out.reshape(-1)[found.cells] += score  # much faster than by row and column

    def _of_entries(self, at, share):
        """Weighed ratios of the entries `at`, of contexts with an expected `share`."""
        score = np.zeros(len(at))
        if self.weights[0]:
            score += self.weights[0] * self.lift[at]
        if self.weights[1]:
            # What has no share never came.
            ratio = np.divide(self.mass[at], share, np.zeros(len(at)), where=share > 0)
            score += self.weights[1] * np.log1p(ratio)
        return score

    def _ratios(self, rest, p, share):
        """Weighed ratios of values that were counted `rest` times besides the row."""
        forward, backward = self.weights
        score = np.zeros(len(rest))
        if forward:
            score += forward * np.log1p(rest / (self.forward * p))
        if backward:
            score += backward * np.log1p(rest / share)
        return score

    def index(self, evidence):
        """Return the number of each row's context, the last one if it is new."""
        keys = context_keys(evidence, self.columns, self.n_categories)
        if self.numbers is not None:
            return self.numbers[keys]  # a missing one, -1, is the last
        if not len(self.keys):
            return np.zeros(len(keys), dtype=np.int64)
        index = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[index] == keys, index, len(self.keys))
