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

    def expect(self, log_p, observed):
        """Collect the `Evidence` for `observed` cells of shape (n,).

        And numbers of pairs of strings, and how likely each was the error of a cell.
        """
        p, rows = np.exp(log_p), np.arange(len(observed))
        own, typed = p[rows, observed], self._typed(observed)
        replaced = self._replaced(p, own, observed)
        shares = self._shares(p, own, typed, replaced)
        row, value, chance, _ = typed
        likely = chance * p[row, value]
        only = np.bincount(row, likely * self.legitimate[value], minlength=len(rows))
        typed_only = only / np.maximum(1 - own, 1e-12)
        joint = self._joint(p, observed, typed)
        rest = 1 - joint[rows, observed]
        joint[rows, observed] = 0.0
        attributed = joint.max(axis=1) / np.maximum(rest, 1e-300)
        likely = np.bincount(row, likely, minlength=len(rows))
        attributed = np.minimum(attributed, 1.0)
        return Evidence(own, likely, typed_only, replaced, attributed), shares

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
        if len(seen) == len(observed):
            return self._weighed(self._joint(joint, observed), observed)
        joint[seen] = self._weighed(
            self._joint(joint[seen], observed[seen]), observed[seen]
        )
        return joint

    def _weighed(self, joint, observed):
        """Believe a cell as far as its value is ever right; alters `joint`."""
        rows = np.arange(len(observed))
        stays = joint[rows, observed] * self.legitimate[observed]
        joint[rows, observed] = 0.0
        others = np.maximum(joint.sum(axis=1), 1e-300)
        joint *= ((1 - stays) / others)[:, None]
        joint[rows, observed] = stays
        return joint

    def _shares(self, p, own, typed, replaced):
        """Numbers of pairs of strings, and how likely each was the error of a cell."""
        row, value, chance, at = typed
        likely = self.error_rate * self.typo_share * chance * p[row, value]
        other = self.error_rate * (1 - self.typo_share) * replaced
        total = (1 - self.error_rate) * own + other
        total = total + np.bincount(row, likely, minlength=len(own))
        number = self.pair_number.data[at].astype(np.int64) - 1
        return number, likely / np.maximum(total[row], 1e-300)

    def _typed(self, observed):
        """Row, true value, likelihood and place of each typing error that may be."""
        start = self.likelihood.indptr[observed]
        size = self.likelihood.indptr[observed + 1] - start
        row = np.repeat(np.arange(len(observed)), size)
        at = np.arange(len(row)) + np.repeat(start - np.cumsum(size) + size, size)
        return row, self.likelihood.indices[at], self.likelihood.data[at], at

    def _replaced(self, p, own, observed):
        chance = self.substitute[observed]
        others = (p / (1 - self.substitute)).sum(axis=1) - own / (1 - chance)
        return chance * np.maximum(others, 0)

    def _joint(self, p, observed, typed=None):
        """Posterior of each true value, each cell on its own."""
        rate, rows = self.error_rate, np.arange(len(observed))
        other = rate * (1 - self.typo_share) * self.substitute[observed]
        joint = p * (other[:, None] / (1 - self.substitute))
        row, value, chance, _ = self._typed(observed) if typed is None else typed
        joint[row, value] += rate * self.typo_share * chance * p[row, value]
        joint[rows, observed] = (1 - rate) * p[rows, observed]
        joint /= np.maximum(joint.sum(axis=1, keepdims=True), 1e-300)
        return joint
