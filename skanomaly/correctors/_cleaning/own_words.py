"""Rare values that are words of their own, by what comes with them in their rows.

Iran is one slip from Iraq, and Cape from Cap. But an error changes one cell and leaves
the others as they were: the row of a misspelt Iraq has what rows of Iraq have. Where
it has a code that never comes with Iraq, or that comes with nothing else, the rare
value is right.
"""

import numpy as np

__all__ = ["has_partner", "not_with"]

# Values that come in fewer rows than these are rare; in a column with a larger share
# of rare ones they say nothing.
RARE, MAX_RARE = 10, 0.05
# Rows of a word that show something which comes only once with it.
MAX_NEW = 0.02
# It is told by so large a part of the rows of a value.
MOSTLY = 0.5


def has_partner(suspects, j, codes, n_values):
    """Which suspects come with a value of another column that is theirs alone.

    Parameters
    ----------
    suspects : bool array of shape (n_values[j],)
    j : int
        Their column.
    codes : int array of shape (n, d)
        -1 is missing, or of no interest.
    n_values : sequence of d ints
    """
    out = np.zeros(len(suspects), bool)
    rows = np.flatnonzero(np.append(suspects, False)[codes[:, j]])
    size = np.bincount(codes[rows, j], minlength=len(suspects))
    for c in _others(j, codes):
        known = codes[:, c] >= 0
        total = np.bincount(codes[known, c], minlength=n_values[c])
        if total[total < RARE].sum() > MAX_RARE * len(codes):
            continue
        here = rows[known[rows]]
        pair = codes[here, j].astype(np.int64) * n_values[c] + codes[here, c]
        pairs, count = np.unique(pair, return_counts=True)
        value, partner = np.divmod(pairs, n_values[c])
        alone = count == total[partner]
        told = np.bincount(value[alone], count[alone], minlength=len(suspects))
        out |= suspects & (told >= MOSTLY * np.maximum(size, 1))
    return out


def not_with(rare, word, j, codes, n_values):
    """Which rare values come with what never comes with the words they look like.

    Parameters
    ----------
    rare, word : int arrays of shape (m,)
        Codes of column `j`, in pairs.
    j, codes, n_values
        As in `has_partner`.
    """
    out = np.zeros(len(rare), bool)
    size = np.bincount(codes[codes[:, j] >= 0, j], minlength=n_values[j])
    asked = np.zeros(n_values[j] + 1, bool)
    asked[rare] = asked[word] = True
    rows = np.flatnonzero(asked[codes[:, j]])
    for c in _others(j, codes):
        here = rows[codes[rows, c] >= 0]
        pair = codes[here, j].astype(np.int64) * n_values[c] + codes[here, c]
        pairs, count = np.unique(pair, return_counts=True)
        value, partner = np.divmod(pairs, n_values[c])
        new = np.bincount(value[count == 1], minlength=n_values[j])
        share = new / np.maximum(1, np.bincount(value, count, minlength=n_values[j]))
        for i in np.flatnonzero((share[word] <= MAX_NEW) & ~out):
            mine = value == rare[i]
            theirs = word[i] * n_values[c] + partner[mine]
            unseen = count[mine][~np.isin(theirs, pairs)].sum()
            out[i] = unseen >= MOSTLY * max(1, size[rare[i]])
    return out


def _others(j, codes):
    return [c for c in range(codes.shape[1]) if c != j]
