"""Approximate functional dependencies: columns that determine others, and their votes.

Where city determines zip in all but a few rows, those few are errors, however often the
same one was made. A count alone cannot say so: what comes in 5 % of a group looks like
a rare truth. It can where the whole column follows another one, and nothing else in the
table foretells which rows deviate.
"""

from itertools import permutations
from typing import NamedTuple

import numpy as np
from scipy.stats import binom

from skanomaly.correctors._cleaning.deviations import (
    concentrated_kinds,
    is_one_mistake,
    own_kinds,
)
from skanomaly.correctors._cleaning.exceptions import Followers
from skanomaly.correctors._cleaning.foretelling import (
    MIN_ROWS,
    ValueCounts,
    rare_reasons,
    reasons_for,
)
from skanomaly.correctors._cleaning.in_common import MIN_REPEATED, MOSTLY
from skanomaly.correctors._cleaning.slips import is_slip_of_number
from skanomaly.correctors._cleaning.sources import goodman_kruskal_lambda

__all__ = ["MIN_GROUP", "Dependencies"]

# By Goodman and Kruskal's lambda, and the share of rows whose group is large enough.
DETERMINES, MIN_VOTED = 0.9, 0.5
# A group votes by such a majority of at least so many rows.
MAJORITY, MIN_GROUP = 0.95, 20
# ... or of a smaller one, if chance puts so many others into one group of a hundred.
# They are as frequent as in all groups, but in this share of rows at most.
MOST_WRONG, UNUSUAL = 0.02, 0.01
# So many rows that agree speak against the only one of their group that does not.
MIN_AGREED = 4


class Dependency(NamedTuple):
    """Values of one column that follow from those of another."""

    source: int
    target: int
    value: np.ndarray  # what each value of the source says, -1 for nothing
    leaning: np.ndarray  # what most rows with it hold, be they few or not so many
    agreed: np.ndarray  # what all but one do where they are few, -1 for nothing
    often: np.ndarray  # (source, target) values of many rows
    reasons: list  # (column, value) of rows that rightly deviate
    kinds: np.ndarray  # (source, target) values that are a rule of their own
    rules: np.ndarray  # those of them that no model of whole rows may overrule
    foretold: np.ndarray  # and those that a value of another column foretells
    doubtful: np.ndarray  # of `kinds`, those that nothing shows to be right
    frequent: np.ndarray  # and those that only so many rows show to be right


class Dependencies:
    """All dependencies of a table between two columns.

    Parameters
    ----------
    n_values : sequence of int
        Values of each column.
    amounts : bool array of shape (d,), default=None
        Which columns are quantities; None is none.
    texts : list of d arrays of str, or None, default=None
        Values of each column by code; None for a column that is no text.
    """

    def __init__(self, n_values, amounts=None, texts=None):
        self.n_values = n_values
        self.texts = [None] * len(n_values) if texts is None else texts
        none = np.zeros(len(n_values), bool)
        self.amounts = none if amounts is None else amounts

    def fit(self, codes, used):
        """Find them among the columns `used`, a bool array."""
        columns = [j for j in np.flatnonzero(used) if self.n_values[j] > 1]
        followers, table = Followers(), ValueCounts(codes, self.n_values)
        pairs = permutations(columns, 2)
        found = [self._dependency(codes, table, *pair, followers) for pair in pairs]
        self.found = self._both_ways([each for each in found if each is not None])
        self.exceptions = followers.exceptions(codes.shape[1])
        self.determined = np.zeros(codes.shape[1], bool)
        self.determined[[each.target for each in self.found]] = True
        return self

    def votes(self, codes):
        """Return the value that the other columns agree on for each cell, -1 for none.

        A cell that casts a vote against the one that contradicts it decides nothing.
        """
        return self._agree(codes, lambda each: self._vote(each, codes))

    def few_against(self, codes):
        """Return what all other rows of a small group hold, for each cell, or -1."""
        return self._agree(
            codes, lambda each: self._without_reason(each, codes, each.agreed)
        )

    def are_about(self, codes):
        """Cells to which a dependency speaks by many rows, though it may not vote."""
        out = np.zeros(codes.shape, bool)
        for each in self.found:
            value = self._said(each.leaning, each, codes)
            key = codes[:, each.source].astype(np.int64) * self.n_values[each.target]
            out[:, each.target] |= (value >= 0) & np.isin(key + value, each.often)
        return out

    def names(self, codes):
        """Return the value of each cell that another one names, and is named by, or -1.

        A city and its postcode: what comes with the postcode of a city is no other one.
        """
        said = {(each.source, each.target): each.value for each in self.found}
        names = np.full(codes.shape, -1)
        for (source, target), value in said.items():
            back = said.get((target, source))
            if back is not None:
                x = codes[:, source]
                y = np.where(x >= 0, value[x], -1)
                both = (y >= 0) & (back[y] == x)
                names[both, target] = y[both]
        return names

    def one_to_one(self, codes):
        """Cells that contradict one other cell only, which contradicts no third one.

        Two columns that determine each other disagree, and either may be wrong, unless
        many rows disagree alike.
        """
        against, back, voted, says = self._contradictions(codes)
        out = np.zeros(codes.shape, bool)
        for (source, target), here in against.items():
            alone = voted[:, target] == 1
            alone &= (says[:, source] == 1) & (says[:, target] == 1)
            out[:, target] |= here & alone & back.get((target, source), False)
        return out

    def repeated(self, codes):
        """Cells that deviate in the way in which most of their column do, (n, d)."""
        out = np.zeros(codes.shape, bool)
        for each in self.found:
            value, cell = self._vote(each, codes), codes[:, each.target]
            deviates = (value >= 0) & (cell >= 0) & (cell != value)
            key = self._key(codes, each.source, each.target)
            kinds, count = np.unique(key[deviates], return_counts=True)
            if not len(kinds):
                continue
            most = deviates & (key == kinds[count.argmax()])
            if is_one_mistake(most, deviates, cell, codes[:, each.source], value):
                out[:, each.target] |= most
        return out

    def _contradictions(self, codes):
        """Cells voted against, and those that lean against others, by two columns.

        And how many columns vote on each cell, and how many each cell leans against.
        """
        against, back = {}, {}
        voted, says = np.zeros((2, *codes.shape), int)
        for each in self.found:
            pair, cell = (each.source, each.target), codes[:, each.target]
            value, leaning = (
                self._vote(each, codes),
                self._said(each.leaning, each, codes),
            )
            rare = ~np.isin(self._key(codes, *pair), each.often)
            against[pair] = (value >= 0) & (cell >= 0) & (cell != value) & rare
            back[pair] = (leaning >= 0) & (cell >= 0) & (cell != leaning)
            voted[:, each.target] += value >= 0
            says[:, each.source] += back[pair]
        return against, back, voted, says

    def doubtful(self, codes):
        """Cells that deviate alike, in so many rows that they may be right, (n, d)."""
        return self._have_pairs(codes, [each.doubtful for each in self.found])

    def own_rules(self, codes):
        """Cells that deviate by a rule of their own, (n, d)."""
        return self._have_pairs(codes, [each.rules for each in self.found])

    def excused(self, codes):
        """Cells that deviate, and that only their number of rows excuses, (n, d)."""
        return self._have_pairs(codes, [each.frequent for each in self.found])

    def _have_pairs(self, codes, pairs):
        """Cells of the targets in rows with some pairs of values, (n, d)."""
        out = np.zeros(codes.shape, bool)
        for each, some in zip(self.found, pairs, strict=True):
            if len(some):
                key = self._key(codes, each.source, each.target)
                out[:, each.target] |= np.isin(key, some)
        return out

    def _agree(self, codes, vote):
        """Votes that no other one disputes, -1 for none."""
        votes = np.full(codes.shape, -1)
        disputed = np.zeros(codes.shape, bool)
        against = {}
        for each in self.found:
            value = vote(each)
            said = value >= 0
            if not said.any():
                continue
            before = votes[:, each.target]
            disputed[:, each.target] |= said & (before >= 0) & (before != value)
            votes[said, each.target] = value[said]
            cell = codes[:, each.target]
            against[each.source, each.target] = said & (cell >= 0) & (cell != value)
        for (source, target), here in against.items():
            back = against.get((target, source))
            if back is not None:
                disputed[:, target] |= here & back
        return np.where(disputed, -1, votes)

    def _vote(self, each, codes):
        return self._without_reason(each, codes, each.value)

    def _without_reason(self, each, codes, values):
        if (values < 0).all():
            return np.full(len(codes), -1)
        value = self._said(values, each, codes)
        value[_has_reason(codes, each.reasons)] = -1
        if len(each.kinds):
            key = self._key(codes, each.source, each.target)
            value[np.isin(key, each.kinds)] = -1
        return value

    def _said(self, values, each, codes):
        """What a dependency says of rows by its source, -1 where that is missing."""
        source = codes[:, each.source]
        return np.where(source >= 0, values[source], -1)

    def _key(self, codes, source, target):
        """One number for the cells of both columns."""
        x, y = codes[:, source].astype(np.int64), codes[:, target]
        return np.where((x >= 0) & (y >= 0), x * self.n_values[target] + y, -1)

    def _both_ways(self, found):
        """Excuse pairs of values that have a reason from both sides."""
        foretold = {(each.source, each.target): each.foretold for each in found}
        result = []
        for each in found:
            pairs = foretold.get((each.target, each.source), np.zeros(0, np.int64))
            y, x = np.divmod(pairs, self.n_values[each.source])
            pairs = x * self.n_values[each.target] + y
            kinds, rules = (np.union1d(k, pairs) for k in (each.kinds, each.rules))
            result.append(each._replace(kinds=kinds, rules=rules))
        return result

    def _dependency(self, codes, table, source, target, followers):
        n, m = self.n_values[source], self.n_values[target]
        x, y = codes[:, source], codes[:, target]
        lam, wrong = goodman_kruskal_lambda(x, y, n, m)
        followers.add(source, target, lam, wrong)
        if lam < DETERMINES or (wrong >= 0).mean() < MIN_VOTED:
            return None
        known = (x >= 0) & (y >= 0)
        pairs, count = np.unique(
            x[known].astype(np.int64) * m + y[known], return_counts=True
        )
        owner = pairs // m
        size = np.bincount(owner, count, minlength=n)
        order = np.lexsort((count, owner))  # the last of each group is its majority
        last = np.append(owner[order][1:] != owner[order][:-1], True)
        value, most = np.full(n, -1), np.zeros(n)
        value[owner[order][last]] = pairs[order][last] % m
        most[owner[order][last]] = count[order][last]
        leaning = np.where(most > 0.5 * size, value, -1)
        agreed = np.where((most == size - 1) & (most >= MIN_AGREED), value, -1)
        strong = (most >= _majority(most, size)) & (size >= MIN_GROUP)
        agreed[strong] = -1
        value[~strong] = -1
        often = pairs[count >= MIN_ROWS]
        reasons = self._reasons(codes, table, source, target, value, leaning)
        return Dependency(source, target, value, leaning, agreed, often, *reasons)

    def _reasons(self, codes, table, source, target, value, leaning):
        """What foretells the deviating rows, all of them and each repeated kind."""
        said = np.where(codes[:, source] >= 0, value[codes[:, source]], -1)
        cell = codes[:, target]
        deviates = (said >= 0) & (cell >= 0) & (cell != said)
        pair, groups = (source, target), codes[:, source] + 1
        found = reasons_for(deviates, table, groups, but_for=pair)
        found += rare_reasons(deviates, said >= 0, table, but_for=pair)
        key = self._key(codes, source, target)
        kinds, count = np.unique(key[deviates], return_counts=True)
        for kind in kinds[count > 1]:
            group = codes[:, source] == kind // self.n_values[target]
            found += reasons_for(key == kind, table, but_for=pair, among=group)
        found = sorted(set(found))
        others = codes.copy()
        others[:, pair] = -1
        explained = deviates & _has_reason(codes, found)
        slips = self._are_slips(deviates, cell, said, target)
        own, doubtful, frequent = own_kinds(
            codes[:, source],
            cell,
            deviates,
            explained,
            value,
            leaning,
            others,
            self.amounts[target],
            slips,
        )
        few = concentrated_kinds(codes[:, source], cell, deviates, value, others)
        own, few, doubtful, frequent = (
            np.array([x * self.n_values[target] + y for x, y in some], np.int64)
            for some in (own, few, doubtful, frequent)
        )
        few = np.setdiff1d(few, key[slips])
        repeated, foretold = own[:0], own[:0]
        if len(own):
            # Copies of one row are no second one.
            rows = np.column_stack([key[deviates], others[deviates]])
            kinds, count = np.unique(np.unique(rows, axis=0)[:, 0], return_counts=True)
            repeated = own[np.isin(own, kinds[count >= MIN_REPEATED])]
            kinds, at = np.unique(key[deviates], return_inverse=True)
            share = np.bincount(at, explained[deviates]) / np.bincount(at)
            foretold = np.intersect1d(repeated, kinds[share >= MOSTLY])
        return found, own, np.union1d(few, repeated), foretold, doubtful, frequent

    def _are_slips(self, deviates, cell, said, target):
        """Rows that hold the number that is said of them, typed with a slip."""
        slips, texts = np.zeros(len(deviates), bool), self.texts[target]
        if texts is None or not deviates.any():
            return slips
        pairs = np.column_stack([cell, said])[deviates]
        pairs, at = np.unique(pairs, axis=0, return_inverse=True)
        fixed = len({len(texts[k]) for k in np.unique(said[said >= 0])}) == 1
        found = [is_slip_of_number(texts[a], texts[b], fixed) for a, b in pairs]
        slips[deviates] = np.array(found)[at.ravel()]
        return slips


def _majority(most, size):
    """How many rows of each group must agree for a vote.

    Two wrong rows of 25 are a larger share than the table has, and nothing unusual.
    """
    large = size >= MIN_GROUP
    share = (size - most)[large].sum() / max(1, size[large].sum())
    sizes, at = np.unique(size, return_inverse=True)
    by_chance = binom.isf(UNUSUAL, sizes, min(share, MOST_WRONG))[at]
    return np.minimum(MAJORITY * size, size - by_chance)


def _has_reason(codes, reasons):
    """Whether each row has one of the reasons, (column, value)."""
    found = np.zeros(len(codes), bool)
    for column, value in reasons:
        found |= codes[:, column] == value
    return found
