"""Values that look as if they were never right: slips, garbage, other columns' values.

The noisy channel is learned by EM, which stays near where it begins. Where every value
begins as a word, the many different errors of a column look like its rare words. So the
counting begins without the values that the column itself gives away; whether they are
errors is decided by their context, as for all others.
"""

from collections import Counter

import numpy as np

from skanomaly.correctors._cleaning.foretelling import ValueCounts, reasons_for
from skanomaly.correctors._cleaning.in_common import MIN_REPEATED, have_much_in_common
from skanomaly.correctors._cleaning.own_words import has_partner, is_copied, not_with
from skanomaly.correctors._cleaning.slips import chances_of_slips, usual_slips

__all__ = ["is_one_slip", "suspected_values"]

# A value is established from so many rows on, and so many times more than a suspect.
ESTABLISHED, TIMES = 10, 10
# Where so many established values look like slips of each other, slips say nothing.
MAX_ALIKE = 0.1
# One and the same edit in more than this share of the values, and in so many, is a part
# of a code.
MAX_SAME_EDIT, MIN_SAME_EDIT = 0.5, 3
# Nobody makes the very same slip in so many of the rows of a word.
MAX_SAME_SLIP = 0.01
# Rare values are no words where this share of those that come once or twice looks like
# slips. The others are cut words, say.
MIN_SLIPS, RAREST = 0.6, 3
# Garbage is known by its variety; two or three rare values are rare words.
MIN_GARBAGE = 6
# It fills at most this part of a column, and one value of it that part.
MAX_GARBAGE, MAX_OF_A_VALUE = 0.2, 0.01
# A value with so many times the median of the rows of such values is a rare word, from
# the latter on if it comes in many rows.
TYPICAL, TYPICAL_OF_MANY = 5, 3
MIN_FOREIGN = 3
# Of fewer different numbers among words those that come in more rows are words, too: a
# song may be called "99".
MAX_OF_A_NUMBER = 2
# So many rows may show that they belong together.
SEVERAL = 5
# Values of other columns stand out where established ones fill so much of a column.
MIN_COVERED = 0.8
NO_PAIRS = np.zeros((0, 2), int)


def suspected_values(texts, n_rows, pairs, codes):
    """Values that are left out at first, the slips of these, those of other columns.

    Three lists of bool arrays, one for each column, and one of probabilities of slips.

    Parameters
    ----------
    texts : list of d arrays of str, or None
        Values of each column by code; None for a column that is no text.
    n_rows : list of d int arrays
        How many rows hold each value.
    pairs : list of d Edits
        Pairs of similar values, see `typos`.
    codes : int array of shape (n, d)
    """
    is_text = np.array([values is not None for values in texts])
    given = list(zip(texts, n_rows, pairs, is_text, strict=True))
    usual = [usual_slips(v, n) if said else NO_PAIRS for v, n, _, said in given]
    edits = [
        _slips(v, n, p, u) if said else NO_PAIRS
        for (v, n, p, said), u in zip(given, usual, strict=True)
    ]
    slips = _without_own_words(edits, codes, n_rows)
    garbage = [
        _garbage(n) if said else np.zeros(len(n), bool) for _, n, _, said in given
    ]
    garbage = _without_partners(garbage, _without(codes, slips), n_rows)
    slips, garbage = (_unexplained(kind, codes, n_rows) for kind in (slips, garbage))
    owners = _owners(texts, n_rows)
    # What explains a value from another column may be the cell it came from.
    foreign = [
        _of_others(j, texts, codes, n, owners)
        | _only_slips(slips[j], n)
        | (slips[j] & _is_in(usual[j], n))
        if said
        else slips[j]
        for j, (_, n, _, said) in enumerate(given)
    ]
    chances = chances_of_slips(edits, slips, foreign, n_rows)
    parts = zip(slips, garbage, foreign, strict=True)
    return [np.logical_or.reduce(part) for part in parts], slips, foreign, chances


def _without(codes, left_out):
    """Codes without the cells whose value is left out."""
    out = codes.copy()
    for j, values in enumerate(left_out):
        out[np.append(values, False)[codes[:, j]], j] = -1
    return out


def _without_own_words(edits, codes, n_rows):
    """Slips of each column but for words that come with what their word never does."""
    sizes = [len(n) for n in n_rows]
    slips = [np.isin(np.arange(k), e[:, 0]) for k, e in zip(sizes, edits, strict=True)]
    # A cell that is itself a slip says nothing of the others.
    said, result = _without(codes, slips), []
    for j, (suspect, pairs) in enumerate(zip(slips, edits, strict=True)):
        if len(pairs):
            others = _with_column(said, codes, j)
            is_word = not_with(pairs[:, 0], pairs[:, 1], j, others, sizes)
            suspect = np.isin(np.arange(sizes[j]), pairs[~is_word, 0])
            suspect &= ~has_partner(suspect, j, others, sizes)
        result.append(suspect)
    return result


def _without_partners(garbage, codes, n_rows):
    """Garbage of each column but for what comes with a value that is its own."""
    sizes, sure, result = [len(n) for n in n_rows], _without(codes, garbage), []
    for j, (suspect, n) in enumerate(zip(garbage, n_rows, strict=True)):
        if suspect.any():
            own = has_partner(suspect, j, _with_column(sure, codes, j), sizes)
            # The same two errors in one row do not come again.
            own |= has_partner(suspect & (n >= 2), j, codes, sizes)
            own |= _lie_together(suspect & (n >= SEVERAL), j, codes)
            suspect = suspect & ~own
        result.append(suspect)
    return result


def _lie_together(suspect, j, codes):
    """Which suspects stand in rows that follow each other closely in the table.

    A room that was used for one week is no slip, though there are many beside it. What
    else its rows share a slip of one room's name would share, too.
    """
    own, place_only = np.zeros(len(suspect), bool), codes[:, :0]
    for k in np.flatnonzero(suspect):
        own[k] = have_much_in_common(codes[:, j] == k, place_only)
    return own


def _with_column(codes, other, j):
    """Codes with one column of others."""
    return np.where(np.arange(codes.shape[1]) == j, other, codes)


def _unexplained(suspects, codes, n_rows):
    """Suspects of each column, none where values of other columns foretell them."""
    table, result = ValueCounts(codes, [len(n) for n in n_rows]), []
    for j, suspect in enumerate(suspects):
        if suspect.any():
            rows = np.append(suspect, False)[codes[:, j]]
            suspect = suspect & (not reasons_for(rows, table, but_for=[j]))
        result.append(suspect)
    return result


def _is_in(pairs, n_rows):
    """Which values are the first of a pair."""
    return np.isin(np.arange(len(n_rows)), pairs[:, 0])


def _slips(values, n_rows, pairs, usual):
    """Rare values, and the established ones of which one slip makes them, (m, 2).

    Those that are `usual` are slips, however often they come.
    """
    slips = [
        (dirty, clean, edit)
        for dirty, clean in zip(pairs.dirty, pairs.clean, strict=True)
        if (edit := is_one_slip(values[dirty], values[clean]))
    ]
    if not slips:
        return usual
    words = (n_rows >= ESTABLISHED) & ~_is_in(usual, n_rows)
    alike = {
        dirty
        for dirty, clean, _ in slips
        if words[dirty] and words[clean] and n_rows[clean] < TIMES * n_rows[dirty]
    }
    if len(alike) > MAX_ALIKE * words.sum():
        return usual
    slips = [s for s in slips if n_rows[s[1]] >= TIMES * n_rows[s[0]]]
    same = Counter(edit for _, _, edit in slips)
    found = [
        (dirty, clean)
        for dirty, clean, edit in slips
        if (same[edit] < MIN_SAME_EDIT or same[edit] <= MAX_SAME_EDIT * len(slips))
        and n_rows[clean] >= ESTABLISHED
        and n_rows[dirty] < max(ESTABLISHED, MAX_SAME_SLIP * n_rows[clean])
    ]
    found += list(map(tuple, usual))
    return np.unique(np.array(found, int).reshape(-1, 2), axis=0)


def _only_slips(slips, n_rows):
    """Rare values in a column whose rarest ones are mostly slips: no words then.

    What comes a few times may be a rare word, and does not clear the slips beside it.
    """
    known = n_rows >= ESTABLISHED
    rare, rarest = ((n_rows > 0) & (n_rows < most) for most in (ESTABLISHED, RAREST))
    few = n_rows[known].sum() < MIN_COVERED * n_rows.sum()
    if few or slips[rarest].sum() < max(MIN_GARBAGE, MIN_SLIPS * rarest.sum()):
        return np.zeros(len(n_rows), bool)
    return slips & rare


def is_one_slip(dirty, clean):
    """What one slip of the keyboard changed, as (old, new); None for anything else.

    One character more, less or another, or two exchanged. Digits for digits are no
    slip that can be known: they make another number.
    """
    shorter = min(len(dirty), len(clean))
    if shorter < 3 or abs(len(dirty) - len(clean)) > 1:
        return None
    first = _n_shared(dirty, clean, shorter)
    last = _n_shared(dirty[::-1], clean[::-1], shorter - first)
    old, new = clean[first : len(clean) - last], dirty[first : len(dirty) - last]
    exchanged = len(old) == 2 and old == new[::-1]
    number = (old + new).isdigit() and any(c.isdigit() for c in clean)
    if number or not (max(len(old), len(new)) <= 1 or exchanged):
        return None
    return old, new


def _n_shared(a, b, most):
    n = 0
    while n < most and a[n] == b[n]:
        n += 1
    return n


def _garbage(n_rows):
    """Many different rare values beside some that are ten times as frequent."""
    order = np.sort(n_rows[n_rows > 0])
    gaps = np.flatnonzero(
        (order[1:] >= TIMES * order[:-1])
        & (order[1:] >= ESTABLISHED)
        & (order[:-1] <= MAX_OF_A_VALUE * n_rows.sum())
    )
    none = np.zeros(len(n_rows), bool)
    # One frequent value is no vocabulary: beside it all others are rare.
    if not len(gaps) or gaps[0] + 2 >= len(order):
        return none
    rare = order[: gaps[0] + 1]
    # What comes far more often than the rest of the garbage is a rare word, the sooner
    # if it comes in many rows.
    usual = np.median(rare)
    most = min(TYPICAL * usual, max(TYPICAL_OF_MANY * usual, ESTABLISHED - 1))
    rare = rare[rare <= max(MIN_REPEATED - 1, most)]
    if len(rare) < MIN_GARBAGE or rare.sum() > MAX_GARBAGE * n_rows.sum():
        return none
    return (n_rows > 0) & (n_rows <= rare[-1])


def _owners(texts, n_rows):
    """For each text the column in which it is at home, and its rows there.

    It is at home where it is established, and far more frequent than anywhere else.
    """
    found: dict = {}
    for j, (values, n) in enumerate(zip(texts, n_rows, strict=True)):
        for k in [] if values is None else np.flatnonzero(n):
            found.setdefault(str(values[k]), []).append((n[k], j))
    owners = {}
    for text, places in found.items():
        *others, most = sorted(places)
        alone = not others or most[0] >= TIMES * others[-1][0]
        if alone and most[0] >= ESTABLISHED:
            owners[text] = most
    return owners


def _of_others(j, texts, codes, n_rows, owners):
    """Values of other columns, but for names that both columns give to their rows."""
    foreign = _foreign(j, texts[j], n_rows, owners)
    return foreign & ~is_copied(foreign, j, texts, codes) if foreign.any() else foreign


def _foreign(j, values, n_rows, owners):
    """Rare values that are at home in another column, or numbers among words."""
    known = n_rows >= ESTABLISHED
    if n_rows[known].sum() < MIN_COVERED * n_rows.sum():
        return np.zeros(len(n_rows), bool)  # the column has no vocabulary of its own
    at_home = np.zeros(len(n_rows), bool)
    for k, value in enumerate(values):
        n, owner = owners.get(str(value), (0, j))
        at_home[k] = owner != j and n >= TIMES * n_rows[k]
        at_home[k] &= not _has_digit(value) and len(value) > 1
    rare = (n_rows > 0) & ~known
    words = not any(_is_number(values[k]) for k in np.flatnonzero(known))
    number = rare & np.array([words and _is_number(value) for value in values])
    if number.sum() < MIN_FOREIGN:
        number &= n_rows <= MAX_OF_A_NUMBER
    enough = (at_home & (n_rows > 0)).sum() >= MIN_FOREIGN
    return (at_home & (n_rows > 0) & enough) | number


def _has_digit(text):
    return any(character.isdigit() for character in text)


def _is_number(text):
    return text.replace(".", "", 1).lstrip("+-").isdigit()
