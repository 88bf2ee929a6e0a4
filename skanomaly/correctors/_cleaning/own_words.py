"""Rare values that are words of their own, by what comes with them in their rows.

Iran is one slip from Iraq, and Cape from Cap. But an error changes one cell and leaves
the others as they were: the row of a misspelt Iraq has what rows of Iraq have. Where
it has a code that never comes with Iraq, or that comes with nothing else, the rare
value is right.

And an error has to come from somewhere. What replaces a word is another word of its
column, which stands in other rows by right; what is mistyped or shortened looks like
its word. A rare value that is neither may be right as well: the one person of the
Swedes who was born in Chile.
"""

from difflib import SequenceMatcher

import numpy as np

from skanomaly.correctors._cleaning.foretelling import MIN_ROWS

__all__ = [
    "has_partner",
    "is_copied",
    "not_with",
    "unforeseen_words",
    "unlike_words",
]

# Values that come in fewer rows than these are rare.
RARE = 10
# That so rare a thing stands beside an error by chance is at most so probable, over all
# columns that might show one.
CHANCE = 0.01
# A partner is with a value alone in so large a part of its rows: the rest are errors.
NEARLY_ALL = 0.8
# It is told by so large a part of the rows of a value.
MOSTLY = 0.5
# Words are written alike if they have more than this part of their letters in common.
ALIKE = 0.5
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
        alone = count >= NEARLY_ALL * total[partner]
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


def unforeseen_words(codes, expected, n_rows):
    """Values of few rows, none of which was foretold, a list of d bool arrays.

    Parameters
    ----------
    codes, expected : int arrays of shape (n, d)
        A table, and what its rows are sure of without the cell itself, -1 for nothing.
    n_rows : list of d int arrays
        How many rows hold each value.
    """
    found = []
    for n, cells, sure in zip(n_rows, codes.T, expected.T, strict=True):
        foretold = np.zeros(len(n) + 1, bool)
        foretold[sure[sure == cells]] = True  # -1 points at the last one
        found.append((n < MIN_ROWS) & ~foretold[:-1])
    return found


def unlike_words(strings, unforeseen, codes, best):
    """Cells of a word that is right nowhere, and is not written like the best, (n, d).

    It may be a word of its own: an error that replaces a word brings in one that other
    rows have by right, and what is mistyped, or shortened, looks like its word.

    Parameters
    ----------
    strings : StringChannel
    unforeseen : list of d bool arrays
        Values of few rows that no other row foretells.
    codes, best : int arrays of shape (n, d)
        What stands there, and what would.
    """
    unlike = np.zeros(codes.shape, bool)
    for j, texts in enumerate(strings.values):
        rare = np.append(unforeseen[j], False)[codes[:, j]]
        rows = np.flatnonzero(rare & (best[:, j] >= 0))
        if texts is None or not len(rows):
            continue
        old, new = codes[rows, j], best[rows, j]
        mistyped = np.asarray(strings.likelihood_[j][old, new]).ravel() > 0
        unlike[rows, j] = ~mistyped & [
            not _is_written_like(texts[a], texts[b])
            for a, b in zip(old, new, strict=True)
        ]
    return unlike


def are_numbers(strings, codes, cells):
    """Which of some cells hold digits only, (n, d)."""
    numbers = np.zeros(codes.shape, bool)
    for i, j in np.argwhere(cells):
        numbers[i, j] = strings.values[j][codes[i, j]].isdigit()
    return numbers


def _is_written_like(text, word):
    """Whether most letters are shared, or are those of an abbreviation."""
    text, word = text.casefold(), word.casefold()
    if SequenceMatcher(None, text, word, autojunk=False).ratio() > ALIKE:
        return True
    short, long = sorted((text, word), key=len)
    letters = iter(long)
    return short[:1] == long[:1] and all(letter in letters for letter in short)


def _others(j, codes):
    return [c for c in range(codes.shape[1]) if c != j]
