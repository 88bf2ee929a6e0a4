"""What the rest of a row says about a number: a boosted prediction and its spread."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from skanomaly.correctors._numbers.features import Features
from skanomaly.correctors._numbers.ranges import Ranges
from skanomaly.correctors._numbers.spreads import Spread, spread_of
from skanomaly.correctors._numbers.tails import Tails

__all__ = ["Expectation"]

MAX_ROWS = 3000
# Rows that the spread and the tails of the residuals are taken from.
MAX_CALIBRATION_ROWS = 6000
MIN_ROWS = 200
# Rows that must be left where the prediction says something.
MIN_KNOWN = 60
# Share of the features hidden in training, so that a hidden cell is nothing new.
HIDDEN = 0.1
# Part of the spread of the column that the features must explain to be asked at all.
MIN_GAIN = 0.03
# Residuals have longer tails than columns: a wrong one is that much further off.
GAP = 1.5
# Rows to see what it costs to know some features only; what so many rows lacked in
# training was learned.
HELD_ROWS, MIN_LACKING = 200, 20


@dataclass(frozen=True, eq=False)
class Expectation:
    """Predict a column on its scale; residuals are in units of their spread.

    The model learns from one part of the rows, spread and tails come from another,
    so that no cell vouches for itself.
    """

    features: Features
    booster: Any
    ranges: Ranges
    spread: Spread
    tails: Tails
    n: int
    held: tuple[np.ndarray, np.ndarray]  # features and target of rows not learned from
    learned: np.ndarray  # sets of missing features that it has seen, see `_sets`

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
        return cls._calibrate(features, booster, x, y, n_learn, n, error_rate)

    @classmethod
    def _calibrate(cls, features, booster, x, y, n_learn, n, error_rate):
        ranges = Ranges.of(features, x, y)
        predicted = booster.predict(x)
        residual = y - predicted
        sets, n_rows = np.unique(_sets(features.lacks(x)), return_counts=True)
        learned = sets[n_rows >= MIN_LACKING]
        spread = Spread.of(features, x, residual, predicted, n_learn)
        x, y, predicted = x[n_learn:], y[n_learn:], predicted[n_learn:]
        residual = residual[n_learn:]
        if spread_of(residual) > (1 - MIN_GAIN) * spread_of(y - np.median(y)):
            return None
        scaled = residual / spread.at(predicted, x)
        scaled = scaled[np.isfinite(scaled) & ranges.hold(predicted, x)]
        if len(scaled) < MIN_KNOWN:
            return None
        tails = Tails.of(scaled, error_rate, gap=GAP)
        if tails.abstains:  # it would find every value likely
            return None
        held = x[:HELD_ROWS].copy(), y[:HELD_ROWS].copy()
        return cls(features, booster, ranges, spread, tails, n, held, learned)

    def predict(self, numbers, codes, hidden):
        """Predictions and their spread, both on the column's scale.

        Where numbers are `hidden`, or missing as in hardly a row before, the spread is
        as much wider as it is in rows without them. It is NaN where the model knows
        nothing of such rows.
        """
        x = self.features.take(numbers, codes)
        hides = self.features.hides(hidden)
        wider = self._loss(hides, self.features.lacks(x))
        x[hides] = np.nan
        predicted = self.booster.predict(x)
        spread = wider * self.spread.at(predicted, x)
        return predicted, np.where(self.ranges.hold(predicted, x), spread, np.nan)

    def _loss(self, hides, lacks):
        """How many times wider the spread is in each row, 1 at least.

        Where one of two dates is not known the other one says as much; not where both
        are not.
        """
        lacks = hides | lacks
        loss = np.ones(len(lacks))
        asked = hides.any(axis=1) | ~np.isin(_sets(lacks), self.learned)
        if asked.any():
            which, at = np.unique(lacks[asked], axis=0, return_inverse=True)
            loss[asked] = _loss_by_hiding(self.booster, *self.held, which)[at.ravel()]
        return loss

    def expected(self, scaled, predicted, spread):
        """Number of right values of the table expected as far off as each value."""
        n_tail = self.tails.upper.n
        return self.tails.expected((scaled - predicted) / spread) * self.n / n_tail

    def bounds(self, predicted, spread):
        """Least and greatest value that the rest of the row allows."""
        low, high = self.tails.bounds
        return predicted + low * spread, predicted + high * spread


def _sets(lacks):
    """One number for the features that each row lacks."""
    return lacks @ (1 << np.arange(lacks.shape[1]))


def _loss_by_hiding(booster, x, y, which):
    """How many times wider residuals are without some features, 1 at least.

    `which` has a row for each set of features that are hidden together.
    """
    usual = max(spread_of(y - booster.predict(x)), 1e-12)
    # At once, because a call takes longer than its few rows.
    less = np.where(which[:, None], np.nan, x).reshape(-1, x.shape[1])
    predicted = booster.predict(less).reshape(len(which), -1)
    return np.array([max(1.0, spread_of(y - p) / usual) for p in predicted])


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
