"""Conditionals of a table's cells, counted from one or two other cells at a time."""

from itertools import combinations

import numpy as np

from skanomaly.correctors._cleaning.contexts import (
    ContextTable,
    ValuePrior,
    concentration,
    context_keys,
)
from skanomaly.correctors._cleaning.log_pool import log_normalize, pool_weights

__all__ = ["PairwiseConditionals"]

# Arrays of one feature for one column stay below this number of cells.
CHUNK_CELLS = 2**21
# Above this many values the weights are learned on the values of the sampled rows.
MAX_POOL_VALUES = 512
MAX_POOL_CELLS = 2**22


class PairwiseConditionals:
    r"""Log-linear mixture of counts: p(cell = v | other cells of its row).

    Every context c, one other column or a pair of them, contributes two ratios, both
    smoothed by a concentration of highest leave-one-out likelihood:
    ``p(v | u_c) / p(v)`` and ``p(u_c | v) / p(u_c)``. The second is what speaks against
    a frequent value that never goes with ``u_c``. The conditional is

    .. math::

        p(v \mid \mathrm{rest}) \propto p(v) \prod_c r_c(v)^{w_c},\quad 0 \le w_c \le 1,

    where :math:`w_c = 1` would be naive Bayes and the weights are those of highest
    leave-one-out likelihood. A value counted nowhere but in its own row has nothing to
    support it: an error cannot vouch for itself.

    Parameters
    ----------
    max_contexts : int, default=12
        Contexts of one column kept for each target, and as many pairs.
    max_pair_columns : int, default=10
        Pairs are formed from that many of the best single columns.
    max_rows : int, default=3000
        Rows on which the weights of one target are learned.
    seed : int, default=0
        Chooses those rows.
    """

    def __init__(self, max_contexts=12, max_pair_columns=10, max_rows=3000, seed=0):
        self.max_contexts = max_contexts
        self.max_pair_columns = max_pair_columns
        self.max_rows = max_rows
        self.seed = seed

    def fit(
        self, codes, n_categories, *, targets=None, weights=None, base=None, like=None
    ):
        """Count, choose the contexts, learn their weights.

        Parameters
        ----------
        codes : int array of shape (n, d)
            Evidence; -1 is missing.
        n_categories : sequence of d ints
            Number of values of each column.
        targets : int array of shape (n, d), default=None
            What the cells are believed to be; None takes `codes`.
        weights : float array of shape (n, d), default=None
            Probability that `targets` is right, in [0, 1]; None is all ones.
        base : list of d float arrays, default=None
            Plausibility of each value before it was ever seen; None is uniform.
        like : PairwiseConditionals, default=None
            Take its choice of contexts and start at its weights.
        """
        self.n_categories = tuple(int(k) for k in n_categories)
        targets = codes if targets is None else targets
        weights = np.ones(codes.shape) if weights is None else weights
        weights = np.where(targets >= 0, weights, 0.0)
        columns = range(len(self.n_categories))
        if base is None:
            base = [np.full(k, 1 / max(k, 1)) for k in self.n_categories]
        self.priors_ = [
            ValuePrior(targets[:, j], weights[:, j], base[j]) for j in columns
        ]
        chosen = self._choose if like is None else like._contexts
        self.tables_ = [
            self._tables(chosen(codes, targets, weights, j), codes, targets, weights, j)
            for j in columns
        ]
        self.weights_ = [self._learn(codes, targets, weights, j, like) for j in columns]
        return self

    def log_conditionals(self, codes, mask=None, leave_one_out=None):
        """Log p(x_j = v | the other observed cells), one array for each column.

        Parameters
        ----------
        codes : int array of shape (n, d)
            Rows; -1 is missing and no evidence.
        mask : bool array of shape (n, d), default=None
            True where a cell is unknown: no evidence either.
        leave_one_out : bool array of shape (n,), default=None
            Rows that `fit` saw with these codes: their own count is taken out.

        Returns
        -------
        list of d float arrays of shape (n, n_categories[j])
            For columns of very many values use `log_conditional` on chunks of rows.
        """
        evidence = codes if mask is None else np.where(mask, -1, codes)
        own = np.full(codes.shape, -1)
        if leave_one_out is not None:
            own = np.where(np.asarray(leave_one_out)[:, None], codes, -1)
        return [
            self.log_conditional(evidence, j, own[:, j], np.ones(len(codes)))
            for j in range(len(self.n_categories))
        ]

    def log_conditional(self, evidence, j, own=None, own_weight=None):
        """Log p(x_j = v | evidence), shape (n, n_categories[j]).

        `own` is the value that `fit` counted for the row (-1: none) with the weight
        `own_weight`; that count is taken out.
        """
        own = np.full(len(evidence), -1) if own is None else own
        own_weight = np.ones(len(evidence)) if own_weight is None else own_weight
        out = np.empty((len(evidence), self.n_categories[j]))
        step = self.chunk_rows(j)
        for start in range(0, len(evidence), step):
            rows = slice(start, start + step)
            out[rows] = self._pooled(evidence[rows], j, own[rows], own_weight[rows])
        return log_normalize(out)

    def chunk_rows(self, j):
        """Return how many rows of column `j` are worked on at once."""
        return max(1, CHUNK_CELLS // max(1, self.n_categories[j]))

    def _pooled(self, evidence, j, own, own_weight):
        prior = self.priors_[j]
        out = prior.log_values(own, own_weight)
        for table, weight in zip(self.tables_[j], self.weights_[j], strict=True):
            for part, share in zip(table.ratios, weight, strict=True):
                if share > 0:
                    out += share * part(evidence, own, own_weight, prior)
        return out

    def _choose(self, codes, targets, weights, j):
        """Return the contexts of highest leave-one-out gain for column `j`."""
        if self.n_categories[j] < 2:
            return []
        gain = self._gains([(c,) for c in self._useful(j)], codes, targets, weights, j)
        best = sorted(gain, key=gain.__getitem__, reverse=True)
        columns = sorted(c for (c,) in best[: self.max_pair_columns])
        pair_gain = self._gains(combinations(columns, 2), codes, targets, weights, j)
        # A pair earns its place by knowing more than the better of its columns.
        pair_gain = {
            pair: value
            for pair, value in pair_gain.items()
            if value > max(0.0, *(gain[(c,)] for c in pair))
        }
        best = [columns for columns in best if gain[columns] > 0]
        pairs = sorted(pair_gain, key=pair_gain.__getitem__, reverse=True)
        return best[: self.max_contexts] + pairs[: self.max_contexts]

    def _useful(self, j):
        return [c for c, k in enumerate(self.n_categories) if c != j and k > 1]

    def _gains(self, contexts, codes, targets, weights, j):
        gains = {}
        for columns in contexts:
            keys = context_keys(codes, columns, self.n_categories)
            _, gain = concentration(keys, targets[:, j], weights[:, j], self.priors_[j])
            gains[columns] = gain
        return gains

    def _contexts(self, codes, targets, weights, j):
        return [table.columns for table in self.tables_[j]]

    def _tables(self, contexts, codes, targets, weights, j):
        return [
            ContextTable(
                columns,
                self.n_categories,
                codes,
                targets[:, j],
                weights[:, j],
                self.priors_[j],
            )
            for columns in contexts
        ]

    def _learn(self, codes, targets, weights, j, like):
        """Return the weights of the ratios of column `j`, shape (contexts, 2)."""
        n_ratios = 2 * len(self.tables_[j])
        if not n_ratios:
            return np.zeros((0, 2))
        rows, values = self._sample(targets[:, j], weights[:, j], n_ratios, j)
        own, own_weight = targets[rows, j], weights[rows, j]
        prior, step = self.priors_[j], self.chunk_rows(j)
        features = np.empty((n_ratios + 1, len(rows), len(values)))
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            args = codes[rows[part]], own[part], own_weight[part], prior
            features[0, part] = prior.log_values(*args[1:3])[:, values]
            ratios = (ratio for table in self.tables_[j] for ratio in table.ratios)
            for f, ratio in enumerate(ratios, start=1):
                features[f, part] = ratio(*args)[:, values]
        first = np.full(n_ratios, 1 / n_ratios)
        if like is not None:
            first = like.weights_[j].ravel()
        chosen = np.searchsorted(values, own)
        return pool_weights(features, chosen, own_weight, first).reshape(-1, 2)

    def _sample(self, target, weight, n_ratios, j):
        """Rows to learn from, and the values among which they choose."""
        rows = np.flatnonzero((target >= 0) & (weight > 0))
        n_values = min(self.n_categories[j], MAX_POOL_VALUES)
        n_rows = min(self.max_rows, MAX_POOL_CELLS // ((n_ratios + 1) * n_values))
        if len(rows) > n_rows:
            rng = np.random.default_rng([self.seed, j])
            rows = np.sort(rng.choice(rows, n_rows, replace=False))
        if self.n_categories[j] > MAX_POOL_VALUES:
            return rows, np.unique(target[rows])
        return rows, np.arange(self.n_categories[j])
