"""How far a value that looks like a slip is one, and of which word.

A slip of the keyboard is hardly made twice and no other one: of a name there are a
hundred. So "Marin" in five rows beside "Martin" is a name, or what one person always
writes, and nothing but the column tells which: whether it has other slips, which come
once, and whether its rare values that look like slips are words, as other columns say.
"""

import numpy as np

__all__ = ["chances_of_slips", "of_other_words"]

# Weight of not knowing: one half for each side.
PRIOR = 0.5


def chances_of_slips(pairs, slips, foreign, n_rows):
    """Probability to be a slip of each value that comes again, 1 for the others.

    It is the share of slips among the other rare values that look like some: of the
    column, and as many as the other columns have in the mean. Arguments are lists with
    an entry for each column, and so is the result.

    Parameters
    ----------
    pairs : int arrays of shape (m, 2)
        Rare values of a column, and the words they look like.
    slips, foreign : bool arrays of shape (k,)
        Which values are taken for slips, and which are no words in any case.
    n_rows : int arrays of shape (k,)
        How many rows hold each value.
    """
    n_slips = np.array([values.sum() for values in slips])
    elsewhere = (n_slips.sum() - n_slips) / max(1, len(slips) - 1)
    found = []
    for alike, mine, never, n, more in zip(
        pairs, slips, foreign, n_rows, elsewhere, strict=True
    ):
        words = len(np.setdiff1d(alike[:, 0], np.flatnonzero(mine))) + PRIOR
        others = max(mine.sum() - 1, 0) + more + PRIOR
        again = mine & ~never & (n > 1)
        found.append(np.where(again, others / (others + words), 1.0))
    return found


def of_other_words(channels, codes, best):
    """Cells that look like a slip, but not of the word that is best, (n, d)."""
    other = np.zeros(codes.shape, bool)
    for j, channel in enumerate(channels):
        slip = np.append(channel.slips, False)[codes[:, j]]  # -1 points at the last one
        rows = np.flatnonzero(slip & (best[:, j] >= 0))
        if len(rows):
            chance = channel.likelihood[codes[rows, j], best[rows, j]]
            other[rows, j] = np.asarray(chance).ravel() == 0
    return other
