"""Boosted trees of scikit-learn, whose nodes say where to go on reading memory.

scikit-learn follows the numbers in a node without a look at them: one that was made up
could crash the process. Here they are checked, when they come from a file.
"""

import numpy as np

from skanomaly.utils._compat import TreePredictor, booster_trees

__all__ = ["TREE", "check_booster", "tree", "tree_parts"]

TREE = TreePredictor
# A set of categories is 256 bits.
N_BITS, N_WORDS = 256, 8


def tree_parts(tree):
    """Arrays of a tree."""
    return (tree.nodes, tree.binned_left_cat_bitsets, tree.raw_left_cat_bitsets)


def tree(nodes, binned, raw):
    """Tree of arrays, whose nodes lead down to a leaf."""
    at = np.arange(len(nodes))
    inner = nodes["is_leaf"] == 0
    below = np.stack([nodes["left"], nodes["right"]]).astype(np.int64)[:, inner]
    _check(len(nodes) > 0 and (below > at[inner]).all() and (below < len(nodes)).all())
    for sets in (binned, raw):
        _check(sets.dtype == np.uint32 and sets.ndim == 2 and sets.shape[1] == N_WORDS)
    chosen = nodes["bitset_idx"][inner & (nodes["is_categorical"] != 0)]
    _check((chosen < min(len(binned), len(raw))).all())
    made = TreePredictor.__new__(TreePredictor)
    made.__setstate__(
        {"nodes": nodes, "binned_left_cat_bitsets": binned, "raw_left_cat_bitsets": raw}
    )
    return made


def check_booster(booster):
    """Refuse trees that ask for columns or categories that there are not.

    Parameters
    ----------
    booster : HistGradientBoostingRegressor
    """
    trees, categories = booster_trees(booster)
    _check(booster.n_features_in_ == len(categories))
    is_categorical = np.array([known is not None for known in categories])
    for known in categories:
        _check(known is None or (np.all(known >= 0) and np.all(known < N_BITS)))
    for one in trees:
        inner = one.nodes[one.nodes["is_leaf"] == 0]
        column = inner["feature_idx"].astype(np.int64)
        _check(((column >= 0) & (column < len(categories))).all())
        _check(is_categorical[column[inner["is_categorical"] != 0]].all())


def _check(holds):
    if not holds:
        raise ValueError("A tree in the file leads to where nothing is.")
