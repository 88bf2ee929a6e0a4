"""Fill unknown cells of rows, and draw other fillings."""

import numpy as np

from skanomaly.correctors._table.keys import content_keys
from skanomaly.correctors._table.records import Candidates

__all__ = ["draw_candidates", "fill_cells", "ranked_fillings"]


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
    return Candidates.of(codes, np.take_along_axis(share, order, axis=1))


def ranked_fillings(written, drawn):
    """Candidates: what is written first, then what was drawn beside it."""
    again = (drawn.codes == written[:, None]).all(axis=2)
    # What is written is the best, however few draws hit upon it.
    first = np.nanmax(drawn.p, axis=1)
    codes = np.concatenate([written[:, None], drawn.codes], axis=1)
    p = np.column_stack([first, np.where(again, np.nan, drawn.p)])
    return Candidates.of(codes, p / np.nansum(p, axis=1, keepdims=True))


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
