"""Which of several contradicting cells is the wrong one.

Where a country and a currency do not go together, each looks wrong in the light of the
other. One mistake is likelier than two: the wrong cell is the one whose change settles
most of what is odd in its row. If several settle as much of the same, nothing tells
which it was, and they share the probability. Cells whose change settles nothing else
are mistakes by themselves.
"""

import numpy as np

from skanomaly.correctors._cleaning.beliefs import SURE
from skanomaly.utils._chunks import row_slices

__all__ = ["ODD", "explain"]

# A cell is odd if the rest of its row makes another value so many times likelier.
ODD = 20
# So many mistakes of a row are told apart.
MAX_MISTAKES = 3
# A cell that is as likely wrong as the others together is shown to the user.
AS_LIKELY, SHOWN = 0.49, 0.5
TINY = 1e-9


def explain(codes, odd, result, find_odd, rates, fixed):
    """Give the blame in rows with several odd cells.

    Parameters
    ----------
    codes : int array of shape (n, d)
        Rows, without the cells that are known to be wrong by themselves.
    odd : bool array of shape (n, d)
        Cells that contradict something.
    result : CellPosterior
        Is altered in place.
    find_odd : callable
        Tells which cells of other rows are odd.
    rates : float array of shape (d,)
        How often each column is wrong.
    fixed : bool array of shape (d,)
        Columns that are evidence only: they take blame, and are not changed.
    """
    odd = odd.copy()
    for _ in range(MAX_MISTAKES):
        rows = np.flatnonzero(odd.sum(axis=1) > 1)
        if not len(rows):
            return
        best = np.where(fixed, -1, result.best[rows])
        settled = _settled(codes[rows], odd[rows], best, find_odd, fixed)
        cause, blamed = _most(settled, odd[rows])
        known = cause.any(axis=1)
        _share_blame(rows[known], blamed[known], cause[known], result, rates)
        odd[rows] &= ~blamed & known[:, None]
        sure = cause & (cause.sum(axis=1, keepdims=True) == 1)
        after = np.where(sure, best, np.where(cause, -1, codes[rows]))
        codes = codes.copy()
        codes[rows] = after


def _settled(codes, odd, best, find_odd, fixed):
    """What a change of each cell settles, -1 what it makes odd: shape (n, d, d)."""
    settled = np.zeros((*odd.shape, odd.shape[1]), dtype=np.int8)
    # Many cells at once: as many small tables would take far longer.
    changes = np.argwhere(odd & (fixed | (best >= 0)))
    for part in row_slices(len(changes), odd.shape[1]):
        cells, columns = changes[part].T
        after = codes[cells]
        after[np.arange(len(cells)), columns] = best[cells, columns]
        settled[cells, columns] = odd[cells].astype(np.int8) - find_odd(after)
    # That a number is rare beside a value is no contradiction, which it would settle.
    settled[:, :, fixed] = np.maximum(settled[:, :, fixed], 0)
    return settled


def _most(settled, odd):
    """Cells whose change settles most of one thing, and all cells of this thing."""
    n = np.where(odd, settled.sum(axis=2, dtype=np.int64), 0)
    most = n.max(axis=1)
    first = settled[np.arange(len(n)), n.argmax(axis=1)] > 0
    same = ((settled > 0) & first[:, None, :]).any(axis=2)
    cause = odd & (n == most[:, None]) & same & (most > 1)[:, None]
    return cause, (first | cause) & (most > 1)[:, None]


def _share_blame(rows, blamed, cause, result, rates):
    """Write the probabilities: there is one wrong cell among these of each row."""
    share = cause * np.maximum(rates, TINY)
    share /= np.maximum(share.sum(axis=1, keepdims=True), TINY)
    p_error, p_new = result.p_error[rows], result.p_new[rows]
    one_wrong = np.where(blamed, p_error, 0).max(axis=1, keepdims=True)
    right = np.minimum(p_new / np.maximum(p_error, TINY), 1.0)
    shared = one_wrong * share
    # Shared in two, none would be shown of which one is surely wrong.
    nobody = (one_wrong >= SURE) & (shared.max(axis=1, keepdims=True) < SHOWN)
    is_shown = nobody & (share >= AS_LIKELY)
    shared = np.where(is_shown, np.maximum(shared, SHOWN), shared)
    result.p_error[rows] = np.where(blamed, shared, p_error)
    result.p_new[rows] = np.where(blamed, one_wrong * share * right, p_new)
