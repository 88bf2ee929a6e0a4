"""Values that look as if they were never right: slips, garbage, other columns' values.

The noisy channel is learned by EM, which stays near where it begins. Where every value
begins as a word, the many different errors of a column look like its rare words. So the
counting begins without the values that the column itself gives away; whether they are
errors is decided by their context, as for all others.
"""

from collections import Counter

import numpy as np

from skanomaly.correctors._cleaning.deviations import reasons_for

__all__ = ["is_one_slip", "suspected_values"]

# A value is established from so many rows on, and so many times more than a suspect.
ESTABLISHED, TIMES = 10, 10
# Where so many established values look like slips of each other, slips say nothing.
MAX_ALIKE = 0.1
# One and the same edit in so many values, and in so large a share, is a code's part.
MAX_SAME_EDIT, MIN_SAME_EDIT = 0.5, 3
# Rare values are no words where this share of them looks like slips.
MIN_SLIPS = 0.8
# Garbage is known by its variety; two or three rare values are rare words.
MIN_GARBAGE = 6
MAX_GARBAGE, MAX_OF_A_VALUE = 0.2, 0.01
MIN_FOREIGN = 3
# Values of other columns stand out where established ones fill so much of a column.
MIN_COVERED = 0.8


def suspected_values(texts, n_rows, pairs, codes):
    """Values that are left out at first, the slips of these, those of other columns.

    Three lists of bool arrays, one for each column.

    Parameters
    ----------
    texts : list of d arrays of str, or None
        Values of each column by code; None for a column that is no text.
    n_rows : list of d int arrays
        How many rows hold each value.
    pairs : list of d Edits
        Pairs of similar values, see `typos`.
    """
    owners = _owners(texts, n_rows)
    sizes = [len(n) for n in n_rows]

    def unexplained(suspect, j):
        if not suspect.any():
            return suspect
        others = np.where(np.arange(len(sizes)) == j, -1, codes)
        rows = np.append(suspect, False)[codes[:, j]]
        return suspect & (not reasons_for(rows, others, sizes))

    result, slips, foreign = [], *([np.zeros(k, bool) for k in sizes] for _ in "sf")
    for j, (values, n, p) in enumerate(zip(texts, n_rows, pairs, strict=True)):
        if values is None:
            result.append(np.zeros(len(n), bool))
            continue
        kinds = [unexplained(kind, j) for kind in (_slips(values, n, p), _garbage(n))]
        # What explains a value from another column may be the cell it came from.
        slips[j] = kinds[0]
        foreign[j] = _foreign(j, values, n, owners) | _only_slips(slips[j], n)
        result.append(np.logical_or.reduce([*kinds, foreign[j]]))
    return result, slips, foreign


def _slips(values, n_rows, pairs):
    """Rare values that one slip makes out of an established one."""
    suspect = np.zeros(len(n_rows), bool)
    slips = [
        (dirty, clean, edit)
        for dirty, clean in zip(pairs.dirty, pairs.clean, strict=True)
        if (edit := is_one_slip(values[dirty], values[clean]))
    ]
    if not slips:
        return suspect
    alike = {
        dirty
        for dirty, clean, _ in slips
        if n_rows[dirty] >= ESTABLISHED and n_rows[clean] < TIMES * n_rows[dirty]
    }
    if len(alike) > MAX_ALIKE * (n_rows >= ESTABLISHED).sum():
        return suspect
    slips = [s for s in slips if n_rows[s[1]] >= TIMES * n_rows[s[0]]]
    same = Counter(edit for _, _, edit in slips)
    for dirty, clean, edit in slips:
        if same[edit] < MIN_SAME_EDIT or same[edit] <= MAX_SAME_EDIT * len(slips):
            suspect[dirty] = n_rows[clean] >= ESTABLISHED
    return suspect


def _only_slips(slips, n_rows):
    """Rare values in a column whose rare values are nearly all slips: no words then."""
    known = n_rows >= ESTABLISHED
    rare = (n_rows > 0) & ~known
    few = n_rows[known].sum() < MIN_COVERED * n_rows.sum()
    if few or slips[rare].sum() < max(MIN_GARBAGE, MIN_SLIPS * rare.sum()):
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
    enough = (at_home & (n_rows > 0)).sum() >= MIN_FOREIGN
    return (at_home & (n_rows > 0) & enough) | number


def _has_digit(text):
    return any(character.isdigit() for character in text)


def _is_number(text):
    return text.replace(".", "", 1).lstrip("+-").isdigit()
