"""The formats of a table together with what a person taught about it."""

from dataclasses import replace

import numpy as np

from skanomaly.correctors._examples.cell_values import same_values
from skanomaly.correctors._examples.corrections import KnownCells
from skanomaly.correctors._examples.table import ColumnPrograms, learn_table
from skanomaly.correctors._examples.texts import text_columns
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
# What programs write is evidence for other cells from this probability on; the rest of
# what they say only ranks, and flags, the cells.
BELIEVED = 0.8


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
        self.learned: list[ColumnPrograms] = []

    def fit(self, frame):
        """Learn the programs, and return the table that they make of this one."""
        self.columns = list(frame.columns)
        known, values = self._find(frame)
        right = _imposed(frame, known, values)
        if self.formats is not None:
            self.formats.fit(right)
            self._drop_contradicted(frame, right, known)
        if known is not None:
            table, _ = self._in_format(frame)
            self.learned = learn_table(table, known & self.used, right)
        return self.apply(frame)[0]

    def steps(self, j):
        """What is done to a column, as a list of str."""
        own = self.formats.steps(j) if self.formats is not None else []
        mine = [p for part in self.learned if part.column == j for p in part.programs]
        return own + [str(program) for program in mine]

    def apply(self, frame):
        """Return the table in one way of writing, and the `FormatEdits`."""
        table, edits = self._in_format(frame)
        table, edits = self._by_programs(table, edits)
        known, values = self._find(frame)
        if known is None:
            return table, edits
        edits = _without(edits, known)
        by_hand = _by_hand(frame, known, values)
        edits = replace(last_of_each(joined_edits([edits, by_hand])), known=known)
        return _imposed(table, known, values), edits

    def known_rows(self, frame):
        """Which rows of a table a person has looked at."""
        known, _ = self._find(frame)
        return np.zeros(len(frame), bool) if known is None else known.any(axis=1)

    def _find(self, frame):
        return (None, None) if self.known is None else self.known.find(frame)

    def _in_format(self, frame):
        if self.formats is None:
            return frame, joined_edits([])
        return self.formats.apply(frame)

    def _by_programs(self, table, edits):
        """Add what the learned programs write; all of them read the same table."""
        if not self.learned:
            return table, edits
        texts = text_columns(table)
        parts = [self._edits(part, texts) for part in self.learned]
        made = joined_edits(parts)
        sure = made.p >= BELIEVED
        written, _ = try_write_cells(
            table, made.rows[sure], made.columns[sure], made.values[sure]
        )
        # A doubtful program is no reason to give up what a format has written.
        taken = np.isin(_keys(made, len(table)), _keys(edits, len(table)))
        made = _chosen(made, sure | ~taken)
        return written, last_of_each(joined_edits([edits, made]))

    def _edits(self, part, texts):
        if part.column not in texts or part.source not in texts:
            return joined_edits([])
        rows, values, p, by = part.edits(texts)
        reasons = np.array([f"{one}, as in {one.n_right} corrected" for one in by], object)
        return FormatEdits(rows, np.full(len(rows), part.column), values, p, reasons)

    def _drop_contradicted(self, frame, right, known):
        """Forget the formats of columns in which they spoil what a person confirmed."""
        if known is None or self.formats is None:
            return
        _, edits = self.formats.apply(frame)
        mine = known[edits.rows, edits.columns]
        truth = cells_of(right, edits.rows[mine], edits.columns[mine])
        was = cells_of(frame, edits.rows[mine], edits.columns[mine])
        score = np.where(edits.values[mine] == truth, 1, np.where(was == truth, -1, 0))
        total = np.bincount(edits.columns[mine], score, minlength=known.shape[1])
        self.formats.forget(np.flatnonzero(total < 0))


def _imposed(table, known, values):
    """Return the table with the known cells as they should be."""
    if known is None:
        return table
    rows, columns = np.nonzero(known)
    return try_write_cells(table, rows, columns, values[rows, columns])[0]


def _by_hand(frame, known, values):
    """Return the edits that a person made."""
    rows, columns = np.nonzero(known)
    new = values[rows, columns]
    at = np.flatnonzero(~same_values(cells_of(frame, rows, columns), new))
    reasons = np.full(len(at), BY_HAND, dtype=object)
    return FormatEdits(rows[at], columns[at], new[at], np.ones(len(at)), reasons)


def _keys(edits, n_rows):
    return edits.columns.astype(np.int64) * n_rows + edits.rows


def _without(edits, known):
    """Return the edits of cells that nobody has judged."""
    return _chosen(edits, ~known[edits.rows, edits.columns])


def _chosen(edits, at):
    parts = (edits.rows, edits.columns, edits.values, edits.p, edits.reasons)
    return FormatEdits(*(part[at] for part in parts))
