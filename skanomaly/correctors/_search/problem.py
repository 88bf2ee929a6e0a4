"""What a search looks for, and the order of what it found."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from skanomaly.correctors._search.log_odds import LogOddsModel

__all__ = ["CandidateSet", "RepairProblem", "Ranked", "best_of", "rank"]


@dataclass(frozen=True)
class RepairProblem:
    """What every search is told.

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
        Most cells to change.
    allowed : callable, default=None
        ``allowed(codes, rows)`` tells which candidates (m, d) for the rows (m,) are
        acceptable; None accepts all.
    log_proba : ndarray of shape (n, n_units), default=None
        Log-probability of each category of each cell, given the rest of its row.
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
    log_proba: np.ndarray | None = None
    log_likelihood: Callable | None = None

    def __len__(self):
        return len(self.codes)

    def take(self, rows):
        """Return the same for some of the rows, by number."""
        allowed = self.allowed
        if allowed is not None:
            allowed = _of_rows(allowed, rows)
        table = None if self.log_proba is None else self.log_proba[rows]
        return replace(
            self,
            codes=self.codes[rows],
            locked=self.locked[rows],
            allowed=allowed,
            log_proba=table,
        )

    def with_table(self, log_proba):
        """Return the same with a table of log-probabilities."""
        return replace(self, log_proba=log_proba)

    def accepts(self, codes, rows):
        """Which candidates satisfy the constraints, shape (m,)."""
        if self.allowed is None or not len(rows):
            return np.ones(len(rows), dtype=bool)
        return np.asarray(self.allowed(codes, rows), dtype=bool)

    def cost_of(self, columns):
        """Cost of changing columns together, shape (m,) from (m, t)."""
        return _rounded(self.costs[columns].sum(axis=1))

    def costs_of(self, found):
        """Cost of each candidate."""
        return _rounded((found.codes != self.codes[found.row]) @ self.costs)

    def cheapest(self, n_cells):
        """Least cost of changing `n_cells` cells of each row; infinite if none is."""
        costs = np.sort(np.where(self.locked, np.inf, self.costs), axis=1)
        if n_cells > costs.shape[1]:
            return np.full(len(self), np.inf)
        return _rounded(costs[:, :n_cells].sum(axis=1))


def _of_rows(allowed, rows):
    return lambda codes, chosen: allowed(codes, rows[chosen])


def _rounded(costs):
    """Sums in another order must be equal: 0.1 + 0.2 and 0.3."""
    return np.round(costs, 9)


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

    Where a row has fewer than M, its own codes stand, and cost, log-odds and
    log-likelihood are infinite, infinite and NaN.
    """

    codes: np.ndarray
    cost: np.ndarray
    logit: np.ndarray
    log_likelihood: np.ndarray


def rank(goal, found, n_candidates, n_judged=128):
    """Order candidates by cost, number of edits, likelihood and log-odds.

    Parameters
    ----------
    goal : RepairProblem
    found : CandidateSet
    n_candidates : int
        How many of a row to keep.
    n_judged : int, default=128
        For how many candidates of a row, the best by all else, the likelihood is asked.

    Returns
    -------
    Ranked
    """
    found = _distinct(found)
    n_edits = (found.codes != goal.codes[found.row]).sum(axis=1)
    keys = [goal.costs_of(found), n_edits]
    table = _table_gain(goal, found)
    order = best_of(found, (*keys, -table, found.logit), n_judged)
    found, table, keys = found.take(order), table[order], [k[order] for k in keys]
    likelihood = table
    if goal.log_likelihood is not None and len(found.row):
        likelihood = np.asarray(goal.log_likelihood(found.codes), dtype=np.float64)
        likelihood = likelihood.astype(np.float32).astype(np.float64)
    order = best_of(found, (*keys, -likelihood, found.logit), n_candidates)
    known = goal.log_likelihood is not None or goal.log_proba is not None
    likelihood = likelihood if known else np.full(len(likelihood), np.nan)
    return _tables(
        goal, found.take(order), keys[0][order], likelihood[order], n_candidates
    )


def _distinct(found):
    """Leave out what is there twice; of gradients, say, many restarts agree."""
    changed = np.column_stack([found.row, found.codes])
    _, first = np.unique(changed, axis=0, return_index=True)
    return found.take(np.sort(first))


def _table_gain(goal, found):
    """By how much the changes raise the log-probability, from the table; else 0."""
    if goal.log_proba is None:
        return np.zeros(len(found.row))
    blocks = goal.model.blocks
    gain = np.zeros(len(found.row))
    padded = np.pad(goal.log_proba, [(0, 0), (0, blocks.n_columns)])
    new, old = blocks.units(found.codes), blocks.units(goal.codes)[found.row]
    for j in range(blocks.n_columns):
        gain += padded[found.row, new[:, j]] - padded[found.row, old[:, j]]
    return gain.astype(np.float32).astype(np.float64)


def best_of(found, keys, most):
    """Indices in the order of row and keys, at most so many of a row."""
    order = np.lexsort((np.arange(len(found.row)), *keys[::-1], found.row))
    return order[_place(found.row[order]) < most]


def _place(sorted_rows):
    """Number each entry within its row."""
    index = np.arange(len(sorted_rows))
    starts = np.r_[True, sorted_rows[1:] != sorted_rows[:-1]][: len(index)]
    return index - np.maximum.accumulate(np.where(starts, index, 0))


def _tables(goal, found, cost, likelihood, n_candidates):
    n, place = len(goal), _place(found.row)
    codes = np.repeat(goal.codes[:, None], n_candidates, axis=1)
    codes[found.row, place] = found.codes
    tables = []
    for values, empty in ((cost, np.inf), (found.logit, np.inf), (likelihood, np.nan)):
        table = np.full((n, n_candidates), empty)
        table[found.row, place] = values
        tables.append(table)
    return Ranked(codes, *tables)
