"""What passes between a corrector and its method, and the reports for the user."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
from scipy.special import softmax

from skanomaly.correctors._table.codec import MISSING, cells_of
from skanomaly.correctors._table.sentences import readable_bounds, sentences

__all__ = [
    "Candidates",
    "Log",
    "Notes",
    "Record",
    "Repair",
    "Repaired",
    "RowModel",
    "Rows",
    "Written",
    "cell_report",
    "proposal_report",
    "row_report",
    "shares",
]


class RowModel(Protocol):
    """All that correctors know of each other: how likely rows of codes are."""

    def log_conditionals(self, codes):
        """Log-probabilities of each cell given the others, arrays of shape (n, K_j)."""

    def log_likelihood(self, codes):
        """Sum of the log-probabilities of the known cells given the others, (n,)."""


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
    formats: Any = None  # cells that are written in another way, see `_formatted`
    fixed: np.ndarray | None = None  # cells of columns that must stay

    def __len__(self):
        return len(self.codes)

    @property
    def role_locked(self):
        """Cells of columns that must stay, whether or not their value is known."""
        return self.locked if self.fixed is None else self.fixed

    @property
    def known(self):
        """Cells whose right value a person has said; None if there are none."""
        return None if self.formats is None else self.formats.known

    @property
    def unseen(self):
        """Cells with a value that `fit` never saw."""
        return (self.codes == MISSING) & ~self.empty

    @property
    def open(self):
        """Cells without a value that may be filled."""
        return (self.codes == MISSING) & ~self.locked

    def take(self, chosen):
        """Only some of the rows, by number, in order."""
        chosen = np.asarray(chosen)
        return Rows(
            self.codes[chosen],
            self.locked[chosen],
            self.empty[chosen],
            self.frame.iloc[chosen],
            lambda codes, rows: self.allowed(codes, chosen[rows]),
            None if self.labels is None else self.labels[chosen],
            None if self.formats is None else self.formats.take(chosen),
            None if self.fixed is None else self.fixed[chosen],
        )

    def parts(self, n_rows):
        """Yield parts of so many rows, to bound what is held at once."""
        for start in range(0, len(self), n_rows):
            yield self.take(np.arange(start, min(start + n_rows, len(self))))


@dataclass(frozen=True)
class Written:
    """Values that no code stands for, one for each cell: arrays of shape (m,)."""

    rows: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    columns: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    values: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=object))

    @property
    def parts(self):
        """Rows, columns and values."""
        return self.rows, self.columns, self.values

    def ordered(self):
        """By row, then by column."""
        return self.where(np.lexsort((self.columns, self.rows)))

    def where(self, chosen):
        """Only some of them, by a mask or by number."""
        return Written(self.rows[chosen], self.columns[chosen], self.values[chosen])

    def __add__(self, other):
        return Written(
            *(
                np.concatenate([getattr(self, name), getattr(other, name)])
                for name in ("rows", "columns", "values")
            )
        )


@dataclass
class Notes:
    """What is to be said about cells: why, and what would be expected of a number.

    Arrays of shape (n, d); `low` and `high` are NaN where nothing is known. `kind` is
    what cells of a column have in common that look wrong for the same reason; a kind
    without a reason is what a format did.
    """

    reason: np.ndarray
    kind: np.ndarray
    low: np.ndarray
    high: np.ndarray
    flagged: np.ndarray  # looks wrong and stays
    failed: np.ndarray  # was to change, but the table cannot hold the new value
    suggestion: np.ndarray  # what a flagged cell would most likely be, or None

    @classmethod
    def nothing(cls, shape):
        """Start with nothing to say."""
        return cls(
            np.full(shape, "", dtype=object),
            np.full(shape, "", dtype=object),
            np.full(shape, np.nan),
            np.full(shape, np.nan),
            np.zeros(shape, bool),
            np.zeros(shape, bool),
            np.full(shape, None, dtype=object),
        )


def _taken(parts, name):
    """Join an array of all parts and take it from them: nothing is held twice."""
    joined = np.concatenate([getattr(part, name) for part in parts])
    for part in parts:
        setattr(part, name, None)
    return joined


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
    written: Written = field(default_factory=Written)
    notes: Notes | None = None

    @classmethod
    def joined(cls, parts):
        """Repairs of the parts of a table, in their order, as one; they are emptied."""
        parts = list(parts)
        if len(parts) == 1:
            return parts[0]
        starts = np.cumsum([0, *(len(part.codes) for part in parts[:-1])])
        cells = [
            (part.written.rows + start, part.written.columns, part.written.values)
            for part, start in zip(parts, starts, strict=True)
        ]
        written = Written(*map(np.concatenate, zip(*cells, strict=True)))
        notes = None
        if parts[0].notes is not None:
            several = [part.notes for part in parts]
            notes = Notes(*(_taken(several, f.name) for f in fields(Notes)))
        names = [f.name for f in fields(cls) if f.name not in ("written", "notes")]
        arrays = {name: _taken(parts, name) for name in names}
        return cls(**arrays, written=written, notes=notes)

    def changed(self, before):
        """Which cells change, bool of shape (n, d)."""
        changed = self.codes != before
        changed[self.written.rows, self.written.columns] = True
        return changed

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

    @classmethod
    def of(cls, rows, codes, p_new, p_error):
        """Change rows to other codes."""
        repair = cls.nothing(rows.codes)
        repair.codes, repair.p_error = codes.copy(), p_error.copy()
        changed = codes != rows.codes
        repair.p_new = np.where(changed, p_new, np.nan)
        repair.status[changed.any(axis=1)] = "repaired"
        return repair

    def fail_cells(self, rows, columns, before, reasons):
        """Leave single cells as they were: their table cannot hold the new values."""
        self.codes[rows, columns] = before[rows, columns]
        gone = np.zeros(before.shape, bool)
        gone[rows, columns] = True
        written = self.written
        self.written = written.where(~gone[written.rows, written.columns])
        idle = np.setdiff1d(rows, np.flatnonzero(self.changed(before).any(axis=1)))
        self.status[idle], self.reason[idle] = "failed", "a value cannot be written"
        if self.notes is not None:
            self.notes.flagged[rows, columns] = True
            self.notes.failed[rows, columns] = True
            self.notes.reason[rows, columns] = reasons
            self.notes.kind[rows, columns] = "cannot be written"

    def fall_back(self, rows, candidates_of):
        """Where constraints forbid a repair, take the best candidate that they allow.

        `candidates_of` is called with the numbers of those rows.
        """
        changed = np.flatnonzero((self.codes != rows.codes).any(axis=1))
        wrong = changed[~rows.allowed(self.codes[changed], changed)]
        if not len(wrong):
            return
        candidates = candidates_of(wrong).best(rows.take(wrong), 1)
        there = ~np.isnan(candidates.p[:, 0])
        self.codes[wrong[there]] = candidates.codes[there, 0]
        self.p_new[wrong[there]] = np.nan  # was that of the forbidden values

    def revert(self, chosen, before, status, reason):
        """Leave rows as they were, and say why."""
        self.codes[chosen] = before[chosen]
        stay = np.ones(len(before), bool)
        stay[chosen] = False
        self.written = self.written.where(stay[self.written.rows])
        self.status[chosen] = status
        self.reason[chosen] = reason
        self.p_after[chosen] = self.p_before[chosen]
        self.certified[chosen] = False


@dataclass(frozen=True)
class Candidates:
    """Ranked alternatives: codes (n, c, d), best first; absent ones have `p` NaN.

    `p` of shape (n, c) is each candidate's share among those of its row, `p_anomaly`
    its probability of an anomaly (NaN without a classifier).
    """

    codes: np.ndarray
    p: np.ndarray
    p_anomaly: np.ndarray

    @classmethod
    def of(cls, codes, p):
        """Candidates of a method that has no classifier."""
        return cls(codes, p, np.full_like(p, np.nan))

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


def shares(log_weights):
    """Share of each candidate of a row, (n, c); NaN where its log-weight is -inf."""
    with np.errstate(invalid="ignore"):
        p = softmax(log_weights, axis=1)
    return np.where(np.isneginf(log_weights), np.nan, p)


class Repaired(NamedTuple):
    """A repaired table and what was done to it."""

    table: Any
    report: pd.DataFrame
    row_report: pd.DataFrame


class Record(NamedTuple):
    """What one `transform` did, and what it takes to undo it."""

    report: pd.DataFrame
    rows: pd.DataFrame
    undo: tuple


@dataclass
class Log:
    """Record of the last `transform`, kept apart so that `transform` alters nothing.

    It is replaced as a whole: threads never mix their records.
    """

    last: Record | None = None


def cell_report(repair, rows, cells, columns, old, new, readings):
    """One row for each changed or flagged cell."""
    names = [str(name) for name in rows.frame.columns]
    reasons, kinds = sentences(repair, cells, columns, names, old, new)
    data = {
        "row": rows.frame.index[cells],
        "column": rows.frame.columns[columns],
        # Objects as they are: a column of text would refuse half of a character.
        "old": pd.Series(old, dtype=object),
        "new": pd.Series(new, dtype=object),
        "p_new": repair.p_new[cells, columns],
        "p_error": repair.p_error[cells, columns],
        "p_anomaly_before": repair.p_before[cells],
        "p_anomaly_after": repair.p_after[cells],
        "n_edits": _n_edits(repair, rows)[cells],
        "status": repair.status[cells],
    }
    if repair.notes is not None:
        stays = repair.notes.flagged[cells, columns]
        failed = repair.notes.failed[cells, columns]
        data["status"] = np.where(stays, "flagged", "repaired").astype(object)
        data["status"][failed] = "failed"
        suggestion = repair.notes.suggestion[cells, columns]
        data["suggestion"] = pd.Series(np.where(stays, suggestion, None), dtype=object)
        for name in ("low", "high"):
            bounds = getattr(repair.notes, name)[cells, columns]
            data[name] = readable_bounds(bounds, columns, readings)
    for name, texts in (("kind", kinds), ("reason", reasons)):
        data[name] = pd.Series(texts, dtype=object)
    return pd.DataFrame(data)


def row_report(repair, rows):
    """One row for each row of the table."""
    return pd.DataFrame(
        {
            "status": repair.status,
            "reason": repair.reason,
            "n_edits": _n_edits(repair, rows),
            "n_filled": (repair.changed(rows.codes) & rows.empty).sum(axis=1),
            "p_anomaly_before": repair.p_before,
            "p_anomaly_after": repair.p_after,
            "certified_min_edits": repair.certified,
        },
        index=rows.frame.index,
    )


def proposal_report(candidates, rows, X, codec):
    """One row for each cell that a candidate changes."""
    before = rows.codes[:, None, :]
    there = ~np.isnan(candidates.p)[:, :, None]
    cells, ranks, columns = np.nonzero((candidates.codes != before) & there)
    new = codec.cells(candidates.codes[cells, ranks, columns], columns, rows.frame)
    edits = ((candidates.codes != before) & ~rows.empty[:, None]).sum(axis=2)
    return pd.DataFrame(
        {
            "row": rows.frame.index[cells],
            "rank": ranks,
            "column": rows.frame.columns[columns],
            "old": pd.Series(cells_of(X, cells, columns), dtype=object),
            "new": pd.Series(new, dtype=object),
            "p_candidate": candidates.p[cells, ranks],
            "p_anomaly_after": candidates.p_anomaly[cells, ranks],
            "n_edits": edits[cells, ranks],
        }
    )


def _n_edits(repair, rows):
    """Cells of each row that had a value and have another one now."""
    return (repair.changed(rows.codes) & ~rows.empty).sum(axis=1)
