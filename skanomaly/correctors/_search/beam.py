"""Change one cell after the other, always keeping the most promising rows."""

from dataclasses import dataclass

import numpy as np
import torch

from skanomaly.correctors._search.edits import CellEdits, all_slots
from skanomaly.correctors._search.problem import CandidateSet, best_of

__all__ = ["beam_search"]

# Candidates of all rows of a chunk.
CHUNK_CANDIDATES = 2**19
# Numbers in the largest array of gradients.
CHUNK = 2**18


def beam_search(goal, *, width=10, n_proposals=64):
    """Find repairs of few cells without trying all of them.

    Each kept row is changed in one more cell. Of its changes the `n_proposals` are
    evaluated that promise most by the gradient at the row itself (HotFlip): what
    changing cell j from category c to k adds to the log-odds is about ``g_jk - g_jc``.
    The `width` rows with the lowest log-odds are kept.

    Parameters
    ----------
    goal : RepairProblem
    width : int, default=10
        Rows to keep.
    n_proposals : int, default=64
        Changes of a kept row to evaluate; all are, where there is no gradient.

    Returns
    -------
    CandidateSet
        The repairs of least cost that were met.
    """
    n_units = max(1, min(n_proposals, goal.model.blocks.n_units))
    n_rows = max(1, CHUNK_CANDIDATES // (width * n_units))
    parts = [CandidateSet.nothing(goal.codes.shape[1])]
    for start in range(0, len(goal), n_rows):
        rows = np.arange(start, min(start + n_rows, len(goal)))
        parts.append(_search(goal.take(rows), width, n_proposals).of(rows))
    return CandidateSet.join(parts)


@dataclass(frozen=True)
class Beam:
    """The kept rows of all rows: state i belongs to row ``row[i]``."""

    row: np.ndarray
    codes: np.ndarray
    cost: np.ndarray


def _search(goal, width, n_proposals):
    hashes = np.random.default_rng(0).integers(
        2**63, size=goal.model.blocks.n_units + goal.codes.shape[1], dtype=np.uint64
    )
    beam = Beam(np.arange(len(goal)), goal.codes, np.zeros(len(goal)))
    best = np.full(len(goal), np.inf)
    found = [CandidateSet.nothing(goal.codes.shape[1])]
    for _ in range(goal.max_edits):
        entries = _expand(goal, beam, best, n_proposals)
        if not len(entries.row):
            break
        hits = _accepted(goal, entries)
        found.append(hits)
        np.minimum.at(best, hits.row, goal.costs_of(hits))
        beam = _keep(goal, entries, width, hashes)
    joined = CandidateSet.join(found)
    return joined.take(goal.costs_of(joined) == best[joined.row])


def _expand(goal, beam, best, n_proposals):
    """Every proposed change of every state that can still lead to the least cost."""
    changed = beam.codes != goal.codes[beam.row]
    locked = goal.locked[beam.row] | changed
    locked |= np.round(beam.cost[:, None] + goal.costs, 9) >= best[beam.row, None]
    alive = np.flatnonzero(~locked.all(axis=1))
    codes = beam.codes[alive]
    slots = all_slots(codes, locked[alive], goal.model.blocks.sizes)
    if not slots.valid.any():
        return CandidateSet.nothing(goal.codes.shape[1])
    slots = _propose(goal.model, codes, slots, n_proposals)
    state, slot = np.nonzero(slots.valid)
    single = np.arange(slots.values.shape[1])[:, None]
    logits = goal.model.changed_logits(codes, slots, single)
    return CandidateSet(
        beam.row[alive[state]],
        slots.apply(codes, state, slot[:, None]),
        logits[state, slot],
    )


def _propose(model, codes, slots, n_proposals):
    """Keep the changes that the gradient at the row itself promises most of."""
    n_slots = slots.values.shape[1]
    if not model.differentiable or n_slots <= n_proposals:
        return slots
    promise = np.where(slots.valid, -_first_order(model, codes, slots), -np.inf)
    pick = np.sort(np.argsort(-promise, axis=1, kind="stable")[:, :n_proposals], axis=1)
    values = np.take_along_axis(slots.values, pick, axis=1)
    valid = np.take_along_axis(slots.valid, pick, axis=1)
    return CellEdits(slots.columns[pick], values, valid)


def _first_order(model, codes, slots):
    """Change of the log-odds by each slot, to first order."""
    blocks, parts = model.blocks, []
    n_rows = max(1, CHUNK // blocks.n_units)
    for start in range(0, len(codes), n_rows):
        p = blocks.one_hot(torch.from_numpy(codes[start : start + n_rows]))
        _, gradient = model.gradient(p.to(model.device))
        # Without its mean, a missing cell (all categories alike) stands at zero.
        parts.append(blocks.center(gradient).cpu().numpy())
    gradient = np.pad(np.concatenate(parts), [(0, 0), (0, blocks.n_columns)])
    new, old = slots.units(codes, blocks)
    change = np.take_along_axis(gradient, new, 1) - np.take_along_axis(gradient, old, 1)
    return change.astype(np.float32)


def _accepted(goal, entries):
    hits = entries.take(entries.logit < goal.limit)
    return hits.take(goal.accepts(hits.codes, hits.row))


def _keep(goal, entries, width, hashes):
    """Return the states to go on from; two orders of the same changes are one state."""
    key = hashes[goal.model.blocks.units(entries.codes)].sum(axis=1)
    order = np.lexsort((key, entries.row))
    again = (np.diff(entries.row[order]) == 0) & (np.diff(key[order]) == 0)
    entries = entries.take(np.sort(order[np.r_[True, ~again]]))
    entries = entries.take(best_of(entries, (entries.logit,), width))
    return Beam(entries.row, entries.codes, goal.costs_of(entries))
