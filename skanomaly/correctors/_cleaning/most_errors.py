"""How many of a column's deviating cells may be errors, by what other columns have.

Errors come in several columns. Where one deviates far more than the others that are
foretold as well, exceptions are a matter of this one column: each patient has one sex
and one health fund, and mostly one doctor.
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import binom

__all__ = [
    "MAX_EXCESS",
    "NEVER_RIGHT",
    "Foretold",
    "exceeding",
    "most_errors",
    "surely_dirty",
]

# A column has at most so many times the errors of the others that are foretold, in the
# mean. For columns that a single one determines the share that is expected counts as
# one more: of few others little is known. Where more deviate than errors are expected
# at all, fewer of them are.
MOST_ERRORS, MOST_IF_MANY = 2.5, 2.0
# More wrong cells than so many times `error_rate` are taken for rare truths.
MAX_EXCESS = 2
# Values that were never right count a quarter in the mean: few are told from others.
NEVER_RIGHT = 0.25
# Of fewer deviating cells nothing is known.
FEW = 5
# That a value deviates more than `MOST_ERRORS` times as often as the others is chance
# with this probability; they need rows to tell.
NO_CHANCE, MIN_OTHERS = 0.05, 100
# What deviates is flagged all the same: a person sees which it is.
FLAGGED = 0.5


class Foretold(NamedTuple):
    """Columns that others foretell; all arrays have the shape (d,).

    Attributes
    ----------
    known : bool array
        Columns that another column, or the whole row, determines.
    by_column : bool array
        Those that a single one does.
    against : float array
        Share of cells that are voted against.
    exceptions : float array
        Share of cells that deviate from what a single column says, in all its groups.
    excused : float array
        Share of cells that deviate, and that only their number of rows excuses.
    """

    known: np.ndarray
    by_column: np.ndarray
    against: np.ndarray
    exceptions: np.ndarray
    excused: np.ndarray


def most_errors(columns, rate, never, told_wrong, error_rate, n_rows):
    """Return the part of each column's deviating cells that may be errors, (d,).

    What a single other column determines has `exceptions`, which are counted in all
    rows with one of its values; what only the whole row foretells is compared with
    what surely is an error elsewhere, for nobody knows how many exceptions it has.

    Parameters
    ----------
    columns : Foretold
        Which columns are foretold, and how far they deviate.
    rate : float array of shape (d,)
        Share of deviating cells, of columns that nothing foretells, too.
    never, told_wrong : float arrays of shape (d,)
        Share of cells whose value was never right, and of those that a person found
        wrong.
    error_rate : float
        Share of wrong cells that is expected.
    n_rows : int
    """
    share = np.maximum(columns.against, columns.exceptions)
    share = np.where(columns.known, share, rate)
    typing = NEVER_RIGHT * never
    compared = columns.known & (share + never <= MAX_EXCESS * error_rate)
    # Where nothing is wrong for sure the table may be right, and few exceptions look
    # fewer than the errors that are expected.
    is_dirty = surely_dirty(never, n_rows)
    prior = error_rate if is_dirty else np.minimum(share, error_rate)
    by_column = _mean_of_others(share + typing, compared, prior, 1)
    by_row = _mean_of_others(columns.against + typing, compared, 0.0, 0)
    mean = np.where(columns.by_column, by_column, by_row)
    most = np.ones(len(share))
    # What a person found wrong is no exception.
    unknown = np.maximum(share, columns.against + columns.excused) - told_wrong
    asked = unknown * n_rows >= FEW
    times = np.where(unknown > error_rate, MOST_IF_MANY, MOST_ERRORS)
    most[asked] = (times * mean)[asked] / unknown[asked]
    return np.clip(most, FLAGGED, 1)


def exceeding(cells, votes, n_values):
    """Values whose rows deviate far more often than those of others, (n_values,).

    Errors come in all rows alike. Where a preference at the customs is one that few
    claim, those who do not are no errors.

    Parameters
    ----------
    cells, votes : int array of shape (n,)
        A column, and what the rest of each row is sure of, -1 for nothing.
    n_values : int
    """
    said = votes[(votes >= 0) & (cells >= 0)]
    wrong = votes[(votes >= 0) & (cells >= 0) & (votes != cells)]
    n, deviate = (np.bincount(v, minlength=n_values) for v in (said, wrong))
    # Given how many deviate in all, and if these deviated just so much more often.
    most = MOST_ERRORS * n / np.maximum(MOST_ERRORS * n + len(said) - n, 1)
    chance = binom.sf(deviate - 1, len(wrong), most) * np.count_nonzero(n)
    return (chance < NO_CHANCE) & (deviate >= FEW) & (len(said) - n >= MIN_OTHERS)


def surely_dirty(never, n_rows):
    """Whether something in a table of so many rows is wrong for sure."""
    return bool((never * n_rows >= FEW).any())


def _mean_of_others(errors, compared, prior, weight):
    """Mean over the other columns, in which a prior counts; infinite for none."""
    errors = np.where(compared, errors, 0.0)
    n_others = compared.sum() - compared + weight
    total = errors.sum() - errors + weight * prior
    return np.divide(total, n_others, np.full(len(errors), np.inf), where=n_others > 0)
