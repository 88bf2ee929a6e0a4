"""Two ways of writing one value that another column tells apart: both are meant."""

from functools import cache

import numpy as np
from scipy.stats import hypergeom

from skanomaly.correctors._formats.answers import WriteAnswers
from skanomaly.correctors._formats.decimal_commas import WriteDecimalPoint
from skanomaly.correctors._formats.spelling import FOLDS, PreferSpelling
from skanomaly.correctors._table.distinct import distinct_cells

__all__ = ["OtherColumns", "without_told_apart"]

# A value of another column is a reason for the rare way if it has so many of its rows,
MIN_ROWS = 2
# ... if nearly no row with that value is written in the frequent way,
MIN_RARE = 0.9
# ... and if chance, over all columns and values, puts them together at most so often.
MAX_P = 1e-3
# Errors have no reason. If so many rows of the rare way have one, the step would break
# more cells than it mends.
MIN_EXPLAINED = 0.5


class OtherColumns:
    """Columns of a table, each read once and only if it is asked for.

    Parameters
    ----------
    frame : DataFrame
        The table.
    used : bool array of shape (d,)
        Columns that may be looked at.
    """

    def __init__(self, frame, used):
        self.numbers = np.flatnonzero(used)
        self.codes = cache(lambda j: _codes(frame, j))
        self.folded = cache(lambda j: _folded(frame, j))

    def tell_apart(self, j, rare, frequent):
        """Tell whether one column gives the reason for the rare way in column j."""
        if rare.sum() < MIN_ROWS:
            return False
        rows = np.flatnonzero(rare | frequent)
        others = self.numbers[self.numbers != j]
        return any(
            _explains(self.codes(k)[rows], rare[rows], len(others))
            # In a row of careless writing the other cell is written so, too: its way
            # of writing is no reason.
            and _explains(self.folded(k)[rows], rare[rows], len(others))
            for k in others
        )


def without_told_apart(steps, j, distinct, is_text, others):
    """Leave out the steps for spellings that another column tells apart.

    Parameters
    ----------
    steps : sequence of Step
        The program of column `j`.
    j : int
        Number of the column.
    distinct : Distinct
        Its values.
    is_text : bool array
        Which of the values are texts.
    others : OtherColumns
        The table.
    """
    kept, texts = [], distinct.values.copy()
    texts[is_text] = [str(value) for value in texts[is_text]]
    for step in steps:
        new = texts.copy()
        new[is_text] = step.apply(texts[is_text])
        if isinstance(step, PreferSpelling | WriteAnswers | WriteDecimalPoint):
            all_others = isinstance(step, WriteDecimalPoint)
            ways = _ways(texts, new, distinct, is_text, all_others)
            if others.tell_apart(j, *ways):
                continue
        kept.append(step)
        texts = new
    return tuple(kept)


def _ways(old, new, distinct, is_text, all_others):
    """Rows that the step changes, and rows that hold what it writes there.

    Numbers hardly come again: of these, rows with any other one.
    """
    rare = (old != new).astype(bool)
    written = set(new[rare])
    frequent = np.array([all_others or value in written for value in old], dtype=bool)
    frequent &= is_text & ~rare
    return distinct.spread(rare, False), distinct.spread(frequent, False)


def _explains(codes, rare, n_columns):
    """Tell whether values of one column are the reason for enough rare rows."""
    n_rows = np.bincount(codes)
    n_rare = np.bincount(codes[rare], minlength=len(n_rows))
    asked = (n_rare >= MIN_ROWS) & (n_rare >= MIN_RARE * n_rows)
    # No need of a test if even all that are asked would explain too few.
    if n_rare[asked].sum() < MIN_EXPLAINED * rare.sum():
        return False
    p = hypergeom.sf(n_rare[asked] - 1, len(codes), rare.sum(), n_rows[asked])
    n_tests = (n_rows >= MIN_ROWS).sum() * n_columns
    explained = n_rare[asked][p * n_tests <= MAX_P].sum()
    return bool(explained >= MIN_EXPLAINED * rare.sum())


def _codes(frame, j):
    """Number of each row's value, missing cells as a value of their own, 0."""
    try:
        distinct = distinct_cells(repr(str(frame.columns[j])), frame.iloc[:, j])
    except TypeError:  # lists, dicts: the codec says so
        return np.zeros(len(frame), dtype=np.int32)
    return (distinct.codes + 1).astype(np.int32)


def _folded(frame, j):
    """Like `_codes`, with one number for all ways of writing a text."""
    distinct = distinct_cells(repr(str(frame.columns[j])), frame.iloc[:, j])
    numbers: dict = {}
    of_values = [numbers.setdefault(_fold(v), len(numbers)) for v in distinct.values]
    return distinct.spread(np.array(of_values, dtype=np.int32) + 1, 0)


def _fold(value):
    """Return the text without case, separators and marks; others by type and value."""
    if not isinstance(value, str):
        return type(value), value
    for fold in FOLDS.values():
        value = fold(value)
    return value
