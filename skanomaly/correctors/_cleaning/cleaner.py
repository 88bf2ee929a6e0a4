"""Find wrong cells, and decide which of them to change: the cleaner as a whole."""

import numpy as np

from skanomaly.correctors._cleaning.error_posterior import ErrorPosterior
from skanomaly.correctors._cleaning.sources import SourceVotes
from skanomaly.correctors._table.codec import MISSING
from skanomaly.correctors._table.keys import keys_of_rows
from skanomaly.correctors._table.records import Candidates, Repair, shares

__all__ = ["CellCleaner", "ErrorDetector"]

# Counts of so many rows say what there is to say, and their cost stays bounded.
MAX_ROWS = 10_000
# A column of higher cardinality names entities rather than describing them: hardly a
# value comes often enough to say what belongs there.
MAX_VALUES = 1_000
# Rows of which everything is held at once.
CHUNK_ROWS = 4096
TINY = 1e-300


class ErrorDetector:
    """An `ErrorPosterior` that recognizes its training rows.

    The counts of a training row hold the row itself, which must not be evidence for
    itself (self-influence). So a row with the content of a training row is treated as
    that one, with its own count taken out, also when it comes back alone or in another
    order. Columns of high cardinality, with more than 1,000 values, are left out, and
    are no evidence for others; only the network sees them. Where several sources
    describe the same entities, their votes take the place of all this (`SourceVotes`).

    Parameters
    ----------
    columns : sequence of CategoricalColumn or BinnedColumn
        The columns of the table.
    model : object
        Its ``log_conditionals(codes, asked=…)`` are those of rows that it did not learn
        from.
    error_rate : float
        Share of wrong cells that is expected beforehand.
    seed : int
    keys : "auto", None or list of int, default=None
        Columns that name what a row is about; "auto" finds them, None has no votes.
    """

    def __init__(self, columns, model, error_rate, seed, keys=None):
        self.columns, self.model, self.keyed_by = columns, model, keys
        self.error_rate, self.seed = error_rate, seed
        self.sizes = tuple(len(column.values) for column in columns)
        self.modelled = np.array([size <= MAX_VALUES for size in self.sizes])

    def fit(self, codes):
        """Learn from a table; at most 10,000 of its rows, chosen by their content.

        Votes are counted on all of them.
        """
        self.votes = self._votes(codes)
        keys = keys_of_rows(codes, self.seed)
        order = np.random.default_rng(self.seed).permutation(len(codes))
        chosen = np.sort(order[:MAX_ROWS])
        codes, keys = codes[chosen], keys[chosen]
        self.model_ = ErrorPosterior(error_rate=self.error_rate, seed=self.seed).fit(
            self._without_high_cardinality(codes),
            np.where(self.modelled, self.sizes, 1),
            values=[_texts(column) for column in self.columns],
            conditionals=self._conditionals(codes),
        )
        self.keys, first = np.unique(keys, return_index=True)
        self.known = self.model_.training_.take(first)
        return self

    def posterior(self, codes):
        """Return the `CellPosterior` of rows."""
        keys = keys_of_rows(codes, self.seed)
        at = np.searchsorted(self.keys, keys).clip(0, len(self.keys) - 1)
        result = self.known.take(at)
        new = np.flatnonzero(self.keys[at] != keys)
        for start in range(0, len(new), CHUNK_ROWS):
            rows = new[start : start + CHUNK_ROWS]
            part = self.model_.posterior(
                self._without_high_cardinality(codes[rows]),
                conditionals=self._conditionals(codes[rows]),
            )
            for values, new_values in zip(result, part, strict=True):
                values[rows] = new_values
        for part, nothing in zip(
            result, (0.0, MISSING, 0.0, MISSING, MISSING), strict=False
        ):
            part[:, ~self.modelled] = nothing
        return result if self.votes is None else self.votes.overrule(result, codes)

    def _votes(self, codes):
        if self.keyed_by is None:
            return None
        keys = None if isinstance(self.keyed_by, str) else self.keyed_by
        nominal = [j for j, c in enumerate(self.columns) if c.kind == "categorical"]
        votes = SourceVotes(self.sizes, nominal).fit(codes, keys)
        return None if votes.design is None else votes

    def _without_high_cardinality(self, codes):
        """Codes in which columns that are left out hold one value."""
        return np.where(self.modelled, codes, 0)

    def _conditionals(self, codes):
        """Log-conditionals by the network, which sees all columns."""
        logs = self.model.log_conditionals(codes, asked=self.modelled)
        one = np.zeros((len(codes), 1), dtype=np.float32)
        parts = zip(logs, self.modelled, strict=True)
        return [[p.astype(np.float32) if used else one for p, used in parts]]


def _texts(column):
    """Texts of the values of a column; None for a column that is no text."""
    return None if len(column.values) > MAX_VALUES else column.texts


class CellCleaner:
    """What `ErrorDetector` believes, turned into repairs and proposals.

    Parameters
    ----------
    detector : ErrorDetector
        Fitted.
    alpha : float
        Largest risk of a change.
    max_edits : int or None
        Maximum number of edits of a row.
    """

    def __init__(self, detector, alpha, max_edits):
        self.detector, self.alpha, self.max_edits = detector, alpha, max_edits

    def repair(self, rows):
        """Change the cells that are surely wrong: a `Repair`."""
        posterior = self.detector.posterior(rows.codes)
        cells = self._sure(posterior, rows)
        cells = self._without_conflicts(posterior, rows, cells)
        codes = np.where(cells, posterior.best, rows.codes)
        missing = rows.codes == MISSING
        p_error = np.where(missing, np.nan, posterior.p_error)
        repair = Repair.of(rows, codes, posterior.p_new, p_error)
        doubtful = ((p_error > 0.5) | rows.open) & ~cells
        left = doubtful.any(axis=1) & ~cells.any(axis=1)
        repair.status[left], repair.reason[left] = "abstained", "unsure of the value"

        def candidates_of(wrong):
            return alternatives(rows.codes[wrong], cells[wrong], posterior.take(wrong))

        repair.fall_back(rows, candidates_of)
        return repair

    def propose(self, rows):
        """Return the `Candidates` of doubtful cells, whether sure or not."""
        posterior = self.detector.posterior(rows.codes)
        likely_wrong = (posterior.p_error > 0.5) & ~rows.empty
        cells = (posterior.p_new >= 0.5) | likely_wrong
        cells = self._changeable(cells, posterior, rows)
        return alternatives(rows.codes, cells, posterior)

    def _sure(self, posterior, rows):
        """Which cells to change to their best other value, bool of shape (n, d)."""
        known = rows.codes != MISSING
        # A wrong value in an empty cell breaks nothing that was right.
        sure = posterior.p_new >= np.where(known, 1 - self.alpha, 0.5)
        return self._changeable(sure, posterior, rows)

    def _changeable(self, cells, posterior, rows):
        cells = cells & (posterior.best >= 0) & ~rows.locked
        if self.max_edits is None:
            return cells
        return keep_most(cells, ~rows.empty, posterior.p_new, self.max_edits)

    def _without_conflicts(self, posterior, rows, cells):
        """Keep the surest change where several of a row contradict each other.

        Each cell is judged by the others as they were. Of two that disagree either may
        be the wrong one; changing both would make them disagree again.
        """
        edits = cells & ~rows.empty  # filling an empty cell contradicts nothing
        several = np.flatnonzero(edits.sum(axis=1) > 1)
        if not len(several):
            return cells
        after = np.where(cells, posterior.best, rows.codes)[several]
        again = self.detector.posterior(after)
        # In the row that comes out, a change must be as probable as it was before.
        doubt = again.p_error > np.maximum(1 - posterior.p_new[several], 0.5)
        conflicting = several[(doubt & edits[several]).any(axis=1)]
        one = keep_most(edits, edits, posterior.p_new, 1)
        cells = cells.copy()
        cells[conflicting] &= one[conflicting] | rows.empty[conflicting]
        return cells


def keep_most(cells, known, p, max_edits):
    """Keep the surest edits of each row; filling a missing cell is none."""
    edits = cells & known
    order = np.argsort(np.argsort(-np.where(edits, p, -1.0), axis=1, kind="stable"))
    return cells & (~known | (order < max_edits))


def alternatives(before, cells, posterior):
    """Candidates: the best values, and rows in which one cell gets another value.

    Parameters
    ----------
    before : ndarray of int, shape (n, d)
    cells : ndarray of bool, shape (n, d)
        Cells that may change.
    posterior : CellPosterior
        Other values of each cell and their probabilities.

    Returns
    -------
    Candidates
        The most probable first; `p` is NaN where there is none.
    """
    best = np.where(cells, posterior.best, before)
    chosen = np.where(cells, _log(posterior.p_candidates[:, :, 0]), 0.0)
    whole = chosen.sum(axis=1)
    candidates, logs = [best], [np.where(cells.any(axis=1), whole, -np.inf)]
    for j in np.flatnonzero(cells.any(axis=0)):
        others = np.column_stack([posterior.candidates[:, j, 1:], before[:, j]])
        p = posterior.p_candidates[:, j, 1:], 1 - posterior.p_error[:, j]
        for values, log in zip(others.T, _log(np.column_stack(p)).T, strict=True):
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
    return Candidates.of(codes, shares(logs))


def _log(p):
    return np.log(np.maximum(p, TINY))
