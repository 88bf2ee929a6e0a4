"""Tables of any kind as integer codes, and back, cell by cell.

A table may be a pandas or polars data frame, an array of objects, strings or numbers,
or nested lists. Inside skanomaly it is an int64 array of codes with `MISSING` (-1) for
cells without a known value. Only cells that change are ever written back, so all other
cells keep their exact value and type.
"""

from dataclasses import dataclass

import numpy as np

from skanomaly.correctors._table.columns import make_column, with_categories
from skanomaly.correctors._table.frames import MISSING, cells_of, label_keys, to_frame
from skanomaly.correctors._table.spelling import spelled
from skanomaly.correctors._table.writing import try_write_cells, write_cells

__all__ = ["MISSING", "TableCodec", "cells_of", "label_keys", "to_frame", "write_cells"]


@dataclass(frozen=True)
class TableCodec:
    """The learned columns of a table."""

    columns: tuple

    @classmethod
    def fit(cls, frame, *, numeric, n_bins, missing_values="auto", allow_empty=False):
        """Learn the columns of a pandas frame; `numeric` has one bool or None each."""
        names = [repr(str(name)) for name in frame.columns]
        return cls(
            tuple(
                make_column(
                    name,
                    frame.iloc[:, j],
                    numeric=numeric[j],
                    n_bins=n_bins,
                    missing_values=missing_values,
                    allow_empty=allow_empty,
                )
                for j, name in enumerate(names)
            )
        )

    def with_cells(self, frame, other, cells):
        """Return a codec that knows the values of some cells of another table, too.

        `cells`, bool of shape (n, d), says which; `frame` is the table of `fit`.
        """
        columns = list(self.columns)
        for j in np.flatnonzero(cells.any(axis=0)):
            more = other.iloc[np.flatnonzero(cells[:, j]), j]
            columns[j] = with_categories(columns[j], frame.iloc[:, j], more)
        return TableCodec(tuple(columns))

    @property
    def n_categories(self):
        """Number of categories of each column: the structure (K_1, ..., K_d)."""
        return tuple(len(column.values) for column in self.columns)

    @property
    def is_numeric(self):
        """Which columns are binned numbers."""
        return np.array([column.kind == "numeric" for column in self.columns])

    @property
    def readings(self):
        """What each column holds: "number", "date", "boolean", "text" and so on."""
        return tuple(column.reading for column in self.columns)

    @property
    def measured(self):
        """Positions of the columns of numbers, dates and durations."""
        return np.flatnonzero(~np.isin(self.readings, ("text", "boolean")))

    @property
    def is_measured(self):
        """Which columns hold quantities or dates rather than names or codes."""
        named = [column.texts is not None for column in self.columns]
        return ~np.isin(self.readings, ("text", "boolean")) & ~np.array(named)

    def encode(self, frame):
        """Codes of shape (n, d), and which cells hold a value never seen in `fit`.

        Among the latter are those that cannot be read, see `unreadable`.
        """
        parts = [c.encode(frame.iloc[:, j]) for j, c in enumerate(self.columns)]
        codes = np.stack([codes for codes, _ in parts], axis=1)
        return codes, np.stack([unseen for _, unseen in parts], axis=1)

    def unreadable(self, frame, asked=None):
        """Which cells are something else than their column holds, such as "3x5".

        Only columns in which some cells are `asked` for, bool of shape (n, d), are
        read: that takes longer than most of what is made of them. None asks for all.
        """
        columns = np.ones(frame.shape[1], bool) if asked is None else asked.any(axis=0)
        result = np.zeros(frame.shape, bool)
        for j in np.flatnonzero(columns):
            result[:, j] = self.columns[j].is_unreadable(frame.iloc[:, j])
        return result if asked is None else result & asked

    def numbers(self, frame):
        """Cells of the `measured` columns as float64 of shape (n, m), dates in days.

        Missing and unreadable cells are NaN.
        """
        parts = [self.columns[j].numbers(frame.iloc[:, j]) for j in self.measured]
        return np.stack(parts, axis=1) if parts else np.empty((len(frame), 0))

    def values(self, codes, column_index):
        """Values of a column for an array of codes; None for `MISSING`."""
        column = self.columns[column_index]
        padded = np.full(len(column.values) + 1, None, dtype=object)
        padded[:-1] = column.values  # -1 points at the last one, None
        return padded[np.asarray(codes)]

    def cells(self, codes, columns, frame=None):
        """Values of single cells, (m,), from their codes and their columns' numbers.

        Given the frame that they are written into, they have the form of its cells.
        """
        values = np.empty(len(codes), dtype=object)
        for j in np.unique(columns):
            here = columns == j
            values[here] = self.values(codes[here], j)
            if frame is not None:
                column, cells = self.columns[j], frame.iloc[:, j]
                values[here] = spelled(column, values[here], cells)
        return values

    def decode(self, codes, frame, before):
        """Copy of `frame` with the cells rewritten whose code differs from `before`.

        What a column cannot hold stays as it was.
        """
        rows, columns = np.nonzero(codes != before)
        values = self.cells(codes[rows, columns], columns, frame)
        return try_write_cells(frame, rows, columns, values)[0]
