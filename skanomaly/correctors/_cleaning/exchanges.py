"""Pairs of columns between which cells were exchanged again and again.

Exchanged cells that come often vouch for each other: where one column holds what is at
home in the other one, so does that, and each foretells the other. It is this that tells
them. But shops send things back to where they came from, and then both ends of a
journey are exchanged by right. That concerns one thing, so that all its columns are
exchanged in the same rows; errors exchange several pairs of columns, each in rows of
its own.
"""

from itertools import combinations

import numpy as np
from scipy.stats import binom

from skanomaly.correctors._cleaning.suspects import ESTABLISHED, TIMES

__all__ = ["exchanged_columns", "exchanged_rows"]

# Both cells of a pair come together far more often than such a chance, of different
# values, and in so large a part of the rows of the one that comes more seldom.
CHANCE, MIN_KINDS, TOGETHER = 1e-4, 2, 0.5
# So many pairs of columns, with this share of their rows for themselves.
MIN_PAIRS, ALONE = 3, 0.5


def exchanged_columns(texts, n_rows, codes):
    """Return pairs of columns that exchange cells by error, and those by right.

    Parameters
    ----------
    texts : list of d arrays of str, or None
        Values of each column by code; None for a column that is no text.
    n_rows : list of d int arrays
        How many rows hold each value.
    codes : int array of shape (n, d)
        The table; -1 is missing.

    Returns
    -------
    errors : dict of {(a, b): (bool array, bool array)}
        For two columns which values of each are at home in the other one.
    meant : set of (a, b)
        Pairs that are exchanged in the same rows as others.
    """
    number = [_numbers(values) for values in texts]
    found = {}
    for a, b in combinations(range(len(texts)), 2):
        if texts[a] is None or texts[b] is None:
            continue
        strange = (
            _at_home(texts[a], n_rows[a], number[b], n_rows[b]),
            _at_home(texts[b], n_rows[b], number[a], n_rows[a]),
        )
        if all(s.any() for s in strange) and _come_together(codes, a, b, strange):
            found[a, b] = strange
    alone = _share_alone(codes, found)
    meant = {pair for pair, share in alone.items() if share < ALONE}
    enough = len(alone) - len(meant) >= MIN_PAIRS
    errors = {pair: found[pair] for pair in alone if enough and pair not in meant}
    return errors, meant


def exchanged_rows(codes, pair, strange):
    """Whether each row holds in both columns what is at home in the other one."""
    a, b = (
        np.append(values, False)[codes[:, j]]  # -1 points at the last one
        for j, values in zip(pair, strange, strict=True)
    )
    return a & b


def _numbers(values):
    return {} if values is None else {str(v): k for k, v in enumerate(values)}


def _at_home(texts, n_rows, number, n_there):
    """Which values of a column come far more often in another one."""
    code = np.array([number.get(str(text), -1) for text in texts], int)
    there = np.where(code >= 0, np.append(n_there, 0)[code], 0)
    return (n_rows > 0) & (there >= np.maximum(ESTABLISHED, TIMES * n_rows))


def _come_together(codes, a, b, strange):
    """Whether what is at home in the other column comes in both, or in none."""
    of_a, of_b = (
        np.append(values, False)[codes[:, j]]
        for j, values in zip((a, b), strange, strict=True)
    )
    both = of_a & of_b
    n_a, n_b, n = of_a.sum(), of_b.sum(), both.sum()
    if n < TOGETHER * min(n_a, n_b) or binom.sf(n - 1, n_a, of_b.mean()) > CHANCE:
        return False
    return len(np.unique(codes[both][:, [a, b]], axis=0)) >= MIN_KINDS


def _share_alone(codes, found):
    """In what part of its rows each pair of columns is the only one."""
    rows = {pair: exchanged_rows(codes, pair, each) for pair, each in found.items()}
    n_pairs = np.sum(list(rows.values()), axis=0)
    return {pair: (n_pairs[mine] == 1).mean() for pair, mine in rows.items()}
