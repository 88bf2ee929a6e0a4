"""Walk down the anomaly score in the space of probabilities (the inverse gradient)."""

from dataclasses import dataclass

import numpy as np
import torch

from skanomaly.correctors._search.problem import CandidateSet
from skanomaly.correctors._table.codec import MISSING
from skanomaly.utils._chunks import row_slices

__all__ = ["Walks", "gradient_search"]

# Units of a classifier's hidden layers: what a walk costs beside its own cells.
HIDDEN_UNITS = 64


@dataclass
class Walks:
    """Where the walks of each row ended; r of them start at each of n rows.

    Attributes
    ----------
    codes : ndarray of int64, shape (n, r, d)
        Most probable category of each cell at the end.
    p : ndarray of shape (n, r)
        Probability of an anomaly before the last step, of the point itself, which is
        between the rows.
    iterations : ndarray of int64, shape (n, r)
        Steps taken.
    stopped : ndarray of bool, shape (n, r)
        Whether the walk ended as it should.
    success : ndarray of bool, shape (n, r)
        Whether `codes` are a repair: a changed row that the model finds normal and the
        constraints accept.
    logit : ndarray of shape (n, r)
        Log-odds of `codes`.
    """

    codes: np.ndarray
    p: np.ndarray
    iterations: np.ndarray
    stopped: np.ndarray
    success: np.ndarray
    logit: np.ndarray

    def take(self, rows):
        """Return only some of the rows, by number."""
        return Walks(**{name: table[rows] for name, table in vars(self).items()})

    def repairs(self):
        """Return the repairs, a `CandidateSet`."""
        row, restart = np.nonzero(self.success)
        return CandidateSet(row, self.codes[row, restart], self.logit[row, restart])


def gradient_search(problem, search, *, seed=0, center=True, verify=True):
    """Walk from every row to where the model finds it normal.

    A walk starts at ``normalize(one_hot + noise U)`` and repeats
    ``p <- normalize(p - step g / |g|)``, where g is the gradient of ``-log(1 - a)`` and
    a the probability of an anomaly at p. As published (``center=False,
    verify=False``) it stops when a, before the step, is below the limit and the most
    probable category of some cell, after the step, is another one than at the start.

    Parameters
    ----------
    problem : RepairProblem
        Its costs and `max_edits` play no part. Missing cells stay as they are.
    search : GradientSearch
        The noise is the same for all rows, so that a row's result does not depend on
        the others.
    seed : int, default=0
        Of numpy's generator, from which each walk takes its noise at once.
    center : bool, default=True
        Whether to take the mean of each block off the gradient: `normalize` undoes that
        part of a step, so it would be wasted.
    verify : bool, default=True
        Whether to stop when the row of the most probable categories is a repair,
        instead of asking the model about the point between rows.

    Returns
    -------
    Walks
    """
    problem.model.require_gradient()
    n_restarts, n_units = search.n_restarts, problem.model.blocks.n_units
    noise = search.noise * np.random.default_rng(seed).random((n_restarts, n_units))
    walks, n_walks = _no_walks(problem, n_restarts), len(problem) * n_restarts
    for chunk in row_slices(n_walks, max(n_units, HIDDEN_UNITS)):
        row, restart = np.divmod(np.arange(n_walks)[chunk], n_restarts)
        walk = _Walk(problem, walks, row, restart, noise[restart])
        walk.run(search.step, search.n_iter, center=center, verify=verify)
    return walks


def _no_walks(problem, n_restarts):
    shape = (len(problem), n_restarts)
    return Walks(
        codes=np.repeat(problem.codes[:, None], n_restarts, axis=1),
        p=np.full(shape, np.nan),
        iterations=np.zeros(shape, dtype=np.int64),
        stopped=np.zeros(shape, dtype=bool),
        success=np.zeros(shape, dtype=bool),
        logit=np.full(shape, np.inf),
    )


class _Walk:
    """Many walks in step; those that ended leave the tensors."""

    def __init__(self, problem, walks, row, restart, noise):
        self.problem, self.walks = problem, walks
        self.model, self.blocks = problem.model, problem.model.blocks
        self.row, self.restart = row, restart
        codes = problem.codes[row]
        fixed = problem.locked[row] | (codes == MISSING)
        self.start, self.fixed = self._tensor(codes), self._tensor(fixed)
        self.free = self.blocks.spread(~self.fixed).double()
        noisy = self.blocks.one_hot(self.start) + self._tensor(noise)
        self.p = self.blocks.normalize(noisy)
        self.seen = self.start.clone()

    def _tensor(self, values):
        return torch.from_numpy(values).to(self.model.device)

    def run(self, step, n_iter, *, center, verify):
        """Walk until all walks have ended."""
        for i in range(1, n_iter + 1):
            z, length = self._step(step, center)
            codes = torch.where(self.fixed, self.start, self.blocks.argmax(self.p))
            if verify:
                done = self._is_repair(codes)
            else:
                done = (z < self.problem.limit) & (codes != self.start).any(dim=1)
            stuck = ~(length > 0) | self.p.isnan().any(dim=1)
            codes = torch.where(stuck[:, None], self.start, codes)
            ended = done | stuck if i < n_iter else torch.ones_like(done)
            if ended.any():
                self._write(ended, codes, z, i, done & ~stuck)
                if ended.all():
                    break
                self._leave(ended)

    def _step(self, step, center):
        z, gradient = self.model.gradient(self.p)
        # The gradient of -log(1 - a) is that of z times a: the direction is the same.
        if center:
            gradient = self.blocks.center(gradient)
        gradient = gradient * self.free
        length = torch.linalg.vector_norm(gradient, dim=1)
        self.p = self.blocks.normalize(self.p - step * gradient / length[:, None])
        return z, length

    def _is_repair(self, codes):
        """Ask the model about rows that are new since the last step."""
        new = ((codes != self.seen).any(dim=1)).nonzero()[:, 0]
        self.seen = codes
        repair = torch.zeros(len(codes), dtype=torch.bool, device=codes.device)
        if len(new):
            hard, row = codes[new].cpu().numpy(), self.row[new.cpu().numpy()]
            repair[new] = self._tensor(_repairs(self.problem, hard, row)[1])
        return repair

    def _write(self, ended, codes, z, iteration, done):
        chosen = ended.cpu().numpy()
        at = self.row[chosen], self.restart[chosen]
        hard, walks = codes[ended].cpu().numpy(), self.walks
        walks.codes[at] = hard
        walks.p[at] = torch.sigmoid(z[ended]).cpu().numpy()
        walks.iterations[at] = iteration
        walks.stopped[at] = done[ended].cpu().numpy()
        walks.logit[at], repair = _repairs(self.problem, hard, at[0])
        walks.success[at] = repair & walks.stopped[at]

    def _leave(self, ended):
        stay = ~ended
        for name in ("start", "fixed", "free", "p", "seen"):
            setattr(self, name, getattr(self, name)[stay])
        kept = stay.cpu().numpy()
        self.row, self.restart = self.row[kept], self.restart[kept]


def _repairs(problem, codes, row):
    """Log-odds of hard rows, and which of them are repairs."""
    logits = problem.model.logits(codes)
    changed = (codes != problem.codes[row]).any(axis=1)
    repair = changed & (logits < problem.limit)
    repair[repair] = problem.accepts(codes[repair], row[repair])
    return logits, repair
