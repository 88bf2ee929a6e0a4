"""Weights of training rows, as how often each row stands in the table that is learned.

Everything that a fit takes from its rows is then weighted alike: the losses, the
moments of the columns, neighbours, centres, folds, and the threshold.
"""

from typing import Any, TypedDict

import numpy as np

from skanomaly.utils._compat import check_sample_weight
from skanomaly.utils._typing import VectorLike

__all__ = ["FitParams", "check_fit_params", "repetitions"]

# Rows that are learned for each one that has a weight, where weights are not small
# whole numbers: a row stands there too often or too rarely by at most one in four.
MAX_REPETITIONS = 4


class FitParams(TypedDict, total=False):
    """What `fit` takes beside the rows, by name."""

    sample_weight: VectorLike | None


def check_fit_params(fit_params: FitParams) -> None:
    """Refuse what `fit` does not take, as Python does."""
    for name in fit_params.keys() - FitParams.__annotations__.keys():
        raise TypeError(f"fit() got an unexpected keyword argument {name!r}.")


def repetitions(rows: Any, sample_weight: VectorLike | None) -> Any:
    """How often each row is learned, shape (n_samples,); None for once each.

    Whole numbers repeat the rows as often as they say, but for a common factor.
    """
    if sample_weight is None:
        return None
    weights = check_sample_weight(sample_weight, rows, ensure_non_negative=True)
    if not weights.any():
        raise ValueError("sample_weight is zero for all rows: nothing can be learned.")
    counts = _whole(weights)
    n_rows = MAX_REPETITIONS * np.count_nonzero(weights)
    if counts is None or counts.sum() > n_rows:
        edges = np.cumsum(weights) * (n_rows / weights.sum())
        counts = np.diff(np.floor(edges + 0.5), prepend=0.0).astype(int)
    if counts.sum() < 2:
        raise ValueError("sample_weight leaves a single row: at least 2 are needed.")
    return counts


def _whole(weights):
    """Weights as multiples of the smallest one, or as they are, if that is whole."""
    for unit in (weights[weights > 0].min(), 1.0):
        counts = np.rint(weights / unit)
        if np.allclose(weights / unit, counts, rtol=1e-9, atol=0.0):
            return counts.astype(int)
    return None
