"""Whether a relation is one: it holds in nearly all rows, and not by chance."""

import numpy as np

__all__ = ["MIN_ROWS", "is_doubtful", "is_proved"]

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
    proof = x[(x[:, columns] != 0).all(axis=1)]
    if len(proof) < max(MIN_ROWS, MIN_PROOF * len(x)):
        return False
    if relation.holds(proof).mean() < support:
        return False
    return all(_by_chance(relation, proof, j, rng) <= by_chance for j in columns)


def _by_chance(relation, x, j, rng):
    """Share of the rows in which it holds with column j shuffled."""
    x = x.copy()
    x[:, j] = rng.permutation(x[:, j])
    return relation.holds(x).mean()
