"""Boosted trees for rows of categories, calibrated on rows kept aside."""

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.utils.validation import check_is_fitted

from skanomaly.correctors._search.leaf_masks import LeafMasks
from skanomaly.correctors._search.platt import platt_scaling
from skanomaly.correctors._table.codec import MISSING
from skanomaly.utils._seeds import draw_seed, spawn_seeds

__all__ = ["BoostedTrees"]

# Trees to sum: rules need many, noisy labels few. The rows kept aside choose.
N_TREES = (100, 50, 25, 12)
N_FOLDS = 5
# scikit-learn's defaults: a split that leaves fewer rows is not tried, so that rarer
# categories need no unit.
MIN_LEAF, MAX_LEAVES = 20, 31
# More rows, or cells of one-hot rows, than that teach little and cost much.
MAX_ROWS, MAX_CELLS = 50_000, 10_000_000


class BoostedTrees(ClassifierMixin, BaseEstimator):
    """Gradient-boosted trees on one-hot rows, with calibrated probabilities.

    Few labels are enough for them. How many trees to sum, and the scale and shift of
    the log-odds (Platt), are learned from the predictions for rows kept aside, by
    stratified cross-validation. A missing cell is of no category.

    Parameters
    ----------
    n_categories : tuple of int
        Categories of each column.
    random_state : int, RandomState instance or None, default=None

    Attributes
    ----------
    classes_ : ndarray
        0 (normal) and 1 (anomaly).
    held_out_ : ndarray of shape (n_samples,)
        Log-odds of the training rows, not calibrated, by trees that did not see them;
        NaN for rows that were too many to learn from.
    """

    def __init__(self, n_categories, random_state=None):
        self.n_categories = n_categories
        self.random_state = random_state

    def fit(self, X, y):
        """Learn from one-hot rows, shape (n_samples, n_units), and their labels."""
        return self.fit_codes(self._codes(X), y)

    def fit_codes(self, codes, y):
        """Learn from rows of codes, shape (n_samples, n_features)."""
        seeds = spawn_seeds(draw_seed(self.random_state), 3)
        y = np.asarray(y).astype(np.int64)
        rows = _sampled(y, seeds[0])
        values, guesses = self._out_of_fold(codes[rows], y[rows], seeds)
        n_trees, self.scale_, self.shift_, z = _best_length(values, guesses, y[rows])
        self.shift_ += _odds(y) - _odds(y[rows])
        self.held_out_ = np.full(len(y), np.nan)
        self.held_out_[rows] = z
        self.trees_ = self._grow(codes[rows], y[rows], seeds[1])
        self.trees_.keep(n_trees)
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = int(sum(self.n_categories))
        return self

    def _out_of_fold(self, codes, y, seeds):
        """What each tree says of rows that it did not see; the first guesses."""
        values = np.zeros((len(y), max(N_TREES)), dtype=np.float32)
        guesses = np.empty(len(y))
        folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seeds[2])
        for seen, kept in folds.split(codes, y):
            trees = self._grow(codes[seen], y[seen], seeds[1])
            part = trees.tree_values(codes[kept])
            values[kept, : part.shape[1]] = part
            guesses[kept] = trees.guess
        return values, guesses

    def _grow(self, codes, y, seed):
        units, X = _frequent_units(codes, self.n_categories)
        booster = HistGradientBoostingClassifier(
            max_iter=max(N_TREES),
            max_leaf_nodes=MAX_LEAVES,
            min_samples_leaf=MIN_LEAF,
            early_stopping=False,
            random_state=seed,
        )
        return LeafMasks(booster.fit(X, y), units, self.n_categories)

    def _codes(self, X):
        """Categories of one-hot rows; a block without any is a missing cell."""
        ends = np.cumsum(self.n_categories)[:-1]
        blocks = np.split(np.asarray(X) > 0.5, ends, axis=1)
        codes = [np.where(b.any(axis=1), b.argmax(axis=1), MISSING) for b in blocks]
        return np.stack(codes, axis=1)

    def log_odds(self, codes):
        """Calibrated log-odds of an anomaly of rows of codes, shape (n_samples,)."""
        return self.scale_ * self.trees_.log_odds(codes) + self.shift_

    def decision_function(self, X):
        """Calibrated log-odds of an anomaly of one-hot rows, shape (n_samples,)."""
        check_is_fitted(self)
        return self.log_odds(self._codes(X))

    def predict_proba(self, X):
        """Probabilities of both classes, shape (n_samples, 2)."""
        p = expit(self.decision_function(X))
        return np.stack([1 - p, p], axis=1)

    def predict(self, X):
        """1 for the rows that are more likely anomalies than not, else 0."""
        return (self.decision_function(X) >= 0).astype(np.int64)


def _sampled(y, seed):
    """Numbers of the rows to learn from, in order; of each class half, if it has so."""
    if len(y) <= MAX_ROWS:
        return np.arange(len(y))
    rng, n_rarer = np.random.default_rng(seed), int(np.bincount(y, minlength=2).min())
    n = max(MAX_ROWS // 2, MAX_ROWS - n_rarer)
    parts = [rng.permutation(np.flatnonzero(y == label))[:n] for label in (0, 1)]
    return np.sort(np.concatenate(parts))


def _odds(y):
    """Log-odds of an anomaly, all rows alike."""
    return float(np.log(y.sum() / (len(y) - y.sum())))


def _frequent_units(codes, sizes):
    """Units of categories that a split could use, and the rows' cells of these."""
    starts = np.cumsum([0, *sizes])[:-1]
    units = np.where(codes == MISSING, -1, codes + starts)
    counts = np.bincount(units[units >= 0], minlength=sum(sizes))
    most = max(1, MAX_CELLS // len(codes))
    order = np.argsort(-counts, kind="stable")[:most]
    chosen = np.sort(order[counts[order] >= MIN_LEAF])
    if not len(chosen):
        chosen = order[:1]
    columns = np.repeat(np.arange(len(sizes)), sizes)[chosen]
    return chosen, (units[:, columns] == chosen).astype(np.float32)


def _best_length(values, guesses, y):
    """Return the number of trees of least loss, its calibration and log-odds."""
    best, least = None, np.inf
    for n_trees in N_TREES:
        z = guesses + values[:, :n_trees].sum(axis=1, dtype=np.float64)
        scale, shift, loss = platt_scaling(z, y)
        if best is None or loss < least:
            best, least = (n_trees, scale, shift, z), loss
    return best
