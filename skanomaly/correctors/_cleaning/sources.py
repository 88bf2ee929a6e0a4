"""What several sources say about the same entities, and what is true of them."""

from itertools import permutations
from typing import NamedTuple

import numpy as np
from scipy.stats import chi2_contingency

from skanomaly.correctors._cleaning.states import change_in_order
from skanomaly.correctors._cleaning.value_prior import distinct

__all__ = ["SourceVotes"]

# By Goodman and Kruskal's lambda: a key identifies entities if it saves half of the
# wrong guesses in at least two columns, and a column describes them from a quarter on.
IDENTIFIES, DESCRIBES = 0.5, 0.25
MIN_IDENTIFIED = 2
# Fewer values than that are shared by groups of entities.
MIN_VALUES = 10
# Columns that describe a source make it an entity of its own, with its own truths.
MAX_ABOUT_SOURCE = 0.1
# Rows with the same key and source: at least 20 by chance, hardly any observed.
MIN_EXPECTED, MAX_REPEATED = 20, 0.01
SIGNIFICANT = 0.001
# The weight of a source starts from the mean of all, worth so many reports.
PRIOR_CELLS = 5.0
MIN_WEIGHT = 1e-3
# What a person has said of one report is nearly sure for the others of its group.
BY_HAND = 0.97
# Two reports that disagree are no vote.
MIN_REPORTS = 3
# Below this ratio of weights the best value is disputed: sources that copy from each
# other form camps, and the larger camp is as often wrong as the smaller one.
MIN_LEAD = 3.0


class SourceVotes:
    """Truths of the entities in a table, and what they make of its cells.

    Parameters
    ----------
    n_values : sequence of int
        Values of each column.
    candidates : sequence of int
        Columns that may take part.
    """

    def __init__(self, n_values, candidates):
        self.n_values, self.candidates = n_values, candidates

    def fit(self, codes, keys=None, known=None):
        """Find keys (unless they are known), sources and truths.

        `known` (n, d) says which cells a person has judged; they hold the truth.
        """
        self.design = find_design(codes, self.n_values, self.candidates, keys)
        if self.design is None:
            return self
        keys, source, columns = self.design
        self.numbers = _numbered(codes[:, keys])
        groups = self.groups(codes)
        sources = codes[:, source] if source >= 0 else np.full(len(codes), -1)
        n_sources = self.n_values[source] if source >= 0 else 0
        self.truths = {
            j: GroupTruth(len(self.numbers), n_sources, self.n_values[j]).fit(
                groups, sources, codes[:, j], None if known is None else known[:, j]
            )
            for j in columns
        }
        return self

    def overrule(self, posterior, codes):
        """Put the votes in the place of other posteriors, where there are enough."""
        if self.design is None or not len(codes):
            return posterior
        groups = self.groups(codes)
        for j, truth in self.truths.items():
            rows = np.flatnonzero(truth.knows(groups))
            cell, group = codes[rows, j], groups[rows]
            posterior.p_error[rows, j] = 1 - truth.p_true(group, cell)
            ranked = truth.ranked(group, posterior.candidates.shape[2])
            values, p = _without(_undecided(ranked), cell)
            posterior.candidates[rows, j], posterior.p_candidates[rows, j] = values, p
            posterior.best[rows, j], posterior.p_new[rows, j] = values[:, 0], p[:, 0]
        return posterior

    def cover(self, codes):
        """Cells about which enough sources have reported, bool of shape (n, d)."""
        covered = np.zeros(codes.shape, bool)
        groups = self.groups(codes)
        for j, truth in self.truths.items():
            covered[:, j] = truth.knows(groups)
        return covered

    def groups(self, codes):
        """Number of each row's entity, -1 for one that `fit` did not meet."""
        part = codes[:, self.design.keys]
        return np.array([self.numbers.get(tuple(key), -1) for key in part.tolist()])


def _numbered(keys):
    """Number of each combination of keys; none where one is missing."""
    known = np.unique(keys[(keys >= 0).all(axis=1)], axis=0)
    return {tuple(key): i for i, key in enumerate(known.tolist())}


def _undecided(ranked):
    """Give the two best values the same probability where one hardly leads."""
    values, p = ranked
    if p.shape[1] < 2:
        return ranked
    disputed = p[:, 0] < MIN_LEAD * p[:, 1]
    equal = np.where(disputed, p[:, :2].mean(axis=1), np.nan)
    best = np.where(disputed[:, None], equal[:, None], p[:, :2])
    return values, np.hstack([best, p[:, 2:]])


def _without(ranked, own):
    """Ranked values without the one that stands in the cell, -1 at the end."""
    values, p = ranked
    p = np.where(values == own[:, None], -1.0, p)
    order = np.argsort(-p, axis=1, kind="stable")
    values, p = (np.take_along_axis(a, order, axis=1) for a in (values, p))
    return np.where(p < 0, -1, values), np.maximum(p, 0)


class Design(NamedTuple):
    """Which columns identify entities and sources, and which describe entities."""

    keys: tuple  # columns that identify the entity
    source: int  # column that names the source, -1 for none
    columns: tuple  # columns that describe the entity


def find_design(codes, n_values, candidates, keys=None):
    """Return the `Design` of a table, or None for a table of another kind.

    Every entity is described by several sources, by each of them once; what most of
    them say of it agrees far more than by chance; who disagrees depends on the source;
    and nothing describes the sources. Two crossed subjects (hospitals and measures)
    fail by the last, a table of plain features by the first.

    Parameters
    ----------
    codes : int array of shape (n, d)
    n_values : sequence of d ints
    candidates : sequence of int
        Columns that may take part.
    keys : sequence of int, default=None
        Columns that name the entity together, where that is known.
    """
    if keys is not None:
        return _declared(codes, n_values, candidates, tuple(keys))
    crossed = [
        (key, source)
        for key, source in permutations(_repeating(codes, n_values, candidates), 2)
        if n_values[key] * n_values[source] >= (1 - MAX_REPEATED) * len(codes)
        and _is_crossed(codes[:, key], codes[:, source])
    ]
    # Each source comes with many keys, and is described or not whichever it is.
    described = {
        source: _described(codes, n_values, candidates, source)
        for source in {source for _, source in crossed}
    }
    designs = [
        _design(codes, n_values, candidates, key, source)
        for key, source in crossed
        if not described[source] - {key}
    ]
    designs = [pair for pair in designs if pair is not None]
    return max(designs, key=lambda pair: pair[0])[1] if designs else None


def group_rows(codes, keys):
    """One integer for each row's values of some columns, -1 where one is missing."""
    missing = (codes[:, keys] < 0).any(axis=1)
    group = np.unique(codes[:, keys], axis=0, return_inverse=True)[1].ravel()
    return np.where(missing, -1, group)


def _repeating(codes, n_values, candidates):
    """Columns of at least three values that come three times on average."""
    n_known = (codes >= 0).sum(axis=0)
    return [j for j in candidates if n_values[j] >= 3 and n_known[j] >= 3 * n_values[j]]


def _is_crossed(key, source):
    """Whether hardly a source comes twice with a key, though it would by chance."""
    known = (key >= 0) & (source >= 0)
    pairs = key[known].astype(np.int64), source[known]
    n = len(pairs[0])
    if n < 2:
        return False
    shares = [np.bincount(column) / n for column in pairs]
    expected = n * (n - 1) / 2 * (shares[0] @ shares[0]) * (shares[1] @ shares[1])
    if expected < MIN_EXPECTED:
        return False
    size = len(shares[0]), len(shares[1])
    both, _ = distinct(pairs[0] * size[1] + pairs[1], size[0] * size[1])
    return n - len(both) <= MAX_REPEATED * n


def _described(codes, n_values, candidates, source):
    """Columns that say something about a source, a set."""
    others = [j for j in candidates if j != source]
    saved = _lambda_of_columns(codes, n_values, codes[:, source], others)
    pairs = zip(others, saved, strict=True)
    return {j for j, (lam, _) in pairs if lam > MAX_ABOUT_SOURCE}


def _design(codes, n_values, candidates, key, source):
    """Sum of the lambdas of a key, and its design; None if it has none."""
    others = [j for j in candidates if j not in (key, source)]
    saved = _lambda_of_columns(codes, n_values, codes[:, key], others)
    identified = [
        j
        for j, (lam, wrong) in zip(others, saved, strict=True)
        if lam >= IDENTIFIES
        and _n_effective(codes[:, j]) >= MIN_VALUES
        and _depends(wrong, codes[:, source]) < SIGNIFICANT
    ]
    if len(identified) < MIN_IDENTIFIED:
        return None
    if change_in_order(codes[:, key], codes[:, source], codes[:, identified]):
        return None
    lams = [lam for lam, _ in saved]
    columns = [j for j, lam in zip(others, lams, strict=True) if lam >= DESCRIBES]
    return sum(lams), Design((key,), source, tuple(columns))


def _declared(codes, n_values, candidates, keys):
    """Return the design for known keys, with the source that disagreement is due to."""
    group = group_rows(codes, keys)
    others = [j for j in candidates if j not in keys]
    sources = [
        j
        for j in _repeating(codes, n_values, others)
        if _is_crossed(group, codes[:, j])
    ]
    saved = dict(
        zip(others, _lambda_of_columns(codes, n_values, group, others), strict=True)
    )
    sources = [j for j in sources if saved[j][0] < DESCRIBES]
    columns = [j for j in others if saved[j][0] >= DESCRIBES]
    if not columns:
        return None
    p_values = [
        (min(_depends(saved[j][1], codes[:, s]) for j in columns), s) for s in sources
    ]
    best = min(p_values, default=(1.0, -1))
    return Design(keys, best[1] if best[0] < SIGNIFICANT else -1, tuple(columns))


def _lambda_of_columns(codes, n_values, group, columns):
    n_groups = group.max(initial=-1) + 1
    return [
        goodman_kruskal_lambda(group, codes[:, j], n_groups, n_values[j])
        for j in columns
    ]


def _n_effective(column):
    p = np.bincount(column[column >= 0])
    return p.sum() ** 2 / max(1, p @ p)


def _depends(wrong, source):
    """P-value of "who disagrees does not depend on the source" (chi square)."""
    known = (wrong >= 0) & (source >= 0)
    if len(set(wrong[known])) < 2 or len(set(source[known])) < 2:
        return 1.0
    table = np.zeros((source.max() + 1, 2))
    np.add.at(table, (source[known], wrong[known]), 1)
    return chi2_contingency(table[table.any(axis=1)]).pvalue


class GroupTruth:
    r"""One true value of a column for each group of rows, by a vote of their sources.

    A source weighs as much as the others confirm it: its weight :math:`w_s` is the
    mean share of the other reports of a group that say what it says. The probability
    of a value is the share of the weight behind it,

    .. math:: p(v) = \sum_{s:\, x_s = v} w_s \Big/ \sum_s w_s .

    Methods that multiply the likelihoods of reports, as if each had been made alone,
    find the same values with far too high probabilities: sources copy from each
    other, so that ten equal reports are not ten pieces of evidence.

    Where a person has said what is true of a group, that is its truth, and its reports
    are confirmed by it and by nothing else.

    Parameters
    ----------
    n_groups, n_sources, n_values : int
    """

    def __init__(self, n_groups, n_sources, n_values):
        self.n_groups, self.n_sources = n_groups, n_sources
        self.n_values = n_values

    def fit(self, groups, sources, values, by_hand=None):
        """Learn from reports: int arrays of shape (n,), -1 where something is missing.

        A report without a source comes from a source of its own kind; those `by_hand`
        (bool of shape (n,), None for none) are true.
        """
        known = (groups >= 0) & (values >= 0)
        groups, values = groups[known].astype(np.int64), values[known]
        sources = np.where(sources[known] < 0, self.n_sources, sources[known])
        by_hand = np.zeros(len(groups), bool) if by_hand is None else by_hand[known]
        self.truth = self._said(groups[by_hand], values[by_hand])
        pairs, report, n_votes = np.unique(
            groups * self.n_values + values, return_inverse=True, return_counts=True
        )
        self.groups, self.values = np.divmod(pairs, self.n_values)
        self.n_reports = np.bincount(groups, minlength=self.n_groups)
        self.weights = self._weights(sources, report, n_votes)
        trust = np.bincount(report, self.weights[sources])
        total = np.bincount(self.groups, trust, minlength=self.n_groups)
        self.p = trust / total[self.groups]
        self.n_votes = n_votes
        self._take_over()
        self._sort()
        return self

    def _weights(self, sources, report, n_votes):
        """How far each source is confirmed by the others, shape (n_sources + 1,)."""
        rest = self.n_reports[self.groups] - 1
        confirmed = (n_votes - 1) / np.maximum(rest, 1)
        truth = self.truth[self.groups]
        confirmed = np.where(truth < 0, confirmed, truth == self.values)[report]
        compared = ((rest > 0) | (truth >= 0))[report]
        n_sources = self.n_sources + 1
        mean = confirmed[compared].mean() if compared.any() else 1.0
        total = np.bincount(sources, confirmed, minlength=n_sources)
        n = np.bincount(sources[compared], minlength=n_sources)
        weights = (total + PRIOR_CELLS * mean) / (n + PRIOR_CELLS)
        return np.maximum(weights, MIN_WEIGHT)

    def _said(self, groups, values):
        """Truth of each group by hand, -1 where none is told, or several are."""
        truth = np.full(self.n_groups, -1)
        truth[groups] = values
        truth[groups[truth[groups] != values]] = -1
        return truth

    def _take_over(self):
        """Believe what a person has told; the rest goes to the other reports."""
        is_true = self.truth[self.groups] == self.values
        others = np.bincount(
            self.groups, np.where(is_true, 0.0, self.p), minlength=self.n_groups
        )
        share = (1 - BY_HAND) * self.p / np.maximum(others[self.groups], MIN_WEIGHT)
        told = self.truth[self.groups] >= 0
        self.p = np.where(told, np.where(is_true, BY_HAND, share), self.p)

    def _sort(self):
        """Order the values of each group, the most probable first."""
        order = np.lexsort((self.values, -self.p, self.groups))
        self.values, self.groups = self.values[order], self.groups[order]
        self.p, self.n_votes = self.p[order], self.n_votes[order]
        self.start = np.searchsorted(self.groups, np.arange(self.n_groups + 1))

    def knows(self, groups):
        """Whether a group has been reported on often enough, bool of shape (n,)."""
        return (groups >= 0) & (self.n_reports[groups] >= MIN_REPORTS)

    def p_true(self, groups, values):
        """Posterior that a value is the truth of its group, shape (n,)."""
        return self._of_pairs(self.p, groups, values)

    def count(self, groups, values):
        """How many reports of a group say a value, shape (n,)."""
        return self._of_pairs(self.n_votes, groups, values)

    def _of_pairs(self, numbers, groups, values):
        """What is known of a group and a value, 0 where nothing is."""
        known = self.groups.astype(np.int64) * self.n_values + self.values
        order = np.argsort(known)
        wanted = groups.astype(np.int64) * self.n_values + values
        at = np.searchsorted(known[order], wanted).clip(0, len(known) - 1)
        at = order[at]
        return np.where((known[at] == wanted) & (values >= 0), numbers[at], 0)

    def ranked(self, groups, n_candidates):
        """Best values of each group and their posterior, (n, m), -1 where none is."""
        at = self.start[groups][:, None] + np.arange(n_candidates)
        there = at < self.start[groups + 1][:, None]
        at = np.minimum(at, len(self.p) - 1)
        return np.where(there, self.values[at], -1), np.where(there, self.p[at], 0.0)


def goodman_kruskal_lambda(groups, values, n_groups, n_values):
    """How far a group foretells a value, and which reports its others contradict.

    Each report is guessed to be what most others of its group say. Returns Goodman and
    Kruskal's lambda, the share of the wrong guesses that this saves over guessing the
    column's most frequent value, and for each row 1 for a wrong guess, 0 for a right
    one, -1 for none.
    """
    wrong = np.full(len(groups), -1)
    rows = np.flatnonzero((groups >= 0) & (values >= 0))
    if not len(rows):
        return 0.0, wrong
    group, value = groups[rows].astype(np.int64), values[rows]
    pairs, at = distinct(group * n_values + value, n_groups * n_values)
    n = np.bincount(at)
    owner = pairs // n_values
    most, second = _two_most(owner, n, n_groups)
    own, top, next_top = n[at] - 1, most[group], second[group]
    # Without itself: the largest group of equal votes, which may be its own.
    rival = np.where(n[at] == top, next_top, top)
    size = np.bincount(group, minlength=n_groups)[group]
    voted = size >= MIN_REPORTS
    wrong[rows[voted]] = (own <= rival)[voted]
    base = 1 - np.bincount(value[voted]).max(initial=0) / max(1, voted.sum())
    missed = (wrong[rows[voted]]).mean() if voted.any() else 1.0
    return (base - missed) / base if base > 0 else 0.0, wrong


def _two_most(owner, n, n_groups):
    """Votes for the first and for the second most frequent value of each group."""
    order = np.lexsort((-n, owner))
    first = np.searchsorted(owner[order], np.arange(n_groups))
    padded = np.append(n[order], [0, 0])
    whose = np.append(owner[order], [-1, -1])
    ids = np.arange(n_groups)
    most = np.where(whose[first] == ids, padded[first], 0)
    return most, np.where(whose[first + 1] == ids, padded[first + 1], 0)
