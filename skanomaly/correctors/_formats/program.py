"""A column's program: the steps that give its cells one way of writing."""

from dataclasses import dataclass

import numpy as np

from skanomaly.correctors._formats.affixes import learn_affixes
from skanomaly.correctors._formats.answers import learn_answers
from skanomaly.correctors._formats.blanks import learn_blanks
from skanomaly.correctors._formats.column import Step, TextColumn
from skanomaly.correctors._formats.dates import learn_dates
from skanomaly.correctors._formats.decimal_commas import learn_decimal_commas
from skanomaly.correctors._formats.digits import learn_digit_groups
from skanomaly.correctors._formats.encodings import learn_encoding
from skanomaly.correctors._formats.names import learn_name_order
from skanomaly.correctors._formats.numbers import learn_numbers
from skanomaly.correctors._formats.spelling import learn_spelling
from skanomaly.correctors._formats.times import learn_times
from skanomaly.correctors._formats.zeros import learn_leading_zeros

__all__ = ["ColumnProgram", "learn_program"]

# Below this many cells a majority shows nothing.
MIN_ROWS = 20
# A column of longer texts is prose, where a blank or a capital may be meant.
MAX_MEDIAN_LENGTH = 200
# The order matters: each learner sees the column as those before it leave it.
LEARNERS = (
    learn_encoding,
    learn_blanks,
    learn_decimal_commas,
    learn_affixes,
    learn_numbers,
    learn_dates,
    learn_times,
    learn_digit_groups,
    learn_leading_zeros,
    learn_name_order,
    learn_answers,
    learn_spelling,
)


@dataclass(frozen=True)
class ColumnProgram:
    """Steps for one column, applied in order; without steps nothing changes.

    Parameters
    ----------
    name : str
        Name of the column.
    steps : tuple of Step
        What is done to each cell, in this order; `str` of a step says it in words.
    """

    name: str
    steps: tuple[Step, ...] = ()

    def __str__(self):
        steps = ", ".join(map(str, self.steps)) or "nothing to unify"
        return f"{self.name}: {steps}"

    @property
    def p_right(self):
        """Probability that a cell changed by all steps is right afterwards."""
        return min((step.p_right for step in self.steps), default=Step.p_right)

    def apply(self, values):
        """Rewrite values, seen in `learn_program` or not.

        Parameters
        ----------
        values : array of str, shape (k,)
            Distinct values of the column.

        Returns
        -------
        new : object array of shape (k,)
            The new spelling of each value.
        reasons : object array of shape (k,)
            The steps that changed the value, "" where it stays.
        """
        new, reasons, _ = self._run(values)
        return new, reasons

    def probabilities(self, values):
        """Probability that the new spelling is right; NaN where a value stays, (k,)."""
        return self._run(values)[2]

    def _run(self, values):
        """Apply the steps; return spellings, reasons and probabilities."""
        old = np.empty(len(values), dtype=object)
        old[:] = list(values)
        new, p = old, np.ones(len(old))
        reasons = np.full(len(old), "", dtype=object)
        for step in self.steps:
            before, new = new, step.apply(new)
            hit = new != before
            more = np.where(reasons[hit] == "", str(step), f", {step}")
            reasons[hit] += more.astype(object)  # numpy 1 adds no arrays of str
            p[hit] = np.minimum(p[hit], step.p_right)
        same = (new == old).astype(bool)
        reasons[same] = ""
        return new, reasons, np.where(same, np.nan, p)


def learn_program(name, values, counts):
    """Learn the steps that unify the way of writing of one text column.

    A step is taken only where the column itself shows the target form and where no two
    values of different meaning become one. Most columns get no step.

    Parameters
    ----------
    name : str
        Name of the column; a unit that it names need not stand in the cells.
    values : array of str, shape (k,)
        Distinct values, without missing ones.
    counts : array of int, shape (k,)
        Number of rows that hold each value.

    Returns
    -------
    program : ColumnProgram
        The program, maybe without steps.
    """
    column = TextColumn(str(name), np.asarray(values, dtype=object), np.asarray(counts))
    if column.n_rows < MIN_ROWS or _is_prose(column):
        return ColumnProgram(column.name)
    steps: list = []
    for learn in LEARNERS:
        for step in learn(column):
            if (step.apply(column.values) != column.values).any():
                steps.append(step)
                column = column.after(step)
    return ColumnProgram(column.name, tuple(steps))


def _is_prose(column):
    return np.median([len(value) for value in column.values]) > MAX_MEDIAN_LENGTH
