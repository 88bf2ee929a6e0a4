"""Noisy channel of a column: the posterior of true values, given the observed."""

from typing import NamedTuple

import numpy as np
from scipy.special import expit

__all__ = ["PRIOR_ERROR_RATE", "CellChannel", "Evidence", "substitute_chances"]

# Redman (1998) expects 1 to 5 % of wrong fields in tables without maintenance.
PRIOR_ERROR_RATE = 0.03
# Weight of that beside the cells of a column. It decides where they say little, because
# a conditional learned from dirty cells explains part of the errors itself.
PRIOR_SHARE = 0.1
NO_VALUE = 0.05


class Evidence(NamedTuple):
    """Likelihoods of the observed cells of a column, arrays of shape (n,)."""

    own: np.ndarray  # p(the value is right | rest)
    typed: np.ndarray  # p(value | typing error), over all true values
    typed_only: np.ndarray  # the same if the value were never right anywhere
    replaced: np.ndarray  # p(value | any other value in its place)
    attributed: np.ndarray  # largest share of one true value in an error


def substitute_chances(prior, temper=0.5):
    """Chances of the values that stand in for others: the frequencies, tempered.

    A value's own row is taken out, so that a value seen once is no evidence for itself.
    """
    mass = np.maximum(prior.mass - 1, 0) + prior.floor
    return mass**temper / max(((prior.mass + prior.floor) ** temper).sum(), 1e-300)


class CellChannel:
    """p(observed value | true value): right, mistyped, or replaced by another value."""

    def __init__(self, n_values, prior_rate=PRIOR_ERROR_RATE):
        self.prior_rate, self.error_rate, self.typo_share = prior_rate, prior_rate, 0.5
        self.legitimate = np.ones(n_values)
        self.never = np.zeros(n_values, bool)  # known to be no value of this column
        self.right = np.zeros(n_values, bool)  # known to be one
        self.slips = np.zeros(n_values, bool)  # look like slips of other values

    def set_errors(self, substitute, likelihood, pair_number):
        """Take over how values are replaced and how strings are mistyped."""
        # A slip hardly replaces another value: it comes from the one it looks like.
        substitute = np.where(self.slips, NO_VALUE * substitute, substitute)
        self.substitute = np.minimum(substitute, 0.99)
        self.likelihood, self.pair_number = likelihood, pair_number

    def evidence(self, log_p, observed):
        """Collect the `Evidence` for `observed` cells of shape (n,)."""
        p, rows = np.exp(log_p), np.arange(len(observed))
        own = p[rows, observed]
        row, value, chance = self._typed(observed)
        typed = np.bincount(row, chance * p[row, value], minlength=len(observed))
        only = chance * p[row, value] * self.legitimate[value]
        typed_only = np.bincount(row, only, minlength=len(observed))
        typed_only = typed_only / np.maximum(1 - own, 1e-12)
        joint = self._joint(p, observed)
        replaced = self._replaced(p, own, observed)
        rest = 1 - joint[rows, observed]
        joint[rows, observed] = 0.0
        attributed = joint.max(axis=1) / np.maximum(rest, 1e-300)
        return Evidence(own, typed, typed_only, replaced, np.minimum(attributed, 1.0))

    def update(self, observed, evidence, novelty):
        """M-step; `novelty` (k,) is the chance of a value that was never seen."""
        n_rows = np.bincount(observed, minlength=len(self.legitimate))
        # An error without a likely true value is no evidence that there are errors,
        # unless its value is frequent enough to know how often it ought to occur.
        share = np.maximum(evidence.attributed, 1 - 1 / n_rows[observed])
        for _ in range(5):
            typed = self.error_rate * self.typo_share * evidence.typed
            other = self.error_rate * (1 - self.typo_share) * evidence.replaced
            right = (1 - self.error_rate) * evidence.own
            total = np.maximum(typed + other + right, 1e-300)
            errors = ((typed + other) / total * share).sum()
            prior = PRIOR_SHARE * len(observed)
            self.error_rate = errors + prior * self.prior_rate
            self.error_rate /= len(observed) + prior
            n_typed = (typed / total).sum()
            self.typo_share = (n_typed + 1) / (((typed + other) / total).sum() + 2)
        self._update_legitimate(observed, n_rows, evidence, novelty)

    def _update_legitimate(self, observed, n_rows, evidence, novelty):
        """Decide about all cells of a value at once: a word, or always a typing error.

        Cells that share a typing error would otherwise be evidence for each other. A
        word costs its novelty once and then the chance of each further cell.
        """
        right = np.log(np.maximum((1 - self.error_rate) * evidence.own, 1e-300))
        rate = self.error_rate * self.typo_share
        wrong = np.log(np.maximum(rate * evidence.typed_only, 1e-300))
        k = len(n_rows)
        right, wrong = (
            np.bincount(observed, part, minlength=k) for part in (right, wrong)
        )
        mean = right / np.maximum(n_rows, 1)
        first = np.minimum(np.log(np.maximum(novelty, 1e-300)), mean)
        odds = np.where(n_rows > 1, right - mean + first, right) - wrong
        self.legitimate = np.where(self.never, 0.0, expit(np.clip(odds, -50, 50)))
        self.legitimate[self.right] = 1.0

    def posterior(self, log_p, observed):
        """P(true value | cell, rest), shape (n, k); -1 in `observed` is missing."""
        joint = np.exp(log_p)
        seen = np.flatnonzero(observed >= 0)
        joint[seen] = self._joint(joint[seen], observed[seen])
        stays = joint[seen, observed[seen]] * self.legitimate[observed[seen]]
        joint[seen, observed[seen]] = 0.0
        others = np.maximum(joint[seen].sum(axis=1), 1e-300)
        joint[seen] *= ((1 - stays) / others)[:, None]
        joint[seen, observed[seen]] = stays
        return joint

    def responsibilities(self, log_p, observed):
        """Numbers of pairs of strings, and how likely each was the error of a cell."""
        p, rows = np.exp(log_p), np.arange(len(observed))
        row, value, chance = self._typed(observed)
        typed = self.error_rate * self.typo_share * chance * p[row, value]
        own = p[rows, observed]
        other = (
            self.error_rate * (1 - self.typo_share) * self._replaced(p, own, observed)
        )
        total = (1 - self.error_rate) * own + other
        total = total + np.bincount(row, typed, minlength=len(observed))
        number = self.pair_number[observed].data.astype(np.int64) - 1
        return number, typed / np.maximum(total[row], 1e-300)

    def _typed(self, observed):
        """Row, true value and likelihood of every typing error that is possible."""
        part = self.likelihood[observed]
        return (
            np.repeat(np.arange(len(observed)), np.diff(part.indptr)),
            part.indices,
            part.data,
        )

    def _replaced(self, p, own, observed):
        chance = self.substitute[observed]
        others = (p / (1 - self.substitute)).sum(axis=1) - own / (1 - chance)
        return chance * np.maximum(others, 0)

    def _joint(self, p, observed):
        """Posterior of each true value, each cell on its own."""
        rate, rows = self.error_rate, np.arange(len(observed))
        other = rate * (1 - self.typo_share) * self.substitute[observed]
        joint = p * (other[:, None] / (1 - self.substitute))
        row, value, chance = self._typed(observed)
        joint[row, value] += rate * self.typo_share * chance * p[row, value]
        joint[rows, observed] = (1 - rate) * p[rows, observed]
        return joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-300)
