"""What several sources say about the same thing, and what is true of it."""

import numpy as np

__all__ = ["GroupTruth", "goodman_kruskal_lambda"]

# The weight of a source starts from the mean of all, worth so many reports.
PRIOR_CELLS = 5.0
MIN_WEIGHT = 1e-3
# Two reports that disagree are no vote.
MIN_REPORTS = 3


class GroupTruth:
    r"""One true value of a column for each group of rows, by a vote of their sources.

    A source weighs as much as the others confirm it: its weight :math:`w_s` is the
    mean share of the other reports of a group that say what it says. The probability
    of a value is the share of the weight behind it,

    .. math:: p(v) = \sum_{s:\, x_s = v} w_s \Big/ \sum_s w_s .

    Methods that multiply the likelihoods of reports, as if each had been made alone,
    find the same values but believe in them far too firmly: sources copy from each
    other, so that ten equal reports are not ten pieces of evidence.

    Parameters
    ----------
    n_groups, n_sources, n_values : int
    """

    def __init__(self, n_groups, n_sources, n_values):
        self.n_groups, self.n_sources = n_groups, n_sources
        self.n_values = n_values

    def fit(self, groups, sources, values):
        """Learn from reports: int arrays of shape (n,), -1 where something is missing.

        A report without a source comes from a source of its own kind.
        """
        known = (groups >= 0) & (values >= 0)
        groups, values = groups[known].astype(np.int64), values[known]
        sources = np.where(sources[known] < 0, self.n_sources, sources[known])
        pairs, report, n_votes = np.unique(
            groups * self.n_values + values, return_inverse=True, return_counts=True
        )
        self.groups, self.values = np.divmod(pairs, self.n_values)
        self.n_reports = np.bincount(groups, minlength=self.n_groups)
        self.weights = self._weights(sources, report, n_votes)
        trust = np.bincount(report, self.weights[sources])
        total = np.bincount(self.groups, trust, minlength=self.n_groups)
        self.p = trust / total[self.groups]
        self._sort()
        return self

    def _weights(self, sources, report, n_votes):
        """How far each source is confirmed by the others, shape (n_sources + 1,)."""
        rest = self.n_reports[self.groups] - 1
        confirmed = ((n_votes - 1) / np.maximum(rest, 1))[report]
        judged = (rest > 0)[report]
        n_sources = self.n_sources + 1
        mean = confirmed[judged].mean() if judged.any() else 1.0
        total = np.bincount(sources, confirmed, minlength=n_sources)
        n = np.bincount(sources[judged], minlength=n_sources)
        weights = (total + PRIOR_CELLS * mean) / (n + PRIOR_CELLS)
        return np.maximum(weights, MIN_WEIGHT)

    def _sort(self):
        """Order the values of each group, the most probable first."""
        order = np.lexsort((self.values, -self.p, self.groups))
        self.values, self.groups = self.values[order], self.groups[order]
        self.p = self.p[order]
        self.start = np.searchsorted(self.groups, np.arange(self.n_groups + 1))

    def knows(self, groups):
        """Whether a group has been reported on often enough, bool of shape (n,)."""
        return (groups >= 0) & (self.n_reports[groups] >= MIN_REPORTS)

    def p_true(self, groups, values):
        """Posterior that a value is the truth of its group, shape (n,)."""
        known = self.groups.astype(np.int64) * self.n_values + self.values
        order = np.argsort(known)
        wanted = groups.astype(np.int64) * self.n_values + values
        at = np.searchsorted(known[order], wanted).clip(0, len(known) - 1)
        at = order[at]
        return np.where((known[at] == wanted) & (values >= 0), self.p[at], 0.0)

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
    pairs, at, n = np.unique(
        group * n_values + value, return_inverse=True, return_counts=True
    )
    owner = pairs // n_values
    most, second = _two_most(owner, n, n_groups)
    own, top, next_top = n[at] - 1, most[group], second[group]
    # Without itself: the others' largest camp, which may be its own.
    rival = np.where(n[at] == top, next_top, top)
    size = np.bincount(group, minlength=n_groups)[group]
    voted = size >= MIN_REPORTS
    wrong[rows[voted]] = (own <= rival)[voted]
    base = 1 - np.bincount(value[voted]).max(initial=0) / max(1, voted.sum())
    missed = (wrong[rows[voted]]).mean() if voted.any() else 1.0
    return (base - missed) / base if base > 0 else 0.0, wrong


def _two_most(owner, n, n_groups):
    """Votes of the largest and of the second camp of each group."""
    order = np.lexsort((-n, owner))
    first = np.searchsorted(owner[order], np.arange(n_groups))
    padded = np.append(n[order], [0, 0])
    whose = np.append(owner[order], [-1, -1])
    ids = np.arange(n_groups)
    most = np.where(whose[first] == ids, padded[first], 0)
    return most, np.where(whose[first + 1] == ids, padded[first + 1], 0)
