"""Rows that deviate from what other columns say, and rightly so.

Rows that share something, which others hardly have, have a reason to be as they are,
and a value that one group of rows has for itself is a rule of its own, as likely as an
error that was made again and again in this group alone.
"""

from functools import lru_cache

import numpy as np
from scipy.stats import binom

from skanomaly.correctors._cleaning.foretelling import MIN_ROWS, SIGNIFICANT
from skanomaly.correctors._cleaning.in_common import (
    MIN_REPEATED,
    MOSTLY,
    have_much_in_common,
)

__all__ = [
    "concentrated_kinds",
    "is_another_name",
    "is_by_itself",
    "is_one_mistake",
    "own_kinds",
]

# That errors of a kind are all in one group is chance with this probability.
IN_ONE_GROUP = 0.1
# The same mistake is made in hardly more rows than this share; up to the second one it
# may be.
MAX_REPEATED, MAX_DOUBTFUL = 0.005, 0.01
# A value is another name of one that so many of its rows are voted to be.
ONE_NAME = 0.9
# That errors are all of one of the kinds that there are is chance with it.
CONCENTRATED = 0.01
# ... and where two rows alone deviate, with this one.
FEW = 0.05


def own_kinds(
    groups,
    cells,
    deviates,
    explained,
    votes,
    leaning,
    others,
    is_amount=False,
    slips=None,
):
    """Deviating kinds that are a rule of their own, three lists of (group, cell).

    The others have those of the first that nothing shows to be right, apart from how
    many they are: few, which may as well be one mistake, and many.

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
    slips : bool array of shape (n,), default=None
        Rows whose cell is what their group says, with a slip of the keyboard. However
        often the same one was made, its group makes no rule of it.
    """
    size = np.bincount(groups[groups >= 0])
    found: list[tuple] = []
    few: list[tuple] = []
    many: list[tuple] = []
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
        has_reason = all_alike or explained[rows].mean() >= MOSTLY
        is_slip = slips is not None and slips[rows].all()
        is_own = False
        if cell not in votes and not is_slip:
            chance = (size[where].max() / size.sum()) ** (rows.sum() - 1)
            is_own = len(where) == 1 and chance < IN_ONE_GROUP
            # Of a quantity not even many can show whether they have a reason: 90 days
            # instead of 14 are another kind of delivery.
            is_own |= is_amount and rows.sum() >= MIN_REPEATED
        every = aside & (cells == cell)
        by_itself = cell not in votes and is_by_itself(every.sum(), len(cells))
        by_itself &= not is_slip
        by_itself &= not is_another_name(usual[every], said[judged])
        for group in where:
            here = groups == group
            is_most = _is_concentrated(rows[here].sum(), deviates.sum(), n_kinds)
            is_rule = has_reason or is_own or (is_most and not is_slip)
            if is_rule or have_much_in_common(rows, others, here):
                found.append((group, cell))
            elif by_itself:
                found.append((group, cell))
                is_few = every.sum() <= MAX_DOUBTFUL * len(cells)
                (few if is_few else many).append((group, cell))
    return found, few, many


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
