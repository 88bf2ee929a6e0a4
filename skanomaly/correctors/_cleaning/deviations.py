"""Rows that deviate from what other columns say, and rightly so.

An error comes anywhere. Rows that share something, which others hardly have, have a
reason to be as they are, and a value that one group of rows has for itself is a rule of
its own, as likely as an error that was made again and again in this group alone.
"""

from functools import lru_cache
from math import ceil

import numpy as np
from scipy.stats import binom

__all__ = [
    "MIN_REPEATED",
    "MIN_ROWS",
    "MOSTLY",
    "concentrated_kinds",
    "have_much_in_common",
    "is_another_name",
    "is_by_itself",
    "is_one_mistake",
    "own_kinds",
    "rare_reasons",
    "reasons_for",
]

# A reason is this improbable by chance, and makes its rows so much more frequent. It
# is judged by itself from so many rows on.
SIGNIFICANT, MIN_LIFT, MIN_ROWS = 1e-4, 3, 10
# Below, it is a reason where all its rows deviate, and where rows with such a rare
# value are few.
MAX_RARE = 0.05
# That errors of a kind are all in one group is chance with this probability.
IN_ONE_GROUP = 0.1
# A value that comes so often, and in no group by right, is no chance.
MIN_REPEATED = 3
# The same mistake is made in hardly more rows than this share; up to the second one it
# may be.
MAX_REPEATED, MAX_DOUBTFUL = 0.005, 0.01
# A value is another name of one that so many of its rows are voted to be.
ONE_NAME = 0.9
# Of a kind of which so many rows have a reason, the others have one that is not seen.
MOSTLY = 0.5
# That errors are all of one of the kinds that there are is chance with it.
CONCENTRATED = 0.01
# ... and where two rows alone deviate, with this one.
FEW = 0.05
# Where rows with something in common are as many, it is no reason.
MAX_SHARE = 0.2
# Parts of so many sizes of the rows are looked at.
N_SIZES = 8
# Rows have a value in common if so many of them have it.
SHARED = 0.8
TINY = 1e-12


def reasons_for(rows, codes, n_values, groups=None):
    """Values of columns that foretell which rows these are, a list of (column, value).

    Errors come anywhere; rows that share a value, which others hardly have, have a
    reason to be as they are.

    Parameters
    ----------
    rows : bool array of shape (n,)
    codes : int array of shape (n, d)
    n_values : sequence of d ints
    groups : int array of shape (n,), default=None
        Rows are compared with others of their group; None compares with all.
    """
    start = _starts(n_values)
    theirs, total = (_counts(part, n_values) for part in (codes[rows], codes))
    chance = total * rows.mean()
    if groups is not None:
        size = np.bincount(groups)
        expected = (np.bincount(groups, rows) / np.maximum(size, 1))[groups]
        chance = _counts(codes, n_values, expected)
    # A value that hardly comes elsewhere is as rare as the rows themselves.
    asked = np.flatnonzero((total >= MIN_ROWS) & (theirs > 1))
    asked = asked[theirs[asked] / np.maximum(chance[asked], TINY) > MIN_LIFT]
    if not len(asked):
        return []
    column = np.searchsorted(start, asked, side="right") - 1
    n_rows, expected = np.zeros((2, len(n_values)))
    for c in np.unique(column):
        values = slice(start[c], start[c + 1])
        n_rows[c], expected[c] = theirs[values].sum(), chance[values].sum()
    share = np.minimum(1, chance[asked] / np.maximum(TINY, expected[column]))
    p = binom.sf(theirs[asked] - 1, n_rows[column], share)
    p = p * np.asarray(n_values)[column] * len(n_values)
    column, value = column[p < SIGNIFICANT], (asked - start[column])[p < SIGNIFICANT]
    return list(zip(column.tolist(), value, strict=True))


def _starts(n_values):
    """Where the values of each column begin among those of all, and where they end."""
    return np.append(0, np.cumsum(np.asarray(n_values, dtype=np.int64)))


def _counts(codes, n_values, weight=None):
    """How many rows, or how much weight, each value of each column has, at once."""
    *start, n = _starts(n_values)
    at = np.where(codes >= 0, codes + np.array(start), n)  # one more for the missing
    if weight is not None:
        weight = np.repeat(weight, codes.shape[1])
    return np.bincount(at.ravel(), weight, minlength=n + 1)[:n]


def rare_reasons(deviates, judged, codes, n_values):
    """Rare values whose rows all deviate, a list of (column, value).

    Few rows of a kind of their own are known by what is rare elsewhere in them, too.

    Parameters
    ----------
    deviates, judged : bool array of shape (n,)
        Rows that are not as another column says, and rows of which it says something.
    codes : int array of shape (n, d)
    n_values : sequence of d ints
    """
    found = []
    columns = np.split(_counts(codes, n_values), _starts(n_values)[1:-1])
    for c, total in enumerate(columns):
        known = codes[:, c] >= 0
        rare = (total > 0) & (total < MIN_ROWS)
        if not rare.any() or total[rare].sum() > MAX_RARE * len(codes):
            continue
        of_rare = known & rare[codes[:, c]]
        there = np.bincount(codes[of_rare & deviates, c], minlength=n_values[c])
        said = np.bincount(codes[of_rare & judged, c], minlength=n_values[c])
        found += [(c, k) for k in np.flatnonzero((there > 0) & (there == said))]
    return found


def have_much_in_common(rows, codes):
    """Whether rows have so much in common that no others of the table have.

    They share values of several columns, or lie close together in one whose codes are
    in order or in the table.

    Parameters
    ----------
    rows : bool array of shape (n,)
    codes : int array of shape (n, d)
        Of a table, or of a group of its rows. -1 is missing, or of no interest.
    """
    if rows.sum() < MIN_REPEATED:
        return False
    n, at = len(codes), np.flatnonzero(rows)
    places = np.column_stack([codes, np.arange(n)])
    if any(_lie_close(column, at) for column in places.T):
        return True
    alike = _have_what_is_shared(codes, codes[at])
    return alike[at].mean() >= SHARED and _is_no_chance(alike.sum(), len(at) + 1, n)


def _have_what_is_shared(codes, theirs):
    """Which rows have all values that most of `theirs` share."""
    middle = np.sort(theirs, axis=0)[len(theirs) // 2]  # which most have, if any
    shared = (theirs == middle).sum(axis=0) >= SHARED * len(theirs)
    shared &= middle >= 0
    return (codes[:, shared] == middle[shared]).all(axis=1)


def _lie_close(column, at):
    """Whether most of the rows `at` have values that lie close together.

    Errors may be among them, so that not all have to.
    """
    theirs = np.sort(column[at])
    theirs = theirs[theirs >= 0]
    n, least = len(theirs), ceil(MOSTLY * len(at))
    if n < max(least, MIN_REPEATED):
        return False
    every, sizes = np.sort(column), _sizes(least, n)
    share = np.array([_least_there(theirs, size, every) for size in sizes])
    asked = (sizes >= MIN_REPEATED) & (share <= MAX_SHARE)
    if not asked.any():  # which spares what takes longest
        return False
    # The closest of so many parts of the rows, but for one that is there anyhow.
    chance = binom.sf(sizes[asked] - 2, n - 1, share[asked])
    chance *= (n - sizes[asked] + 1) * len(sizes)
    return bool((chance < SIGNIFICANT).any())


@lru_cache(2**12)  # of few numbers, for many columns
def _sizes(least, most):
    """Numbers of rows of which it is asked whether they lie close together."""
    return np.unique(np.linspace(least, most, N_SIZES).round().astype(int))


def _least_there(theirs, size, every):
    """Share of all values that lie where the closest `size` of theirs do."""
    low, high = theirs[: len(theirs) - size + 1], theirs[size - 1 :]
    there = np.searchsorted(every, high, "right") - np.searchsorted(every, low)
    return there.min() / len(every)


def _is_no_chance(n_there, n_rows, n):
    """Whether so many rows come from so few of a table by hardly any chance."""
    share = n_there / n
    return share <= MAX_SHARE and share ** (n_rows - 1) < SIGNIFICANT


def own_kinds(
    groups, cells, deviates, explained, votes, leaning, others, is_amount=False
):
    """Deviating kinds that are a rule of their own, two lists of (group, cell).

    The second one has those of the first that nothing shows to be right, apart from
    how many they are.

    Parameters
    ----------
    groups, cells : int array of shape (n,)
        Group of each row, and its cell.
    deviates, explained : bool array of shape (n,)
        Rows that are not as their group, and those of them that have a reason.
    votes, leaning : int array
        What the groups say, and what most of their rows hold, be they so many or not.
    others : int array of shape (n, d)
        The other columns.
    is_amount : bool, default=False
        Whether cells are quantities rather than names.
    """
    size = np.bincount(groups[groups >= 0])
    found, doubtful = [], []
    judged = np.flatnonzero(groups >= 0)
    said, n_kinds = votes[groups], _n_kinds(votes)
    # Of several groups only the place in the table is compared: a group has values that
    # are its own.
    all_alike = have_much_in_common(deviates[judged], others[judged, :0])
    # Groups that do not vote know other exceptions of the same kind.
    usual = np.where(groups >= 0, leaning[groups], -1)
    aside = deviates | ((usual >= 0) & (cells >= 0) & (cells != usual))
    for cell in np.unique(cells[deviates]):
        rows = deviates & (cells == cell)
        where = np.unique(groups[rows])
        is_own = all_alike or explained[rows].mean() >= MOSTLY
        if not is_own and cell not in votes:
            chance = (size[where].max() / size.sum()) ** (rows.sum() - 1)
            is_own = len(where) == 1 and chance < IN_ONE_GROUP
            # Of a quantity not even many can show whether they have a reason: 90 days
            # instead of 14 are another kind of delivery.
            is_own |= is_amount and rows.sum() >= MIN_REPEATED
        every = aside & (cells == cell)
        by_itself = cell not in votes and is_by_itself(every.sum(), len(cells))
        by_itself &= not is_another_name(usual[every], said[judged])
        for group in where:
            here = groups == group
            is_own_here = _is_concentrated(rows[here].sum(), deviates.sum(), n_kinds)
            if is_own or is_own_here or have_much_in_common(rows[here], others[here]):
                found.append((group, cell))
            elif by_itself:
                found.append((group, cell))
                if every.sum() <= MAX_DOUBTFUL * len(cells):
                    doubtful.append((group, cell))
    return found, doubtful


def is_by_itself(n_rows, n):
    """Whether a value that no other column foretells may be right in `n_rows` of `n`.

    A few rows cannot show whether they have a reason. What comes often is a value by
    itself, "Dr" beside "Mr" and "Ms", rather than the same mistake again and again.
    """
    is_few = (n_rows >= MIN_REPEATED) & (n_rows < MIN_ROWS)
    return is_few | (n_rows >= max(MIN_ROWS, MAX_REPEATED * n))


def is_another_name(votes, all_votes):
    """Whether rows are voted to be one value, beyond chance, and are many.

    "VW" stands in rows of Volkswagen only, "Dr" in those of men and of women.
    """
    value, count = np.unique(votes, return_counts=True)
    top, n_rows = value[count.argmax()], len(votes)
    if n_rows < MIN_ROWS or count.max() < ONE_NAME * n_rows or top < 0:
        return False
    return (all_votes == top).mean() ** n_rows < SIGNIFICANT


def concentrated_kinds(groups, cells, deviates, votes, others):
    """Kinds of which hardly any other rows deviate, a list of (group, cell).

    The same error is hardly the only one that was made, and made twice. Copies of one
    row are no second one. Arguments are those of `own_kinds`.
    """
    at = np.flatnonzero(deviates)
    if not 1 < len(at) < MIN_ROWS:
        return []
    rows = np.column_stack([groups[at], cells[at], others[at]])
    rows = np.unique(rows, axis=0)
    kinds, count = np.unique(rows[:, :2], axis=0, return_counts=True)
    n_kinds = _n_kinds(votes)
    return [
        (group, cell)
        for (group, cell), n in zip(kinds.tolist(), count.tolist(), strict=True)
        if _is_concentrated(n, len(rows), n_kinds, 2, FEW)
    ]


def _n_kinds(votes):
    """In how many ways rows could deviate."""
    known = votes[votes >= 0]
    return max(2, len(known) * (len(np.unique(known)) - 1))


def _is_concentrated(n_rows, n_deviating, n_kinds, least=MIN_REPEATED, p=CONCENTRATED):
    """Whether so many deviating rows, of few, are of one kind by hardly any chance."""
    if not least <= n_rows < MIN_ROWS or n_rows < MOSTLY * n_deviating:
        return False
    return n_kinds * _chance_of_one_kind(n_rows, n_deviating, n_kinds) < p


def is_one_mistake(rows, deviates, cells, groups, votes):
    """Whether rows of one group and one cell are most of what deviates, by no chance.

    Exceptions of one kind come in all groups; a mistake that somebody makes again and
    again comes in one. Of few rows that is not known.

    Parameters
    ----------
    rows, deviates : bool array of shape (n,)
        Rows of that group and cell, and all rows that are not as their group.
    cells, groups : int array of shape (n,)
    votes : int array of shape (n,)
        What each row's group says, -1 for nothing.
    """
    n_rows, at = rows.sum(), rows.argmax()
    if n_rows < max(MIN_ROWS, MOSTLY * deviates.sum()):
        return False
    others = (votes >= 0) & (votes != cells[at])
    chance = np.mean(groups[others] == groups[at])
    n_alike = (deviates & (cells == cells[at])).sum()
    n_groups = len(np.unique(groups[others]))
    return n_groups * binom.sf(n_rows - 1, n_alike, chance) < CONCENTRATED


@lru_cache(2**14)  # of few numbers, for many pairs of columns
def _chance_of_one_kind(n_rows, n_deviating, n_kinds):
    return binom.sf(n_rows - 1, n_deviating, 1 / n_kinds)
