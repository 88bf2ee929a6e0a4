"""Whether a relation is one: it holds in nearly all rows, and not by chance."""

import numpy as np

__all__ = ["MIN_ROWS", "are_tied", "is_doubtful", "is_proved"]

# Share of the right rows in which a relation must hold. (What is wild by itself is left
# out before; of three columns with 1 % of other errors, 97 % of the rows are right.)
SUPPORT = 0.95
MIN_ROWS = 30
# Rows with a zero prove little (0 = 0 x anything); so much must be left without them.
MIN_PROOF = 0.05
# A relation that fails in more rows is at most one to ask about: in as many as its
# columns may have errors. Shuffled, it must fail in far more.
MAX_DOUBTFUL_BY_CHANCE = 0.3
# With one of its columns shuffled it must fail in so many rows.
MAX_BY_CHANCE = 0.6
MAX_ROWS = 4000
# A discount is mostly 0, and says something where it is another one. It must hold in so
# many of these rows: all the errors of a column are among the few of them.
HOLDS_BESIDE_USUAL = 0.75


def is_proved(relation, x, rng):
    """Whether it holds in nearly all rows, and needs every one of its columns."""
    return _holds(relation, x, rng, SUPPORT, MAX_BY_CHANCE)


def is_doubtful(relation, x, rng, error_rate):
    """Whether it would be proved if its columns had no more errors than they may."""
    support = 1 - error_rate * len(relation.columns)
    return _holds(relation, x, rng, support, MAX_DOUBTFUL_BY_CHANCE)


def _holds(relation, x, rng, support, by_chance):
    columns = list(relation.columns)
    x = x[np.isfinite(x[:, columns]).all(axis=1)][:MAX_ROWS]
    if len(x) < MIN_ROWS or relation.holds(x).mean() < support:
        return False
    strict = [j for j in columns if j not in relation.neutral_at_zero]
    proof = x[(x[:, strict] != 0).all(axis=1)]
    if len(proof) < max(MIN_ROWS, MIN_PROOF * len(x)):
        return False
    if relation.holds(proof).mean() < support:
        return False
    return all(_is_needed(relation, proof, j, rng, by_chance) for j in columns)


def _is_needed(relation, x, j, rng, by_chance):
    """Whether it fails with column j shuffled, in the rows that say something of it."""
    telling = np.ones(len(x), bool)
    if j in relation.neutral_at_zero:
        telling = x[:, j] != _most_frequent(x[:, j])
        if telling.sum() < MIN_ROWS:
            return False
        if relation.holds(x)[telling].mean() < HOLDS_BESIDE_USUAL:
            return False
    x = x.copy()
    x[:, j] = rng.permutation(x[:, j])
    return relation.holds(x)[telling].mean() <= by_chance


def _most_frequent(column):
    values, counts = np.unique(column, return_counts=True)
    return values[counts.argmax()]


def are_tied(columns, relations):
    """Whether two relations already make these columns follow from one another."""
    return sum(len(columns & set(r.columns)) >= 2 for r in relations) >= 2
