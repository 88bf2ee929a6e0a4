"""Quantities that move by a step: right as often as not, whatever rows are sure of.

A shop has six employees in eleven months of twelve, and seven in one. An error puts any
number there. Where the numbers that deviate lie next to what their rows are sure of,
more often than numbers put there by chance would, most of them are right.
"""

import numpy as np
from scipy.stats import binom

__all__ = ["Steps"]

# Numbers of so many rows are what a column counts in.
MIN_ROWS = 10
# That so many lie one step away is chance with this probability, ...
CHANCE = 0.01
# ... and where it is no more than this part, there are other reasons, such as slips of
# the last digit, two of nine of which are one step away.
OFTEN = 0.33
# Most of what a column counts in is one step from the next.
MOSTLY = 0.5


class Steps:
    """How often quantities that deviate do so by a single step.

    Parameters
    ----------
    numbers : list of d float arrays, or None
        Number of each value, NaN for a text; None for columns of no quantities.
    n_rows : list of d int arrays
        How many rows hold each value.
    determined : bool array of shape (d,)
        Columns that another one determines: a shop has its usual number. Where only the
        whole row tells a number, as goals and the other team's tell a team's, it is
        not free to move.

    Attributes
    ----------
    wrong : dict of {int: float}
        Columns that move by steps, and the share of errors among those.
    """

    def __init__(self, numbers, n_rows, determined):
        self.numbers, self.n_rows, self.determined = numbers, n_rows, determined

    def fit(self, codes, expected):
        """Learn from cells, and what their rows are sure of; -1 is nothing."""
        self.step = {
            j: step
            for j, numbers in enumerate(self.numbers)
            if self.determined[j] and (step := _step(numbers, self.n_rows[j]))
        }
        self.wrong = {}
        for j in self.step:
            deviates = (codes[:, j] >= 0) & (expected[:, j] >= 0)
            deviates &= codes[:, j] != expected[:, j]
            wrong = self._share_of_errors(j, codes[deviates, j], expected[deviates, j])
            if wrong is not None:
                self.wrong[j] = wrong
        return self

    def most(self, codes, best):
        """Largest probability of an error of each cell, given what it would become."""
        most = np.ones(codes.shape)
        for j, wrong in self.wrong.items():
            near = self._is_near(j, codes[:, j], best[:, j])
            most[near, j] = wrong
        return most

    def _share_of_errors(self, j, cells, said):
        """Share of errors among cells that are one step away, None if all may be."""
        near, n = self._is_near(j, cells, said).sum(), len(cells)
        if near <= OFTEN * n:
            return None
        chance = self._chance(j)[said].mean()
        if binom.sf(near - 1, n, chance) >= CHANCE:
            return None
        return min(1.0, (n - near) * chance / (1 - chance) / near)

    def _chance(self, j):
        """How often a number put in the place of each value is one step from it."""
        n_rows, codes = self.n_rows[j], np.arange(len(self.n_rows[j]))
        near = self._is_near(j, codes[:, None], codes)
        return near @ n_rows / np.maximum(n_rows.sum() - n_rows, 1)

    def _is_near(self, j, cells, others):
        """Whether known values are one step apart."""
        numbers = np.append(self.numbers[j], np.nan)  # -1 points at the last one
        apart = np.abs(numbers[cells] - numbers[others])
        return np.isclose(apart, self.step[j])


def _step(numbers, n_rows):
    """What frequent numbers are apart, if that is the same for most, else None."""
    if numbers is None:
        return None
    apart = np.diff(np.sort(numbers[(n_rows >= MIN_ROWS) & np.isfinite(numbers)]))
    if len(apart) < 2:
        return None
    step = apart.min()
    return step if np.isclose(apart, step).mean() > MOSTLY else None
