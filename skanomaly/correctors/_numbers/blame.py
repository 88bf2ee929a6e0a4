"""Which cell of a row that breaks relations is wrong, and what should stand there.

One hypothesis a cell: "this one is wrong, the others are right". It is as likely as the
value solved from the others fits its column and row, as the other cells fit theirs, as
few relations stay broken, and as lists of prices and the like are kept.
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["Blame", "blame_arithmetic", "blame_orders"]

# A relation that stays broken needs one more wrong cell.
LOG_ANOTHER = np.log(0.01)
# More than one wrong cell, or an exception from the rule.
LOG_OTHER = np.log(1e-4)
# Hypotheses are told apart when one is that much more likely than all others.
CLEAR = 0.95
# Probability that a cell in a row that breaks a relation is wrong at all.
TRUST = 0.99
# Values whose scores differ by less explain a row equally well.
SAME_SCORE = 0.1
# Two cells between these have the same claim.
EVEN = (0.35, 0.65)


@dataclass(frozen=True, eq=False)
class Blame:
    """Probability of each cell to be wrong, what is proposed, and by which relation.

    `other` is the probability that no single cell explains the row; `member` marks the
    cells of broken relations.
    """

    p: np.ndarray
    other: np.ndarray
    member: np.ndarray
    new: np.ndarray
    p_new: np.ndarray
    by: np.ndarray


def blame_arithmetic(fits, relations, listed):
    """Weigh the hypotheses for rows that break one of the relations at least."""
    x = fits.x
    broken = np.column_stack([r.breaks(x) for r in relations])
    member = _members(broken, relations, x.shape)
    fit = np.where(member, fits.log_plausibility() + listed.log_fit(x), 0.0)
    best = _Best(x.shape)
    for i, relation in enumerate(relations):
        for j in relation.columns:
            rows = np.flatnonzero(broken[:, i])
            value = relation.solve(x[rows], j)
            rows, value = rows[np.isfinite(value)], value[np.isfinite(value)]
            left = _still_broken(x[rows], j, value, relations)
            score = left * LOG_ANOTHER + fit[rows].sum(axis=1) - fit[rows, j]
            mine = fits.log_plausibility_of(j, value, rows)
            mine += listed.log_fit_of(j, value, rows)
            score += mine - _said_twice(relation, j, mine, fit[rows])
            best.take(rows, j, score, value, left, relation, i)
    p, other = _posterior(best.score, member)
    clear = (p >= CLEAR) & (best.left == 0) & (best.value != x)
    p_new = np.where(clear, p * best.exactness, 0.0) * TRUST
    clear &= p_new >= 0.5
    new = np.where(clear, best.value, np.nan)
    return Blame(p, other, member, new, np.where(clear, p_new, 0.0), best.by)


def blame_orders(fits, orders, listed):
    """Weigh the cells of rows that break an order; nothing is proposed."""
    x = fits.x
    broken = np.column_stack([o.breaks(x) for o in orders])
    member = _members(broken, orders, x.shape)
    fit = np.where(member, fits.log_plausibility() + listed.log_fit(x), 0.0)
    score, by = np.full(x.shape, -np.inf), np.full(x.shape, -1)
    for j in sorted({j for o in orders for j in o.columns}):
        mine = np.array([j in o.columns for o in orders])
        left = broken[:, ~mine].sum(axis=1)
        score[:, j] = left * LOG_ANOTHER + fit.sum(axis=1) - fit[:, j]
        by[:, j] = np.argmax(broken & mine, axis=1)
    p, other = _posterior(score, member)
    nothing = np.full(x.shape, np.nan)
    return Blame(p, other, member, nothing, np.zeros(x.shape), by)


class _Best:
    """The most likely new value of each cell so far; of equal ones, the most exact.

    A sum of the digits that stand there is more exact than any rounded product.
    """

    def __init__(self, shape):
        self.score = np.full(shape, -np.inf)
        self.value = np.full(shape, np.nan)
        self.left = np.zeros(shape, int)
        self.exactness = np.zeros(shape)
        self.rank = np.full(shape, -np.inf)
        self.by = np.full(shape, -1)

    def take(self, rows, j, score, value, left, relation, by):
        """Keep what is better than what is there."""
        old, exactness = self.score[rows, j], relation.exactness_of(j)
        rank = exactness - relation.rounds
        equal = np.isclose(score, old, rtol=0, atol=SAME_SCORE)
        better = np.where(equal, rank > self.rank[rows, j], score > old)
        rows = rows[better]
        self.score[rows, j], self.value[rows, j] = score[better], value[better]
        self.left[rows, j] = left[better]
        self.exactness[rows, j], self.by[rows, j] = exactness, by
        self.rank[rows, j] = rank


def _said_twice(relation, j, mine, fit):
    """What the only other cell of a relation has said of a value solved from it.

    A fine of 7.6 is as rare as the 38 days that it is for, and no rarer.
    """
    if len(relation.columns) > 2:
        return 0.0
    (other,) = set(relation.columns) - {j}
    return np.maximum(mine, fit[:, other])


def _members(broken, relations, shape):
    member = np.zeros(shape, bool)
    for i, relation in enumerate(relations):
        member[:, list(relation.columns)] |= broken[:, [i]]
    return member


def _still_broken(x, j, value, relations):
    """Number of relations that are broken with the value in column j."""
    x = x.copy()
    x[:, j] = value
    return np.sum([r.breaks(x) for r in relations], axis=0)


def _posterior(score, member):
    """Probability of each hypothesis, and that none of them is right."""
    score = np.where(member, score, -np.inf)
    top = np.maximum(score.max(axis=1, keepdims=True), LOG_OTHER)
    weight = np.exp(score - top)
    other = np.exp(LOG_OTHER - top)
    # Beside a good explanation "something else" does not count: two cells with the
    # same claim have one half each.
    other = np.where(other < 0.05 * weight.sum(axis=1, keepdims=True), 0.0, other)
    total = weight.sum(axis=1, keepdims=True) + other
    p = weight / total
    even = (p > EVEN[0]) & (p < EVEN[1])
    p = np.where(even & (even.sum(axis=1, keepdims=True) == 2), 0.5, p)
    return p, (other / total)[:, 0]
