"""Whether numbers with another sign than their list are slips, or are meant so.

What is given back turns the row: its amounts have a minus together, or the number of
pieces has, and what cannot be given back keeps its sign. Slips turn single cells, in
any column. And what merely numbers the values of another column, as a month's number
does, is never given back.
"""

import numpy as np
from scipy.stats import binom

__all__ = ["share_of_slips"]

# So many other cells must have turned, in other columns that are determined.
MIN_ELSEWHERE = 5
# A sign that so few of a column's cells have is not its own.
MAX_OF_SIGN = 0.1
# Columns whose signs turn in the same rows more often than by such a chance do so
# together.
TOGETHER = 0.01
# Numbers from 0 or 1 on are a numbering if there are so many, and so few gaps: what is
# rare is not listed.
MIN_NUMBERED, WITHOUT_GAPS = 6, 0.8
# What stands in the column for another reason, as -1 for unknown, is no slip.
NEARLY_ALL = 0.8


def share_of_slips(lookups, x, codes):
    """For each list how many of the numbers with the other sign are slips at least.

    Shares of them; nothing is known of the rest. `x` and `codes` are those of
    `find_lookups`.
    """
    if not lookups:
        return []
    turned = np.array([one.have_other_sign(x, codes) for one in lookups], bool)
    listed = np.array([one.of(x, codes) for one in lookups], float)
    asked = np.array([np.isfinite(x[:, one.target]) for one in lookups], bool)
    asked &= np.isfinite(listed) & (listed != 0)
    by_column = _with_rare_sign(x)
    for lookup, rows in zip(lookups, turned, strict=True):
        by_column[:, lookup.target] |= rows
    n, n_asked = turned.sum(axis=1), asked.sum(axis=1)
    return [
        1.0
        if _is_numbering(lookup, x, turned[i])
        else _share(i, n, n_asked) * (not _is_joint(by_column, lookup.target))
        for i, lookup in enumerate(lookups)
    ]


def _with_rare_sign(x):
    """Cells whose sign hardly any other of their column has."""
    negative, positive = x < 0, x > 0
    n_negative, n_positive = negative.sum(axis=0), positive.sum(axis=0)
    rare = np.where(n_negative < n_positive, negative, positive)
    few = np.minimum(n_negative, n_positive) <= MAX_OF_SIGN * (n_negative + n_positive)
    return rare & few


def _share(i, n, n_asked):
    """How often signs turn elsewhere, as a part of how often they do here."""
    elsewhere = n.sum() - n[i]
    if not n[i] or elsewhere < MIN_ELSEWHERE:
        return 0.0
    rate = elsewhere / max(1, n_asked.sum() - n_asked[i])
    return min(1.0, rate * n_asked[i] / n[i])


def _is_joint(by_column, j):
    """Whether the signs of another column turn in the same rows as those of j."""
    turned, others = by_column[:, j], np.delete(by_column, j, axis=1)
    n_both = others[turned].sum(axis=0)
    chance = binom.sf(n_both - 1, turned.sum(), others.mean(axis=0))
    return bool((chance < TOGETHER / max(1, others.shape[1])).any())


def _is_numbering(lookup, x, turned):
    """Whether a list numbers the values of another column, and nothing else has a sign.

    A list of prices has no price for each whole number.
    """
    numbers = np.unique(lookup.listed)
    if not MIN_NUMBERED <= len(numbers) == len(lookup.known):
        return False
    whole = (numbers == np.round(numbers)).all() and numbers[0] in (0, 1)
    dense = len(numbers) >= WITHOUT_GAPS * (numbers[-1] - numbers[0] + 1)
    negative = x[:, lookup.target] < 0
    return bool(whole and dense and turned.sum() >= NEARLY_ALL * negative.sum())
