"""Change one cell after the other, always keeping the most promising rows."""

from dataclasses import dataclass

import numpy as np
import torch

from skanomaly.correctors._search.problem import (
    CandidateSet,
    CellEdits,
    all_edits,
    best_of,
)
from skanomaly.utils._chunks import row_slices

__all__ = ["beam_search"]

# Changes of a kept row that are evaluated; all are, where there is no gradient.
N_PROPOSALS = 64


def beam_search(problem, width=10):
    """Return the repairs of least cost that `BeamSearch` meets, a `CandidateSet`.

    Of the changes of a row, `N_PROPOSALS` are evaluated: what changing cell j from
    category c to k adds to the log-odds is about ``g_jk - g_jc``, with the gradient g.
    """
    n_units = max(1, min(N_PROPOSALS, problem.model.blocks.n_units))
    parts = [CandidateSet.nothing(problem.codes.shape[1])]
    for chunk in row_slices(len(problem), width * n_units):
        rows = np.arange(len(problem))[chunk]
        parts.append(_search(problem.take(rows), width).of(rows))
    return CandidateSet.join(parts)


@dataclass(frozen=True)
class Beam:
    """The kept rows of all rows: state i belongs to row ``row[i]``."""

    row: np.ndarray
    codes: np.ndarray
    cost: np.ndarray


def _search(problem, width):
    hashes = np.random.default_rng(0).integers(
        2**63,
        size=problem.model.blocks.n_units + problem.codes.shape[1],
        dtype=np.uint64,
    )
    beam = Beam(np.arange(len(problem)), problem.codes, np.zeros(len(problem)))
    best = np.full(len(problem), np.inf)
    candidates = [CandidateSet.nothing(problem.codes.shape[1])]
    for _ in range(problem.max_edits):
        entries = _expand(problem, beam, best)
        if not len(entries.row):
            break
        hits = _accepted(problem, entries)
        candidates.append(hits)
        np.minimum.at(best, hits.row, problem.costs_of(hits))
        beam = _keep(problem, entries, width, hashes)
    joined = CandidateSet.join(candidates)
    return joined.take(problem.costs_of(joined) == best[joined.row])


def _expand(problem, beam, best):
    """Every proposed change of every state that can still lead to the least cost."""
    changed = beam.codes != problem.codes[beam.row]
    locked = problem.locked[beam.row] | changed
    locked |= np.round(beam.cost[:, None] + problem.costs, 9) >= best[beam.row, None]
    alive = np.flatnonzero(~locked.all(axis=1))
    codes = beam.codes[alive]
    edits = all_edits(codes, locked[alive], problem.model.blocks.sizes)
    if not edits.valid.any():
        return CandidateSet.nothing(problem.codes.shape[1])
    edits = _propose(problem.model, codes, edits)
    state, edit = np.nonzero(edits.valid)
    single = np.arange(edits.values.shape[1])[:, None]
    logits = problem.model.changed_logits(codes, edits, single)
    return CandidateSet(
        beam.row[alive[state]],
        edits.apply(codes, state, edit[:, None]),
        logits[state, edit],
    )


def _propose(model, codes, edits):
    """Keep the changes that the gradient at the row itself promises most of."""
    n_edits = edits.values.shape[1]
    if not model.differentiable or n_edits <= N_PROPOSALS:
        return edits
    promise = np.where(edits.valid, -_first_order(model, codes, edits), -np.inf)
    pick = np.sort(np.argsort(-promise, axis=1, kind="stable")[:, :N_PROPOSALS], axis=1)
    values = np.take_along_axis(edits.values, pick, axis=1)
    valid = np.take_along_axis(edits.valid, pick, axis=1)
    return CellEdits(edits.columns[pick], values, valid)


def _first_order(model, codes, edits):
    """Change of the log-odds by each edit, to first order."""
    blocks, parts = model.blocks, []
    for rows in row_slices(len(codes), blocks.n_units):
        p = blocks.one_hot(torch.from_numpy(codes[rows]))
        _, gradient = model.gradient(p.to(model.device))
        # Without its mean, a missing cell (all categories alike) stands at zero.
        parts.append(blocks.center(gradient).cpu().numpy())
    gradient = np.pad(np.concatenate(parts), [(0, 0), (0, blocks.n_columns)])
    new, old = edits.units(codes, blocks)
    change = np.take_along_axis(gradient, new, 1) - np.take_along_axis(gradient, old, 1)
    return change.astype(np.float32)


def _accepted(problem, entries):
    hits = entries.take(entries.logit < problem.limit)
    return hits.take(problem.accepts(hits.codes, hits.row))


def _keep(problem, entries, width, hashes):
    """Return the states to go on from; two orders of the same changes are one state."""
    key = hashes[problem.model.blocks.units(entries.codes)].sum(axis=1)
    order = np.lexsort((key, entries.row))
    again = (np.diff(entries.row[order]) == 0) & (np.diff(key[order]) == 0)
    entries = entries.take(np.sort(order[np.r_[True, ~again]]))
    entries = entries.take(best_of(entries, (entries.logit,), width))
    return Beam(entries.row, entries.codes, problem.costs_of(entries))
