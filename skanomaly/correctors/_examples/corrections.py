"""What a person says about cells: read, checked, and found again in a table."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skanomaly.correctors._examples.cell_values import same_values
from skanomaly.correctors._examples.entries import (
    places_of,
    read_decisions,
    read_entries,
    read_whole_rows,
)
from skanomaly.correctors._table.frames import cells_of, is_polars, to_frame
from skanomaly.correctors._table.writing import try_write_cells
from skanomaly.utils._shown import shown

__all__ = ["KnownCells", "read_corrections"]


@dataclass(frozen=True)
class KnownCells:
    """Rows that a person has looked at.

    `old` and `new` are their cells as they were and as they should be, `known` says
    which of the cells have been judged (all, but in a review); shapes (k, d). `labels`
    are the rows' index labels.
    """

    labels: pd.Index
    old: np.ndarray
    new: np.ndarray
    known: np.ndarray

    def require_unlocked(self, frame, locked):
        """Refuse changes in columns that must stay, a mask of shape (d,)."""
        changed = ~same_values(self.old, self.new) & locked
        if changed.any():
            row, column = np.argwhere(changed)[0]
            raise ValueError(
                f"corrections change row {shown(self.labels[row])} of column "
                f"{str(frame.columns[column])!r}, which is immutable (or has the role "
                "'flag' or 'ignore')."
            )

    def find(self, frame):
        """Find the rows in a table: which cells are known, and what these should be.

        The values are in the order of the cells, row by row. A row is the same if its
        label is, and all of its cells, as they were or already as they should be.
        """
        at = places_of(self.labels, frame.index)
        mine = np.flatnonzero(at >= 0)
        rows, columns = np.indices((len(mine), frame.shape[1])).reshape(2, -1)
        here = cells_of(frame, at[mine][rows], columns).reshape(
            len(mine), frame.shape[1]
        )
        as_it_was, done = (
            same_values(here, part[mine]) for part in (self.old, self.new)
        )
        mine = mine[(as_it_was | done).all(axis=1)]
        mine = mine[np.argsort(at[mine])]
        known = np.zeros(frame.shape, bool)
        known[at[mine]] = self.known[mine]
        return known, self.new[mine][self.known[mine]]


def read_corrections(corrections, frame):
    """Read corrections of a table, and check them.

    Parameters
    ----------
    corrections : DataFrame
        Entries (``row``, ``column``, ``value``), a review (``row``, ``column``,
        ``decision`` ...) or whole rows.
    frame : DataFrame
        The table that they are about.

    Returns
    -------
    known : KnownCells or None
        None where a review has decided nothing.

    Raises
    ------
    TypeError, ValueError
        If they do not fit the table, or contradict each other.
    """
    given = _as_frame(corrections)
    columns = list(map(str, given.columns))
    names = set(columns)
    own = list(map(str, frame.columns))
    if names == set(own):
        read = read_whole_rows
    elif {"row", "column", "decision"} <= names:
        read = read_decisions
    elif {"row", "column", "value"} <= names:
        read = read_entries
    else:
        raise ValueError(
            f"corrections have the columns {columns}; they need 'row', 'column' and "
            f"'value', or those of X ({own[:8]}{' ...' if len(own) > 8 else ''})."
        )
    if not len(given):
        raise ValueError("corrections are empty; pass None where there are none.")
    positions, known, values = read(given, frame)
    return _known_cells(frame, positions, known, values) if len(positions) else None


def _as_frame(corrections):
    if not isinstance(corrections, pd.DataFrame) and not is_polars(corrections):
        raise TypeError(
            "corrections must be a DataFrame with the columns 'row', 'column' and "
            f"'value', or of whole rows; got {type(corrections).__name__}."
        )
    if not corrections.shape[0] or not corrections.shape[1]:
        raise ValueError("corrections are empty; pass None where there are none.")
    return to_frame(corrections)


def _known_cells(frame, positions, known, values):
    """Make the record, with the values as the table holds them.

    `values` are what changes: a dict from (position of the row, column) to the value.
    """
    order = np.argsort(positions)
    positions, known = positions[order], known[order]
    rows, columns = np.indices(known.shape).reshape(2, -1)
    old = cells_of(frame, positions[rows], columns).reshape(known.shape)
    new = old.copy()
    place = {int(row): i for i, row in enumerate(positions)}
    for (row, column), value in values.items():
        new[place[row], column] = value
    changed = ~same_values(old, new)
    at, to = np.nonzero(changed)
    table = frame.iloc[positions]
    _, failed = try_write_cells(table, at, to, new[at, to])
    if failed.any():
        k = int(np.argmax(failed))
        raise ValueError(_cannot_hold(table, at[k], to[k], new[at[k], to[k]]))
    return KnownCells(frame.index[positions], old, new, known)


def _cannot_hold(table, row, column, value):
    return (
        f"corrections write {shown(value)} into row {shown(table.index[row])} of "
        f"column {str(table.columns[column])!r}, whose dtype "
        f"{table.dtypes.iloc[column]} cannot hold it."
    )
