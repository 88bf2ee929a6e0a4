"""How far a cell that deviates is an error, and no rare truth.

A model of a table cannot tell errors from rare truths: both are cells that the rest of
their row makes unlikely. What tells is how many there are, how sure rows otherwise are
of their cells, and whether something in the table gives a reason for them.
"""

import numpy as np

from skanomaly.correctors._cleaning.dependencies import MIN_GROUP, Dependencies
from skanomaly.correctors._cleaning.deviations import is_another_name, is_by_itself
from skanomaly.correctors._cleaning.foretelling import (
    MIN_ROWS,
    ValueCounts,
    reasons_for,
)
from skanomaly.correctors._cleaning.most_errors import (
    MAX_EXCESS,
    NEVER_RIGHT,
    Foretold,
    exceeding,
    most_errors,
    surely_dirty,
)

__all__ = ["SURE_OF_VALUE", "Trust"]

# Share of rare truths that look like errors, as a part of `error_rate`: where rows say
# little of their cells, where they nearly always decide, and where a dependency holds.
RARE_TRUTHS, RARE_IF_PURE, RARE_EXCEPTIONS = 4, 30, 100
# What is left of trust in a column that nothing foretells.
LOOSE = 0.85
# Rows are sure of a cell from this probability on, and decide a column in which they
# are sure of so many cells.
SURE_OF_VALUE, PURE = 0.95, 0.9
# That one value is frequent is no sign that rows decide; others must be decided too.
PURE_ELSEWHERE = 0.5
# Nothing tells which of two cells is wrong in a column where more than this part of the
# cells that are voted against contradict one other cell only.
EVEN_IF = 0.5


class Trust:
    """Trust in deviating cells, learned from how many there are in each column.

    Parameters
    ----------
    error_rate : float
        Share of wrong cells that is expected.
    n_values : sequence of d ints
    n_rows : list of d int arrays
        How many rows hold each value.
    judged : bool array of shape (d,), default=None
        Columns between which dependencies are looked for; None takes all. Numbers cut
        into bins determine nothing: nobody could say that they are the wrong ones.
    amounts : bool array of shape (d,), default=None
        Columns of quantities.
    texts : list of d arrays of str, or None, default=None
        Values of each column by code; None for a column that is no text.

    Attributes
    ----------
    alone, in_votes : ndarray of shape (d,)
        Probability that a deviating cell is an error: by the rest of its row, and where
        what determines the column votes against it.
    by_rows : ndarray of shape (d,)
        The latter where only whole rows vote, beyond what they vote by chance.
    most : ndarray of shape (d,)
        Part of the deviating cells that may be errors, by what other columns have of
        them. It bounds the three above; for quantities, what is changed.
    before_most : ndarray of shape (d,)
        What `in_votes` is without that bound.
    rate : ndarray of shape (d,)
        Share of deviating cells.
    dirt : ndarray of shape (d,)
        The same with a quarter of the values that were never right: where typing errors
        are, other errors are.
    looks_wrong : ndarray of shape (d,)
        `rate` with all of these, and at least what deviates from a single column,
        without what a person found wrong.
    abstains : bool array of shape (d,)
        Columns in which that is far more than is expected.
    share : ndarray of shape (d,)
        Part of these that is expected to be wrong, 1 where no column abstains.
    is_dirty : bool
        Whether something in the table is wrong for sure.
    is_determined : bool array of shape (d,)
        Columns that other columns, or the whole row, determine.
    """

    def __init__(
        self, error_rate, n_values, n_rows, judged=None, amounts=None, texts=None
    ):
        self.error_rate, self.n_values, self.n_rows = error_rate, n_values, n_rows
        all_columns = np.ones(len(n_values), bool)
        self.judged = all_columns if judged is None else judged
        self.amounts = ~all_columns if amounts is None else amounts
        self.texts = texts

    def fit(self, codes, expected, rates, never, told_wrong=0.0):
        """Learn from a table.

        Parameters
        ----------
        codes : int array of shape (n, d)
            -1 is missing, or a value that was never right.
        expected : int array of shape (n, d)
            What rows are sure of, -1 for nothing.
        rates : float array of shape (d,)
            Share of replaced cells.
        never : float array of shape (d,)
            Share of cells whose value was never right.
        told_wrong : float array of shape (d,)
            Share of cells that a person found wrong: these are no rare truths, however
            many they are.
        """
        self.dependencies = Dependencies(self.n_values, self.amounts, self.texts)
        self.dependencies.fit(codes, self.judged)
        columns = list(zip(codes.T, expected.T, strict=True))
        purity = np.array([_purity(*column) for column in columns])
        pure = (expected >= 0).mean(axis=0) >= PURE
        self.pure = pure & (purity >= PURE_ELSEWHERE)
        args = codes, ValueCounts(codes, self.n_values), expected
        self.reasons = {j: self._reasons(*args, j) for j in np.flatnonzero(self.pure)}
        unsure = ((expected < 0) & (codes >= 0)).mean(axis=0)
        self.varies = self.amounts & self.pure & (unsure > MAX_EXCESS * self.error_rate)
        self.is_determined = self.pure | self.dependencies.determined
        votes = self.votes(codes, expected)
        by_rows = np.where(self.dependencies.votes(codes) < 0, votes, -1)
        # What a person found wrong is no exception. And where a column determines this
        # one, whole rows vote on little more than errors.
        told = np.broadcast_to(told_wrong, len(self.n_values))
        self.exceeding = {
            j: exceeding(codes[:, j], by_rows[:, j], self.n_values[j])
            for j in self.reasons
            if not told[j] and not self.dependencies.determined[j]
        }
        against = (votes >= 0) & (votes != codes) & (codes >= 0)
        share = against.mean(axis=0)
        # Where other columns mostly tell which cell was wrong, the rest are like these.
        alone = against & self.dependencies.one_to_one(codes)
        self.is_even = alone.sum(axis=0) > EVEN_IF * against.sum(axis=0)
        self.rate = np.maximum(rates, share)
        self.dirt = self.rate + NEVER_RIGHT * never
        self.is_dirty = surely_dirty(never, len(codes))
        self.most = self._most_errors(codes, against, never, told_wrong)
        # Of what whole rows alone say, `rates` has left out what comes by chance.
        self._set(purity, never, told_wrong, rates)
        return self

    def to_change(self, codes):
        """Trust in votes beyond what whole rows vote by chance: it may be changed.

        Of shape (n, d). Where a dependency has many rows that is no chance, though its
        majority may be too small for a vote of its own.
        """
        by_columns = self.dependencies.are_about(codes)
        may_change = np.where(by_columns, self.in_votes, self.by_rows)
        return np.minimum(may_change, np.minimum(self.most, self.share))

    def votes(self, codes, expected):
        """Value that a dependency, or a pure column's whole row, asks for, or -1."""
        votes = self.dependencies.votes(codes)
        by_rule = self.dependencies.own_rules(codes)
        for j, reasons in self.reasons.items():
            own = np.where(by_rule[:, j], -1, expected[:, j])
            for column, reason in reasons:
                own[codes[:, column] == reason] = -1
            # Of a value that comes in few rows too little is known, on either side.
            n_rows = self.n_rows[j]
            own[(n_rows[codes[:, j]] < MIN_ROWS) | (n_rows[own] < MIN_GROUP)] = -1
            votes[:, j] = np.where(votes[:, j] < 0, own, votes[:, j])
        return votes

    def doubtful(self, codes):
        """Cells that may be one mistake, made again, where others surely are some."""
        return self.dependencies.doubtful(codes) & self.is_dirty

    def few_against(self, codes):
        """What all other rows of a small group hold, -1 for nothing.

        They say nothing of a name that no other row of the table has: a guest of the
        house is none of those who live there. Nor where nothing surely is a mistake, or
        of a column with exceptions.
        """
        if not self.is_dirty:
            return np.full(codes.shape, -1)
        few = self.dependencies.few_against(codes)
        own = [
            np.append(n < 2, True)[c] for n, c in zip(self.n_rows, codes.T, strict=True)
        ]
        silent = np.column_stack(own) | (self.most < 1)
        return np.where(silent & ~self.amounts, -1, few)

    def flagged_only(self, codes, votes):
        """Cells that no dependency votes on, and rows too loosely to change them.

        Where more rows are not sure of a quantity than errors make so, the sure ones
        are the end of a range in which quantities differ, by a seat or two. And where
        the rows that are sure of one value deviate far more often than those of others,
        it is one that is often not taken.
        """
        if not self.varies.any() and not any(v.any() for v in self.exceeding.values()):
            return np.zeros(codes.shape, bool)
        loose = np.broadcast_to(self.varies, codes.shape).copy()
        for j, values in self.exceeding.items():
            loose[:, j] |= (votes[:, j] >= 0) & values[votes[:, j]]
        return loose & (self.dependencies.votes(codes) < 0)

    def is_usual(self, codes):
        """Whether nearly all rows of the table have these values."""
        usual = [
            np.append(n >= SURE_OF_VALUE * n.sum(), False)[code]  # -1 is the last one
            for n, code in zip(self.n_rows, codes.T, strict=True)
        ]
        return np.column_stack(usual)

    def even(self, codes):
        """Cells against which there is one other cell that is as likely wrong."""
        return self.dependencies.one_to_one(codes) & self.is_even

    def _set(self, purity, never, told_wrong, rates):
        rare = self.error_rate / RARE_TRUTHS
        self.alone = self.rate**2 / (self.rate**2 + rare**2)
        # The less the rest of a row decides, the more often a rare value is right.
        self.alone *= LOOSE + (1 - LOOSE) * purity
        by_columns = self.dependencies.determined
        rare = self.error_rate / np.where(by_columns, RARE_EXCEPTIONS, RARE_IF_PURE)
        self.in_votes = self.rate / (self.rate + rare)
        self.looks_wrong = np.maximum(self.rate + never - told_wrong, 0.0)
        # Columns that look better than others like them do so by chance.
        rightly = self.dependencies.exceptions - told_wrong
        self.looks_wrong = np.maximum(self.looks_wrong, rightly)
        self.abstains = self.looks_wrong > MAX_EXCESS * self.error_rate
        expected = self.error_rate / np.maximum(self.looks_wrong, self.error_rate)
        self.share = np.where(self.abstains, expected, 1.0)
        # So many may be wrong at most: they are flagged, none is changed. If there are
        # more even without typing errors, they are exceptions.
        at_most = np.minimum(MAX_EXCESS * self.share, 1.0)
        too_many = self.rate - told_wrong > MAX_EXCESS * self.error_rate
        at_most = np.where(too_many, self.share, at_most)
        self.alone, self.in_votes = self.alone * at_most, self.in_votes * at_most
        self.by_rows = np.minimum(self.in_votes, rates / (rates + rare))
        self.before_most = self.in_votes.copy()
        for trust in (self.alone, self.in_votes, self.by_rows):
            # Quantities are foretold by what is computed from them, too.
            most = np.where(self.amounts, 1.0, self.most)
            np.minimum(trust, most, out=trust)

    def _most_errors(self, codes, against, never, told_wrong):
        """Part of each column's deviating cells that may be errors."""
        foretold = Foretold(
            self.is_determined,
            self.dependencies.determined,
            against.mean(axis=0),
            self.dependencies.exceptions,
            (self.dependencies.excused(codes) & ~against).mean(axis=0),
        )
        told = np.broadcast_to(told_wrong, self.rate.shape)
        args = self.rate, never, told, self.error_rate, len(codes)
        return most_errors(foretold, *args)

    def _reasons(self, codes, table, expected, j):
        """What foretells the rows that are not as expected."""
        rows = (expected[:, j] >= 0) & (codes[:, j] >= 0)
        rows &= codes[:, j] != expected[:, j]
        unforeseen = np.setdiff1d(codes[rows, j], expected[:, j])
        often = unforeseen[is_by_itself(self.n_rows[j][unforeseen], len(codes))]
        said = {k: expected[rows & (codes[:, j] == k), j] for k in often}
        own = [(j, k) for k in often if not is_another_name(said[k], expected[:, j])]
        return own + reasons_for(rows, table, but_for=[j])


def _purity(codes, expected):
    """Share of cells that their row decides, without the most frequent value's."""
    n_rows = np.bincount(codes[codes >= 0], minlength=1)
    mode = n_rows.argmax()
    other = (codes >= 0) & (codes != mode)
    return ((expected >= 0) & (expected != mode))[other].mean() if other.any() else 0.0
