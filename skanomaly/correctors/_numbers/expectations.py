"""What the rest of a row says about a number: a boosted prediction and its spread."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from skanomaly.correctors._numbers.features import MAX_CATEGORIES, Features
from skanomaly.correctors._numbers.tails import Tails

__all__ = ["Expectation"]

MAX_ROWS = 3000
# Rows that the spread and the tails of the residuals are taken from.
MAX_CALIBRATION_ROWS = 6000
MIN_ROWS = 200
# Share of the features hidden in training, so that a hidden cell is nothing new.
HIDDEN = 0.1
# Part of the spread of the column that the features must explain to be asked at all.
MIN_GAIN = 0.03
# The spread may be another one at every tenth of the predictions, and at their ends.
LEVELS = (0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97)
MIN_GROUP = 20
# Residuals have longer tails than columns: a wrong one is that much further off.
GAP = 1.5
HIDING_ROWS = 500
# The spread at one level is no less than this part of the spread overall.
LEAST_SPREAD = 0.2


@dataclass(frozen=True, eq=False)
class Spread:
    """Spread of the residuals, by the level of the prediction and by a category.

    The wider one counts: what is hard to predict is no error.
    """

    edges: np.ndarray
    by_level: np.ndarray
    by_category: np.ndarray

    @classmethod
    def of(cls, residual, predicted, category):
        """Learn from residuals; a category of NaN is none."""
        edges = np.unique(np.quantile(predicted, LEVELS))
        by_level = _spreads(residual, np.searchsorted(edges, predicted), len(edges) + 1)
        none = np.isnan(category)
        groups = np.where(none, -1, category).astype(int) + 1
        by_category = _spreads(residual, groups, MAX_CATEGORIES + 1)
        least = max(LEAST_SPREAD * _spread(residual), 1e-12)
        return cls(edges, np.maximum(by_level, least), by_category)

    def at(self, predicted, category):
        """Spread of the residuals of these rows."""
        by_level = self.by_level[np.searchsorted(self.edges, predicted)]
        groups = np.where(np.isnan(category), -1, category).astype(int) + 1
        return np.maximum(by_level, self.by_category[groups])


@dataclass(frozen=True, eq=False)
class Expectation:
    """Predict a column on its scale; residuals are in units of their spread.

    The model learns from one part of the rows, spread and tails come from another,
    so that no cell vouches for itself.
    """

    features: Features
    booster: Any
    spread: Spread
    tails: Tails
    n: int
    loss: np.ndarray

    @classmethod
    def learn(cls, target, numbers, codes, sizes, without, *, error_rate, seed):
        """Return the expectation of a column, or None where the rest tells nothing.

        `target` and `numbers` are on their scales, NaN where they are not believed.
        The numbers `without` are not asked: the target itself, and its partners in a
        relation, so that they can be blamed one by one.
        """
        rng = np.random.default_rng(seed)
        rows = rng.permutation(np.flatnonzero(np.isfinite(target)))
        if len(rows) < MIN_ROWS:
            return None
        n_learn = min(MAX_ROWS, (6 * len(rows)) // 10)
        rows = rows[: n_learn + MAX_CALIBRATION_ROWS]
        numbers, codes, y = numbers[rows], codes[rows], target[rows]
        features = Features.choose(
            y[:n_learn], numbers[:n_learn], codes[:n_learn], sizes, without
        )
        if not features.columns:
            return None
        x = features.take(numbers, codes)
        booster = _boost(features, x[:n_learn], y[:n_learn], rng)
        n = int(np.isfinite(target).sum())
        x, y = x[n_learn:], y[n_learn:]
        return cls._calibrate(features, booster, x, y, n, error_rate)

    @classmethod
    def _calibrate(cls, features, booster, x, y, n, error_rate):
        predicted = booster.predict(x)
        residual = y - predicted
        if _spread(residual) > (1 - MIN_GAIN) * _spread(y - np.median(y)):
            return None
        spread = Spread.of(residual, predicted, features.main_of(x))
        tails = Tails.of(
            residual / spread.at(predicted, features.main_of(x)), error_rate, gap=GAP
        )
        if tails.abstains:  # it would find every value likely
            return None
        loss = _loss_by_hiding(booster, x[:HIDING_ROWS], y[:HIDING_ROWS])
        return cls(features, booster, spread, tails, n, loss)

    def predict(self, numbers, codes, hidden):
        """Predictions and their spread, both on the column's scale.

        Where numbers are `hidden` the spread is as much wider as it was in training.
        """
        x = self.features.take(numbers, codes)
        hides = self.features.hides(hidden)
        wider = np.where(hides, self.loss, 1.0).max(axis=1)
        x[hides] = np.nan
        predicted = self.booster.predict(x)
        return predicted, wider * self.spread.at(predicted, self.features.main_of(x))

    def expected(self, scaled, predicted, spread):
        """Number of right values of the table expected as far off as each value."""
        n_tail = self.tails.upper.n
        return self.tails.expected((scaled - predicted) / spread) * self.n / n_tail

    def bounds(self, predicted, spread):
        """Least and greatest value that the rest of the row allows."""
        low, high = self.tails.bounds
        return predicted + low * spread, predicted + high * spread


def _spreads(residual, group, n_groups):
    """Spread in each group, 0 in groups that are too small to tell."""
    out = np.zeros(n_groups)
    order = np.argsort(group, kind="stable")
    ends = np.searchsorted(group[order], np.arange(n_groups + 1))
    for k in np.flatnonzero(np.diff(ends) >= MIN_GROUP):
        out[k] = _spread(residual[order[ends[k] : ends[k + 1]]])
    return out


def _spread(values):
    """Standard deviation of a normal sample with the same middle half and tenths."""
    if len(values) < 2:
        return np.nan
    size = np.abs(values)
    half, most = np.quantile(size, [0.5, 0.9])
    return max(half / 0.6745, most / 1.645)


def _loss_by_hiding(booster, x, y):
    """How many times wider the residuals are without each feature, 1 at least."""
    usual = max(_spread(y - booster.predict(x)), 1e-12)
    out = np.ones(x.shape[1])
    for k in range(x.shape[1]):
        less = x.copy()
        less[:, k] = np.nan
        out[k] = max(1.0, _spread(y - booster.predict(less)) / usual)
    return out


def _boost(features, x, y, rng):
    """Fit small trees on rows some of whose cells are hidden."""
    x = np.where(rng.random(x.shape) < HIDDEN, np.nan, x)
    categorical = features.is_category
    booster = HistGradientBoostingRegressor(
        max_iter=80,
        learning_rate=0.15,
        max_leaf_nodes=15,
        min_samples_leaf=20,
        max_bins=128,
        categorical_features=categorical if any(categorical) else None,
        early_stopping=False,
        random_state=int(rng.integers(2**31)),
    )
    return booster.fit(x, y)
