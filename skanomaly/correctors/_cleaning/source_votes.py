"""Judge cells by what all sources say about the thing that a row describes."""

import numpy as np

from skanomaly.correctors._cleaning.sourced_table import find_design
from skanomaly.correctors._cleaning.truth_discovery import GroupTruth

__all__ = ["SourceVotes"]


class SourceVotes:
    """Truths of the things in a table, and what they make of its cells.

    Parameters
    ----------
    n_values : sequence of int
        Values of each column.
    candidates : sequence of int
        Columns that may take part.
    """

    def __init__(self, n_values, candidates):
        self.n_values, self.candidates = n_values, candidates

    def fit(self, codes, keys=None):
        """Find keys (unless they are known), sources and truths."""
        self.design = find_design(codes, self.n_values, self.candidates, keys)
        if self.design is None:
            return self
        keys, source, columns = self.design
        self.names = _named(codes[:, keys])
        groups = self._groups(codes)
        sources = codes[:, source] if source >= 0 else np.full(len(codes), -1)
        n_sources = self.n_values[source] if source >= 0 else 0
        self.truths = {
            j: GroupTruth(len(self.names), n_sources, self.n_values[j]).fit(
                groups, sources, codes[:, j]
            )
            for j in columns
        }
        return self

    def overrule(self, found, codes):
        """Put the votes in the place of other judgements, where there are enough."""
        if self.design is None or not len(codes):
            return found
        groups = self._groups(codes)
        for j, truth in self.truths.items():
            rows = np.flatnonzero(truth.knows(groups))
            cell, group = codes[rows, j], groups[rows]
            found.p_error[rows, j] = 1 - truth.p_true(group, cell)
            ranked = truth.ranked(group, found.candidates.shape[2])
            values, p = _without(ranked, cell)
            found.candidates[rows, j], found.p_candidates[rows, j] = values, p
            found.best[rows, j], found.p_new[rows, j] = values[:, 0], p[:, 0]
        return found

    def _groups(self, codes):
        """Number of each row's thing, -1 for one that `fit` did not meet."""
        part = codes[:, self.design.keys]
        return np.array([self.names.get(tuple(key), -1) for key in part.tolist()])


def _named(keys):
    """Number of each combination of keys; none where one is missing."""
    known = np.unique(keys[(keys >= 0).all(axis=1)], axis=0)
    return {tuple(key): i for i, key in enumerate(known.tolist())}


def _without(ranked, own):
    """Ranked values without the one that stands in the cell, -1 at the end."""
    values, p = ranked
    p = np.where(values == own[:, None], -1.0, p)
    order = np.argsort(-p, axis=1, kind="stable")
    values, p = (np.take_along_axis(a, order, axis=1) for a in (values, p))
    return np.where(p < 0, -1, values), np.maximum(p, 0)
