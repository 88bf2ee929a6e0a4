"""Find wrong cells, and decide which of them to change: the cleaner as a whole."""

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from skanomaly.correctors._cleaning.alike import in_parts, unlike
from skanomaly.correctors._cleaning.error_posterior import ErrorPosterior
from skanomaly.correctors._cleaning.reasons import CellReasons, tell_votes
from skanomaly.correctors._cleaning.sources import SourceVotes
from skanomaly.correctors._table.codec import MISSING
from skanomaly.correctors._table.keys import keys_of_rows
from skanomaly.correctors._table.records import Candidates, Notes, Repair, shares

__all__ = ["CellCleaner", "ErrorDetector"]

# Counts of so many rows say what there is to say, and their cost stays bounded.
MAX_ROWS = 10_000
# A column of higher cardinality names entities rather than describing them: hardly a
# value comes often enough to say what belongs there.
MAX_VALUES = 1_000
# Cells of which everything is held at once.
CHUNK_CELLS = 2**17
TINY = 1e-300
# Cells that are missing are filled by votes at so many times the risk of a change.
RISK_OF_FILLING = 2.5
# A value that is less likely to be right is not worth to be named.
MIN_SUGGESTED = 0.25
# What is believed of cells that are not judged.
NOTHING = (0.0, MISSING, 0.0, MISSING, 0.0, 0.0, 0.0, MISSING)


class ErrorDetector:
    """An `ErrorPosterior` that recognizes its training rows.

    The counts of a training row hold the row itself, which must not be evidence for
    itself (self-influence). So a row with the content of a training row is treated as
    that one, with its own count taken out, also when it comes back alone or in another
    order. Where several sources describe the same entities, their votes take the place
    of all this (`SourceVotes`).

    Columns with more than 1,000 values are left out, and are no evidence for others.
    Numbers that are cut into bins are evidence, and not judged; of whole numbers of few
    values only those that contradict what other columns determine.

    Parameters
    ----------
    columns : sequence of CategoricalColumn or BinnedColumn
        The columns of the table.
    error_rate : float
        Share of wrong cells that is expected beforehand.
    seed : int
    keys : "auto", None or list of int, default=None
        Columns that name what a row is about; "auto" finds them, None has no votes.
    model : object, default=None
        A further model of conditionals, asked for ``log_conditionals(codes, asked=…)``
        of rows that it did not learn from.
    used : bool array of shape (d,), default=None
        Columns to look at; None takes all.
    verbose : int, default=0
        Whether to show progress.
    """

    def __init__(
        self, columns, error_rate, seed, keys=None, model=None, used=None, verbose=0
    ):
        self.verbose = verbose
        self.columns, self.model, self.keyed_by = columns, model, keys
        self.error_rate, self.seed = error_rate, seed
        self.sizes = tuple(len(column.values) for column in columns)
        used = np.ones(len(columns), bool) if used is None else used
        readable = [0 < size <= MAX_VALUES for size in self.sizes]
        self.modelled = used & np.array(readable)
        binned = np.array([column.kind == "numeric" for column in columns])
        self.judged = self.modelled & ~binned
        nominal = np.array([_is_nominal(column) for column in columns])
        self.by_vote = self.judged & ~nominal

    def fit(self, codes, known=None, seen=None):
        """Learn from a table: from at most 10,000 of its rows, drawn by chance.

        Votes are counted on all of them. `known`, bool of shape (n, d), says which
        cells a person has judged, so that they are right; None is none. `seen` are the
        codes before a person corrected errors, None where there were none.
        """
        self.votes = self._votes(codes, known)
        right = None if known is None else right_values(codes, known, self.sizes)
        order = np.random.default_rng(self.seed).permutation(len(codes))
        chosen = np.sort(order[:MAX_ROWS])
        self.reasons = CellReasons(self.columns, self.modelled)
        self.reasons.fit(codes[chosen], len(codes))
        codes, truth = codes[chosen], None
        if seen is not None:
            truth, codes = codes, seen[chosen]
            truth = np.where(self.modelled & (truth != codes), truth, -1)
        keys = keys_of_rows(codes, self.seed)
        self.model_ = ErrorPosterior(
            error_rate=self.error_rate,
            seed=self.seed,
            by_vote=self.by_vote,
            numbers=[_numbers(column) for column in self.columns],
            judged=self.judged,
            right=right,
            verbose=self.verbose,
        ).fit(
            self._without_high_cardinality(codes),
            np.where(self.modelled, self.sizes, 1),
            values=[
                _texts(column) if used else None
                for column, used in zip(self.columns, self.modelled, strict=True)
            ],
            conditionals=self._conditionals(codes),
            truth=truth,
        )
        self.keys, first = np.unique(keys, return_index=True)
        self.known = self.model_.training_.take(first)
        self.p_unseen = self._p_unseen(codes)
        return self

    def posterior(self, codes):
        """Return the `CellPosterior` of rows."""
        keys = keys_of_rows(codes, self.seed)
        at = np.searchsorted(self.keys, keys).clip(0, len(self.keys) - 1)
        result = self.known.take(at)
        for rows, first, same in self._unlike(codes, self.keys[at] != keys):
            part = self.model_.posterior(
                self._without_high_cardinality(codes[first]),
                conditionals=self._conditionals(codes[first]),
            )
            for values, new_values in zip(result, part, strict=True):
                values[rows] = new_values[same]
        for part, nothing in zip(result, NOTHING, strict=False):
            part[:, ~self.judged] = nothing
        return result if self.votes is None else self.votes.overrule(result, codes)

    def with_unseen(self, posterior, unseen):
        """Doubt that each `unseen` cell, which holds a value new to `fit`, is wrong."""
        p = np.where(unseen, self.p_unseen, 1.0)
        return posterior._replace(
            p_error=p * posterior.p_error, p_new=p * posterior.p_new
        )

    def _p_unseen(self, codes):
        """Probability, by column, that a value which no row of the table has is wrong.

        As many rows come with a new value as had one by themselves (Good and Turing).
        """
        codes = self._without_high_cardinality(codes)
        right = self.model_.replaced(codes)
        n_rows = [np.bincount(c[c >= 0], minlength=1) for c in codes.T]
        alone = [(n == 1)[c] for n, c in zip(n_rows, codes.T, strict=True)]
        share = (np.column_stack(alone) & right & (codes >= 0)).mean(axis=0)
        share = np.where(self.modelled, share, 1.0)
        return self.error_rate / (self.error_rate + share)

    def _unlike(self, codes, new):
        """Yield parts of the rows that are `new`, some unlike ones, which each is like.

        Rows are alike if the model sees the same in them: one is judged for all.
        """
        new = np.flatnonzero(new)
        seen = codes[new]
        if self.model is None:  # which would see all columns
            seen = self._without_high_cardinality(seen)
        some, kind = unlike(seen.T, self.sizes)
        n_rows = max(1, CHUNK_CELLS // codes.shape[1])
        n_parts = -(-len(some) // n_rows)
        parts = in_parts(some, kind, n_rows)
        quiet = not (self.verbose and n_parts)
        for rows, first, same in tqdm(
            parts, "rows", total=n_parts, leave=False, disable=quiet
        ):
            yield new[rows], new[first], same

    def is_voted(self, codes):
        """Cells that several sources have reported on, bool of shape (n, d)."""
        return (
            np.zeros(codes.shape, bool)
            if self.votes is None
            else self.votes.cover(codes)
        )

    def explain(self, notes, codes, best, empty, said, names):
        """Write the reasons of the cells `said` into notes."""
        told = self.reasons.write(codes, best, empty, said, names, self.model_.kind)
        notes.reason[said], notes.kind[said] = (part[said] for part in told)
        if self.votes is not None:
            tell_votes(self.votes, codes, best, said, names, self.columns, notes)

    def status(self, j):
        """How a column is judged, in words."""
        if not self.sizes[j]:
            return "not judged: no value"
        if not self.judged[j]:
            return f"not judged: {self.sizes[j]:,} values"
        if self.votes is not None and j in self.votes.truths:
            return "judged by the votes of sources"
        if self.sizes[j] < 2:
            return "not judged: one value only"
        trust = self.model_.verdicts_.trust
        if trust.abstains[j]:
            return (
                f"abstained: {trust.looks_wrong[j]:.1%} of the cells look wrong, "
                f"error_rate is {self.error_rate:.1%}"
            )
        return "judged by other columns" if self.by_vote[j] else "judged"

    @property
    def abstains(self):
        """Columns in which far more cells look wrong than are expected."""
        abstains = self.judged & self.model_.verdicts_.trust.abstains
        if self.votes is not None:
            abstains[list(self.votes.truths)] = False
        return abstains

    def log_conditionals(self, codes, asked=None):
        """Log-probabilities of each cell given the others; see `RowModel`."""
        return self.model_.log_conditionals(self._without_high_cardinality(codes))

    def log_likelihood(self, codes):
        """Sum of the log-probabilities of the known cells given the others, (n,)."""
        logs = self.log_conditionals(codes)
        total = np.zeros(len(codes))
        for j in np.flatnonzero(self.modelled):
            known = np.flatnonzero(codes[:, j] >= 0)
            total[known] += logs[j][known, codes[known, j]]
        return total

    def _votes(self, codes, known):
        if self.keyed_by is None:
            return None
        keys = None if isinstance(self.keyed_by, str) else self.keyed_by
        nominal = [j for j, c in enumerate(self.columns) if c.kind == "categorical"]
        votes = SourceVotes(self.sizes, nominal).fit(codes, keys, known)
        return None if votes.design is None else votes

    def _without_high_cardinality(self, codes):
        """Codes in which columns that are left out hold one value."""
        return np.where(self.modelled, codes, 0)

    def _conditionals(self, codes):
        """Log-conditionals by the further model, which sees all columns."""
        if self.model is None:
            return ()
        logs = self.model.log_conditionals(codes, asked=self.modelled)
        one = np.zeros((len(codes), 1), dtype=np.float32)
        parts = zip(logs, self.modelled, strict=True)
        return [[p.astype(np.float32) if used else one for p, used in parts]]


def right_values(codes, known, sizes):
    """Values of each column that some cell rightly holds, a list of bool arrays."""
    counts = [
        np.bincount(codes[known[:, j] & (codes[:, j] >= 0), j], minlength=size)
        for j, size in enumerate(sizes)
    ]
    return [n > 0 for n in counts]


def _is_nominal(column):
    """Whether values are names rather than quantities."""
    return column.texts is not None or column.reading in ("text", "boolean")


def _numbers(column):
    """Numbers of the values of quantities, else None; digits as text may be codes."""
    is_text = [isinstance(value, str) for value in column.values]
    if column.reading != "number" or sum(is_text) >= 0.5 * len(is_text):
        return None
    return pd.to_numeric(pd.Series(column.values), errors="coerce").to_numpy(float)


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
    fill : "auto" or bool
        Whether missing cells are filled; "auto" fills what sources agree on.
    """

    def __init__(self, detector, alpha, max_edits, fill="auto"):
        self.detector, self.alpha, self.max_edits = detector, alpha, max_edits
        self.fill = fill

    def repair(self, rows, unseen=None):
        """Change the cells that are surely wrong: a `Repair`.

        `unseen` are cells whose value `fit` never saw; None looks for them in rows.
        """
        unseen = rows.unseen if unseen is None else unseen
        posterior = self.detector.posterior(rows.codes)
        posterior = self.detector.with_unseen(posterior, unseen)
        cells = self._sure(posterior, rows)
        cells = self._without_conflicts(posterior, rows, cells)
        codes = np.where(cells, posterior.best, rows.codes)
        p_error = np.where(rows.empty, np.nan, posterior.p_error)
        repair = Repair.of(rows, codes, posterior.p_new, p_error)
        repair.notes = self._notes(posterior, rows, cells)
        left = repair.notes.flagged.any(axis=1) & ~cells.any(axis=1)
        repair.status[left], repair.reason[left] = "abstained", "unsure of the value"

        def candidates_of(wrong):
            return alternatives(rows.codes[wrong], cells[wrong], posterior.take(wrong))

        repair.fall_back(rows, candidates_of)
        return repair

    def _notes(self, posterior, rows, cells):
        """Say why cells are changed, or are only flagged."""
        notes = Notes.nothing(rows.codes.shape)
        known = ~rows.empty & ~(rows.locked & (rows.codes == MISSING))
        notes.flagged = (posterior.p_error >= 0.5) & known & ~cells
        said = cells | notes.flagged
        names = [str(name) for name in rows.frame.columns]
        best = posterior.best
        self.detector.explain(notes, rows.codes, best, rows.empty, said, names)
        likely = notes.flagged & (posterior.p_new >= MIN_SUGGESTED) & (best >= 0)
        for j in np.flatnonzero(likely.any(axis=0)):
            values = self.detector.columns[j].values
            notes.suggestion[likely[:, j], j] = values[best[likely[:, j], j]]
        return notes

    def propose(self, rows):
        """Return the `Candidates` of doubtful cells, whether sure or not."""
        posterior = self.detector.posterior(rows.codes)
        likely_wrong = (posterior.p_error > 0.5) & ~rows.empty
        cells = (posterior.p_new >= 0.5) | likely_wrong
        cells = self._changeable(cells, posterior, rows)
        return alternatives(rows.codes, cells, posterior)

    def _sure(self, posterior, rows):
        """Which cells to change to their best other value, bool of shape (n, d)."""
        known = ~rows.empty
        sure = posterior.p_new >= 1 - self.alpha
        if self.fill is True:
            return self._changeable(sure, posterior, rows)
        voted = np.zeros_like(sure)
        if self.fill == "auto":
            # A wrong value in an empty cell breaks nothing that was right.
            risk = min(0.5, RISK_OF_FILLING * self.alpha)
            voted = self.detector.is_voted(rows.codes) & (posterior.p_new >= 1 - risk)
        return self._changeable(np.where(known, sure, voted), posterior, rows)

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
