"""The classifier of labelled rows: a network or trees, as held-out rows decide."""

from functools import partial

import numpy as np

from skanomaly.correctors._search.boosted_trees import N_FOLDS, BoostedTrees
from skanomaly.correctors._search.classifier import (
    MIN_HELD_OUT,
    fit_on_part,
    held_out_rows,
)
from skanomaly.correctors._search.log_odds import as_anomaly_model
from skanomaly.correctors._search.platt import best_loss, platt_scaling
from skanomaly.utils._seeds import spawn_seeds

__all__ = ["fit_default_classifier"]

# Rows of the rarer class in each fold, or trees are not tried.
MIN_PER_FOLD = 2
# Parts to hold out, one after the other, where one has too few rows of a class.
N_PARTS = 3
# The network is as fast, smoother, and has a gradient: trees must have clearly less
# log-loss, this share of its own.
CLEARLY_LESS = 0.9


def fit_default_classifier(codes, y, n_categories, *, seed=0, verbose=0):
    """Fit a network and boosted trees, and return the better one.

    Rules about sums or equal cells are for the network, those about few cells for the
    trees, which also need fewer labels. The calibrated log-loss of rows decides that
    neither has seen.

    Parameters
    ----------
    codes : ndarray of int, shape (n, d)
        Rows; -1 is a missing cell.
    y : ndarray of shape (n,)
        1 or True for anomalies, 0 or False for normal rows; both must be there.
    n_categories : sequence of int
        Categories of each column.
    seed : int, default=0
    verbose : int, default=0

    Returns
    -------
    NeuralNet or BoostedTrees
    """
    y = np.asarray(y).astype(np.int64)
    train = partial(fit_on_part, codes, y, n_categories, seed=seed, verbose=verbose)
    net, n_epochs, finish = train(held_out_rows(y, seed))
    if np.bincount(y).min() < MIN_PER_FOLD * N_FOLDS:
        return finish()
    # The first four seeds are the network's.
    trees = BoostedTrees(tuple(n_categories), random_state=spawn_seeds(seed, 5)[4])
    trees.fit_codes(codes, y)
    parts = _parts(y, seed)
    nets = [net, *(train(part, max_epochs=n_epochs)[0] for part in parts[1:])]
    said = [_raw(n, n_categories, codes[p]) for n, p in zip(nets, parts, strict=True)]
    rows = np.concatenate([np.flatnonzero(part) for part in parts])
    known = np.isfinite(trees.held_out_[rows])
    rows, z = rows[known], np.concatenate(said)[known]
    if _is_clearly_better(trees.held_out_[rows], z, y[rows]):
        return trees
    chosen = finish()
    chosen.module_.calibrate(*platt_scaling(z, y[rows])[:2])
    return chosen


def _is_clearly_better(one, other, y):
    """Whether the loss of some log-odds is clearly less than that of others."""
    # Less than what one row can do is nothing.
    floor = 1 / len(y)
    return best_loss(one, y) + floor < CLEARLY_LESS * (best_loss(other, y) + floor)


def _parts(y, seed):
    """Parts to hold out: one, or more where it has too few rows of a class."""
    parts = [held_out_rows(y, seed, part) for part in range(N_PARTS)]
    few = np.bincount(y[parts[0]], minlength=2).min() < MIN_HELD_OUT
    return parts if few else parts[:1]


def _raw(net, sizes, codes):
    """Log-odds before calibration."""
    scale, shift = net.module_.scale.item(), net.module_.shift.item()
    return (as_anomaly_model(net, sizes).logits(codes) - shift) / scale
