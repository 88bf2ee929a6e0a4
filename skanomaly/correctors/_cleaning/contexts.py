"""Conditionals of a table's cells, counted from one or two other cells at a time."""

from dataclasses import dataclass
from itertools import combinations
from math import isqrt, prod

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from skanomaly.correctors._cleaning.context_table import (
    ContextTable,
    Query,
    concentration,
    context_keys,
)
from skanomaly.correctors._cleaning.value_prior import ValuePrior
from skanomaly.utils._chunks import row_slices

__all__ = ["ColumnConditional", "pool_weights"]

# Cells of the array of all scores from which the weights are learned.
MAX_POOL_CELLS = 2**21
# Of the search for the weights; more digits of them would change nothing.
OPTIONS = {"maxiter": 40, "ftol": 1e-6}
# Weights that all moved by less in one round are kept in the next ones.
STILL = 0.02


@dataclass(eq=False, kw_only=True)
class ColumnConditional:
    r"""Log-linear mixture of counts: p(cell = v | other cells of its row).

    Every context c, one other column or a pair of them, contributes two ratios, both
    smoothed by a concentration of highest leave-one-out likelihood:
    ``p(v | u_c) / p(v)`` and ``p(u_c | v) / p(u_c)``. The second is what speaks against
    a frequent value that never goes with ``u_c``. The conditional is

    .. math::

        p(v \mid \mathrm{rest}) \propto p(v) \prod_c r_c(v)^{w_c},\quad 0 \le w_c \le 1,

    where :math:`w_c = 1` would be naive Bayes and the weights are those of highest
    leave-one-out likelihood. A value counted nowhere but in its own row has nothing to
    support it: an error is no evidence for itself.

    Parameters
    ----------
    j : int
        The column.
    n_categories : sequence of d ints
        Number of values of every column.
    max_contexts : int, default=12
        Single columns kept as contexts, and as many pairs.
    max_pair_columns : int, default=10
        Pairs are formed from that many of the best single columns.
    max_rows : int, default=3000
        Rows on which the weights are learned.
    seed : int, default=0
        Chooses those rows.
    """

    j: int
    n_categories: tuple[int, ...]
    max_contexts: int = 12
    max_pair_columns: int = 10
    max_rows: int = 3000
    seed: int = 0

    def fit(self, evidence, target, weight, base, like=None):
        """Count, choose the contexts, learn their weights.

        Parameters
        ----------
        evidence : int array of shape (n, d)
            -1 is missing.
        target : int array of shape (n,)
            What the cells are believed to be, -1 where nothing is.
        weight : float array of shape (n,)
            Probability that `target` is right, in [0, 1].
        base : float array
            Plausibility of each value before it was ever seen.
        like : ColumnConditional, default=None
            Take its choice of contexts and start at its weights. Where these hardly
            moved when they were learned, they are kept.
        """
        weight = np.where(target >= 0, weight, 0.0)
        self.prior_ = ValuePrior(target, weight, base)
        args = evidence, target, weight, self.prior_
        contexts = self._choose(*args) if like is None else like.contexts_
        self.contexts_ = contexts
        self.tables_ = [ContextTable(c, self.n_categories, *args) for c in contexts]
        self._settle(evidence, target, weight, like)
        self._drop_weightless()
        return self

    def _settle(self, evidence, target, weight, like):
        """Learn the weights, unless the last time has hardly moved them."""
        args, self.is_still_ = (evidence, target, weight, self.prior_), False
        if like is None:
            self.weights_ = self._learn(*args, None)
            return
        start = like.weights_
        self.weights_ = start if like.is_still_ else self._learn(*args, start)
        moved = np.abs(self.weights_ - start).max(initial=0)
        self.is_still_ = bool(moved < STILL)

    def _drop_weightless(self):
        """Forget the contexts that say nothing beside the others."""
        kept = np.flatnonzero(self.weights_.any(axis=1))
        self.contexts_ = [self.contexts_[i] for i in kept]
        self.weights_ = self.weights_[kept]
        weighed = zip(kept, self.weights_, strict=True)
        self.tables_ = [self.tables_[i].freeze(weights) for i, weights in weighed]
        self._base = sum((t.base for t in self.tables_), np.zeros(self.n_values))

    @property
    def n_values(self):
        """Number of values of the column."""
        return self.n_categories[self.j]

    @property
    def evidence_columns(self):
        """Columns that say something about this one."""
        return sorted({c for columns in self.contexts_ for c in columns})

    def log_proba(self, evidence, own=None, own_weight=None):
        """Log p(x_j = v | evidence), shape (n, n_values).

        `own` is the value that `fit` counted for the row (-1: none) with the weight
        `own_weight`; that count is taken out.
        """
        own = np.full(len(evidence), -1) if own is None else own
        own_weight = np.ones(len(evidence)) if own_weight is None else own_weight
        out = np.empty((len(evidence), self.n_values))
        for rows in row_slices(len(evidence), self.n_values):
            out[rows] = self._pooled(evidence[rows], own[rows], own_weight[rows])
        return log_softmax(out, axis=1)

    def _pooled(self, evidence, own, own_weight):
        out = self.prior_.log_values(own, own_weight) + self._base
        query = Query.of(evidence, own, own_weight, self.prior_)
        for table in self.tables_:
            # Of rows that were not counted, all with one context hear the same.
            if not len(query.rows) and table.n_contexts < len(evidence):
                out += table.said()[table.index(evidence)]
            else:
                table.add(out, query, table.find(query))
        return out

    def _choose(self, *args):
        """Return the contexts of highest leave-one-out gain."""
        if self.n_values < 2:
            return []
        others = [c for c, k in enumerate(self.n_categories) if c != self.j and k > 1]
        gain = {(c,): self._gain((c,), *args) for c in others}
        best = sorted(gain, key=gain.__getitem__, reverse=True)
        columns = sorted(c for (c,) in best[: self.max_pair_columns])
        pair_gain = {c: self._gain(c, *args) for c in combinations(columns, 2)}
        # A pair earns its place by knowing more than the better of its columns.
        pair_gain = {
            pair: value
            for pair, value in pair_gain.items()
            if value > max(0.0, *(gain[(c,)] for c in pair))
        }
        best = [columns for columns in best if gain[columns] > 0]
        pairs = sorted(pair_gain, key=pair_gain.__getitem__, reverse=True)
        return best[: self.max_contexts] + pairs[: self.max_contexts]

    def _gain(self, columns, evidence, target, weight, prior):
        keys = context_keys(evidence, columns, self.n_categories)
        n_keys = prod(self.n_categories[c] for c in columns)
        return concentration(keys, n_keys, target, weight, prior)[1]

    def _learn(self, evidence, target, weight, prior, start):
        """Return the weights of the ratios, shape (contexts, 2)."""
        n_ratios = 2 * len(self.tables_)
        if not n_ratios:
            return np.zeros((0, 2))
        rows, values = self._sample(target, weight, n_ratios)
        if not len(rows):
            return np.zeros((len(self.tables_), 2))
        own, own_weight = target[rows], weight[rows]
        every = slice(None) if len(values) == self.n_values else values
        # The values first, because `pool_weights` sums over them.
        features = np.empty((n_ratios + 1, len(values), len(rows)), np.float32)
        for part in row_slices(len(rows), self.n_values):
            args = own[part], own_weight[part]
            features[0, :, part] = prior.log_values(*args)[:, every].T
            query = Query.of(evidence[rows[part]], *args, prior)
            for f, ratio in enumerate(self._ratios(query), start=1):
                features[f, :, part] = ratio[:, every].T
        start = np.full(n_ratios, 1 / n_ratios) if start is None else start.ravel()
        chosen = np.searchsorted(values, own)
        features = features.swapaxes(1, 2)
        return pool_weights(features, chosen, own_weight, start).reshape(-1, 2)

    def _ratios(self, query):
        """Yield both ratios of each table, shape (n, n_values)."""
        for table in self.tables_:
            found = table.find(query)
            for weights in ((1.0, 0.0), (0.0, 1.0)):
                table.weigh(weights)
                out = np.empty((len(query.own), self.n_values))
                out[:] = table.base
                table.add(out, query, found)
                yield out

    def _sample(self, target, weight, n_ratios):
        """Rows to learn from, and the values among which they choose."""
        rows = np.flatnonzero((target >= 0) & (weight > 0))
        # A value that is believed nowhere is no alternative to learn from.
        values = np.flatnonzero(np.bincount(target[rows], minlength=self.n_values))
        n_cells = MAX_POOL_CELLS // (n_ratios + 1)
        # Of too many values those of the rows are taken, which are as many at most.
        many = len(values) > isqrt(n_cells)
        n_rows = isqrt(n_cells) if many else n_cells // max(1, len(values))
        if len(rows) > min(n_rows, self.max_rows):
            rng = np.random.default_rng([self.seed, self.j])
            n_rows = min(n_rows, self.max_rows)
            rows = np.sort(rng.choice(rows, n_rows, replace=False))
        return rows, np.unique(target[rows]) if many else values


def pool_weights(features, chosen, row_weight, start):
    """Weights in [0, 1] of highest likelihood, with a standard normal prior.

    `features` has shape (1 + m, n, k): scores of k values for n rows, the first with
    weight 1, the others with the m weights to learn; `chosen` is each row's value.
    """
    # Each step reads all features twice, so that these are float32. What is added up is
    # kept small: scores against that of the chosen value, and steps from the start.
    features = np.array(features.swapaxes(1, 2), np.float32, order="C")
    features -= features[:, chosen, np.arange(len(chosen))][:, None]
    flat = features[1:].reshape(len(features) - 1, -1)
    first = features[0] + (start.astype(np.float32) @ flat).reshape(features[0].shape)
    first = first.astype(float)

    def loss(weights):
        p = first + ((weights - start).astype(np.float32) @ flat).reshape(first.shape)
        top = p.max(axis=0)
        p -= top
        np.exp(p, out=p)
        total = p.sum(axis=0)
        p *= row_weight / total
        slope = flat @ p.ravel().astype(np.float32)
        surprise = row_weight @ (top + np.log(total))
        return 0.5 * weights @ weights + surprise, weights + slope

    # A weight above one would count the same evidence more than once.
    bounds = [(0.0, 1.0)] * len(flat)
    result = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=OPTIONS
    )
    # What hardly weighs costs as much to look up as what decides.
    return np.where(result.x < 1e-3, 0.0, result.x)
