"""What a search looks for, the single changes of a row, and the order of repairs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from skanomaly._training.evaluate import on_float32_grid
from skanomaly.correctors._search.log_odds import LogOddsModel
from skanomaly.correctors._table.codec import MISSING

__all__ = [
    "CandidateSet",
    "CellEdits",
    "RepairProblem",
    "all_edits",
    "best_of",
    "joint_edits",
    "n_joint",
    "rank",
    "top_edits",
]

# Candidates of a row, the best by all else, of which the likelihood is asked.
MAX_LIKELIHOODS = 128


@dataclass(frozen=True)
class RepairProblem:
    """What every search is given.

    Attributes
    ----------
    model : LogOddsModel
    limit : float
        Log-odds below which a row is normal.
    codes : ndarray of int64, shape (n, d)
        The rows to repair; -1 is a missing cell.
    locked : ndarray of bool, shape (n, d)
        Cells that must stay.
    costs : ndarray of shape (d,)
        Cost of a change in each column, above zero.
    max_edits : int
        Maximum number of edits of a row.
    allowed : callable, default=None
        ``allowed(codes, rows)`` tells which candidates (m, d) for the rows (m,) are
        acceptable; None accepts all.
    log_likelihood : callable, default=None
        ``log_likelihood(codes)`` is the log-likelihood (m,) of candidates (m, d).
    """

    model: LogOddsModel
    limit: float
    codes: np.ndarray
    locked: np.ndarray
    costs: np.ndarray
    max_edits: int
    allowed: Callable | None = None
    log_likelihood: Callable | None = None

    def __len__(self):
        return len(self.codes)

    def take(self, rows):
        """Return the same for some of the rows, by number."""
        ask, allowed = self.allowed, None
        if ask is not None:
            # A lambda, as two functions of one name would be two types to mypy.
            allowed = lambda codes, chosen: ask(codes, rows[chosen])  # noqa: E731
        return replace(
            self, codes=self.codes[rows], locked=self.locked[rows], allowed=allowed
        )

    def accepts(self, codes, rows):
        """Which candidates satisfy the constraints, shape (m,)."""
        if self.allowed is None or not len(rows):
            return np.ones(len(rows), dtype=bool)
        return np.asarray(self.allowed(codes, rows), dtype=bool)

    def cost_of(self, columns):
        """Cost of changing columns together, shape (m,) from (m, t)."""
        return _rounded(self.costs[columns].sum(axis=1))

    def costs_of(self, candidates):
        """Cost of each candidate."""
        return _rounded((candidates.codes != self.codes[candidates.row]) @ self.costs)

    def cheapest(self, n_cells):
        """Least cost of changing `n_cells` cells of each row; infinite if none is."""
        costs = np.sort(np.where(self.locked, np.inf, self.costs), axis=1)
        if n_cells > costs.shape[1]:
            return np.full(len(self), np.inf)
        return _rounded(costs[:, :n_cells].sum(axis=1))


def _rounded(costs):
    """Sums in another order must be equal: 0.1 + 0.2 and 0.3."""
    return np.round(costs, 9)


@dataclass(frozen=True)
class CellEdits:
    """Changes of one cell, the same number for every row.

    Attributes
    ----------
    columns : ndarray of shape (n_edits,) or (n, n_edits)
        The column that an edit changes, in all rows or in each.
    values : ndarray of shape (n, n_edits)
        Its new code in each row.
    valid : ndarray of bool, shape (n, n_edits)
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
            Edits of different columns.
        """
        changed, index = codes[rows], np.arange(len(rows))
        columns = np.broadcast_to(self.columns, self.values.shape)
        for edit in chosen.T:
            changed[index, columns[rows, edit]] = self.values[rows, edit]
        return changed

    def units(self, codes, blocks):
        """Units that become one, and those that become zero, both (n, n_edits)."""
        columns = np.broadcast_to(self.columns, self.values.shape)
        old = np.take_along_axis(blocks.units(codes), columns, axis=1)
        return self.values + blocks.starts[columns], old

    def take(self, rows):
        """Return the edits of some of the rows, by number."""
        return CellEdits(self.columns, self.values[rows], self.valid[rows])


@dataclass(frozen=True)
class CandidateSet:
    """Acceptable rows: candidate i, with its log-odds, is one for row ``row[i]``."""

    row: np.ndarray
    codes: np.ndarray
    logit: np.ndarray

    @classmethod
    def nothing(cls, n_columns):
        """Return an empty collection."""
        none = np.empty(0, dtype=np.int64)
        return cls(none, np.empty((0, n_columns), dtype=np.int64), np.empty(0))

    def take(self, chosen):
        """Return only some of them."""
        return CandidateSet(self.row[chosen], self.codes[chosen], self.logit[chosen])

    def of(self, rows):
        """Return the same with other numbers for the rows."""
        return CandidateSet(rows[self.row], self.codes, self.logit)

    @classmethod
    def join(cls, parts):
        """Return all of several collections."""
        return cls(
            np.concatenate([part.row for part in parts]),
            np.concatenate([part.codes for part in parts]),
            np.concatenate([part.logit for part in parts]),
        )


@dataclass(frozen=True)
class Ranked:
    """Best candidates of each row: codes (n, M, d) and tables (n, M), best first.

    Where a row has fewer than M, its own codes stand, and the tables hold NaN.
    """

    codes: np.ndarray
    cost: np.ndarray
    logit: np.ndarray
    log_likelihood: np.ndarray


def rank(problem, candidates, n_candidates):
    """Order candidates by cost, number of edits, likelihood and log-odds.

    Parameters
    ----------
    problem : RepairProblem
    candidates : CandidateSet
    n_candidates : int
        How many of a row to keep.

    Returns
    -------
    Ranked
    """
    candidates = _distinct(candidates)
    n_edits = (candidates.codes != problem.codes[candidates.row]).sum(axis=1)
    keys = [problem.costs_of(candidates), n_edits]
    order = best_of(candidates, (*keys, candidates.logit), MAX_LIKELIHOODS)
    candidates, keys = candidates.take(order), [key[order] for key in keys]
    likelihood = _likelihood(problem, candidates)
    order = best_of(candidates, (*keys, -likelihood, candidates.logit), n_candidates)
    if problem.log_likelihood is None:
        likelihood[:] = np.nan
    best, cost = candidates.take(order), keys[0][order]
    return _tables(problem, best, cost, likelihood[order], n_candidates)


def _likelihood(problem, candidates):
    """Log-likelihood of each candidate on the float32 grid; 0 if it is not known."""
    if problem.log_likelihood is None or not len(candidates.row):
        return np.zeros(len(candidates.row))
    return on_float32_grid(problem.log_likelihood(candidates.codes))


def _distinct(candidates):
    """Leave out what is there twice; of gradients, say, many restarts agree."""
    changed = np.column_stack([candidates.row, candidates.codes])
    _, first = np.unique(changed, axis=0, return_index=True)
    return candidates.take(np.sort(first))


def best_of(candidates, keys, most):
    """Indices in the order of row and keys, at most so many of a row."""
    order = np.lexsort((np.arange(len(candidates.row)), *keys[::-1], candidates.row))
    return order[_place(candidates.row[order]) < most]


def _place(sorted_rows):
    """Number each entry within its row."""
    index = np.arange(len(sorted_rows))
    starts = np.r_[True, sorted_rows[1:] != sorted_rows[:-1]][: len(index)]
    return index - np.maximum.accumulate(np.where(starts, index, 0))


def _tables(problem, candidates, cost, likelihood, n_candidates):
    n, place = len(problem), _place(candidates.row)
    codes = np.repeat(problem.codes[:, None], n_candidates, axis=1)
    codes[candidates.row, place] = candidates.codes
    tables = np.full((3, n, n_candidates), np.nan)
    tables[:, candidates.row, place] = cost, candidates.logit, likelihood
    return Ranked(codes, *tables)


def all_edits(codes, locked, n_categories):
    """Every other value of every cell that is not locked."""
    columns, values, valid = [], [], []
    for j, size in enumerate(n_categories):
        current = codes[:, j, None]
        known = current != MISSING
        # A missing cell has one alternative more than a known one.
        n_edits = size - 1 if known.all() else size
        if n_edits < 1 or locked[:, j].all():
            continue
        value = np.arange(n_edits)
        value = value + (known & (value >= current))
        columns.append(np.full(n_edits, j))
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


def top_edits(edits, merit, n_top):
    """Keep the best `n_top` edits of each column.

    Parameters
    ----------
    edits : CellEdits
    merit : ndarray of shape (n, n_edits)
        Higher is better.
    n_top : int
    """
    merit = np.where(edits.valid, merit, -np.inf)
    columns, picks = [], []
    for j in np.unique(edits.columns):
        here = np.flatnonzero(edits.columns == j)
        order = np.argsort(-merit[:, here], axis=1, kind="stable")[:, :n_top]
        picks.append(here[np.sort(order, axis=1)])
        columns.append(np.full(order.shape[1], j))
    pick = np.concatenate(picks, axis=1)
    values, valid = (
        np.take_along_axis(a, pick, 1) for a in (edits.values, edits.valid)
    )
    return CellEdits(np.concatenate(columns), values, valid)


def n_joint(columns, n_cells):
    """Number of ways to choose `n_cells` edits of different columns."""
    ways = np.zeros(n_cells + 1)
    ways[0] = 1.0
    for size in np.unique(columns, return_counts=True)[1]:
        ways[1:] += size * ways[:-1]
    return int(ways[n_cells])


def joint_edits(columns, n_cells):
    """Every choice of `n_cells` edits of different columns, shape (n_choices, t)."""
    parts = []
    for chosen in combinations(np.unique(columns), n_cells):
        grids = np.meshgrid(
            *[np.flatnonzero(columns == j) for j in chosen], indexing="ij"
        )
        parts.append(np.stack([grid.ravel() for grid in grids], axis=1))
    if not parts:
        return np.empty((0, n_cells), dtype=np.int64)
    return np.concatenate(parts)
