"""Try every change of one cell, then of two: what is found is proved to be least."""

import numpy as np

from skanomaly.correctors._search.edits import (
    all_slots,
    joint_slots,
    n_joint,
    top_slots,
)
from skanomaly.correctors._search.problem import CandidateSet

__all__ = ["exact_search"]

# Joint changes of a row above which only the best values of each column are joined.
MAX_JOINT = 20_000
# Candidates of all rows of a chunk.
CHUNK_CANDIDATES = 2**19


def exact_search(goal, *, max_cells=2, n_top=10):
    """Find all repairs of least cost among those of few cells.

    Single changes are all tried. Where joint ones are too many, only the `n_top` values
    of each column are joined that `log_proba` finds most likely, or, without it, that
    lower the log-odds most.

    Parameters
    ----------
    goal : RepairProblem
    max_cells : int, default=2
        Most cells to change.
    n_top : int, default=10
        Values of a column to join where not all can be.

    Returns
    -------
    found : CandidateSet
        All repairs of least cost of each row.
    bound : ndarray of shape (n,)
        No repair of lower cost exists; infinite where there is none at all.
    complete : ndarray of bool, shape (n,)
        Whether that holds among all values, and not only among the joined ones.
    """
    max_cells = min(max_cells, goal.max_edits)
    slots = all_slots(goal.codes, goal.locked, goal.model.blocks.sizes)
    n_rows = max(1, CHUNK_CANDIDATES // _n_candidates(slots.columns, max_cells))
    parts = []
    for start in range(0, len(goal), n_rows):
        rows = np.arange(start, min(start + n_rows, len(goal)))
        found, *rest = _search(goal.take(rows), slots.take(rows), max_cells, n_top)
        parts.append((found.of(rows), *rest))
    if not parts:
        return CandidateSet.nothing(goal.codes.shape[1]), np.empty(0), np.empty(0, bool)
    found, bound, complete = zip(*parts, strict=True)
    return CandidateSet.join(found), np.concatenate(bound), np.concatenate(complete)


def _n_candidates(columns, max_cells):
    largest = [min(n_joint(columns, t), MAX_JOINT) for t in range(2, max_cells + 1)]
    return max(1, len(columns), *largest) if largest else max(1, len(columns))


def _search(goal, slots, max_cells, n_top):
    n_cells, found = 0, [CandidateSet.nothing(goal.codes.shape[1])]
    best = np.full(len(goal), np.inf)
    complete = np.ones(len(goal), dtype=bool)
    single = None
    for n_cells in range(1, max_cells + 1):
        open_rows = np.flatnonzero(goal.cheapest(n_cells) < best)
        if not len(open_rows):
            break
        part, its_slots = goal.take(open_rows), slots.take(open_rows)
        if n_joint(slots.columns, n_cells) > MAX_JOINT and n_cells > 1:
            merit = _merit(
                part, its_slots, None if single is None else single[open_rows]
            )
            its_slots = top_slots(its_slots, merit, n_top)
            complete[open_rows] = False
        hits, logits = _try_all(part, its_slots, n_cells, best[open_rows])
        if n_cells == 1:
            single = logits  # every row is open at first
        found.append(hits.of(open_rows))
        np.minimum.at(best, found[-1].row, goal.costs_of(found[-1]))
    found = CandidateSet.join(found)
    found = found.take(goal.costs_of(found) == best[found.row])
    return found, np.minimum(best, goal.cheapest(max_cells + 1)), complete


def _merit(goal, slots, single):
    if goal.log_proba is None:
        return -single
    new, _ = slots.units(goal.codes, goal.model.blocks)
    return np.take_along_axis(goal.log_proba, new, axis=1)


def _try_all(goal, slots, n_cells, best):
    """Return the repairs of this many cells below the best cost, and all log-odds."""
    joint = joint_slots(slots.columns, n_cells)
    logits = goal.model.changed_logits(goal.codes, slots, joint)
    cost = goal.cost_of(slots.columns[joint])
    good = (logits < goal.limit) & slots.valid[:, joint].all(axis=2)
    row, choice = np.nonzero(good & (cost < best[:, None]))
    codes = slots.apply(goal.codes, row, joint[choice])
    accepted = goal.accepts(codes, row)
    return CandidateSet(row, codes, logits[row, choice]).take(accepted), logits
