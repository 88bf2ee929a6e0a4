"""How far a value that looks like a slip is one, and of which word.

A slip of the keyboard is hardly made twice and no other one: of a name there are a
hundred. So "Marin" in five rows beside "Martin" is a name, or what one person always
writes, and nothing but the column tells which: whether it has other slips, which come
once, and whether its rare values that look like slips are words, as other columns say.
"""

import numpy as np
from scipy.stats import poisson

__all__ = [
    "chances_of_slips",
    "is_slip_of_number",
    "of_other_words",
    "usual_slips",
]

# Weight of not knowing: one half for each side.
PRIOR = 0.5
# Words of so many rows, and so many times more than a slip of them, and so long.
MANY, TIMES = 100, 10
# What is left of a word that short may be a code. It is a slip where so many texts have
# a letter more than the word.
SHORT, MIN_LONGER = 3, 6
# What comes more often than others by such a chance is more than a slip.
CHANCE = 0.01
# A number of so many digits is hardly another one with two of them exchanged.
MIN_DIGITS = 4


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


def usual_slips(values, n_rows):
    """Values that a letter left out makes of a word, as often as any other letter.

    Pairs (value, word), shape (m, 2). Fingers leave out one letter as often as another,
    or exchange any two. So "Whie" is a slip of "White", however often it comes, where
    "hite", "Whte" and most of the others come as often. One of them alone may be a
    name, and what is left of a short word a code, unless it has other slips as well.

    Parameters
    ----------
    values : array of str
        Texts of a column.
    n_rows : int array of shape (k,)
        How many rows hold each value.
    """
    number = {str(value): k for k, value in enumerate(values)}
    found = []
    for word in np.flatnonzero(n_rows >= MANY):
        if not _has_slips(values[word], values):
            continue
        for texts in (_left_out(values[word]), _exchanged(values[word])):
            codes = np.array([number.get(text, -1) for text in texts], int)
            count = np.where(codes >= 0, n_rows[codes], 0)
            for i in np.flatnonzero((count > 0) & (TIMES * count <= n_rows[word])):
                usual = _median(np.delete(count, i))
                if usual and poisson.sf(count[i] - 1, usual) >= CHANCE:
                    found.append((codes[i], word))
    return np.array(found, int).reshape(-1, 2)


def is_slip_of_number(text, number, has_fixed_length):
    """Whether a text is a number with two digits exchanged, or with one more or less.

    A town has a second postcode, but hardly 78053 beside 78035. That a digit is another
    one says nothing: it is the next number. `has_fixed_length` says that all of these
    numbers have as many digits.
    """
    if sum(map(str.isdigit, number)) < MIN_DIGITS:
        return False
    if len(text) == len(number):
        return text in _digits_exchanged(number)
    short, long = sorted((text, number), key=len)
    return has_fixed_length and long.isdigit() and short in _without_one(long)


def _digits_exchanged(number):
    """What a number becomes with two different digits side by side exchanged."""
    at = [i for i in range(len(number) - 1) if number[i : i + 2].isdigit()]
    swapped = {number[:i] + number[i + 1] + number[i] + number[i + 2 :] for i in at}
    return swapped - {number}


def _without_one(number):
    return {number[:i] + number[i + 1 :] for i in range(len(number))}


def _has_slips(word, values):
    """Whether a word is long, or many texts have one letter more than it."""
    if len(word) > SHORT:
        return True
    one_more = (v for v in values if len(v) == len(word) + 1)
    return len(word) > 1 and sum(word in _left_out(v) for v in one_more) >= MIN_LONGER


def _median(counts):
    """The lower median, 0 of nothing: as many others come as often, or more often."""
    return np.sort(counts)[(len(counts) - 1) // 2] if len(counts) else 0


def _left_out(word):
    """What a word becomes without a letter; without a digit it is another number."""
    at = [i for i, character in enumerate(word) if not character.isdigit()]
    return sorted({word[:i] + word[i + 1 :] for i in at})


def _exchanged(word):
    """What a word becomes with two letters side by side exchanged."""
    at = [i for i in range(len(word) - 1) if not word[i : i + 2].isdigit()]
    swapped = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in at}
    return sorted(swapped - {word})
