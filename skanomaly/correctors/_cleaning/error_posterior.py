"""Which cells of a table are wrong, and what should stand there instead."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax
from tqdm.auto import tqdm

from skanomaly.correctors._cleaning.alike import unlike
from skanomaly.correctors._cleaning.beliefs import (
    Belief,
    CellPosterior,
    as_observed,
    believe,
    ranked,
    settled,
)
from skanomaly.correctors._cleaning.channel import (
    PRIOR_ERROR_RATE,
    CellChannel,
    Evidence,
    substitute_chances,
)
from skanomaly.correctors._cleaning.contexts import ColumnConditional, pool_weights
from skanomaly.correctors._cleaning.ranking import Ranking
from skanomaly.correctors._cleaning.reasons import DETERMINED, GARBAGE, RARE, TYPO
from skanomaly.correctors._cleaning.suspects import suspected_values
from skanomaly.correctors._cleaning.swaps import Swaps
from skanomaly.correctors._cleaning.told import Told
from skanomaly.correctors._cleaning.trust import SURE_OF_VALUE
from skanomaly.correctors._cleaning.typos import StringChannel
from skanomaly.correctors._cleaning.verdicts import Verdicts, weighted
from skanomaly.utils._chunks import row_slices

__all__ = ["ErrorPosterior"]

# Contexts are chosen on the table as observed and again once it is half repaired.
CHOOSE_AT = (0, 2)
# Rows on which the weights of the pool are learned; fewer where there are many values.
POOL_ROWS, MIN_POOL_ROWS, POOL_CELLS = 2000, 100, 2**21
MAX_P = 0.999


@dataclass(eq=False)
class ErrorPosterior:
    r"""Noisy-channel model of a table, fitted on the dirty table itself.

    With the error rate :math:`\pi`, the conditional :math:`p` of the true value given
    the rest of the row and the channel :math:`q` of errors, a cell that holds x was v
    with probability proportional to :math:`\pi\,q(x \mid v)\,p(v \mid \mathrm{rest})`,
    or to :math:`(1 - \pi)\,p(x \mid \mathrm{rest})` for v = x. Rates, channel and
    conditionals are learned by EM: each round counts the table as repaired so far,
    weighted by how sure each repair is, and takes doubtful cells out of the evidence.

    Parameters
    ----------
    n_iterations : int, default=7
        Rounds of EM.
    n_candidates : int, default=5
        Alternatives kept for each cell.
    error_rate : float, default=0.03
        Share of the cells that is thought to be in error beforehand.
    seed : int, default=0
        Of the errors injected for calibration.
    by_vote : bool array of shape (d,), default=None
        Columns that are judged only where other columns determine the value.
    numbers : list of d float arrays, or None, default=None
        Number of each value, NaN for a stray text; None for columns of no quantities.
    judged : bool array of shape (d,), default=None
        Columns whose cells may be wrong; the others are evidence only.
    right : list of d bool arrays, default=None
        Values that a person has confirmed somewhere: these are words.
    verbose : int, default=0
        Whether to show the rounds.

    Attributes
    ----------
    training_ : CellPosterior
        What is believed about the cells of the table that it was fitted on.
    """

    n_iterations: int = 7
    n_candidates: int = 5
    error_rate: float = PRIOR_ERROR_RATE
    seed: int = 0
    by_vote: np.ndarray | None = None
    numbers: list[np.ndarray | None] | None = None
    judged: np.ndarray | None = None
    right: list[np.ndarray] | None = None
    verbose: int = 0

    def fit(self, codes, n_categories, *, values=None, conditionals=(), truth=None):
        """Learn from a dirty table.

        Parameters
        ----------
        codes : int array of shape (n, d)
            The table; -1 is missing.
        n_categories : sequence of d ints
        values : list of d arrays of str or None, default=None
            Texts of the values, None for a column that is no text.
        conditionals : list of lists of arrays, default=()
            Log-conditionals of these cells by further models, one array for each column
            and model. They must not have learned a row from itself (cross-fit them).
        truth : int array of shape (n, d), default=None
            The right values of cells that a person found wrong, -1 for other cells.
        """
        self.n_categories = tuple(int(k) for k in n_categories)
        self.channels_ = [CellChannel(k, self.error_rate) for k in self.n_categories]
        self.strings_ = self._strings(codes, values)
        self._base = [np.full(k, 1 / max(k, 1)) for k in self.n_categories]
        self._extra = conditionals
        told = Told(codes, truth)
        self.told_wrong_ = told.share
        belief = told.believe(self._first_belief(codes))
        rounds = range(self.n_iterations)
        for i in tqdm(rounds, desc="cells", unit="round", disable=not self.verbose):
            self._maximize(belief, like=None if i in CHOOSE_AT else self.columns_)
            raw = self._posterior(codes, belief, self._extra, own=True, told=told)
            used, belief = belief, told.believe(believe(codes, raw))
            if i >= CHOOSE_AT[-1] and settled(used, belief):
                break
        raw = weighted(raw, self.replaced(codes))
        numbers = self.numbers or [None] * codes.shape[1]
        verdicts = Verdicts(self.by_vote, self.judged, numbers)
        self.verdicts_ = verdicts.fit(self, codes, used, raw)
        result = verdicts.judge(self, codes, raw, counted=True)
        self.ranking_ = Ranking(verdicts)
        result = self.ranking_.fit_order(self, codes, used, raw, result)
        self.training_ = self._with_swaps(codes, result)
        return self

    def posterior(self, codes, conditionals=()):
        """Return the `CellPosterior` of new rows; `conditionals` as in `fit`.

        Each row is judged by itself, and twice: the second time without the evidence
        that the first had called wrong.
        """
        used, raw, result = self._alone(codes, conditionals)
        result = self.ranking_.order(self, codes, used, raw, result, conditionals)
        return self._with_swaps(codes, result)

    def _alone(self, codes, conditionals=()):
        """What is believed of new rows, their suspicion, and verdicts on each cell."""
        seen = self._posterior(codes, as_observed(codes), conditionals, own=False)
        used = believe(codes, seen)
        raw = self._without_doubtful(codes, used, seen, conditionals)
        raw = weighted(raw, self.replaced(codes))
        return used, raw, self.verdicts_.judge(self, codes, raw, seen=seen)

    def _without_doubtful(self, codes, belief, seen, conditionals):
        """Judge rows again, of which only those differ that lost some evidence."""
        rows = np.flatnonzero((belief.evidence != codes).any(axis=1))
        raw = CellPosterior(*(part.copy() for part in seen))
        belief = Belief(*(part[rows] for part in belief))
        extra = [[part[rows] for part in one] for one in conditionals]
        again = self._posterior(codes[rows], belief, extra, own=False)
        for part, new in zip(raw, again, strict=True):
            part[rows] = new
        return raw

    def suspicion(self, codes):
        """Suspicion towards rows whose cells are all taken as evidence."""
        return self._posterior(codes, as_observed(codes), (), own=False)

    def conditional(self, belief, j, rows, extra, own):
        """Log-conditionals of column `j`, of rows of the fitted table if `own`."""
        return self._log_p(belief, self._extra if own else extra, j, rows, own)

    def known_conditionals(self, belief, j, rows):
        """Yield parts of rows of the fitted table, by place, and log-conditionals."""
        for at in self._chunks(np.arange(len(rows)), j):
            yield at, self._log_p(belief, self._extra, j, rows[at], own=True)

    @property
    def has_more_models(self):
        """Whether other conditional models are pooled with the counted ones."""
        return bool(self._extra)

    def _with_swaps(self, codes, result):
        """Take two cells for exchanged where that makes both right."""
        swaps = self.swaps_.find(codes, result.p_error)
        if self._extra or not swaps:
            return result
        after = [codes[rows] for rows, _, _ in swaps]
        for rows, (_, columns, values) in zip(after, swaps, strict=True):
            rows[:, columns] = np.column_stack(values)
        p_error = self._alone(np.concatenate(after))[-1].p_error
        parts = np.split(p_error, np.cumsum([len(rows) for rows in after[:-1]]))
        for (rows, (a, b), values), wrong in zip(swaps, parts, strict=True):
            right = 1 - wrong[:, [a, b]].max(axis=1)
            better = right >= np.minimum(result.p_new[rows, a], result.p_new[rows, b])
            for j, value in zip((a, b), values, strict=True):
                at = rows[better]
                result.best[at, j] = result.candidates[at, j, 0] = value[better]
                result.p_new[at, j] = np.minimum(right[better], MAX_P)
                result.p_error[at, j] = np.maximum(
                    result.p_error[at, j], result.p_new[at, j]
                )
        return result

    def kind(self, j, code):
        """What kind of error a value of column `j` is, if it is one."""
        if self.suspects_[j][code]:
            return GARBAGE
        if self.channels_[j].legitimate[code] < 0.5:
            return TYPO
        return DETERMINED if self.verdicts_.trust.is_determined[j] else RARE

    def log_conditionals(self, codes):
        """Log-probabilities of each cell given the others, arrays of shape (n, K_j)."""
        return [column.log_proba(codes) for column in self.columns_]

    def _strings(self, codes, values):
        values = [None] * codes.shape[1] if values is None else values
        n_rows = [
            np.bincount(codes[codes[:, j] >= 0, j], minlength=k)
            for j, k in enumerate(self.n_categories)
        ]
        return StringChannel(values, n_rows)

    def _first_belief(self, codes):
        """Believe every cell but those whose value is suspected to be never right."""
        belief = as_observed(codes)
        strings = self.strings_
        self.swaps_ = Swaps(strings.values, strings.n_rows, codes)
        self.suspects_, slips, foreign, self.repeats_ = suspected_values(
            strings.values, strings.n_rows, strings.pairs, codes
        )
        for j, channel in enumerate(self.channels_):
            if self.right is not None:
                channel.right = self.right[j][: self.n_categories[j]]
                for found in (self.suspects_[j], slips[j], foreign[j]):
                    found[channel.right] = False
            channel.never, channel.slips = foreign[j], slips[j]
        for j, suspects in enumerate(self.suspects_):
            out = np.append(suspects, False)[codes[:, j]]  # -1 points at the last one
            belief.weights[out, j] = 0.0
            belief.evidence[out, j] = -1
        out = self.swaps_.often_exchanged(codes)
        belief.weights[out], belief.evidence[out] = 0.0, -1
        return belief

    def _maximize(self, belief, like):
        """M-step of the conditionals, and what follows from them for the channels."""
        self.columns_ = [
            ColumnConditional(j=j, n_categories=self.n_categories, seed=self.seed).fit(
                belief.evidence,
                belief.targets[:, j],
                belief.weights[:, j],
                self._base[j],
                like=None if like is None else like[j],
            )
            for j in range(len(self.n_categories))
        ]
        for j, channel in enumerate(self.channels_):
            channel.set_errors(
                substitute_chances(self.columns_[j].prior_),
                self.strings_.likelihood_[j],
                self.strings_.pair_number_[j],
            )
        self._pools = [self._pool(belief, j) for j in range(len(self.channels_))]

    def _pool(self, belief, j):
        """Weights of the conditional models, of highest held-out likelihood."""
        if not self._extra:
            return np.ones(1)
        rows = np.flatnonzero(belief.targets[:, j] >= 0)
        n_cells = max(1, self.n_categories[j])
        n_rows = max(MIN_POOL_ROWS, POOL_CELLS // n_cells // (1 + len(self._extra)))
        if len(rows) > min(n_rows, POOL_ROWS):
            rng = np.random.default_rng([self.seed, j])
            rows = np.sort(rng.choice(rows, min(n_rows, POOL_ROWS), replace=False))
        parts = self._parts(belief, self._extra, j, rows, own=True)
        features = np.stack([np.zeros_like(parts[0]), *parts])
        start = np.full(len(parts), 1 / len(parts))
        target, weight = belief.targets[rows, j], belief.weights[rows, j]
        return pool_weights(features, target, weight, start)

    def _parts(self, belief, extra, j, rows, own):
        """Log-conditionals of column `j` by every model, each of shape (rows, k)."""
        counted = (belief.targets[rows, j], belief.weights[rows, j]) if own else ()
        counts = self.columns_[j].log_proba(belief.evidence[rows], *counted)
        return [counts] + [one[j][rows] for one in extra]

    def _log_p(self, belief, extra, j, rows, own):
        parts = self._parts(belief, extra, j, rows, own)
        if len(parts) == 1:
            return parts[0]
        pool = zip(self._pools[j], parts, strict=True)
        return log_softmax(sum(weight * part for weight, part in pool), axis=1)

    def _chunks(self, rows, j):
        return (rows[part] for part in row_slices(len(rows), self.n_categories[j]))

    def _expect_column(self, codes, j, logs):
        """Update the channel of a column; return the mass of each pair of strings.

        `logs` are pairs (rows, log-conditionals of them) that cover the table.
        """
        channel, n_pairs = self.channels_[j], self.channels_[j].likelihood.nnz
        known = codes[:, j] >= 0
        if self.n_categories[j] < 2 or not known.any():
            return np.zeros(n_pairs)
        logs = [(codes[r, j], p) for r, p in logs if known[r].any()]
        logs = [(c, p) if (c >= 0).all() else (c[c >= 0], p[c >= 0]) for c, p in logs]
        found = [channel.expect(p, cells) for cells, p in logs]
        evidence, typed = zip(*found, strict=True)
        rows = np.flatnonzero(known)
        observed = Evidence(*map(np.concatenate, zip(*evidence, strict=True)))
        channel.update(codes[rows, j], observed, self._novelty(j))
        plausibility = self.strings_.plausibility(j, channel.legitimate)
        self._base[j] = plausibility / self.n_categories[j]
        number, share = map(np.concatenate, zip(*typed, strict=True))
        return np.bincount(number, share, minlength=n_pairs)

    def _novelty(self, j):
        prior = self.columns_[j].prior_
        return self._base[j] * prior.novelty / (prior.novelty + prior.total)

    def _posterior(self, codes, belief, extra, own, told=None):
        """Return the `CellPosterior` before calibration.

        Given what is `told` about the cells, update the channels before.
        """
        n, d = codes.shape
        m = self.n_candidates
        p_right = np.zeros((n, d))
        candidates = np.full((n, d, m), -1)
        p_candidates, expected = np.zeros((n, d, m)), np.full((n, d), -1)
        surprise, evidence, mass = np.zeros((n, d)), np.zeros((n, d)), []
        parts = p_right, candidates, p_candidates, expected, surprise, evidence
        for j, channel in enumerate(self.channels_):
            every = kind = np.arange(n)
            if not (own or extra):
                every, kind = self.unlike(j, codes, belief.evidence)
            logs: Iterable = (
                (r, self._log_p(belief, extra, j, r, own))
                for r in self._chunks(every, j)
            )
            if told is not None:
                logs = [(r, told.sharpen(j, r, log_p)) for r, log_p in logs]
                mass.append(self._expect_column(codes, j, logs))
            for rows, log_p in logs:
                top, cell = log_p.max(axis=1), codes[rows, j]
                surprise[rows, j] = top - log_p[np.arange(len(rows)), cell]
                evidence[rows, j] = self.evidence_against(j, log_p, cell)
                sure = top >= np.log(SURE_OF_VALUE)
                expected[rows[sure], j] = log_p[sure].argmax(axis=1)
                joint = channel.posterior(log_p, cell)
                p_right[rows, j], *top = ranked(joint, cell, m)
                candidates[rows, j, : top[0].shape[1]] = top[0]
                p_candidates[rows, j, : top[0].shape[1]] = top[1]
            for part in parts if len(every) < n else ():
                part[:, j] = part[every, j][kind]
        if told is not None:
            self.strings_.update(mass)
        best, p_new = candidates[:, :, 0], p_candidates[:, :, 0]
        return CellPosterior(
            1 - p_right, best, p_new, expected, surprise, evidence, 1 - p_right,
            candidates, p_candidates,
        )  # fmt: skip

    def unlike(self, j, codes, evidence, *also):
        """Tell rows apart by the cell of column `j` and by what it is judged by.

        And by the kinds of rows `also`. Returns what `unlike` does.
        """
        columns = self.columns_[j].evidence_columns
        seen = codes[:, j], *(evidence[:, c] for c in columns), *also
        sizes = [self.n_categories[c] for c in (j, *columns)]
        return unlike(seen, sizes + [len(codes) for _ in also])

    def evidence_against(self, j, log_p, cells):
        """How far a row speaks against a cell, beyond what its column says."""
        rows, prior = np.arange(len(cells)), self.columns_[j].prior_.log_p
        best = log_p.argmax(axis=1)
        return log_p[rows, best] - prior[best] - log_p[rows, cells] + prior[cells]

    def replaced(self, codes):
        """Cells whose value is right elsewhere: if wrong, another one was replaced."""
        result = np.empty(codes.shape, bool)
        for j, channel in enumerate(self.channels_):
            ever = ~self.suspects_[j] & (channel.legitimate >= 0.5)
            result[:, j] = np.append(ever, False)[codes[:, j]]  # -1 is the last one
        return result
