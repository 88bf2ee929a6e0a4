"""The formats of a whole table: a program for each column of text, and moved words."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from skanomaly.correctors._formats.affixes import several_units
from skanomaly.correctors._formats.column import TextColumn
from skanomaly.correctors._formats.neighbours import Move, learn_moves
from skanomaly.correctors._formats.program import ColumnProgram, learn_program
from skanomaly.correctors._formats.told_apart import OtherColumns, without_told_apart
from skanomaly.correctors._table.distinct import distinct_cells
from skanomaly.correctors._table.reading import Reader
from skanomaly.correctors._table.writing import try_write_cells

__all__ = [
    "FormatColumn",
    "FormatEdits",
    "TableFormats",
    "joined_edits",
    "last_of_each",
]


@dataclass(frozen=True)
class FormatEdits:
    """Cells that are written in another way: arrays of shape (m,), by column, by row.

    `p` is the probability that the new spelling is right, `reasons` are the steps.
    `known`, of shape (n, d), says which cells a person has judged; None is none.
    """

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    p: np.ndarray
    reasons: np.ndarray
    known: np.ndarray | None = None

    def where(self, chosen):
        """Only some of the edits, by a mask or by number."""
        parts = (self.rows, self.columns, self.values, self.p, self.reasons)
        return FormatEdits(*(part[chosen] for part in parts))

    def take(self, chosen):
        """Edits of some rows, given by ascending numbers, and numbered anew."""
        at = np.searchsorted(chosen, self.rows).clip(0, max(len(chosen) - 1, 0))
        mine = chosen[at] == self.rows if len(chosen) else np.zeros(len(at), bool)
        known = None if self.known is None else self.known[chosen]
        return replace(self.where(mine), rows=at[mine], known=known)


@dataclass(frozen=True)
class FormatColumn:
    """Reads the texts of one column and rewrites them; `units` if there are several."""

    reader: Reader
    program: ColumnProgram
    units: tuple[str, ...] = ()

    def texts(self, cells):
        """Distinct values, and which of them are texts."""
        distinct = distinct_cells(self.reader.name, cells)
        missing = self.reader.markers.marks(distinct.values)
        is_text = np.array([isinstance(v, str) for v in distinct.values], dtype=bool)
        return distinct, is_text & ~missing

    def edits(self, cells):
        """Rows, new values, probabilities and reasons."""
        distinct, is_text = self.texts(cells)
        new = distinct.values.copy()
        p, reasons = np.full(len(new), np.nan), np.full(len(new), "", dtype=object)
        texts = np.array([str(v) for v in new[is_text]], dtype=object)
        new[is_text], reasons[is_text] = self.program.apply(texts)
        p[is_text] = self.program.probabilities(texts)
        rows = np.flatnonzero(distinct.spread(reasons != "", False))
        at = distinct.codes[rows]
        return rows, new[at], p[at], reasons[at]


class TableFormats:
    """Programs of all columns, then the moves between neighbours.

    Parameters
    ----------
    missing_values : "auto", None or list
        As in `CorrectorParams`.
    used : bool array of shape (d,)
        Columns that may change.
    """

    def __init__(self, missing_values, used):
        self.missing_values, self.used = missing_values, used

    def fit(self, frame):
        """Learn the programs, and return the table that they make of this one."""
        self.names = [str(name) for name in frame.columns]
        others = OtherColumns(frame, self.used)
        self.columns = {
            j: column
            for j in np.flatnonzero(self.used)
            if (column := self._learn(frame, j, others)) is not None
        }
        self.moves: list[Move] = []
        table, _ = self.apply(frame)
        texts = self._texts(table)
        self.moves = learn_moves(texts) if texts.shape[1] > 1 else []
        return self.apply(frame)[0] if self.moves else table

    def steps(self, j):
        """What is done to a column, as a list of str."""
        moves = [m for m in self.moves if j in (m.source, m.target)]
        mine = [self._said(move) for move in moves]
        own = self.columns[j].program.steps if j in self.columns else ()
        return [str(step) for step in own] + mine

    def units(self, j):
        """Units of a column that has several, as a tuple of str."""
        return self.columns[j].units if j in self.columns else ()

    def forget(self, columns):
        """Leave some columns as they are, by number."""
        for j in self.columns.keys() & set(columns):
            name, reader = self.names[j], self.columns[j].reader
            units = self.columns[j].units
            self.columns[j] = FormatColumn(reader, ColumnProgram(name), units)
        kept = [m for m in self.moves if not {m.source, m.target} & set(columns)]
        self.moves = kept

    def apply(self, frame):
        """Return the table in one way of writing, and the `FormatEdits`."""
        parts = []
        for j, column in self.columns.items():
            if column.program.steps:
                rows, values, p, reasons = column.edits(frame.iloc[:, j])
                parts.append(_edits(rows, j, values, p, reasons))
        edits = joined_edits(parts)
        table = _written(frame, edits)
        for move in self.moves:
            moved = self._moved(move, table)
            edits, table = joined_edits([edits, moved]), _written(table, moved)
        return table, last_of_each(edits)

    def _said(self, move):
        source, target = self.names[move.source], self.names[move.target]
        return f"move the end of '{source}' into empty '{target}'"

    def plain_column(self, frame, j):
        """Return the reader of a column without a program; None if it has no text."""
        name, cells = frame.columns[j], frame.iloc[:, j]
        if pd.api.types.is_numeric_dtype(cells.dtype):
            return None
        try:
            reader = Reader.fit(
                repr(str(name)), cells, missing_values=self.missing_values
            )
        except TypeError:  # lists, complex numbers: the codec says so
            return None
        return FormatColumn(reader, ColumnProgram(str(name)))

    def _learn(self, frame, j, others):
        column = self.plain_column(frame, j)
        if column is None:
            return None
        name, reader = str(frame.columns[j]), column.reader
        distinct, is_text = column.texts(frame.iloc[:, j])
        if not is_text.any():
            return None
        texts = np.array([str(v) for v in distinct.values[is_text]], dtype=object)
        program = learn_program(name, texts, distinct.counts[is_text])
        steps = without_told_apart(program.steps, j, distinct, is_text, others)
        units = several_units(TextColumn(name, texts, distinct.counts[is_text]))
        return FormatColumn(reader, replace(program, steps=steps), units)

    def _texts(self, frame):
        """Columns of text that may change, missing cells as None, by their number."""
        texts = {}
        for j, column in self.columns.items():
            distinct, is_text = column.texts(frame.iloc[:, j])
            if is_text.any():
                values = np.where(is_text, distinct.values, None)
                texts[j] = distinct.spread(values, None)
        return pd.DataFrame(texts, dtype=object)

    def _moved(self, move, table):
        rows, source, target = move.apply(self._texts(table))
        reasons = np.full(len(rows), self._said(move), dtype=object)
        p = np.full(len(rows), move.p_right)
        return joined_edits(
            [
                _edits(rows, move.source, source, p, reasons),
                _edits(rows, move.target, target, p, reasons),
            ]
        )


def _edits(rows, j, values, p, reasons):
    return FormatEdits(rows, np.full(len(rows), j), values, p, reasons)


def joined_edits(parts):
    if not parts:
        none = np.zeros(0, dtype=object)
        where = np.zeros(0, dtype=np.int64)
        return FormatEdits(where, where, none, np.zeros(0), none)
    names = ("rows", "columns", "values", "p", "reasons")
    return FormatEdits(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in names)
    )


def last_of_each(edits):
    """Of several edits of one cell only the last, with the smallest probability."""
    key = edits.columns * (edits.rows.max(initial=0) + 1) + edits.rows
    _, at = np.unique(key[::-1], return_index=True)
    at = len(key) - 1 - at
    return FormatEdits(
        edits.rows[at], edits.columns[at], edits.values[at], edits.p[at],
        edits.reasons[at],
    )  # fmt: skip


def _written(frame, edits):
    if not len(edits.rows):
        return frame
    return try_write_cells(frame, edits.rows, edits.columns, edits.values)[0]
