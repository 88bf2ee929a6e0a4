"""What a repair of single cells has to beat: rules that fit on a line or two.

Each takes a dirty table and a seed, and returns the repaired one (None for those that
only detect) and a score of each cell, higher for wrong.
"""

from functools import cache, partial
from itertools import permutations

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest
from sklearn.model_selection import KFold

from benchmarks.repair.baselines import NeighborVote
from benchmarks.repair.kinds import date_columns, number_columns, text_columns

N_BINS = 10
MAX_CLASSES = 60
RARE = 2


def rare_to_mode(table, seed):
    """The most frequent value of the column for those that occur once or twice."""
    repaired, score = table.copy(), np.zeros(table.shape)
    for j, c, count in _counted(table):
        score[:, j] = 1 / count
        repaired.loc[count <= RARE, c] = table[c].mode().iloc[0]
    return repaired, score


def rare_to_near(table, seed):
    """The most frequent similar text for rare texts: distance 1, else 2, if longer."""
    repaired, score = table.copy(), np.zeros(table.shape)
    for j, c, _ in _counted(table):
        better = _nearest_frequent(table[c].value_counts())
        found = table[c].isin(better)
        repaired[c] = table[c].where(~found, table[c].map(better))
        score[:, j] = found
    return repaired, score


def _nearest_frequent(counts):
    """Frequent value for each rare one that is near one."""
    floor = max(10, counts.sum() // 200)
    frequent = counts[counts >= floor]
    better = {}
    for value, count in counts[counts < floor].items():
        near = [
            (distance, -n, other)
            for other, n in frequent.items()
            if n >= 10 * count and (distance := edit_distance(value, other)) <= 2
            and (distance == 1 or len(other) >= 5)
        ]  # fmt: skip
        if near:
            better[value] = min(near)[-1]
    return better


def edit_distance(a, b, most=3):
    """Levenshtein's distance, or `most` where it is at least that."""
    if abs(len(a) - len(b)) >= most:
        return most
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            here = min(row[j] + 1, row[j - 1] + 1, before + (left != right))
            before, row[j] = row[j], here
        if min(row) >= most:
            return most
    return min(row[-1], most)


def neighbor_vote(table, seed, confident=0.9):
    """What the 15 nearest rows, by the other columns, outvote by 90 percent."""
    codes, values = _binned(table)
    vote = NeighborVote(leave_out=True).fit(codes, [len(v) for v in values])
    proba = [
        vote.vote(nearest, j)
        for j, nearest in enumerate(vote.neighbors_without_a_column())
    ]
    return _written(table, codes, values, proba, confident)


def boosting(table, seed, confident=0.9):
    """A boosted-tree classifier for each column from all others, cross-fitted."""
    codes, values = _binned(table)
    return _written(table, codes, values, _boosted(_Key(codes), seed), confident)


class _Key:
    """Codes that are equal by content, so that one fit serves two thresholds."""

    def __init__(self, codes):
        self.codes, self.bytes = codes, codes.tobytes()

    def __hash__(self):
        return hash(self.bytes)

    def __eq__(self, other):
        return self.bytes == other.bytes


@cache
def _boosted(key, seed):
    """Probabilities of each column's values, NaN where there are too many."""
    return [_boosted_column(key.codes, j, seed) for j in range(key.codes.shape[1])]


def _boosted_column(codes, j, seed):
    column, rest = codes[:, j], np.delete(codes, j, axis=1).astype(float)
    is_class = np.bincount(column) > RARE  # the others are nothing to learn
    if not 1 < is_class.sum() <= MAX_CLASSES:
        return np.full((len(codes), len(is_class)), np.nan)
    p = np.zeros((len(codes), len(is_class)))
    for train, test in KFold(2, shuffle=True, random_state=seed).split(codes):
        train = train[is_class[column[train]]]
        model = HistGradientBoostingClassifier(
            max_iter=20, max_leaf_nodes=15, early_stopping=False, random_state=seed
        ).fit(rest[train], column[train])
        p[np.ix_(test, model.classes_)] = model.predict_proba(rest[test])
    return p


def dependency_vote(table, seed, confident=0.9):
    """The majority of the rows that agree in a column that nearly determines this one.

    Numbers and dates are taken as they are, and written, too.
    """
    pairs = [pd.factorize(table[c], sort=True) for c in table]
    codes = np.column_stack([code for code, _ in pairs])
    sizes = [len(found) for _, found in pairs]
    best, certainty = codes.copy(), np.zeros(codes.shape)
    few = [j for j, size in enumerate(sizes) if size <= len(table) / 5]
    for a, b in permutations(few, 2):
        winner, share = _vote(codes[:, a], codes[:, b], sizes[a], sizes[b])
        surer = share > certainty[:, b]
        best[surer, b], certainty[surer, b] = winner[surer], share[surer]
    repaired = table.copy()
    for j, (c, (_, found)) in enumerate(zip(table, pairs, strict=True)):
        changed = (best[:, j] != codes[:, j]) & (certainty[:, j] >= confident)
        new = pd.Series(found[best[:, j]], index=table.index)
        repaired[c] = table[c].where(~changed, new)
    return repaired, (best != codes) * certainty


def _vote(given, voted, n_given, n_voted, holds=0.95):
    """Winner for each row and its share; no share where the dependency is too weak.

    It holds if the winners have 95 % of the rows, and leave at most half of what the
    most frequent value leaves.
    """
    joint = np.zeros((n_given, n_voted))
    np.add.at(joint, (given, voted), 1)
    top, size = joint.max(axis=1), joint.sum(axis=1)
    left, alone = 1 - top.sum() / len(given), 1 - joint.sum(axis=0).max() / len(given)
    share = np.where(size >= 5, top / np.maximum(size, 1), 0)[given]
    is_weak = left > min(1 - holds, alone / 2)
    return joint.argmax(axis=1)[given], np.zeros_like(share) if is_weak else share


def robust_z(table, seed):
    """Distance from the median in units of the median distance; no text."""
    score = np.zeros(table.shape)
    for j, column in _as_numbers(table):
        away = np.abs(column - np.median(column))
        score[:, j] = away / (np.median(away) or away.mean() or 1.0)
    return None, score


def isolation_forest(table, seed):
    """A forest for each column of numbers or dates, which sees nothing else."""
    score = np.zeros(table.shape)
    for j, column in _as_numbers(table):
        forest = IsolationForest(random_state=seed).fit(column[:, None])
        score[:, j] = -forest.score_samples(column[:, None])
    return None, score


def _as_numbers(table):
    for c in (*number_columns(table), *date_columns(table)):
        column = table[c].astype("int64") if c in date_columns(table) else table[c]
        yield table.columns.get_loc(c), column.to_numpy(dtype=float)


def _counted(table):
    """Columns of text with the number of times that each cell's value occurs."""
    for c in text_columns(table):
        count = table[c].map(table[c].value_counts()).to_numpy()
        yield table.columns.get_loc(c), c, count


def _binned(table):
    """Codes of the values, numbers and dates in ten bins of equal counts."""
    codes, values = [], []
    texts = set(text_columns(table))
    for c in table:
        column = table[c]
        if c not in texts:
            column = pd.qcut(column, N_BINS, duplicates="drop").astype(str)
        code, found = pd.factorize(column, sort=True)
        codes.append(code)
        values.append(found)
    return np.column_stack(codes), values


def _written(table, codes, values, proba, confident):
    """Change what another value is sure of, and the own one is not; score by p(own)."""
    rows = np.arange(len(codes))
    score, best = np.zeros(codes.shape), codes.copy()
    changed = np.zeros(codes.shape, dtype=bool)
    for j, p in enumerate(proba):
        if np.isnan(p).any():
            continue
        own = p[rows, codes[:, j]]
        score[:, j], best[:, j] = 1 - own, p.argmax(axis=1)
        changed[:, j] = (p.max(axis=1) >= confident) & (best[:, j] != codes[:, j])
        changed[:, j] &= own <= (1 - confident) / 2
    return _decoded(table, codes, values, changed, best), score


def _decoded(table, codes, values, changed, best):
    """Only text is written: a bin is no value."""
    repaired = table.copy()
    for c in text_columns(table):
        j = table.columns.get_loc(c)
        new = np.asarray(values[j], dtype=object)[best[:, j]]
        repaired[c] = np.where(changed[:, j], new, table[c].to_numpy(dtype=object))
    return repaired


FOR_TEXT = {
    "rare value to most frequent": rare_to_mode,
    "rare text to near frequent one": rare_to_near,
    "kNN vote": neighbor_vote,
    "boosting by column, .9": boosting,
    "boosting by column, .95": partial(boosting, confident=0.95),
}
FOR_NUMBERS = {
    "robust z": robust_z,
    "IsolationForest by column": isolation_forest,
}
ONE_LINERS = {**FOR_TEXT, "dependency vote": dependency_vote, **FOR_NUMBERS}
