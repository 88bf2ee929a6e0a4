"""Rare values that are words of their own, by what comes with them in their rows.

Iran is one slip from Iraq, and Cape from Cap. But an error changes one cell and leaves
the others as they were: the row of a misspelt Iraq has what rows of Iraq have. Where
it has a code that never comes with Iraq, or that comes with nothing else, the rare
value is right.
"""

import numpy as np

__all__ = ["has_partner", "is_copied", "not_with"]

# Values that come in fewer rows than these are rare.
RARE = 10
# That so rare a thing stands beside an error by chance is at most so probable, over all
# columns that might show one.
CHANCE = 0.01
# It is told by so large a part of the rows of a value.
MOSTLY = 0.5
# A column may say the same as another one if it does in so many rows, though of the
# same texts so large a part is written otherwise.
OFTEN_THE_SAME, OTHERWISE = 0.05, 0.1


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
        rare_rows = total[total < RARE].sum()
        here = rows[known[rows]]
        pair = codes[here, j].astype(np.int64) * n_values[c] + codes[here, c]
        pairs, count = np.unique(pair, return_counts=True)
        value, partner = np.divmod(pairs, n_values[c])
        alone = count == total[partner]
        chance = np.maximum(rare_rows, total[partner]) / max(1, known.sum())
        alone &= chance**count < CHANCE / codes.shape[1]
        told = np.bincount(value[alone], count[alone], minlength=len(suspects))
        out |= suspects & (told >= MOSTLY * np.maximum(size, 1))
    return out


def is_copied(suspects, j, texts, codes):
    """Which suspects always stand beside their own text, in a column often equal to j.

    Some shops of a firm have a name of their own, others that of the firm, however rare
    it is. A journal whose name is short is no reason to shorten that of another one.

    Parameters
    ----------
    suspects : bool array of shape (n_values[j],)
    j : int
        Their column.
    texts : list of d arrays of str, or None
        Values of each column by code; None for a column that is no text.
    codes : int array of shape (n, d)
    """
    out = np.zeros(len(suspects), bool)
    size = np.bincount(codes[codes[:, j] >= 0, j], minlength=len(suspects))
    number = {str(text): k for k, text in enumerate(texts[j])}
    for c in _others(j, codes):
        if texts[c] is None or not len(texts[c]):
            continue
        same_text = np.array([number.get(str(text), -1) for text in texts[c]])
        both = (codes[:, c] >= 0) & (codes[:, j] >= 0)
        same = both & (same_text[codes[:, c]] == codes[:, j])
        at, n = codes[both, c], len(texts[c])
        share = np.bincount(at, same[both], n) / np.maximum(np.bincount(at, None, n), 1)
        mixed = same & (share[codes[:, c]] <= 1 - OTHERWISE) & ~suspects[codes[:, j]]
        if mixed.sum() >= OFTEN_THE_SAME * len(codes):
            count = np.bincount(codes[same, j], minlength=len(suspects))
            out |= suspects & (count == size)
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
        once = np.bincount(value[count == 1], minlength=n_values[j])
        total = np.bincount(value, count, minlength=n_values[j])
        # How often a row of the word shows what no other one does (Good and Turing).
        chance = np.maximum(once, 1) / (total + 1)
        for i in np.flatnonzero((chance[word] < 0.5) & ~out):
            mine = value == rare[i]
            theirs = word[i] * n_values[c] + partner[mine]
            unseen = count[mine][~np.isin(theirs, pairs)].sum()
            is_told = unseen >= MOSTLY * max(1, size[rare[i]])
            out[i] = is_told and chance[word[i]] ** unseen < CHANCE / codes.shape[1]
    return out


def _others(j, codes):
    return [c for c in range(codes.shape[1]) if c != j]
