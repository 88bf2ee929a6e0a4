"""The single changes of a row, and which of them to try together."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from skanomaly.correctors._table.columns import MISSING

__all__ = ["CellEdits", "all_slots", "joint_slots", "n_joint", "top_slots"]


@dataclass(frozen=True)
class CellEdits:
    """Changes of one cell, the same number for every row.

    Attributes
    ----------
    columns : ndarray of shape (n_slots,) or (n, n_slots)
        The column that a slot changes, in all rows or in each.
    values : ndarray of shape (n, n_slots)
        Its new code in each row.
    valid : ndarray of bool, shape (n, n_slots)
        Whether the row has this change at all.
    """

    columns: np.ndarray
    values: np.ndarray
    valid: np.ndarray

    def apply(self, codes, rows, chosen):
        """Changed copies of rows: pair i changes row ``rows[i]`` by ``chosen[i]``.

        Parameters
        ----------
        codes : ndarray of shape (n, d)
        rows : ndarray of shape (m,)
        chosen : ndarray of shape (m, t)
            Slots of different columns.
        """
        changed, index = codes[rows], np.arange(len(rows))
        columns = np.broadcast_to(self.columns, self.values.shape)
        for slot in chosen.T:
            changed[index, columns[rows, slot]] = self.values[rows, slot]
        return changed

    def units(self, codes, blocks):
        """Units that become one, and those that become zero, both (n, n_slots)."""
        columns = np.broadcast_to(self.columns, self.values.shape)
        old = np.take_along_axis(blocks.units(codes), columns, axis=1)
        return self.values + blocks.starts[columns], old

    def take(self, rows, slots=slice(None)):
        """Return only some rows and slots."""
        values, valid = self.values[rows], self.valid[rows]
        return CellEdits(self.columns[slots], values[:, slots], valid[:, slots])


def all_slots(codes, locked, n_categories):
    """Every other value of every cell that is not locked."""
    columns, values, valid = [], [], []
    for j, size in enumerate(n_categories):
        current = codes[:, j, None]
        known = current != MISSING
        # A missing cell has one alternative more than a known one.
        n_slots = size - 1 if known.all() else size
        if n_slots < 1 or locked[:, j].all():
            continue
        value = np.arange(n_slots)
        value = value + (known & (value >= current))
        columns.append(np.full(n_slots, j))
        valid.append((value < size) & ~locked[:, j, None])
        values.append(np.minimum(value, size - 1))
    if not columns:
        empty = np.empty((len(codes), 0), dtype=np.int64)
        return CellEdits(empty[0:1].ravel(), empty, empty.astype(bool))
    return CellEdits(
        np.concatenate(columns),
        np.concatenate(values, axis=1),
        np.concatenate(valid, axis=1),
    )


def top_slots(slots, merit, n_top):
    """Keep the best `n_top` slots of each column, and say if that left any out.

    Parameters
    ----------
    slots : CellEdits
    merit : ndarray of shape (n, n_slots)
        Higher is better.
    n_top : int
    """
    merit = np.where(slots.valid, merit, -np.inf)
    columns, picks = [], []
    for j in np.unique(slots.columns):
        here = np.flatnonzero(slots.columns == j)
        order = np.argsort(-merit[:, here], axis=1, kind="stable")[:, :n_top]
        picks.append(here[np.sort(order, axis=1)])
        columns.append(np.full(order.shape[1], j))
    pick = np.concatenate(picks, axis=1)
    values, valid = (
        np.take_along_axis(a, pick, 1) for a in (slots.values, slots.valid)
    )
    return CellEdits(np.concatenate(columns), values, valid)


def n_joint(columns, n_cells):
    """Number of ways to choose `n_cells` slots of different columns."""
    ways = np.zeros(n_cells + 1)
    ways[0] = 1.0
    for size in np.unique(columns, return_counts=True)[1]:
        ways[1:] += size * ways[:-1]
    return int(ways[n_cells])


def joint_slots(columns, n_cells):
    """Every choice of `n_cells` slots of different columns, shape (n_choices, t)."""
    parts = []
    for chosen in combinations(np.unique(columns), n_cells):
        grids = np.meshgrid(
            *[np.flatnonzero(columns == j) for j in chosen], indexing="ij"
        )
        parts.append(np.stack([grid.ravel() for grid in grids], axis=1))
    if not parts:
        return np.empty((0, n_cells), dtype=np.int64)
    return np.concatenate(parts)
