"""Trees on one-hot rows as masks of leaves, so that many rows are judged at once."""

import numpy as np

from skanomaly.correctors._table.codec import MISSING
from skanomaly.utils._compat import grown_trees

__all__ = ["MAX_LEAVES", "LeafMasks"]

MAX_LEAVES = 32
# A De Bruijn sequence: multiplied by a power of two, modulo 2**32, it has another
# pattern in its top five bits for each power.
DE_BRUIJN, TOP_BITS = np.uint32(0x077CB531), np.uint32(27)


class LeafMasks:
    """Trees whose nodes ask about one unit each: is the cell of this category.

    Each leaf of a tree has a bit. A category of a column leaves the leaves that the
    nodes about this column do not exclude, and what all columns leave is the one leaf
    that the row comes to. So a row costs one AND for each column and tree, instead of a
    walk down the tree (QuickScorer [1]_).

    Parameters
    ----------
    booster : HistGradientBoostingClassifier
        Fitted on the columns `units` of one-hot rows; at most `MAX_LEAVES` leaves.
    units : ndarray of int64
        The units that it knows.
    sizes : sequence of int
        Categories of each column.

    References
    ----------
    .. [1] C. Lucchese et al., "QuickScorer: a fast algorithm to rank documents with
       additive ensembles of regression trees", SIGIR 2015.
    """

    def __init__(self, booster, units, sizes):
        trees, self.guess = grown_trees(booster)
        # Each column has an entry for each category, and one more for a missing cell.
        self.starts = np.cumsum([0, *(size + 1 for size in sizes)])[:-1]
        self.ends = self.starts + np.asarray(sizes)
        columns = np.repeat(np.arange(len(sizes)), sizes)[units]
        self.masks = np.empty((int(self.ends[-1]) + 1, len(trees)), dtype=np.uint32)
        self.values = np.zeros((len(trees), MAX_LEAVES))
        for t, nodes in enumerate(trees):
            self._add(t, nodes, units + columns, columns)

    def _add(self, t, nodes, entries, columns):
        """Write the masks of one tree; a node's feature has an entry and a column."""
        leaves = self._number_leaves(t, nodes)
        mask = self.masks[:, t]
        mask[:] = leaves[0]
        for node in nodes[nodes["is_leaf"] == 0]:
            entry, j = entries[node["feature_idx"]], columns[node["feature_idx"]]
            # The category goes right, all others and a missing cell go left.
            chosen = mask[entry] & ~leaves[node["left"]]
            mask[self.starts[j] : self.ends[j] + 1] &= ~leaves[node["right"]]
            mask[entry] = chosen

    def _number_leaves(self, t, nodes):
        """Keep the values of the leaves; return the leaves below each node, as bits."""
        below = np.zeros(len(nodes), dtype=np.uint32)
        at = np.flatnonzero(nodes["is_leaf"])
        below[at] = np.uint32(1) << np.arange(len(at), dtype=np.uint32)
        self.values[t, below[at] * DE_BRUIJN >> TOP_BITS] = nodes["value"][at]
        # A node comes before those below it.
        for i in np.flatnonzero(nodes["is_leaf"] == 0)[::-1]:
            below[i] = below[nodes["left"][i]] | below[nodes["right"][i]]
        return below

    def keep(self, n_trees):
        """Leave out all but the first trees."""
        self.masks = np.ascontiguousarray(self.masks[:, :n_trees])
        self.values = np.ascontiguousarray(self.values[:n_trees])

    def tree_values(self, codes):
        """What each tree says of each row, shape (n, n_trees)."""
        entries = np.where(codes == MISSING, self.ends, codes + self.starts)
        left = self.masks[entries[:, 0]]
        for j in range(1, entries.shape[1]):
            left &= self.masks[entries[:, j]]
        n_trees = len(self.values)
        at = (left * DE_BRUIJN >> TOP_BITS) + np.arange(n_trees, dtype=np.uint32) * 32
        return self.values.take(at)

    def log_odds(self, codes):
        """Sum of the trees, shape (n,)."""
        return self.tree_values(codes).sum(axis=1) + self.guess
