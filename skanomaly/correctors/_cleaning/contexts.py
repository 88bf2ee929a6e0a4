"""Conditionals of a table's cells, counted from one or two other cells at a time."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import log_softmax

from skanomaly._training.evaluate import row_slices

__all__ = ["ColumnConditional", "pool_weights"]

# Concentrations that are tried: from "one count is proof" to "counts say nothing".
GRID = 2.0 ** np.arange(-7, 15, 1.5)[:, None]
# Share of cells taken to follow nothing but their column's frequencies, so that a few
# errors do not make a strict dependence look loose.
NOISE = 0.01
# Above this many values the weights are learned on the values of the sampled rows.
MAX_POOL_VALUES = 512
MAX_POOL_CELLS = 2**22


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
            Take its choice of contexts and start at its weights.
        """
        weight = np.where(target >= 0, weight, 0.0)
        self.prior_ = ValuePrior(target, weight, base)
        args = evidence, target, weight, self.prior_
        contexts = self._choose(*args) if like is None else like.contexts_
        self.contexts_ = contexts
        self.tables_ = [ContextTable(c, self.n_categories, *args) for c in contexts]
        self.weights_ = self._learn(*args, None if like is None else like.weights_)
        return self

    @property
    def n_values(self):
        """Number of values of the column."""
        return self.n_categories[self.j]

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
        out = self.prior_.log_values(own, own_weight)
        for table, weights in zip(self.tables_, self.weights_, strict=True):
            for ratio, weight in zip(table.ratios, weights, strict=True):
                if weight > 0:
                    out += weight * ratio(evidence, own, own_weight, self.prior_)
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
        return concentration(keys, target, weight, prior)[1]

    def _learn(self, evidence, target, weight, prior, start):
        """Return the weights of the ratios, shape (contexts, 2)."""
        n_ratios = 2 * len(self.tables_)
        if not n_ratios:
            return np.zeros((0, 2))
        rows, values = self._sample(target, weight, n_ratios)
        own, own_weight = target[rows], weight[rows]
        features = np.empty((n_ratios + 1, len(rows), len(values)))
        for part in row_slices(len(rows), self.n_values):
            args = evidence[rows[part]], own[part], own_weight[part], prior
            features[0, part] = prior.log_values(*args[1:3])[:, values]
            ratios = (ratio for table in self.tables_ for ratio in table.ratios)
            for f, ratio in enumerate(ratios, start=1):
                features[f, part] = ratio(*args)[:, values]
        start = np.full(n_ratios, 1 / n_ratios) if start is None else start.ravel()
        chosen = np.searchsorted(values, own)
        return pool_weights(features, chosen, own_weight, start).reshape(-1, 2)

    def _sample(self, target, weight, n_ratios):
        """Rows to learn from, and the values among which they choose."""
        rows = np.flatnonzero((target >= 0) & (weight > 0))
        n_values = min(self.n_values, MAX_POOL_VALUES)
        n_rows = min(self.max_rows, MAX_POOL_CELLS // ((n_ratios + 1) * n_values))
        if len(rows) > n_rows:
            rng = np.random.default_rng([self.seed, self.j])
            rows = np.sort(rng.choice(rows, n_rows, replace=False))
        if self.n_values > MAX_POOL_VALUES:
            return rows, np.unique(target[rows])
        return rows, np.arange(self.n_values)


def context_keys(codes, columns, n_categories):
    """One integer for each row's values of `columns`; -1 where one is missing."""
    keys = codes[:, columns[0]].astype(np.int64)
    missing = keys < 0
    for c in columns[1:]:
        keys = keys * n_categories[c] + codes[:, c]
        missing |= codes[:, c] < 0
    return np.where(missing, -1, keys)


def concentration(keys, target, weight, prior):
    """Dirichlet concentration of highest leave-one-out likelihood, and its gain.

    The gain is in nats over knowing nothing but the column's frequencies.
    """
    known = (keys >= 0) & (target >= 0)
    if not known.any():
        return GRID[-1, 0], 0.0
    pairs = keys[known] * prior.n_values + target[known]
    pairs, inverse, n_rows = np.unique(pairs, return_inverse=True, return_counts=True)
    mass = np.bincount(inverse, weight[known])
    _, group = np.unique(pairs // prior.n_values, return_inverse=True)
    own = mass / n_rows
    p = prior.leave_one_out(pairs % prior.n_values, own)
    return _best_on_grid(mass, mass - own, np.bincount(group, mass)[group] - own, p)


def _best_on_grid(mass, hits, total, p):
    """Concentration for counts `hits` of `total` around the expectation `p`."""
    hits, total = np.maximum(hits, 0), np.maximum(total, 0)
    ratio = (hits + GRID * p) / ((total + GRID) * p)
    gain = np.log((1 - NOISE) * ratio + NOISE) @ mass
    best = gain.argmax()
    return GRID[best, 0], gain[best]


class ValuePrior:
    """Frequencies of a column's values, with room for values seen in one row only."""

    def __init__(self, target, weight, base):
        self.n_values = len(base)
        known = target >= 0
        self.mass = np.bincount(target[known], weight[known], minlength=len(base))
        self.total = self.mass.sum()
        self.novelty = self._fit_novelty(
            np.bincount(target[known], minlength=len(base)), base
        )
        self.floor = self.novelty * base
        self.log_p = np.log(self._ratio(self.mass + self.floor))

    def _fit_novelty(self, n_rows, base):
        seen = np.flatnonzero(n_rows)
        rest = self.mass[seen] * (1 - 1 / n_rows[seen])
        chance = (rest + GRID * base[seen]) / (self.total + GRID)
        gain = np.log(np.maximum(chance, 1e-300)) @ self.mass[seen]
        return GRID[gain.argmax(), 0] if len(seen) else 1.0

    def _ratio(self, mass):
        return np.maximum(mass, 1e-300) / (self.total + self.novelty)

    def leave_one_out(self, values, own_weight):
        """Probability of each value without one row of the given weight."""
        rest = np.maximum(self.mass[values] - own_weight, 0)
        return self._ratio(rest + self.floor[values])

    def log_values(self, own, own_weight):
        """Log-probability of every value for every row, shape (n, k)."""
        out = np.tile(self.log_p, (len(own), 1))
        rows = np.flatnonzero(own >= 0)
        p = self.leave_one_out(own[rows], own_weight[rows])
        out[rows, own[rows]] = np.log(p)
        return out


class ContextTable:
    """What the values of one or two columns say about a target column.

    Both ratios are kept sparse: a value that never met the context takes part only
    through a term that all such values share.
    """

    def __init__(self, columns, n_categories, codes, target, weight, prior):
        self.columns, self.n_categories = columns, n_categories
        keys = context_keys(codes, columns, n_categories)
        known = (keys >= 0) & (target >= 0)
        self.keys, group = np.unique(keys[known], return_inverse=True)
        # The last row stays empty: contexts that were never seen.
        shape = (len(self.keys) + 1, prior.n_values)
        entries = weight[known], (group, target[known])
        self.counts = sparse.csr_matrix(entries, shape=shape)
        self.context_mass = np.asarray(self.counts.sum(axis=1)).ravel()
        self.value_mass = np.asarray(self.counts.sum(axis=0)).ravel()
        self.forward, _ = concentration(keys, target, weight, prior)
        self.backward = self._backward_concentration()
        lifts = self.counts.copy()
        p = np.exp(prior.log_p[lifts.indices])
        lifts.data = np.log1p(lifts.data / (self.forward * p))
        self.lifts = lifts
        self.ratios = (self.value_given_context, self.context_given_value)

    def _backward_concentration(self):
        counts = self.counts.tocoo()
        own = np.minimum(1.0, counts.data)
        p = (self.context_mass[counts.row] - own) / max(counts.data.sum(), 1.0)
        again = p > 0
        mass, own, p = counts.data[again], own[again], p[again]
        total = self.value_mass[counts.col[again]] - own
        return _best_on_grid(mass, mass - own, total, p)[0]

    def value_given_context(self, evidence, own, own_weight, prior):
        """Log p(v | context) / p(v) up to a term shared by a row's values, (n, k)."""
        index = self._rows(evidence)
        out = self.lifts[index].toarray()
        rows, values, rest = self._own(index, own, own_weight)
        p = prior.leave_one_out(values, own_weight[rows])
        out[rows, values] = np.log1p(rest / (self.forward * p))
        return out

    def context_given_value(self, evidence, own, own_weight, prior):
        """Log p(context | v) / p(context), shape (n, k); 0 for a novel context."""
        index = self._rows(evidence)
        mass = self.context_mass[index]
        mass = mass - np.where((own >= 0) & (mass > 0), own_weight, 0.0)
        novel = mass < 1e-6
        share = self.backward * np.where(novel, 1.0, mass / self.value_mass.sum())
        counts = self.counts[index]
        counts.data = np.log1p(counts.data / np.repeat(share, np.diff(counts.indptr)))
        out = counts.toarray()
        out += np.log(self.backward / (self.value_mass + self.backward))
        rows, values, rest = self._own(index, own, own_weight)
        total = np.maximum(self.value_mass[values] - own_weight[rows], 0)
        out[rows, values] = np.log1p(rest / share[rows])
        out[rows, values] += np.log(self.backward / (total + self.backward))
        out[novel] = 0.0
        return out

    def _rows(self, evidence):
        keys = context_keys(evidence, self.columns, self.n_categories)
        if not len(self.keys):
            return np.zeros(len(keys), dtype=np.int64)
        index = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where((self.keys[index] == keys) & (keys >= 0), index, len(self.keys))

    def _own(self, index, own, own_weight):
        """Rows that were counted, their value, and its count without them."""
        rows = np.flatnonzero(own >= 0)
        counts = np.asarray(self.counts[index[rows], own[rows]]).ravel()
        return rows, own[rows], np.maximum(counts - own_weight[rows], 0)


def pool_weights(features, chosen, row_weight, start):
    """Weights in [0, 1] of highest likelihood, with a standard normal prior.

    `features` has shape (1 + m, n, k): scores of k values for n rows, the first with
    weight 1, the others with the m weights to learn; `chosen` is each row's value.
    """
    rows = np.arange(len(chosen))
    fixed, free = features[0], features[1:]
    seen = features[:, rows, chosen]
    flat = free.reshape(len(free), -1)

    def loss(weights):
        scores = fixed + (weights @ flat).reshape(fixed.shape)
        top = scores.max(axis=1)
        p = np.exp(scores - top[:, None])
        total = p.sum(axis=1)
        log_p = seen[0] + weights @ seen[1:] - top - np.log(total)
        p *= (row_weight / total)[:, None]
        slope = seen[1:] @ row_weight - flat @ p.ravel()
        return 0.5 * weights @ weights - log_p @ row_weight, weights - slope

    # A weight above one would count the same evidence more than once.
    bounds = [(0.0, 1.0)] * len(free)
    result = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 40}
    )
    # What hardly weighs costs as much to look up as what decides.
    return np.where(result.x < 1e-3, 0.0, result.x)
