"""Fill unknown cells, and choose among fillings."""

import numpy as np

from skanomaly.correctors._search.cell_candidates import alternatives
from skanomaly.correctors._table.columns import MISSING
from skanomaly.correctors._table.keys import content_keys
from skanomaly.correctors._table.records import Candidates, Repair

__all__ = [
    "decide_cells",
    "doubtful_cells", "draw_candidates", "fill_cells", "first_allowed",
    "found_candidates", "keep_most", "repair_to",
]  # fmt: skip


def fill_cells(model, codes, unknown, labels=None, **options):
    """Rows with their unknown cells filled, and how sure each new value is."""
    filled, p_new = codes.copy(), np.full(codes.shape, np.nan)
    open_rows = unknown.any(axis=1)
    if open_rows.any():
        keys = content_keys(codes, unknown, labels)[open_rows]
        part = _fill(model, codes[open_rows], unknown[open_rows], keys, **options)
        filled[open_rows], p_new[open_rows] = part
    return filled, p_new


def _fill(model, codes, unknown, keys, *, most_likely, n_draws, seed):
    if model.is_exact:
        options = {"mode": "argmax"} if most_likely else {"order": "random"}
        filled = model.fill(codes, unknown, 1, seed, keys=keys, **options)[0]
        logs = model.log_proba_masked(codes, unknown)
        return filled, _proba_of(filled, unknown, logs)
    draws = model.fill(codes, unknown, n_draws if most_likely else 1, seed, keys)
    if not most_likely:  # one draw says nothing about how likely it was
        return draws[0], np.full(codes.shape, np.nan)
    filled = _vote(draws)
    return filled, np.where(unknown, (draws == filled).mean(axis=0), np.nan)


def draw_candidates(model, rows, unknown, *, n_draws, seed):
    """Draws of the unknown cells, the most frequent first."""
    keys = content_keys(rows.codes, unknown, rows.labels)
    draws = model.fill(rows.codes, unknown, n_draws, seed, keys).transpose(1, 0, 2)
    same = (draws[:, :, None] == draws[:, None]).all(axis=3)
    first = np.argmax(same, axis=2) == np.arange(n_draws)
    share = np.where(first, same.mean(axis=2), np.nan)
    order = np.argsort(-np.nan_to_num(share, nan=-1.0), axis=1, kind="stable")
    codes = np.take_along_axis(draws, order[:, :, None], axis=1)
    p = np.take_along_axis(share, order, axis=1)
    return Candidates(codes, p, np.full_like(p, np.nan))


def decide_cells(found, rows, alpha, max_edits):
    """Which cells to change to their best other value, bool of shape (n, d)."""
    known = rows.codes != MISSING
    # A wrong value in an empty cell breaks nothing that was right.
    sure = found.p_new >= np.where(known, 1 - alpha, 0.5)
    cells = sure & (found.best >= 0) & ~rows.locked
    if max_edits is not None:
        cells = keep_most(cells, ~rows.empty, found.p_new, max_edits)
    return cells


def keep_most(cells, known, p, max_edits):
    """Keep the surest edits of each row; filling a missing cell is none."""
    edits = cells & known
    order = np.argsort(np.argsort(-np.where(edits, p, -1.0), axis=1, kind="stable"))
    return cells & (~known | (order < max_edits))


def doubtful_cells(found, rows, max_edits):
    """Cells to propose something for: sure or not, if the value is likely wrong."""
    cells = (found.p_new >= 0.5) | ((found.p_error > 0.5) & ~rows.empty)
    cells &= (found.best >= 0) & ~rows.locked
    if max_edits is not None:
        cells = keep_most(cells, ~rows.empty, found.p_new, max_edits)
    return cells


def found_candidates(found, rows, cells):
    """Candidates that change the chosen cells, best first."""
    best = np.where(cells, found.best, rows.codes)
    codes, p = alternatives(rows.codes, best, cells, found)
    return Candidates(codes, p, np.full_like(p, np.nan))


def repair_to(rows, codes, p_new, p_error):
    """Record of changing rows to other codes."""
    repair = Repair.nothing(rows.codes)
    repair.codes, repair.p_error = codes.copy(), p_error.copy()
    changed = codes != rows.codes
    repair.p_new = np.where(changed, p_new, np.nan)
    repair.status[changed.any(axis=1)] = "repaired"
    return repair


def first_allowed(repair, rows, candidates_of):
    """Where constraints forbid a repair, take the best candidate that they allow.

    `candidates_of` is called with the numbers of those rows.
    """
    changed = np.flatnonzero((repair.codes != rows.codes).any(axis=1))
    wrong = changed[~rows.allowed(repair.codes[changed], changed)]
    if not len(wrong):
        return
    candidates = candidates_of(wrong)
    for c in range(candidates.codes.shape[1]):
        there = ~np.isnan(candidates.p[:, c])
        there &= (candidates.codes[:, c] != rows.codes[wrong]).any(axis=1)
        good = np.zeros(len(wrong), bool)
        good[there] = rows.allowed(candidates.codes[there, c], wrong[there])
        repair.codes[wrong[good]] = candidates.codes[good, c]
        repair.p_new[wrong[good]] = np.nan  # was that of the forbidden values
        keep = ~good
        wrong = wrong[keep]
        candidates = Candidates(*(part[keep] for part in vars(candidates).values()))
        if not len(wrong):
            return


def _proba_of(codes, unknown, logs):
    p = np.full(codes.shape, np.nan)
    for j in np.flatnonzero(unknown.any(axis=0)):
        here = np.flatnonzero(unknown[:, j])
        p[here, j] = np.exp(logs[j][here, codes[here, j]])
    return p


def _vote(draws):
    """Most frequent value of each cell over the draws, the smallest on ties."""
    voted = draws[0].copy()
    for j in range(draws.shape[2]):
        votes = draws[:, :, j]
        counts = (votes[:, None] == np.arange(votes.max() + 1)[None, :, None]).sum(0)
        voted[:, j] = counts.argmax(axis=0)
    return voted
