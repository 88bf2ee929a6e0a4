"""Recognize tables in which several sources describe the same things."""

from itertools import permutations
from typing import NamedTuple

import numpy as np
from scipy.stats import chi2_contingency

from skanomaly.correctors._cleaning.truth_discovery import goodman_kruskal_lambda

__all__ = ["Design", "find_design", "group_rows"]

# A key is a name if it saves half of the wrong guesses about at least two columns,
# and a column is about what it names if it saves a quarter of those about that.
NAMES, DESCRIBES = 0.5, 0.25
MIN_NAMED = 2
# Values that so many things share tell groups from subjects: hardly two have the same.
MIN_VALUES = 10
# What describes a source makes it a thing of its own, with a truth of its own.
MAX_ABOUT_SOURCE = 0.1
# Rows with the same key and source: by chance at least 20, in fact hardly any.
MIN_EXPECTED, MAX_REPEATED = 20, 0.01
SIGNIFICANT = 0.001


class Design(NamedTuple):
    """Who says what about which."""

    keys: tuple  # columns that name the thing
    source: int  # column that names the source, -1 for none
    columns: tuple  # columns that describe the thing


def find_design(codes, n_values, candidates, keys=None):
    """Return the `Design` of a table, or None for a table of another kind.

    Every thing is described by several sources, by each of them once; what most of
    them say of it agrees far more than by chance; who disagrees depends on the source;
    and nothing describes the sources. Two crossed subjects (hospitals and measures)
    fail by the last, a table of plain features by the first.

    Parameters
    ----------
    codes : int array of shape (n, d)
    n_values : sequence of d ints
    candidates : sequence of int
        Columns that may take part.
    keys : sequence of int, default=None
        Columns that name the thing together, where that is known.
    """
    if keys is not None:
        return _declared(codes, n_values, candidates, tuple(keys))
    found = [
        _design(codes, n_values, candidates, key, source)
        for key, source in permutations(_repeating(codes, n_values, candidates), 2)
        if n_values[key] * n_values[source] >= (1 - MAX_REPEATED) * len(codes)
        and _is_crossed(codes[:, key], codes[:, source])
    ]
    found = [pair for pair in found if pair is not None]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def group_rows(codes, keys):
    """One integer for each row's values of some columns, -1 where one is missing."""
    missing = (codes[:, keys] < 0).any(axis=1)
    group = np.unique(codes[:, keys], axis=0, return_inverse=True)[1].ravel()
    return np.where(missing, -1, group)


def _repeating(codes, n_values, candidates):
    """Columns of at least three values that come three times on average."""
    n_known = (codes >= 0).sum(axis=0)
    return [j for j in candidates if n_values[j] >= 3 and n_known[j] >= 3 * n_values[j]]


def _is_crossed(key, source):
    """Whether hardly a source comes twice with a key, though it would by chance."""
    known = (key >= 0) & (source >= 0)
    pairs = np.column_stack([key, source])[known]
    n = len(pairs)
    if n < 2:
        return False
    shares = [np.bincount(column) / n for column in pairs.T]
    expected = n * (n - 1) / 2 * (shares[0] @ shares[0]) * (shares[1] @ shares[1])
    repeated = n - len(np.unique(pairs, axis=0))
    return expected >= MIN_EXPECTED and repeated <= MAX_REPEATED * n


def _design(codes, n_values, candidates, key, source):
    """How well a pair of columns plays its parts, and the design; None if badly."""
    others = [j for j in candidates if j not in (key, source)]
    about_source = _lambda_of_columns(codes, n_values, codes[:, source], others)
    if max([lam for lam, _ in about_source], default=0) > MAX_ABOUT_SOURCE:
        return None
    saved = _lambda_of_columns(codes, n_values, codes[:, key], others)
    named = [
        j
        for j, (lam, wrong) in zip(others, saved, strict=True)
        if lam >= NAMES
        and _n_effective(codes[:, j]) >= MIN_VALUES
        and _depends(wrong, codes[:, source]) < SIGNIFICANT
    ]
    if len(named) < MIN_NAMED:
        return None
    lams = [lam for lam, _ in saved]
    columns = [j for j, lam in zip(others, lams, strict=True) if lam >= DESCRIBES]
    return sum(lams), Design((key,), source, tuple(columns))


def _declared(codes, n_values, candidates, keys):
    """Return the design for known keys, with the source that is most to blame."""
    group = group_rows(codes, keys)
    others = [j for j in candidates if j not in keys]
    sources = [
        j
        for j in _repeating(codes, n_values, others)
        if _is_crossed(group, codes[:, j])
    ]
    saved = dict(
        zip(others, _lambda_of_columns(codes, n_values, group, others), strict=True)
    )
    sources = [j for j in sources if saved[j][0] < DESCRIBES]
    columns = [j for j in others if saved[j][0] >= DESCRIBES]
    if not columns:
        return None
    blame = [
        (min(_depends(saved[j][1], codes[:, s]) for j in columns), s) for s in sources
    ]
    best = min(blame, default=(1.0, -1))
    return Design(keys, best[1] if best[0] < SIGNIFICANT else -1, tuple(columns))


def _lambda_of_columns(codes, n_values, group, columns):
    n_groups = group.max(initial=-1) + 1
    return [
        goodman_kruskal_lambda(group, codes[:, j], n_groups, n_values[j])
        for j in columns
    ]


def _n_effective(column):
    p = np.bincount(column[column >= 0])
    return p.sum() ** 2 / max(1, p @ p)


def _depends(wrong, source):
    """P-value of "who disagrees does not depend on the source" (chi square)."""
    known = (wrong >= 0) & (source >= 0)
    if len(set(wrong[known])) < 2 or len(set(source[known])) < 2:
        return 1.0
    table = np.zeros((source.max() + 1, 2))
    np.add.at(table, (source[known], wrong[known]), 1)
    return chi2_contingency(table[table.any(axis=1)]).pvalue
