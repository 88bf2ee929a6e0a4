"""How far right values lie from what is predicted, and where a prediction says nothing.

The widest spread counts: what is hard to predict is no error.
"""

from dataclasses import dataclass

import numpy as np

from skanomaly.correctors._numbers.features import MAX_CATEGORIES

__all__ = ["Spread", "spread_of"]

# The spread may be another one at every tenth of the predictions, and at their ends.
LEVELS = (0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97)
MIN_GROUP = 20
# The spread of a level with few rows is drawn towards that of all, by so many of them.
DRAWN = 20
# The spread at one level is no less than this part of the spread overall.
LEAST_SPREAD = 0.2
# A category with fewer rows was not learned; with fewer than `MIN_GROUP` to calibrate,
# all of its rows say how well it was.
FEW_ROWS = 5
# Two categories that come together in less than this part of the rows in which chance
# would have them, and that is many, contradict each other: one of them is wrong.
MIN_EXPECTED, TOGETHER = 5.0, 0.2


@dataclass(frozen=True, eq=False)
class Spread:
    """Spread of the residuals, by the level of the prediction and by each category.

    `known` says which categories of the main one were learned; `contradicts` holds a
    table for each pair of categorical features. `places` are the latter's columns.
    """

    places: np.ndarray
    edges: np.ndarray
    by_level: np.ndarray
    by_category: np.ndarray
    known: np.ndarray
    contradicts: dict

    @classmethod
    def of(cls, features, x, residual, predicted, n_learn):
        """Learn from the residuals of rows, of which the model learned from the first.

        `x` is the matrix of the features.
        """
        places = np.flatnonzero(features.is_category)
        groups = _groups(x[:, places])
        rest = residual[n_learn:]
        edges = np.unique(np.quantile(predicted[n_learn:], LEVELS))
        levels = np.searchsorted(edges, predicted[n_learn:])
        least = max(LEAST_SPREAD * spread_of(rest), 1e-12)
        by_level = np.maximum(_spreads(rest, levels, len(edges) + 1), least)
        n_rows = np.bincount(levels, minlength=len(edges) + 1)
        by_level = _drawn(by_level, n_rows, spread_of(rest))
        by_category = [_of_groups(residual, g, n_learn) for g in groups.T]
        size = np.bincount(groups[:, 0], minlength=_N) if len(places) else np.empty(0)
        return cls(
            places, edges, by_level, np.array(by_category).reshape(-1, _N),
            size >= FEW_ROWS, _contradictions(groups),
        )  # fmt: skip

    def at(self, predicted, x):
        """Spread of the residuals of rows; NaN where the prediction says nothing."""
        out = self.by_level[np.searchsorted(self.edges, predicted)]
        groups = _groups(x[:, self.places])
        for by, group in zip(self.by_category, groups.T, strict=True):
            out = np.maximum(out, by[group])
        if len(self.places):
            out = np.where(self.known[groups[:, 0]], out, np.nan)
        for (a, b), table in self.contradicts.items():
            out = np.where(table[groups[:, a], groups[:, b]], np.nan, out)
        return out


# Groups of a categorical feature: 0 without a category, then its ranks.
_N = MAX_CATEGORIES + 1


def _groups(ranks):
    return np.where(np.isnan(ranks), -1, ranks).astype(int) + 1


def _of_groups(residual, group, n_learn):
    """Spread in each category; a small one is asked as a whole."""
    out = _spreads(residual[n_learn:], group[n_learn:], _N)
    order, ends = _ordered(group, _N)
    small = (out == 0) & (np.diff(ends) >= FEW_ROWS)
    for k in np.flatnonzero(small):
        out[k] = np.median(np.abs(residual[order[ends[k] : ends[k + 1]]])) / 0.6745
    return out


def _contradictions(groups):
    """Which categories of two features hardly ever come together."""
    out = {}
    for a in range(groups.shape[1]):
        for b in range(a):
            seen = np.zeros((_N, _N))
            np.add.at(seen, (groups[:, a], groups[:, b]), 1)
            chance = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / max(len(groups), 1)
            table = (chance >= MIN_EXPECTED) & (seen <= TOGETHER * chance)
            table[0] = table[:, 0] = False
            if table.any():
                out[a, b] = table
    return out


def _spreads(residual, group, n_groups):
    """Spread in each group, 0 in groups that are too small to tell."""
    out = np.zeros(n_groups)
    order, ends = _ordered(group, n_groups)
    for k in np.flatnonzero(np.diff(ends) >= MIN_GROUP):
        out[k] = spread_of(residual[order[ends[k] : ends[k + 1]]])
    return out


def _drawn(spreads, n_rows, overall):
    """Spreads of groups of so many rows as a geometric mean with that of all."""
    if not overall > 0:
        return spreads
    weight = n_rows / (n_rows + DRAWN)
    return spreads**weight * overall ** (1 - weight)


def _ordered(group, n_groups):
    """Rows by their group, and where each group ends."""
    order = np.argsort(group, kind="stable")
    return order, np.searchsorted(group[order], np.arange(n_groups + 1))


def spread_of(values):
    """Standard deviation of a normal sample with the same middle half and tenths."""
    if len(values) < 2:
        return np.nan
    size = np.abs(values)
    half, most = np.quantile(size, [0.5, 0.9])
    return max(half / 0.6745, most / 1.645)
