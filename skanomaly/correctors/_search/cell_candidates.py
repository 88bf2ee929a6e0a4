"""Alternatives for a row: one of its suspicious cells with another value."""

import numpy as np

__all__ = ["alternatives"]

TINY = 1e-300


def alternatives(before, best, cells, found):
    """Rows in which one of the chosen cells gets another value than the best.

    Parameters
    ----------
    before, best : ndarray of int, shape (n, d)
        Rows as they are, and with the best value in each chosen cell.
    cells : ndarray of bool, shape (n, d)
        Cells that may change.
    found : CellPosterior
        Other values of each cell and their probabilities.

    Returns
    -------
    codes : ndarray of int, shape (n, c, d)
        Candidates, the most probable first.
    p : ndarray of shape (n, c)
        Their shares among the candidates of their row; NaN where there is none.
    """
    chosen = np.where(cells, _log(found.p_candidates[:, :, 0]), 0.0)
    whole = chosen.sum(axis=1)
    candidates, logs = [best], [np.where(cells.any(axis=1), whole, -np.inf)]
    for j in np.flatnonzero(cells.any(axis=0)):
        others = np.column_stack([found.candidates[:, j, 1:], before[:, j]])
        p = np.column_stack([found.p_candidates[:, j, 1:], 1 - found.p_error[:, j]])
        for values, log in zip(others.T, _log(p).T, strict=True):
            other = best.copy()
            other[:, j] = values
            there = cells[:, j] & (values >= 0) & (other != before).any(axis=1)
            candidates.append(other)
            logs.append(np.where(there, whole - chosen[:, j] + log, -np.inf))
    return _ranked(np.stack(candidates, axis=1), np.stack(logs, axis=1))


def _ranked(codes, logs):
    order = np.argsort(-logs, axis=1, kind="stable")
    codes = np.take_along_axis(codes, order[:, :, None], axis=1)
    logs = np.take_along_axis(logs, order, axis=1)
    top = np.where(np.isfinite(logs[:, :1]), logs[:, :1], 0.0)
    share = np.exp(logs - top)
    share /= np.maximum(share.sum(axis=1, keepdims=True), TINY)
    return codes, np.where(np.isfinite(logs), share, np.nan)


def _log(p):
    return np.log(np.maximum(p, TINY))
