"""Walk down the anomaly score in the space of probabilities (the inverse gradient)."""

from dataclasses import dataclass

import numpy as np
import torch

from skanomaly.correctors._search.problem import CandidateSet
from skanomaly.correctors._table.columns import MISSING

__all__ = ["Walks", "gradient_search"]

# Walks that go together: more do not fit the cache.
CHUNK = 4096


@dataclass
class Walks:
    """Where the walks of each row ended; r of them start at each of n rows.

    Attributes
    ----------
    codes : ndarray of int64, shape (n, r, d)
        Most probable category of each cell at the end.
    p : ndarray of shape (n, r)
        Probability of an anomaly before the last step, of the point itself, which is
        between the rows. That of `codes` is in `p_hard`.
    iterations : ndarray of int64, shape (n, r)
        Steps taken.
    stopped : ndarray of bool, shape (n, r)
        Whether the walk ended as it should.
    success : ndarray of bool, shape (n, r)
        Whether `codes` are a repair: a changed row that the model finds normal and the
        constraints accept.
    logit : ndarray of shape (n, r)
        Log-odds of `codes`.
    points : ndarray of shape (n, r, n_units)
        The last points; only if asked for.
    """

    codes: np.ndarray
    p: np.ndarray
    iterations: np.ndarray
    stopped: np.ndarray
    success: np.ndarray
    logit: np.ndarray
    points: np.ndarray | None = None

    @property
    def p_hard(self):
        """Probability of an anomaly of `codes`."""
        return np.exp(-np.logaddexp(0.0, -self.logit))

    def take(self, rows):
        """Return only some of the rows, by number."""
        tables = {name: v[rows] for name, v in vars(self).items() if v is not None}
        return Walks(**tables)

    def found(self):
        """Return the repairs."""
        row, restart = np.nonzero(self.success)
        return CandidateSet(row, self.codes[row, restart], self.logit[row, restart])

    def log_lines(self, row, limit):
        """What the original prints, one line for each walk of a row.

        Parameters
        ----------
        row : int
        limit : float
            Probability below which a row is normal.
        """
        lines = []
        for i, p, stopped in zip(
            self.iterations[row], self.p[row], self.stopped[row], strict=True
        ):
            end = "" if stopped else ", maximum iterations"
            sign = "<" if p < limit else ">="
            lines.append(f"Iteration {i}) loss is {p:.1%} {sign} {limit:.1%}{end}")
        return lines


def gradient_search(
    goal,
    *,
    step=0.01,
    n_iter=300,
    noise=0.1,
    n_restarts=10,
    center=True,
    verify=True,
    seed=0,
    keep_points=False,
):
    """Walk from every row to where the model finds it normal.

    A walk starts at ``normalize(one_hot + noise U)`` and repeats
    ``p <- normalize(p - step g / |g|)``, where g is the gradient of ``-log(1 - a)`` and
    a the probability of an anomaly at p. As published (``center=False,
    verify=False``) it stops when a, before the step, is below the limit and the most
    probable category of some cell, after the step, is another one than at the start.

    Parameters
    ----------
    goal : RepairProblem
        Its costs and `max_edits` play no part. Missing cells stay as they are.
    step : float, default=0.01
        Length of a step.
    n_iter : int, default=300
        Most steps. From one category to another there are about ``0.71 / step``.
    noise : float, default=0.1
        In [0, 1]. It is the same for all rows, so that a row's result does not depend
        on the others.
    n_restarts : int, default=10
        Walks from each row, each with its own noise.
    center : bool, default=True
        Whether to take the mean of each block off the gradient: `normalize` undoes that
        part of a step, so it would be wasted.
    verify : bool, default=True
        Whether to stop when the row of the most probable categories is a repair,
        instead of asking the model about the point between rows.
    seed : int, default=0
        Of numpy's generator, from which each walk takes its noise at once.
    keep_points : bool, default=False
        Whether to return the last points.

    Returns
    -------
    Walks
    """
    if not goal.model.differentiable:
        goal.model.gradient(None)  # says why not
    noises = np.random.default_rng(seed).random((n_restarts, goal.model.blocks.n_units))
    walks = _no_walks(goal, n_restarts, keep_points)
    options = {"step": step, "n_iter": n_iter, "center": center, "verify": verify}
    for start in range(0, len(goal) * n_restarts, CHUNK):
        index = np.arange(start, min(start + CHUNK, len(goal) * n_restarts))
        row, restart = np.divmod(index, n_restarts)
        _Walk(goal, walks, row, restart, noise * noises[restart]).run(**options)
    return walks


def _no_walks(goal, n_restarts, keep_points):
    shape = (len(goal), n_restarts)
    n_units = goal.model.blocks.n_units
    return Walks(
        codes=np.repeat(goal.codes[:, None], n_restarts, axis=1),
        p=np.full(shape, np.nan),
        iterations=np.zeros(shape, dtype=np.int64),
        stopped=np.zeros(shape, dtype=bool),
        success=np.zeros(shape, dtype=bool),
        logit=np.full(shape, np.inf),
        points=np.full((*shape, n_units), np.nan) if keep_points else None,
    )


class _Walk:
    """Many walks in step; those that ended leave the tensors."""

    def __init__(self, goal, walks, row, restart, noise):
        self.goal, self.walks = goal, walks
        self.model, self.blocks = goal.model, goal.model.blocks
        self.row, self.restart = row, restart
        codes = goal.codes[row]
        fixed = goal.locked[row] | (codes == MISSING)
        self.start, self.fixed = self._tensor(codes), self._tensor(fixed)
        self.free = self.blocks.spread(~self.fixed).double()
        noisy = self.blocks.one_hot(self.start) + self._tensor(noise)
        self.p = self.blocks.normalize(noisy)
        self.seen = self.start.clone()

    def _tensor(self, values):
        return torch.from_numpy(values).to(self.model.device)

    def run(self, *, step, n_iter, center, verify):
        """Walk until all walks have ended."""
        for i in range(1, n_iter + 1):
            z, length = self._step(step, center)
            codes = torch.where(self.fixed, self.start, self.blocks.argmax(self.p))
            if verify:
                done = self._is_repair(codes)
            else:
                done = (z < self.goal.limit) & (codes != self.start).any(dim=1)
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
            repair[new] = self._tensor(_repairs(self.goal, hard, row)[1])
        return repair

    def _write(self, ended, codes, z, iteration, done):
        chosen = ended.cpu().numpy()
        at = self.row[chosen], self.restart[chosen]
        hard, walks = codes[ended].cpu().numpy(), self.walks
        walks.codes[at] = hard
        walks.p[at] = torch.sigmoid(z[ended]).cpu().numpy()
        walks.iterations[at] = iteration
        walks.stopped[at] = done[ended].cpu().numpy()
        walks.logit[at], repair = _repairs(self.goal, hard, at[0])
        walks.success[at] = repair & walks.stopped[at]
        if walks.points is not None:
            walks.points[at] = self.p[ended].cpu().numpy()

    def _leave(self, ended):
        stay = ~ended
        for name in ("start", "fixed", "free", "p", "seen"):
            setattr(self, name, getattr(self, name)[stay])
        kept = stay.cpu().numpy()
        self.row, self.restart = self.row[kept], self.restart[kept]


def _repairs(goal, codes, row):
    """Log-odds of hard rows, and which of them are repairs."""
    logits = goal.model.logits(codes)
    changed = (codes != goal.codes[row]).any(axis=1)
    repair = changed & (logits < goal.limit)
    repair[repair] = goal.accepts(codes[repair], row[repair])
    return logits, repair
