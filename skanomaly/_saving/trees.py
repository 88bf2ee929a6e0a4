"""Boosted trees of scikit-learn, whose nodes say where to go on reading memory.

scikit-learn follows the numbers in a node without a look at them: one that was made up
could crash the process. Here they are checked, when they come from a file.
"""

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from skanomaly.utils._compat import booster_parts, replant

__all__ = ["booster_of", "parts_of"]

# A set of categories is 256 bits.
MAX_CATEGORIES, N_WORDS = 256, 8


def parts_of(booster):
    """Parameters, categories, trees and first guess of a fitted booster."""
    return (booster.get_params(), *booster_parts(booster))


def booster_of(params, categories, trees, guess):
    """Return a booster that predicts with these trees.

    Parameters
    ----------
    params : dict
    categories : list of ndarray or None
        Of each column; None for numbers.
    trees : list of tuple of ndarray
    guess : ndarray

    Returns
    -------
    HistGradientBoostingRegressor
    """
    sizes = [0 if known is None else len(known) for known in categories]
    _check(sizes and max(sizes) <= MAX_CATEGORIES and guess.shape == (1, 1))
    for tree in trees:
        _check_tree(tree, np.array(sizes) > 0)
    short = {"max_iter": 1, "early_stopping": False}
    booster = HistGradientBoostingRegressor(
        **{**params, **short, "categorical_features": _mask(categories)}
    )
    # A fit on rows that have all categories makes what a tree is asked through.
    x = np.zeros((max(2, *sizes), len(sizes)))
    for j, known in enumerate(categories):
        if known is not None:
            x[:, j] = np.resize(known, len(x))
    booster.fit(x, np.arange(float(len(x)))).set_params(**params)
    replant(booster, trees, guess)
    return booster


def _mask(categories):
    mask = [known is not None for known in categories]
    return mask if any(mask) else None


def _check_tree(tree, is_categorical):
    """Refuse a tree that does not lead to leaves, by columns and sets that exist."""
    nodes, binned, raw = tree
    # Columns of categories come first in the trees.
    is_categorical = np.sort(is_categorical)[::-1]
    inner = nodes["is_leaf"] == 0
    below = np.stack([nodes["left"], nodes["right"]]).astype(np.int64)[:, inner]
    at = np.flatnonzero(inner)
    _check(len(nodes) and (below > at).all() and (below < len(nodes)).all())
    for sets in (binned, raw):
        _check(sets.dtype == np.uint32 and sets.ndim == 2 and sets.shape[1] == N_WORDS)
    column = nodes["feature_idx"].astype(np.int64)[inner]
    _check((column >= 0).all() and (column < len(is_categorical)).all())
    by_set = nodes["is_categorical"][inner] != 0
    _check(is_categorical[column[by_set]].all())
    chosen = nodes["bitset_idx"][inner][by_set]
    _check((chosen < min(len(binned), len(raw))).all())


def _check(holds):
    if not holds:
        raise ValueError("A tree in the file leads to where nothing is.")
