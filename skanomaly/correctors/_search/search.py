"""Repair rows so that a classifier finds them normal, with the fewest changes."""

from dataclasses import dataclass

import numpy as np
from scipy.special import logit

from skanomaly.correctors._search.beam import beam_search
from skanomaly.correctors._search.gradient import Walks, gradient_search
from skanomaly.correctors._search.log_odds import probability
from skanomaly.correctors._search.parameters import (
    BeamSearch,
    GradientSearch,
    resolved,
)
from skanomaly.correctors._search.problem import (
    CandidateSet,
    RepairProblem,
    all_edits,
    joint_edits,
    n_joint,
    rank,
    top_edits,
)
from skanomaly.utils._chunks import row_slices

__all__ = ["search_repairs"]

# Up to so many cells every change is tried.
MAX_CELLS = 2
# Joint changes of a row above which only the best values of each column are joined.
MAX_JOINT, N_TOP = 20_000, 10


@dataclass(frozen=True)
class SearchResult:
    """Repairs of n rows, at most M candidates each, best first.

    Attributes
    ----------
    candidates : ndarray of int64, shape (n, M, d)
        Repairs; where a row has fewer than M, the row itself.
    status : ndarray of str, shape (n,)
        "normal" (there was nothing to do), "repaired" or "failed".
    cost, p_after, log_likelihood : ndarray of shape (n, M)
        Cost of the changes, probability of an anomaly after them, and log-likelihood of
        the row. NaN where there is no candidate, and without a model of the likelihood.
    p_before : ndarray of shape (n,)
        Probability of an anomaly of the rows as they came.
    certified : ndarray of bool, shape (n,)
        Whether no repair of lower cost exists.
    broken : ndarray of bool, shape (n,)
        Whether `allowed` refused the row as it came.
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
    certified: np.ndarray
    broken: np.ndarray
    walks: Walks | None = None
    walked: np.ndarray | None = None

    @property
    def codes(self):
        """The best repair of each row, or the row itself, shape (n, d)."""
        return self.candidates[:, 0]


def search_repairs(
    model,
    codes,
    *,
    search="auto",
    threshold=0.5,
    locked=None,
    costs=None,
    max_edits=None,
    allowed=None,
    log_likelihood=None,
    n_candidates=1,
    published=False,
    seed=0,
):
    """Search repairs of rows that the model does not find normal, or that break a rule.

    Parameters
    ----------
    model : LogOddsModel
    codes : ndarray of int64, shape (n, d)
        Rows; -1 is a missing cell, which may be filled and then counts as a change.
    search : str, BeamSearch or GradientSearch, default="auto"
        "auto" tries all changes of up to two cells, and for the rows that need more
        goes on with the beam.
    threshold : float, default=0.5
        Probability of an anomaly, in (0, 1), below which a row is normal.
    locked : ndarray of bool, shape (d,) or (n, d), default=None
        Cells that must stay.
    costs : array-like of shape (d,), default=None
        Cost of a change in each column, above zero; None is 1 for all.
    max_edits : int, default=None
        Maximum number of edits of a row; None is all cells.
    allowed : callable, default=None
        ``allowed(codes, rows)`` tells which candidates (m, d) for the rows numbered
        (m,) are acceptable. Rows that are not, as they come, are repaired as well;
        neither a gradient nor a beam knows what is asked there, so that "auto" helps.
    log_likelihood : callable, default=None
        ``log_likelihood(codes)`` of candidates, which decides between those of equal
        cost.
    n_candidates : int, default=1
        Candidates of each row to return.
    published : bool, default=False
        Whether walks go and stop as published.
    seed : int, default=0
        Of the noise of the walks.

    Returns
    -------
    SearchResult
    """
    search = resolved(search)
    codes = np.ascontiguousarray(codes, dtype=np.int64)
    limit = float(logit(threshold))
    before = model.logits(codes)
    broken = np.zeros(len(codes), dtype=bool)
    if allowed is not None:
        broken = ~np.asarray(allowed(codes, np.arange(len(codes))), dtype=bool)
    chosen = np.flatnonzero((before >= limit) | broken)
    problem = RepairProblem(
        model,
        limit,
        codes,
        np.broadcast_to(False if locked is None else locked, codes.shape),
        np.ones(codes.shape[1]) if costs is None else np.asarray(costs, dtype=float),
        codes.shape[1] if max_edits is None else min(max_edits, codes.shape[1]),
        allowed,
        log_likelihood,
    )
    problem, places = _once(problem.take(chosen))
    if isinstance(search, GradientSearch):
        run = _gradient(problem, search, published, seed)
    elif isinstance(search, BeamSearch):
        run = _beam(problem, search.width)
    else:
        run = _exact(problem) if search == "exact" else _auto(problem)
    if not isinstance(search, str) and broken.any():
        run = _also_auto(problem, run, np.flatnonzero(broken[chosen]))
    ranked = rank(problem, run.repairs, n_candidates)
    return _result(codes, before, broken, chosen, places, ranked, run)


@dataclass(frozen=True)
class _Run:
    """Repairs of the rows of a problem, and which have the least cost there is."""

    repairs: CandidateSet
    certified: np.ndarray
    walks: Walks | None = None


def _once(problem):
    """Search equal rows only once, unless the constraints may tell them apart."""
    if problem.allowed is not None or not len(problem):
        return problem, np.arange(len(problem))
    _, first, places = np.unique(
        np.column_stack([problem.codes, problem.locked]),
        axis=0,
        return_index=True,
        return_inverse=True,
    )
    return problem.take(first), places.reshape(-1)


def _exact(problem):
    repairs, bound, complete = exact_search(problem)
    return _Run(repairs, _certified(problem, repairs, bound) & complete)


def _beam(problem, width):
    repairs = beam_search(problem, width)
    return _Run(repairs, _certified(problem, repairs, problem.cheapest(1)))


def _auto(problem):
    repairs, bound, complete = exact_search(problem)
    rest = np.flatnonzero(_least(problem, repairs) > bound)
    if len(rest):
        more = beam_search(problem.take(rest)).of(rest)
        repairs = CandidateSet.join([repairs, more])
        least = _least(problem, repairs)
        repairs = repairs.take(problem.costs_of(repairs) == least[repairs.row])
    return _Run(repairs, _certified(problem, repairs, bound) & complete)


def _gradient(problem, search, published, seed):
    options = {"center": not published, "verify": not published, "seed": seed}
    walks = gradient_search(problem, search, **options)
    repairs = walks.repairs()
    n_edits = (repairs.codes != problem.codes[repairs.row]).sum(axis=1)
    repairs = repairs.take(n_edits <= problem.max_edits)
    certified = _certified(problem, repairs, problem.cheapest(1))
    return _Run(repairs, certified, walks)


def _also_auto(problem, run, rows):
    """Join what "auto" finds for some of the rows."""
    more = _auto(problem.take(rows))
    repairs = CandidateSet.join([run.repairs, more.repairs.of(rows)])
    certified = run.certified.copy()
    certified[rows] |= more.certified
    return _Run(repairs, certified, run.walks)


def _least(problem, repairs):
    least = np.full(len(problem), np.inf)
    np.minimum.at(least, repairs.row, problem.costs_of(repairs))
    return least


def _certified(problem, repairs, bound):
    least = _least(problem, repairs)
    return np.isfinite(least) & (least <= bound)


def exact_search(problem):
    """Find all repairs of least cost among those of up to `MAX_CELLS` cells.

    Single changes are all tried. Where joint ones are too many, only the `N_TOP` values
    of each column are joined that lower the log-odds most.

    Returns
    -------
    repairs : CandidateSet
        All repairs of least cost of each row.
    bound : ndarray of shape (n,)
        No repair of lower cost exists; infinite where there is none at all.
    complete : ndarray of bool, shape (n,)
        Whether that holds among all values, and not only among the joined ones.
    """
    max_cells = min(MAX_CELLS, problem.max_edits)
    edits = all_edits(problem.codes, problem.locked, problem.model.blocks.sizes)
    parts = [(CandidateSet.nothing(problem.codes.shape[1]), np.empty(0), np.empty(0))]
    for chunk in row_slices(len(problem), _n_candidates(edits.columns, max_cells)):
        rows = np.arange(len(problem))[chunk]
        repairs, *rest = _try_few(problem.take(rows), edits.take(rows), max_cells)
        parts.append((repairs.of(rows), *rest))
    repairs, bound, complete = zip(*parts, strict=True)
    proved = np.concatenate(complete).astype(bool)
    return CandidateSet.join(repairs), np.concatenate(bound), proved


def _n_candidates(columns, max_cells):
    largest = [min(n_joint(columns, t), MAX_JOINT) for t in range(2, max_cells + 1)]
    return max(len(columns), *largest, 0)


def _try_few(problem, edits, max_cells):
    parts = [CandidateSet.nothing(problem.codes.shape[1])]
    best = np.full(len(problem), np.inf)
    complete = np.ones(len(problem), dtype=bool)
    single = np.empty((0, 0))
    for n_cells in range(1, max_cells + 1):
        rows = np.flatnonzero(problem.cheapest(n_cells) < best)
        if not len(rows):
            break
        part, its_edits = problem.take(rows), edits.take(rows)
        if n_cells > 1 and n_joint(edits.columns, n_cells) > MAX_JOINT:
            its_edits = top_edits(its_edits, -single[rows], N_TOP)
            complete[rows] = False
        hits, logits = _try_all(part, its_edits, n_cells, best[rows])
        if n_cells == 1:
            single = logits  # every row is open at first
        parts.append(hits.of(rows))
        np.minimum.at(best, parts[-1].row, problem.costs_of(parts[-1]))
    repairs = CandidateSet.join(parts)
    repairs = repairs.take(problem.costs_of(repairs) == best[repairs.row])
    return repairs, np.minimum(best, problem.cheapest(max_cells + 1)), complete


def _try_all(problem, edits, n_cells, best):
    """Return the repairs of this many cells below the best cost, and all log-odds."""
    joint = joint_edits(edits.columns, n_cells)
    logits = problem.model.changed_logits(problem.codes, edits, joint)
    cost = problem.cost_of(edits.columns[joint])
    good = (logits < problem.limit) & edits.valid[:, joint].all(axis=2)
    row, choice = np.nonzero(good & (cost < best[:, None]))
    codes = edits.apply(problem.codes, row, joint[choice])
    accepted = problem.accepts(codes, row)
    return CandidateSet(row, codes, logits[row, choice]).take(accepted), logits


def _result(codes, before, broken, chosen, places, ranked, run):
    def of_all(values, others):
        whole = np.full((len(codes), *values.shape[1:]), others, dtype=values.dtype)
        whole[chosen] = values[places]
        return whole

    candidates = np.repeat(codes[:, None], ranked.codes.shape[1], axis=1)
    candidates[chosen] = ranked.codes[places]
    solved = np.where(np.isnan(ranked.cost[:, 0]), "failed", "repaired").astype(object)
    return SearchResult(
        candidates=candidates,
        status=of_all(solved, "normal"),
        cost=of_all(ranked.cost, np.nan),
        p_before=probability(before),
        p_after=of_all(probability(ranked.logit), np.nan),
        log_likelihood=of_all(ranked.log_likelihood, np.nan),
        certified=of_all(run.certified, False),
        broken=broken,
        walks=None if run.walks is None else run.walks.take(places),
        walked=None if run.walks is None else chosen,
    )
