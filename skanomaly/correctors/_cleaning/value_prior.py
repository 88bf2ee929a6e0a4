"""How frequent the values of a column are, and what the frequencies of a part add."""

import numpy as np

__all__ = ["ValuePrior", "best_on_grid", "distinct"]

# Concentrations that are tried: from "one count is proof" to "counts say nothing".
GRID = 2.0 ** np.arange(-7, 15, 1.5)[:, None]
# Share of cells taken to follow nothing but their column's frequencies, so that a few
# errors do not make a strict dependence look loose.
NOISE = 0.01
# Below so many possible numbers, and so many times their count, counting beats sorting.
FEW, FEW_TIMES = 2**12, 8


class ValuePrior:
    """Frequencies of a column's values, with room for values seen in one row only."""

    def __init__(self, target, weight, base):
        self.n_values = len(base)
        known = target >= 0
        self.mass = np.bincount(target[known], weight[known], minlength=len(base))
        self.total = self.mass.sum()
        self.novelty = self._fit_novelty(
            np.bincount(target[known], minlength=len(base)), base
        )
        self.floor = self.novelty * base
        self.log_p = np.log(self._ratio(self.mass + self.floor))

    def _fit_novelty(self, n_rows, base):
        seen = np.flatnonzero(n_rows)
        rest = self.mass[seen] * (1 - 1 / n_rows[seen])
        chance = (rest + GRID * base[seen]) / (self.total + GRID)
        gain = np.log(np.maximum(chance, 1e-300)) @ self.mass[seen]
        return GRID[gain.argmax(), 0] if len(seen) else 1.0

    def _ratio(self, mass):
        return np.maximum(mass, 1e-300) / (self.total + self.novelty)

    def leave_one_out(self, values, own_weight):
        """Probability of each value without one row of the given weight."""
        rest = np.maximum(self.mass[values] - own_weight, 0)
        return self._ratio(rest + self.floor[values])

    def log_values(self, own, own_weight):
        """Log-probability of every value for every row, shape (n, k)."""
        out = np.empty((len(own), self.n_values))
        out[:] = self.log_p
        rows = np.flatnonzero(own >= 0)
        p = self.leave_one_out(own[rows], own_weight[rows])
        out[rows, own[rows]] = np.log(p)
        return out


def best_on_grid(mass, hits, total, p):
    """Concentration for counts `hits` of `total` around the expectation `p`."""
    hits, total = np.maximum(hits, 0), np.maximum(total, 0)
    ratio, expected = GRID * p, total + GRID
    ratio += hits
    expected *= p
    ratio /= expected
    ratio *= 1 - NOISE
    ratio += NOISE
    gain = np.log(ratio, out=ratio) @ mass
    best = gain.argmax()
    return GRID[best, 0], gain[best]


def distinct(numbers, size):
    """Distinct integers in [0, size), in order, and which of them each one is."""
    if size > max(FEW, FEW_TIMES * len(numbers)):
        return np.unique(numbers, return_inverse=True)
    there = np.zeros(size, dtype=bool)
    there[numbers] = True
    found = np.flatnonzero(there)
    rank = np.cumsum(there) - 1
    return found, rank[numbers]
