"""What is believed about the cells of a table."""

from typing import NamedTuple

import numpy as np

__all__ = [
    "Belief",
    "CellPosterior",
    "SURE",
    "as_observed",
    "believe",
    "ranked",
    "settled",
]

# Less sure repairs would reinforce the model's own errors where columns hardly depend.
SURE = 0.9
# The rounds end when no value is believed anew, and no column's weights move more.
SETTLED = 2e-4


class CellPosterior(NamedTuple):
    """What is believed about the cells of some rows."""

    p_error: np.ndarray  # (n, d), calibrated; 1 for a missing cell
    best: np.ndarray  # (n, d), most probable other value
    p_new: np.ndarray  # (n, d), calibrated: in error, and `best` is right
    expected: np.ndarray  # (n, d), value that the rest of the row nearly decides, or -1
    surprise: np.ndarray  # (n, d), log of how much likelier another value is
    evidence: np.ndarray  # (n, d), the same beyond what the column says by itself
    suspicion: np.ndarray  # (n, d), probability to be wrong before it is weighed
    candidates: np.ndarray  # (n, d, m), other values, best first, -1 where none is left
    p_candidates: np.ndarray  # (n, d, m), not calibrated

    def take(self, rows):
        """Return copies of what is believed about some of the rows, by number."""
        return CellPosterior(*(part[rows] for part in self))


class Belief(NamedTuple):
    """What the cells of some rows are believed to be, arrays of shape (n, d)."""

    targets: np.ndarray  # most probable true values, -1 where missing
    weights: np.ndarray  # their probability
    evidence: np.ndarray  # values that may speak for other cells, -1 for none


def ranked(joint, observed, n_candidates):
    """Probability of the observed value, the others by probability, and theirs."""
    rows = np.flatnonzero(observed >= 0)
    p_right = np.zeros(len(observed))
    p_right[rows] = joint[rows, observed[rows]]
    rest = joint.copy()
    rest[rows, observed[rows]] = -1.0  # never among the alternatives
    m = min(n_candidates, joint.shape[1])
    top = (
        np.argpartition(-rest, m - 1, axis=1)[:, :m] if m else np.zeros((len(rest), 0))
    )
    top = np.sort(top, axis=1).astype(np.int64)
    p = np.take_along_axis(rest, top, axis=1)
    order = np.argsort(-p, axis=1, kind="stable")
    top, p = (np.take_along_axis(a, order, axis=1) for a in (top, p))
    return p_right, np.where(p < 0, -1, top), np.maximum(p, 0)


def settled(before, after):
    """Whether hardly anything is believed that was not believed before."""
    same = (before.targets == after.targets).all()
    moved = np.abs(before.weights - after.weights).mean(axis=0).max(initial=0)
    return same and moved < SETTLED


def as_observed(codes):
    """Believe every cell, to begin with."""
    return Belief(codes, np.where(codes >= 0, 1.0, 0.0), codes.copy())


def believe(codes, raw):
    """Take over repairs that are sure, and no evidence from what is surely wrong."""
    missing, repaired = codes < 0, (codes >= 0) & (raw.p_new > SURE)
    targets = np.where(repaired, raw.best, codes)
    weights = np.where(repaired, raw.p_new, np.where(missing, 0.0, 1 - raw.p_error))
    return Belief(targets, weights, np.where(weights > 1 - SURE, targets, -1))
