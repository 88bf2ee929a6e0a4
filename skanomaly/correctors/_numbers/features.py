"""What a column is predicted from: the other numbers and the categories of its row."""

from dataclasses import dataclass

import numpy as np

__all__ = ["MAX_CATEGORIES", "Features"]

MAX_FEATURES = 10
# As many as the bins of the boosted trees hold; the rarer ones are read as missing.
MAX_CATEGORIES = 120
# A feature must explain this many times what chance explains in that many rows.
CHANCE = 4.0


@dataclass(frozen=True)
class Features:
    """The columns that tell something about a target, best first.

    `columns` counts the numbers first, then the categories: `m + c` is category c.
    """

    columns: tuple[int, ...]
    n_numbers: int
    ranks: dict[int, np.ndarray]

    @classmethod
    def choose(cls, target, numbers, codes, sizes, without):
        """Choose by the share of the target's variance that each one explains.

        `without` are numbers that must not be used, the target among them.
        """
        m = numbers.shape[1]
        rank = _ranks(target)
        gains = [_gain_of_number(rank, _ranks(numbers[:, i])) for i in range(m)]
        ranks = {c: _frequency_ranks(codes[:, c], k) for c, k in enumerate(sizes)}
        gains += [_gain_of_codes(rank, codes[:, c], k) for c, k in enumerate(sizes)]
        gain = np.array(gains)
        gain[list(without)] = 0.0
        best = np.argsort(-gain, kind="stable")[:MAX_FEATURES]
        columns = tuple(int(i) for i in best if gain[i] > CHANCE / len(target))
        ranks = {i: ranks[i - m] for i in columns if i >= m}
        return cls(columns, m, ranks)

    @property
    def is_category(self):
        """Which of the features are categories."""
        return [i >= self.n_numbers for i in self.columns]

    @property
    def main_category(self):
        """The best of the categories, or None."""
        m = self.n_numbers
        return next((i - m for i in self.columns if i >= m), None)

    def take(self, numbers, codes):
        """Matrix of the features, NaN where a cell is missing."""
        out = np.empty((len(numbers), len(self.columns)))
        for k, i in enumerate(self.columns):
            if i < self.n_numbers:
                out[:, k] = numbers[:, i]
            else:
                out[:, k] = _look_up(self.ranks[i], codes[:, i - self.n_numbers])
        return out

    def hides(self, hidden):
        """Which cells of the matrix are hidden; categories never are."""
        out = np.zeros((len(hidden), len(self.columns)), bool)
        for k, i in enumerate(self.columns):
            if i < self.n_numbers:
                out[:, k] = hidden[:, i]
        return out

    def lacks(self, x):
        """Which cells of the matrix are missing numbers."""
        is_number = np.array(self.columns, int) < self.n_numbers
        return np.isnan(x) & is_number


def _ranks(values):
    """Ranks from -1 to 1, 0 for missing values."""
    there = np.isfinite(values)
    out = np.zeros(len(values))
    _, inverse, counts = np.unique(
        values[there], return_inverse=True, return_counts=True
    )
    if len(counts) > 1:
        middle = np.cumsum(counts) - counts / 2
        out[there] = 2 * middle[inverse] / there.sum() - 1
    return out


def _gain_of_number(target, rank):
    """Squared correlation with the ranks, or with the distance from the middle."""
    return max(_correlation(target, rank), _correlation(target, rank**2))


def _correlation(a, b):
    """Squared correlation."""
    a, b = a - a.mean(), b - b.mean()
    size = (a @ a) * (b @ b)
    return (a @ b) ** 2 / size if size > 0 else 0.0


def _gain_of_codes(target, codes, size):
    """Share of the variance between the categories, less what chance explains."""
    counts = np.bincount(codes + 1, minlength=size + 1)
    sums = np.bincount(codes + 1, weights=target - target.mean(), minlength=size + 1)
    there = counts > 0
    total = np.sum((target - target.mean()) ** 2)
    if total <= 0 or there.sum() < 2:
        return 0.0
    between = np.sum(sums[there] ** 2 / counts[there]) / total
    return between - 2 * (there.sum() - 1) / len(target)


def _frequency_ranks(codes, size):
    """0 for the most frequent category and so on; NaN for those beyond the limit."""
    counts = np.bincount(codes[codes >= 0], minlength=size)[:size]
    order = np.argsort(-counts, kind="stable")[:MAX_CATEGORIES]
    out = np.full(size, np.nan)
    out[order] = np.arange(len(order))
    out[counts == 0] = np.nan
    return out


def _look_up(ranks, codes):
    """Ranks of codes; NaN for those that are missing or were never seen."""
    known = (codes >= 0) & (codes < len(ranks))
    out = np.full(len(codes), np.nan)
    out[known] = ranks[codes[known]]
    return out
