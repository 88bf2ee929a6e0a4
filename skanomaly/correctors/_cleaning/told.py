"""What a person found wrong in the table that a noisy channel is learned from.

A corrected error is an error that was seen together with what should have stood there.
Were the corrected table all that is learned from, the more a person corrects, the surer
the channel would be that there are no errors.
"""

import numpy as np

from skanomaly.correctors._cleaning.beliefs import Belief

__all__ = ["Told"]

# Chance that a person is wrong: one cell must not make a word of many rows impossible.
DOUBT = 1e-6


class Told:
    """Cells whose right value is known from a person, and is another than theirs.

    Parameters
    ----------
    codes : int array of shape (n, d)
        The table as it was.
    truth : int array of shape (n, d) or None
        Right values of the cells that were found wrong, -1 for all others.
    """

    def __init__(self, codes, truth):
        self.truth = np.full(codes.shape, -1) if truth is None else truth
        self.wrong = (self.truth >= 0) & (codes >= 0)
        self.columns = np.flatnonzero(self.wrong.any(axis=0))

    @property
    def share(self):
        """Share of the cells of each column that were found wrong, (d,)."""
        return self.wrong.mean(axis=0)

    def believe(self, belief):
        """Return the `Belief` with what is known."""
        if not len(self.columns):
            return belief
        return Belief(
            np.where(self.wrong, self.truth, belief.targets),
            np.where(self.wrong, 1.0, belief.weights),
            np.where(self.wrong, self.truth, belief.evidence),
        )

    def sharpen(self, j, rows, log_p):
        """Log-conditionals of column `j`, sure of the value where it is known."""
        at = np.flatnonzero(self.wrong[rows, j])
        if not len(at):
            return log_p
        log_p = log_p.copy()
        log_p[at] += np.log(DOUBT)
        true = self.truth[rows[at], j]
        log_p[at, true] = np.logaddexp(log_p[at, true], np.log1p(-DOUBT))
        return log_p
