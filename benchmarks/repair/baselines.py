"""What a repair has to beat: null baselines and stand-ins for known imputers."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

MISSING = -1
CHUNK = 500
N_NEIGHBORS = 15


# Whole rows. All take the rows, the normal rows, and a random generator.


def no_change(rows, normal, rng):
    return rows.copy()


def random_normal_row(rows, normal, rng):
    return normal[rng.integers(len(normal), size=len(rows))]


def nearest_normal_row(rows, normal, rng):
    """The normal row with the fewest differing cells, a random one of the nearest."""
    order = rng.permutation(len(normal))
    nearest = [hamming(part, normal[order]).argmin(axis=1) for part in chunks(rows)]
    return normal[order[np.concatenate(nearest)]]


def independent_marginals(rows, normal, rng):
    drawn = rng.integers(len(normal), size=rows.shape)
    return np.take_along_axis(normal, drawn, axis=0)


def uniform_values(rows, normal, rng):
    return rng.integers(normal.max(axis=0) + 1, size=rows.shape)


ROW_BASELINES = {
    "no change": no_change,
    "random normal row": random_normal_row,
    "nearest normal row": nearest_normal_row,
    "independent marginals": independent_marginals,
    "uniform values": uniform_values,
}


def chunks(rows):
    return np.split(rows, range(CHUNK, len(rows), CHUNK))


def hamming(a, b):
    """Number of differing cells, (len(a), len(b)); missing differs from all."""
    different = np.zeros((len(a), len(b)), dtype=np.int16)
    for j in range(a.shape[1]):
        different += (a[:, j, None] != b[None, :, j]) | (a[:, j, None] == MISSING)
    return different


# Single cells. `fit(codes, sizes)` takes complete rows; `proba(codes, mask)` returns
# (n_masked, K_j) for each column and never looks at masked cells.


class Marginals:
    """The share of each value in its column: its mode is the classic filler."""

    def fit(self, codes, sizes, seed=0):
        self.p_ = [_shares(codes[:, j], k) for j, k in enumerate(sizes)]
        return self

    def proba(self, codes, mask):
        return [np.tile(p, (mask[:, j].sum(), 1)) for j, p in enumerate(self.p_)]


class NeighborVote:
    """Vote of the nearest training rows by the known cells, smoothed by the shares.

    With `leave_out` the rows are the training rows themselves, in their order, and no
    row votes on itself.
    """

    def __init__(self, leave_out=False):
        self.leave_out = leave_out

    def fit(self, codes, sizes, seed=0):
        self.codes_, self.sizes_ = codes, sizes
        self.prior_ = [_shares(codes[:, j], k) for j, k in enumerate(sizes)]
        return self

    def proba(self, codes, mask):
        nearest = self.neighbors(np.where(mask, MISSING, codes))
        return [self.vote(nearest[mask[:, j]], j) for j in range(len(self.sizes_))]

    def neighbors(self, codes):
        """Numbers of the nearest training rows, (n, 15)."""
        starts = range(0, len(codes), CHUNK)
        distances = ((start, self._distance(codes, start)) for start in starts)
        return np.concatenate([_nearest(distance) for _, distance in distances])

    def neighbors_without_a_column(self):
        """For each column the nearest of the other training rows in all others."""
        codes, nearest = self.codes_, [[] for _ in self.sizes_]
        for start in range(0, len(codes), CHUNK):
            distance = self._distance(codes, start)
            for j, column in enumerate(codes.T):
                part = column[start : start + CHUNK]
                differs = (part[:, None] != column) | (part[:, None] == MISSING)
                nearest[j].append(_nearest(distance - differs))
        return [np.concatenate(parts) for parts in nearest]

    def _distance(self, codes, start):
        part = codes[start : start + CHUNK]
        distance = hamming(part, self.codes_)
        if self.leave_out:
            rows = np.arange(len(part))
            distance[rows, start + rows] = np.iinfo(distance.dtype).max
        return distance

    def vote(self, nearest, j):
        """Probabilities of the values of a column, (len(nearest), K_j)."""
        votes = self.codes_[nearest, j]
        counts = np.zeros((len(nearest), self.sizes_[j]))
        rows = np.arange(len(nearest))[:, None]
        there = votes != MISSING
        np.add.at(counts, (np.broadcast_to(rows, votes.shape)[there], votes[there]), 1)
        return (counts + self.prior_[j]) / (counts.sum(axis=1, keepdims=True) + 1)


def _nearest(distance):
    return np.argpartition(distance, N_NEIGHBORS, axis=1)[:, :N_NEIGHBORS]


class Forests:
    """missForest's scheme: a random forest for each column, rounds of filling in."""

    max_rows, n_rounds = 6000, 3

    def fit(self, codes, sizes, seed=0):
        codes, self.sizes_ = codes[: self.max_rows], sizes
        self.modes_ = [np.bincount(column).argmax() for column in codes.T]
        self.models_ = [
            RandomForestClassifier(60, min_samples_leaf=3, random_state=seed).fit(
                one_hot(np.delete(codes, j, axis=1), np.delete(sizes, j)), codes[:, j]
            )
            for j in range(len(sizes))
        ]
        return self

    def proba(self, codes, mask):
        filled = np.where(mask, self.modes_, codes)
        for _ in range(self.n_rounds):
            proba = [self._column(filled, mask, j) for j in range(len(self.sizes_))]
            for j, p in enumerate(proba):
                filled[mask[:, j], j] = p.argmax(axis=1)
        return proba

    def _column(self, filled, mask, j):
        model, rows = self.models_[j], filled[mask[:, j]]
        rest = one_hot(np.delete(rows, j, axis=1), np.delete(self.sizes_, j))
        return _spread(model, rest, self.sizes_[j])


class MaskedBoosting:
    """Boosted trees for each column, trained on rows with random gaps (as utrees)."""

    max_rows = 4000

    def fit(self, codes, sizes, seed=0):
        self.sizes_, rng = sizes, np.random.default_rng(seed)
        codes = codes[: self.max_rows]
        gaps = rng.random(codes.shape) < rng.random((len(codes), 1))
        self.models_ = [
            HistGradientBoostingClassifier(
                max_iter=50,
                max_leaf_nodes=15,
                early_stopping=False,
                categorical_features=[k <= 255 for k in np.delete(sizes, j)],
                random_state=seed,
            ).fit(_with_gaps(codes, gaps, j), codes[:, j])
            for j in range(len(sizes))
        ]
        return self

    def proba(self, codes, mask):
        return [
            _spread(model, _with_gaps(codes, mask, j)[mask[:, j]], self.sizes_[j])
            for j, model in enumerate(self.models_)
        ]


IMPUTERS = {
    "mode": Marginals,
    "kNN-15 Hamming": NeighborVote,
    "random forests, 3 rounds": Forests,
    "masked boosting": MaskedBoosting,
}


def one_hot(codes, sizes):
    """Zeros and ones, (n, sum of sizes); a missing cell has zeros only."""
    blocks = [codes[:, j, None] == np.arange(size) for j, size in enumerate(sizes)]
    return np.concatenate(blocks, axis=1).astype(np.float32)


def _with_gaps(codes, gaps, j):
    return np.delete(np.where(gaps, np.nan, codes), j, axis=1)


def _shares(column, size):
    """Smoothed shares of the values, missing cells left out."""
    counts = np.bincount(column[column != MISSING], minlength=size) + 1.0 / size
    return counts / counts.sum()


def _spread(model, rows, size):
    """Probabilities of all values, some of which the model may never have seen."""
    p = np.full((len(rows), size), 1e-6)
    if len(rows):
        p[:, model.classes_] += model.predict_proba(rows)
    return p / p.sum(axis=1, keepdims=True)
