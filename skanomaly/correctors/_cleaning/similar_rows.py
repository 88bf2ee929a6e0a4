"""What the rows that are most like a row say about one of its cells."""

import numpy as np
from scipy.special import log_softmax

from skanomaly.correctors._cleaning.alike import unlike
from skanomaly.correctors._cleaning.contexts import pool_weights

__all__ = ["SimilarRows"]

# Rows that a row is compared with. Half as many find fewer of the kinds of a table.
REFERENCES = 2000
# Columns of more values have too few rows of each to compare.
MAX_VALUES = 100
# A column counts as much as other columns explain it: what goes its own way says
# nothing about the kind of a row.
WEIGHT = 2.0
# Weight of the frequencies of a column, beside the median row's similar rows.
SMOOTHING = 1e-3
# What weighs less is not worth to be looked up.
MIN_POOLED = 0.05
# Sums of multiples of this are exact, so that no row depends on those beside it.
UNIT = 2.0**-6
TINY = 1e-300


class SimilarRows:
    """Kernel estimate of each cell given the others, pooled with another model's.

    Single columns and pairs of them do not tell the kinds of rows of which a table may
    be made, a species or a product: rows that agree nearly everywhere do.

    Parameters
    ----------
    n_values : sequence of d ints
    log_priors : list of d arrays
        Log-frequency of each value.
    seed : int
        Chooses the rows to compare with.

    Attributes
    ----------
    pool : dict of arrays of shape (2,)
        By column, the weights of the other model and of the similar rows; without
        the columns about which these say nothing.
    """

    def __init__(self, n_values, log_priors, seed):
        self.n_values, self.log_priors, self.seed = n_values, log_priors, seed
        self.columns = [j for j, k in enumerate(n_values) if 1 < k <= MAX_VALUES]

    def fit(self, belief, sample, logs):
        """Choose the rows, and weigh what they say beside another model.

        Parameters
        ----------
        belief : Belief
            Of a table.
        sample : int array of shape (m,)
            Rows from which the weights are learned.
        logs : dict of arrays of shape (m, k)
            By column, log-conditionals of the sample by the other model.
        """
        n = len(belief.targets)
        rng = np.random.default_rng([self.seed, n])
        self.rows = np.sort(rng.permutation(n)[:REFERENCES])
        self.columns = [j for j in self.columns if j in logs]
        self.weights = np.array(
            [self._explained(belief, sample, j, logs[j]) for j in self.columns]
        )
        self.references = self._indicators(belief.evidence[self.rows])
        self.says = {j: self._says(belief, j) for j in self.columns}
        nearness = self.nearness(belief.evidence[sample], sample)
        self.usual, self.pool = {}, {}
        for j in self.columns:
            votes = self._votes(nearness, belief.evidence[sample, j], j)
            self.usual[j] = max(np.median(votes.sum(axis=1)), TINY)
            parts = np.stack([logs[j], self._smooth(votes, j)])
            pool = _pooled(parts, belief.targets[sample, j], belief.weights[sample, j])
            if pool[1] >= MIN_POOLED:
                self.pool[j] = pool
        return self

    def unlike(self, evidence):
        """Tell rows apart by what is compared, see `unlike`."""
        heard = [j for j, w in zip(self.columns, self.weights, strict=True) if w]
        if not heard:
            return np.zeros(min(1, len(evidence)), int), np.zeros(len(evidence), int)
        return unlike(evidence[:, heard].T, [self.n_values[j] for j in heard])

    def nearness(self, evidence, own=None):
        """How near rows are to those compared with, which are not the rows `own`."""
        matches = self._indicators(evidence, self.weights) @ self.references.T
        nearness = matches.astype(np.float64)
        nearness -= self.weights.sum()
        np.exp(nearness, out=nearness)
        if own is not None:
            nearness[own[:, None] == self.rows] = 0.0
        return nearness

    def log_p(self, j, nearness, cells):
        """Log-conditionals of column `j` by the similar rows alone.

        `cells` is the evidence of the column itself, which is left out.
        """
        return self._smooth(self._votes(nearness, cells, j), j)

    def pooled(self, j, log_p, similar):
        """Pool what another model says of column `j` with what similar rows say."""
        if j not in self.pool:
            return log_p
        weights = self.pool[j]
        return log_softmax(weights[0] * log_p + weights[1] * similar, axis=1)

    def _explained(self, belief, sample, j, log_p):
        """Weight of a column: the share of its entropy that the others explain."""
        target, weight = belief.targets[sample, j], belief.weights[sample, j]
        known = np.flatnonzero(target >= 0)
        target, weight = target[known], weight[known]
        before = self.log_priors[j][target] @ weight
        after = log_p[known, target] @ weight
        weight = WEIGHT * max(0.0, 1 - after / min(before, -TINY))
        return round(weight / UNIT) * UNIT

    def _indicators(self, evidence, weights=None):
        """One column for each value, for a fast count of matches."""
        sizes = np.array([self.n_values[j] for j in self.columns], dtype=int)
        start = np.cumsum(sizes) - sizes
        cells = evidence[:, self.columns]
        result = np.zeros((len(cells), sizes.sum()), dtype=np.float32)
        row, column = np.nonzero(cells >= 0)
        weight = 1.0 if weights is None else weights[column]
        result[row, start[column] + cells[row, column]] = weight
        return result

    def _says(self, belief, j):
        """How much each reference says for each value of a column."""
        target = belief.targets[self.rows, j]
        said = np.zeros((len(target), self.n_values[j]))
        known = np.flatnonzero(target >= 0)
        said[known, target[known]] = belief.weights[self.rows[known], j]
        return said

    def _votes(self, nearness, cells, j):
        # Rounded, because how sums are formed depends on how many rows there are.
        votes = (nearness @ self.says[j]).astype(np.float32).astype(np.float64)
        known = np.flatnonzero(cells >= 0)
        # Rows are near for having the same cell; that is no reason to have it.
        weight = self.weights[self.columns.index(j)]
        votes[known, cells[known]] *= np.exp(-weight)
        return votes

    def _smooth(self, votes, j):
        prior = SMOOTHING * self.usual[j]
        mass = votes + prior * np.exp(self.log_priors[j]) + TINY
        return np.log(mass) - np.log(mass.sum(axis=1, keepdims=True))


def _pooled(parts, target, weight):
    """Weights of two models, of highest likelihood."""
    known = np.flatnonzero(target >= 0)
    if not len(known):
        return np.array([1.0, 0.0])
    features = np.concatenate([np.zeros_like(parts[:1]), parts])[:, known]
    start = np.full(2, 0.5)
    return pool_weights(features, target[known], weight[known], start)
