"""Rows that have something in common that hardly any others of their table have."""

from functools import lru_cache
from math import ceil

import numpy as np
from scipy.stats import binom

from skanomaly.correctors._cleaning.foretelling import SIGNIFICANT

__all__ = ["MIN_REPEATED", "MOSTLY", "have_much_in_common"]

# What so few rows have in common is chance.
MIN_REPEATED = 3
# What holds of so many of some rows may hold of them all, but for a few errors.
MOSTLY = 0.5
# Where rows with something in common are as many, it is no reason.
MAX_SHARE = 0.2
# Parts of so many sizes of the rows are looked at.
N_SIZES = 8
# Rows have a value in common if so many of them have it.
SHARED = 0.8


def have_much_in_common(rows, codes, among=None):
    """Whether rows have so much in common that no others of the table have.

    They share values of several columns, or lie close together in one whose codes are
    in order or in the table.

    Parameters
    ----------
    rows : bool array of shape (n,)
    codes : int array of shape (n, d)
        Of a table. -1 is missing, or of no interest.
    among : bool array of shape (n,), default=None
        The group of rows that counts as the table; None is all of them.
    """
    if among is not None:
        rows = rows[among]
    if rows.sum() < MIN_REPEATED:
        return False
    codes = codes if among is None else codes[among]
    n, at = len(codes), np.flatnonzero(rows)
    if _lie_close(np.column_stack([codes, np.arange(n)]), at):
        return True
    alike = _have_what_is_shared(codes, codes[at])
    return alike[at].mean() >= SHARED and _is_no_chance(alike.sum(), len(at) + 1, n)


def _have_what_is_shared(codes, theirs):
    """Which rows have all values that most of `theirs` share."""
    middle = np.sort(theirs, axis=0)[len(theirs) // 2]  # which most have, if any
    shared = (theirs == middle).sum(axis=0) >= SHARED * len(theirs)
    shared &= middle >= 0
    return (codes[:, shared] == middle[shared]).all(axis=1)


def _lie_close(places, at):
    """Whether most of the rows `at` lie close together in one of the columns.

    Errors may be among them, so that not all have to.
    """
    theirs = np.sort(places[at], axis=0)  # what is missing comes first
    n_known, least = (theirs >= 0).sum(axis=0), ceil(MOSTLY * len(at))
    enough = n_known >= max(least, MIN_REPEATED)
    return any(
        _are_close(theirs[-n:, n_known == n], places[:, n_known == n], least)
        for n in np.unique(n_known[enough])
    )


def _are_close(theirs, every, least):
    """Whether at least so many of sorted places lie close together in one column."""
    n, sizes = len(theirs), _sizes(least, len(theirs))
    share = _least_there(theirs, sizes, every)
    column, size = np.nonzero((share <= MAX_SHARE).T & (sizes >= MIN_REPEATED))
    if not len(size):  # which spares what takes longest
        return False
    share, size = share[size, column], sizes[size]
    # The closest of so many parts of the rows, but for one that is there anyhow.
    chance = binom.sf(size - 2, n - 1, share) * (n - size + 1) * len(sizes)
    return bool((chance < SIGNIFICANT).any())


@lru_cache(2**12)  # of few numbers, for many columns
def _sizes(least, most):
    """Numbers of rows of which it is asked whether they lie close together."""
    return np.unique(np.linspace(least, most, N_SIZES).round().astype(int))


def _least_there(theirs, sizes, every):
    """Share of all rows that lie where the closest of theirs do, (sizes, columns)."""
    # One column after the other, to be searched at once.
    apart = np.arange(every.shape[1]) * (every.max() + 2)
    every = np.sort(every + apart, axis=0).ravel(order="F")
    n_columns, theirs = len(apart), theirs + apart
    begin = np.searchsorted(every, theirs)
    end = np.searchsorted(every, theirs, "right")
    there = [(end[s - 1 :] - begin[: len(begin) - s + 1]).min(axis=0) for s in sizes]
    return np.array(there) * n_columns / len(every)


def _is_no_chance(n_there, n_rows, n):
    """Whether so many rows come from so few of a table by hardly any chance."""
    share = n_there / n
    return share <= MAX_SHARE and share ** (n_rows - 1) < SIGNIFICANT
