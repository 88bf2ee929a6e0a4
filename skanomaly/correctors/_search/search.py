"""Repair rows so that a classifier finds them normal, with the fewest changes."""

from dataclasses import dataclass

import numpy as np

from skanomaly.correctors._search.beam import beam_search
from skanomaly.correctors._search.exact import exact_search
from skanomaly.correctors._search.gradient import Walks, gradient_search
from skanomaly.correctors._search.problem import CandidateSet, RepairProblem, rank

__all__ = ["SearchResult", "search_repairs"]


@dataclass(frozen=True)
class SearchResult:
    """What a search found for n rows, at most M candidates each, best first.

    Attributes
    ----------
    candidates : ndarray of int64, shape (n, M, d)
        Repairs; where a row has fewer than M, the row itself.
    status : ndarray of str, shape (n,)
        "normal" (there was nothing to do), "repaired" or "failed".
    cost, p_after, log_likelihood : ndarray of shape (n, M)
        Cost of the changes, probability of an anomaly after them, and their
        log-likelihood, from a table that of the changes alone. NaN where there is no
        candidate, and where nobody says how likely rows are.
    p_before : ndarray of shape (n,)
        Probability of an anomaly of the rows as they came.
    certificate : ndarray of str, shape (n,)
        "least" where no repair of lower cost exists; "least on the grid" where only the
        most likely values of each column were joined; else "".
    walks : Walks or None
        Of a gradient search, every walk of the rows that were not normal.
    walked : ndarray of int64
        Which rows those are.
    """

    candidates: np.ndarray
    status: np.ndarray
    cost: np.ndarray
    p_before: np.ndarray
    p_after: np.ndarray
    log_likelihood: np.ndarray
    certificate: np.ndarray
    walks: Walks | None = None
    walked: np.ndarray | None = None

    @property
    def codes(self):
        """The best repair of each row, or the row itself, shape (n, d)."""
        return self.candidates[:, 0]

    @property
    def success(self):
        """Whether the row was repaired, shape (n,)."""
        return self.status == "repaired"

    @property
    def certified(self):
        """Whether the repair is proved to be of least cost, shape (n,)."""
        return self.certificate == "least"

    def n_edits(self, before):
        """Changed cells of each candidate, shape (n, M)."""
        return (self.candidates != before[:, None]).sum(axis=2)


def search_repairs(
    model,
    codes,
    *,
    method="auto",
    threshold=0.5,
    locked=None,
    costs=None,
    max_edits=None,
    allowed=None,
    log_proba=None,
    log_likelihood=None,
    n_candidates=1,
    exact=None,
    beam=None,
    gradient=None,
):
    """Search repairs of all rows that the model does not find normal.

    Parameters
    ----------
    model : LogOddsModel
    codes : ndarray of int64, shape (n, d)
        Rows; -1 is a missing cell, which may be filled and then counts as a change.
    method : {"auto", "exact", "beam", "gradient"}, default="auto"
        "auto" tries all changes of up to two cells, and for the rows that need more
        goes on with the beam.
    threshold : float, default=0.5
        Probability of an anomaly, in (0, 1), below which a row is normal.
    locked : ndarray of bool, shape (d,) or (n, d), default=None
        Cells that must stay.
    costs : array-like of shape (d,), default=None
        Cost of a change in each column, above zero; None is 1 for all.
    max_edits : int, default=None
        Most cells to change; None is all.
    allowed : callable, default=None
        ``allowed(codes, rows)`` tells which candidates (m, d) for the rows numbered
        (m,) are acceptable.
    log_proba : ndarray of shape (n, n_units) or callable, default=None
        Log-probability of each category of each cell given the rest of its row, or a
        function that gives it for some of the rows' codes.
    log_likelihood : callable, default=None
        ``log_likelihood(codes)`` says how likely candidates are; it decides between
        those of equal cost, `log_proba` where there is none.
    n_candidates : int, default=1
        Candidates of each row to return.
    exact, beam, gradient : dict, default=None
        Options of the three searches.

    Returns
    -------
    SearchResult
    """
    codes = np.ascontiguousarray(codes, dtype=np.int64)
    limit = float(np.log(threshold) - np.log1p(-threshold))
    before = model.logits(codes)
    chosen = np.flatnonzero(before >= limit)
    goal = RepairProblem(
        model,
        limit,
        codes,
        np.broadcast_to(False if locked is None else locked, codes.shape),
        np.ones(codes.shape[1]) if costs is None else np.asarray(costs, dtype=float),
        codes.shape[1] if max_edits is None else min(max_edits, codes.shape[1]),
        allowed,
        None if callable(log_proba) else log_proba,
        log_likelihood,
    )
    goal, places = _once(goal.take(chosen))
    if callable(log_proba):
        goal = goal.with_table(log_proba(goal.codes))
    run = _METHODS[method](goal, exact or {}, beam or {}, gradient or {})
    ranked = rank(goal, run.found, n_candidates)
    return _result(codes, before, chosen, places, ranked, run)


@dataclass(frozen=True)
class _Run:
    """Repairs of the rows of a goal, and what is known about cheaper ones."""

    found: CandidateSet
    certificate: np.ndarray
    walks: Walks | None = None


def _once(goal):
    """Search equal rows only once, unless the constraints may tell them apart."""
    if goal.allowed is not None or not len(goal):
        return goal, np.arange(len(goal))
    _, first, places = np.unique(
        np.column_stack([goal.codes, goal.locked]),
        axis=0,
        return_index=True,
        return_inverse=True,
    )
    return goal.take(first), places.reshape(-1)


def _exact(goal, exact, beam, gradient):
    found, bound, complete = exact_search(goal, **exact)
    return _Run(found, _certificate(goal, found, bound, complete))


def _beam(goal, exact, beam, gradient):
    found = beam_search(goal, **beam)
    bound = goal.cheapest(1)
    return _Run(found, _certificate(goal, found, bound, np.ones(len(goal), bool)))


def _auto(goal, exact, beam, gradient):
    found, bound, complete = exact_search(goal, **exact)
    rest = np.flatnonzero(_least(goal, found) > bound)
    if len(rest):
        more = beam_search(goal.take(rest), **beam).of(rest)
        found = CandidateSet.join([found, more])
        found = found.take(goal.costs_of(found) == _least(goal, found)[found.row])
    return _Run(found, _certificate(goal, found, bound, complete))


def _gradient(goal, exact, beam, gradient):
    walks = gradient_search(goal, **gradient)
    found = walks.found()
    n_edits = (found.codes != goal.codes[found.row]).sum(axis=1)
    found = found.take(n_edits <= goal.max_edits)
    bound = goal.cheapest(1)
    certificate = _certificate(goal, found, bound, np.ones(len(goal), bool))
    return _Run(found, certificate, walks)


_METHODS = {"auto": _auto, "exact": _exact, "beam": _beam, "gradient": _gradient}


def _least(goal, found):
    least = np.full(len(goal), np.inf)
    np.minimum.at(least, found.row, goal.costs_of(found))
    return least


def _certificate(goal, found, bound, complete):
    least = _least(goal, found)
    proved = np.isfinite(least) & (least <= bound)
    words = np.where(complete, "least", "least on the grid")
    return np.where(proved, words, "")


def _result(codes, before, chosen, places, ranked, run):
    n, n_candidates = len(codes), ranked.codes.shape[1]
    candidates = np.repeat(codes[:, None], n_candidates, axis=1)
    candidates[chosen] = ranked.codes[places]
    cost, p_after, likelihood = (np.full((n, n_candidates), np.nan) for _ in range(3))
    there = np.isfinite(ranked.cost)
    cost[chosen] = np.where(there, ranked.cost, np.nan)[places]
    p_after[chosen] = np.where(there, _probability(ranked.logit), np.nan)[places]
    likelihood[chosen] = ranked.log_likelihood[places]
    status = np.full(n, "normal", dtype=object)
    status[chosen] = np.where(there[:, 0], "repaired", "failed")[places]
    certificate = np.full(n, "", dtype=object)
    certificate[chosen] = run.certificate[places]
    return SearchResult(
        candidates,
        status,
        cost,
        _probability(before),
        p_after,
        likelihood,
        certificate,
        None if run.walks is None else run.walks.take(places),
        chosen if run.walks is not None else None,
    )


def _probability(logits):
    return np.exp(-np.logaddexp(0.0, -logits))
