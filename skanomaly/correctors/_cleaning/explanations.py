"""Which of several contradicting cells is the wrong one.

Where a country and a currency do not go together, each looks wrong in the light of the
other. One mistake is likelier than two: a cell is the wrong one if changing it alone
leaves nothing odd in its row. If several would do, nothing tells which it was, and they
share the probability.
"""

import numpy as np

__all__ = ["ODD", "explain"]

# A cell is odd if the rest of its row makes another value so many times likelier.
ODD = 20
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
    rows = np.flatnonzero(odd.sum(axis=1) > 1)
    if not len(rows):
        return
    odd = odd[rows]
    suffices = np.zeros(odd.shape, bool)
    for j in np.flatnonzero(odd.any(axis=0)):
        at = np.flatnonzero(odd[:, j] & (fixed[j] | (result.best[rows, j] >= 0)))
        after = codes[rows[at]].copy()
        after[:, j] = -1 if fixed[j] else result.best[rows[at], j]
        suffices[at, j] = ~find_odd(after).any(axis=1)
    known = suffices.any(axis=1)
    _share_blame(rows[known], odd[known], suffices[known], result, rates)


def _share_blame(rows, odd, suffices, result, rates):
    """Write the probabilities: there is one wrong cell in each of these rows."""
    share = suffices * np.maximum(rates, TINY)
    share /= share.sum(axis=1, keepdims=True)
    p_error, p_new = result.p_error[rows], result.p_new[rows]
    one_wrong = np.where(odd, p_error, 0).max(axis=1, keepdims=True)
    right = p_new / np.maximum(p_error, TINY)
    result.p_error[rows] = np.where(odd, one_wrong * share, p_error)
    result.p_new[rows] = np.where(odd, one_wrong * share * right, p_new)
