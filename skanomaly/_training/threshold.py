"""Out-of-fold scores of the training rows, to set the threshold by."""

import numpy as np
from sklearn.base import clone
from skorch.callbacks import (
    EarlyStopping,
    EpochScoring,
    GradientNormClipping,
    LRScheduler,
    ParamMapper,
)

from skanomaly.utils._random import spawn_seeds

__all__ = ["AUTO_CONTAMINATION", "needs_cross_fit", "out_of_fold_scores"]

# What contamination="auto" stands for: the fraction of new normal rows that is called
# anomalous.
AUTO_CONTAMINATION = 0.1

# Every copy holds out a fifth of the rows, and there are no more copies than it takes
# to hold out 500: the fraction of these beyond a threshold has a standard error of
# about 0.013 at a tenth. Nor are there more than three, because each takes as long to
# train as the network itself.
N_FOLDS = 5
ENOUGH_ROWS = 500
MAX_COPIES = 3

# Beyond so many rows, in as many steps, a network hardly overfits
# (benchmarks.detection.thresholds), and the scores of its training rows are enough.
MAX_ROWS = 5000

# Callbacks of skorch that change the training. Others observe it, and may write files.
TRAINING_CALLBACKS = (
    EarlyStopping, EpochScoring, GradientNormClipping, LRScheduler, ParamMapper,
)  # fmt: skip


def needs_cross_fit(n_rows):
    """Whether the scores of training rows may be far lower than those of new ones.

    Fewer than ten rows are scored as they are.
    """
    return 1 <= n_rows * AUTO_CONTAMINATION and n_rows <= MAX_ROWS


def out_of_fold_scores(detector, X, seed, max_epochs=None):
    """Score training rows by copies of a detector that are trained without them.

    Parameters
    ----------
    detector : DeepDetector
        What to copy. It is not changed.
    X : ndarray of shape (n_samples, n_features)
        Its training rows, at least `N_FOLDS` of them.
    seed : int
        Source of the seeds of the copies and of the folds.
    max_epochs : int, default=None
        Epochs of the copies. None leaves it to their parameters.

    Returns
    -------
    ndarray of shape (n_scored,)
        Anomaly scores of the rows that were held out, one to three fifths of all.
    """
    split, *seeds = spawn_seeds(seed, 1 + N_FOLDS)
    fold = np.random.default_rng(split).permutation(len(X)) % N_FOLDS
    n_copies = min(MAX_COPIES, -(-ENOUGH_ROWS * N_FOLDS // len(X)))
    parts = []
    for k in range(n_copies):
        copy = _copy(detector, seeds[k], max_epochs)
        copy._fit(X[fold != k])
        parts.append(copy._score(X[fold == k]))
    return np.concatenate(parts)


def _copy(detector, seed, max_epochs):
    """Copy the parameters, but for callbacks that only observe."""
    copy = clone(detector).set_params(random_state=seed, **detector._fold_params())
    if max_epochs is not None:
        copy.set_params(max_epochs=max_epochs)
    named = [(_name(item), item) for item in copy.callbacks or ()]
    observers = {
        name for name, item in named if not issubclass(_kind(item), TRAINING_CALLBACKS)
    }
    copy.callbacks = [item for name, item in named if name not in observers] or None
    copy._net_params = {
        key: value
        for key, value in copy._net_params.items()
        if not (key.startswith("callbacks__") and key.split("__")[1] in observers)
    }
    return copy


def _name(item):
    """Name of a callback in parameters, as skorch gives it."""
    return item[0] if isinstance(item, tuple) else _kind(item).__name__


def _kind(item):
    callback = item[1] if isinstance(item, tuple) else item
    return callback if isinstance(callback, type) else type(callback)
