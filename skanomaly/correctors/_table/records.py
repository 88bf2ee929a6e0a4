"""What passes between a corrector's door and its method, and what is written down."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from skanomaly.correctors._table.columns import MISSING

__all__ = ["Candidates", "Log", "Repair", "Rows"]


@dataclass(frozen=True)
class Rows:
    """A table as a method sees it.

    `codes`, `locked` and `empty` have shape (n, d); a locked cell must stay, an empty
    one came without a value (a value never seen has the same code). `allowed` takes
    candidate codes (m, d) and the number of the row that each belongs to, and tells
    which of them the user's constraints accept. `labels` has one number for the index
    label of each row; it is None for a table that has no labels.
    """

    codes: np.ndarray
    locked: np.ndarray
    empty: np.ndarray
    frame: pd.DataFrame
    allowed: Callable[[np.ndarray, np.ndarray], np.ndarray]
    labels: np.ndarray | None = None

    def __len__(self):
        return len(self.codes)

    @property
    def open(self):
        """Cells without a value that may be filled."""
        return (self.codes == MISSING) & ~self.locked

    def take(self, chosen):
        """Only some of the rows, by number."""
        chosen = np.asarray(chosen)
        return Rows(
            self.codes[chosen],
            self.locked[chosen],
            self.empty[chosen],
            self.frame.iloc[chosen],
            lambda codes, rows: self.allowed(codes, chosen[rows]),
            None if self.labels is None else self.labels[chosen],
        )


@dataclass
class Repair:
    """What a method decided: the codes after it, and why.

    `status` is "untouched", "repaired", "abstained" (unsure, so left alone) or "failed"
    (wanted to repair and could not). Probabilities that a method does not know are NaN.
    """

    codes: np.ndarray
    status: np.ndarray
    reason: np.ndarray
    p_new: np.ndarray
    p_error: np.ndarray
    p_before: np.ndarray
    p_after: np.ndarray
    certified: np.ndarray

    @classmethod
    def nothing(cls, codes):
        """Start from rows that are all left as they are."""
        n = len(codes)

        def unknown(*shape):
            return np.full(shape, np.nan)

        return cls(
            codes=codes.copy(),
            status=np.full(n, "untouched", dtype=object),
            reason=np.full(n, "", dtype=object),
            p_new=unknown(*codes.shape),
            p_error=unknown(*codes.shape),
            p_before=unknown(n),
            p_after=unknown(n),
            certified=np.zeros(n, bool),
        )

    def put(self, chosen, part):
        """Write the decisions about some rows, by number, into those about all."""
        for name in vars(self):
            getattr(self, name)[chosen] = getattr(part, name)

    def revert(self, chosen, before, status, reason):
        """Leave rows as they were, and say why."""
        self.codes[chosen] = before[chosen]
        self.status[chosen] = status
        self.reason[chosen] = reason
        self.p_after[chosen] = self.p_before[chosen]
        self.certified[chosen] = False


@dataclass(frozen=True)
class Candidates:
    """Ranked alternatives: codes (n, c, d), best first; absent ones have `p` NaN.

    `p` of shape (n, c) is each candidate's share among those of its row, `p_anomaly`
    what the classifier says of it (NaN where there is none).
    """

    codes: np.ndarray
    p: np.ndarray
    p_anomaly: np.ndarray

    def best(self, rows, n_candidates):
        """Only the best, without those that change nothing or are not allowed."""
        there = ~np.isnan(self.p) & (self.codes != rows.codes[:, None]).any(axis=2)
        owner, place = np.nonzero(there)
        there[owner, place] = rows.allowed(self.codes[owner, place], owner)
        order = np.argsort(~there, axis=1, kind="stable")[:, :n_candidates]
        p = np.take_along_axis(np.where(there, self.p, np.nan), order, axis=1)
        return Candidates(
            np.take_along_axis(self.codes, order[:, :, None], axis=1),
            p,
            np.take_along_axis(self.p_anomaly, order, axis=1),
        )


@dataclass
class Log:
    """Record of the last `transform`, kept apart so that `transform` alters nothing."""

    report: pd.DataFrame | None = None
    rows: pd.DataFrame | None = None
    undo: tuple = field(default=())
