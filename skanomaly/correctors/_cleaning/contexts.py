"""Counts of a column's values within one context, smoothed and leave-one-out."""

import numpy as np
from scipy import sparse

__all__ = ["ContextTable", "ValuePrior", "concentration", "context_keys"]

# Concentrations that are tried: from "one count is proof" to "counts say nothing".
GRID = 2.0 ** np.arange(-7, 15, 1.5)[:, None]
# Share of cells taken to follow nothing but their column's frequencies, so that a few
# errors do not make a strict dependence look loose.
NOISE = 0.01


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
