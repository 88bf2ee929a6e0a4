"""The formats of a table together with what a person taught about it."""

from dataclasses import replace

import numpy as np
import pandas as pd

from skanomaly.correctors._examples.cell_values import same_values
from skanomaly.correctors._examples.corrections import KnownCells
from skanomaly.correctors._examples.listing import (
    RepairPrograms,
    listed,
    run_programs,
)
from skanomaly.correctors._examples.table import learn_table
from skanomaly.correctors._formats.table import (
    FormatEdits,
    TableFormats,
    joined_edits,
    last_of_each,
)
from skanomaly.correctors._table.frames import cells_of
from skanomaly.correctors._table.writing import try_write_cells

__all__ = ["BY_HAND", "TaughtFormats"]

BY_HAND = "corrected by hand"


class TaughtFormats:
    """Formats of the columns, then learned programs, then corrected rows.

    Parameters
    ----------
    formats : TableFormats or None
        Not fitted; None unifies no ways of writing.
    known : KnownCells or None
        The rows that a person has looked at.
    used : bool array of shape (d,)
        Columns that may change.
    """

    def __init__(
        self, formats: TableFormats | None, known: KnownCells | None, used: np.ndarray
    ) -> None:
        self.formats, self.known, self.used = formats, known, used
        self.programs = RepairPrograms()

    def fit(self, frame):
        """Learn the programs, and return the table that they make of this one."""
        self.columns = list(frame.columns)
        known, values = self._find(frame)
        right = _imposed(frame, known, values)
        if self.formats is not None:
            self.formats.fit(frame)
            self._drop_contradicted(frame, right, known)
        learned = []
        if known is not None:
            table = frame if self.formats is None else self.formats.apply(frame)[0]
            learned = learn_table(table, known & self.used, right)
        self.programs = RepairPrograms(listed(frame, self.formats, learned))
        return self.apply(frame)[0]

    def steps(self, j):
        """What is done to a column, as a list of str."""
        own = self.formats.steps(j) if self.formats is not None else []
        mine = [
            e for e in self.programs if e.is_learned and e.column == self.columns[j]
        ]
        return own + [str(entry.program) for entry in mine]

    def units(self, j):
        """Units of a column that has several, as a tuple of str."""
        return () if self.formats is None else self.formats.units(j)

    def apply(self, frame):
        """Return the table in one way of writing, and the `FormatEdits`.

        What is switched off is evidence all the same: other cells are judged by what
        this one means, however it is written.
        """
        table, edits = run_programs(self.programs.entries, frame)
        enabled = [entry for entry in self.programs if entry.enabled]
        if len(enabled) < len(self.programs):
            edits = run_programs(enabled, frame)[1]
        known, values = self._find(frame)
        if known is None:
            return table, edits
        edits = edits.where(~known[edits.rows, edits.columns])
        edits = joined_edits([edits, _by_hand(frame, known, values)])
        return _imposed(table, known, values), replace(last_of_each(edits), known=known)

    def found_errors(self, frame):
        """What a person found wrong, beyond what programs rewrite.

        The table with these cells as they were, and which cells they are, (n, d); None
        for none.
        """
        known, values = self._find(frame)
        if known is None:
            return None
        table = run_programs(self.programs.entries, frame)[0]
        edits = _by_hand(table, known, values)
        old = cells_of(table, edits.rows, edits.columns)
        here = ~pd.isna(old)
        found = np.zeros(known.shape, bool)
        found[edits.rows[here], edits.columns[here]] = True
        return (table, found) if here.any() else None

    def known_cells(self, frame):
        """Which cells of a table a person has judged, (n, d); None for none."""
        return self._find(frame)[0]

    def _find(self, frame):
        return (None, None) if self.known is None else self.known.find(frame)

    def _drop_contradicted(self, frame, right, known):
        """Forget the formats of columns in which they spoil what a person confirmed."""
        if known is None or self.formats is None:
            return
        made, spoilt = (self.formats.apply(t)[1] for t in (frame, right))
        made, spoilt = (e.where(known[e.rows, e.columns]) for e in (made, spoilt))
        truth = cells_of(right, made.rows, made.columns)
        d = known.shape[1]
        n_right = np.bincount(made.columns[made.values == truth], minlength=d)
        n_wrong = np.bincount(spoilt.columns, minlength=d)
        self.formats.forget(np.flatnonzero(n_wrong > n_right))


def _imposed(table, known, values):
    """Return the table with the known cells as they should be."""
    if known is None:
        return table
    rows, columns = np.nonzero(known)
    return try_write_cells(table, rows, columns, values)[0]


def _by_hand(frame, known, values):
    """Return the edits that a person made."""
    rows, columns = np.nonzero(known)
    at = np.flatnonzero(~same_values(cells_of(frame, rows, columns), values))
    reasons = np.full(len(at), BY_HAND, dtype=object)
    return FormatEdits(rows[at], columns[at], values[at], np.ones(len(at)), reasons)
