"""Which of several contradicting cells is the wrong one.

Where a country and a currency do not go together, each looks wrong in the light of the
other. One mistake is likelier than two: the wrong cell is the one whose change settles
most of what is odd in its row. If several settle as much of the same, nothing tells
which it was, and they share the probability. Cells whose change settles nothing else
are mistakes by themselves.
"""

from typing import NamedTuple

import numpy as np

from skanomaly.correctors._cleaning.beliefs import SURE
from skanomaly.utils._chunks import row_slices

__all__ = ["ODD", "find_causes", "n_decided", "share_blame"]

# A cell is odd if the rest of its row makes another value so many times likelier.
ODD = 20
# So many mistakes of a row are told apart.
MAX_MISTAKES = 3
# Jeffreys' prior of a share: half an error in each column before any is seen.
JEFFREYS = 0.5
# A cell that is about as likely wrong as the others together is shown to the user: how
# often columns are wrong is not known better than that.
AS_LIKELY, SHOWN = 0.4, 0.5
TINY = 1e-9


class Contradictions(NamedTuple):
    """Rows in which one cell or another is wrong, and which it may be."""

    rows: np.ndarray
    blamed: np.ndarray  # (n, d), cells that are odd because of it
    cause: np.ndarray  # (n, d), those of them whose change settles it


def find_causes(codes, odd, best, find_odd, fixed):
    """Find which cells may be wrong in rows with several odd cells.

    Parameters
    ----------
    codes : int array of shape (n, d)
        Rows, without the cells that are known to be wrong by themselves.
    odd : bool array of shape (n, d)
        Cells that contradict something.
    best : int array of shape (n, d)
        What would stand there instead.
    find_odd : callable
        Tells which cells of other rows are odd.
    fixed : bool array of shape (d,)
        Columns that are evidence only: they take blame, and are not changed.

    Returns
    -------
    list of Contradictions
    """
    odd, found = odd.copy(), []
    best = np.where(fixed, -1, best)
    for _ in range(MAX_MISTAKES):
        rows = np.flatnonzero(odd.sum(axis=1) > 1)
        if not len(rows):
            break
        settled = _settled(codes[rows], odd[rows], best[rows], find_odd, fixed)
        cause, blamed = _most(settled, odd[rows])
        known = cause.any(axis=1)
        found.append(Contradictions(rows[known], blamed[known], cause[known]))
        odd[rows] &= ~blamed & known[:, None]
        sure = cause & (cause.sum(axis=1, keepdims=True) == 1)
        after = np.where(sure, best[rows], np.where(cause, -1, codes[rows]))
        codes = codes.copy()
        codes[rows] = after
    return found


def n_decided(found, odd, wrong, repeated):
    """How often each column was wrong where nothing else could be, shape (d,).

    Parameters
    ----------
    found : list of Contradictions
    odd, wrong : bool array of shape (n, d)
        Cells that contradict something, and those that are wrong if they are to blame.
    repeated : bool array of shape (n, d)
        Cells of one and the same mistake.
    """
    decided = repeated | (odd & (odd.sum(axis=1, keepdims=True) == 1))
    for rows, _, cause in found:
        decided[rows] |= cause & (cause.sum(axis=1, keepdims=True) == 1)
    return (decided & wrong).sum(axis=0)


def share_blame(found, result, rates, n_wrong):
    """Write the probabilities: there is one wrong cell among these of each row.

    Where several may be, the columns share it as often as they are wrong. How often
    that is over all cells hangs on who is blamed in these rows, which is what is asked;
    so it is flagged as the mean says of that and of what comes without them, and
    changed only as far as both say so.

    Parameters
    ----------
    found : list of Contradictions
    result : CellPosterior
        Is altered in place.
    rates : float array of shape (d,)
        How often each column is wrong, over all cells.
    n_wrong : int array of shape (d,)
        How often it is where no other cell can be.
    """
    for rows, blamed, cause in found:
        over_all = _shares(cause, np.maximum(rates, TINY))
        decided = _shares(cause, n_wrong + JEFFREYS)
        p_error, p_new = result.p_error[rows], result.p_new[rows]
        one_wrong = np.where(blamed, p_error, 0).max(axis=1, keepdims=True)
        right = np.minimum(p_new / np.maximum(p_error, TINY), 1.0)
        mean, least = (over_all + decided) / 2, np.minimum(over_all, decided)
        shared = _shown(one_wrong, mean)
        result.p_error[rows] = np.where(blamed, shared, p_error)
        result.p_new[rows] = np.where(blamed, one_wrong * least * right, p_new)


def _shown(one_wrong, share):
    """Show both of two cells where one surely is wrong: it may be either of them."""
    shared = one_wrong * share
    is_shown = (one_wrong >= SURE) & (share >= AS_LIKELY)
    return np.where(is_shown, np.maximum(shared, SHOWN), shared)


def _shares(cause, weight):
    share = cause * weight
    return share / np.maximum(share.sum(axis=1, keepdims=True), TINY)


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
