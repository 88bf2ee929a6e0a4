"""The classifier of labelled rows: a network or trees, as held-out rows decide."""

import numpy as np

from skanomaly.correctors._search.boosted_trees import N_FOLDS, BoostedTrees
from skanomaly.correctors._search.classifier import fit_on_part, held_out_rows
from skanomaly.correctors._search.log_odds import as_anomaly_model
from skanomaly.correctors._search.platt import platt_scaling
from skanomaly.utils._seeds import spawn_seeds

__all__ = ["fit_default_classifier"]

# Rows of the rarer class in each fold, or trees are not tried.
MIN_PER_FOLD = 2
# The network is as fast, smoother, and has a gradient: trees must have clearly less
# log-loss, this share of its own.
CLEARLY_LESS = 0.8


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
    held_out, options = held_out_rows(y, seed), {"seed": seed, "verbose": verbose}
    net, finish = fit_on_part(codes, y, n_categories, held_out, **options)
    if np.bincount(y).min() < MIN_PER_FOLD * N_FOLDS:
        return finish()
    # The first four are the network's.
    trees = BoostedTrees(tuple(n_categories), random_state=spawn_seeds(seed, 5)[4])
    trees.fit_codes(codes, y)
    rows = held_out & np.isfinite(trees.held_out_)
    by_net = as_anomaly_model(net, n_categories).logits(codes[rows])
    limit = CLEARLY_LESS * platt_scaling(by_net, y[rows])[2]
    by_trees = trees.held_out_[rows]
    return trees if platt_scaling(by_trees, y[rows])[2] < limit else finish()
