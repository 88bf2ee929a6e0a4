"""Weights of training rows, as how often each row stands in the table that is learned.

Everything that a fit takes from its rows is then weighted alike: the losses, the
moments of the columns, neighbours, centres, folds, and the threshold.
"""

from typing import TYPE_CHECKING, Any, Self, TypedDict, Unpack

import numpy as np

from skanomaly.utils._chunks import dense
from skanomaly.utils._compat import check_sample_weight
from skanomaly.utils._inputs import check_ignored_labels
from skanomaly.utils._state import all_or_nothing
from skanomaly.utils._typing import FloatArray, MatrixLike, VectorLike

if TYPE_CHECKING:
    from skanomaly.base import BaseDetector as Weighted
else:
    Weighted = object  # the detector follows among the bases

__all__ = [
    "FitParams",
    "WeightedFitMixin",
    "check_fit_params",
    "repeated",
    "repetitions",
]

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


def repeated(parts: tuple, counts: Any, chosen: Any = None) -> tuple:
    """Repeat the rows of arrays, all of them or chosen ones; None stays None."""
    if chosen is not None:
        parts = tuple(None if part is None else part[chosen] for part in parts)
        counts = None if counts is None else counts[chosen]
    if counts is None:
        return parts
    return tuple(None if p is None else np.repeat(p, counts, axis=0) for p in parts)


def _whole(weights):
    """Weights as multiples of the smallest one, or as they are, if that is whole."""
    for unit in (weights[weights > 0].min(), 1.0):
        counts = np.rint(weights / unit)
        if np.allclose(weights / unit, counts, rtol=1e-9, atol=0.0):
            return counts.astype(int)
    return None


class WeightedFitMixin(Weighted):
    """A detector whose `fit` takes weights of rows."""

    training_scores_: FloatArray

    # Not in the signature of `fit`, where scikit-learn would expect that weights give
    # the same bits as repeated rows in any order: training in random batches, and the
    # choice of reference rows, do not.
    __metadata_request__fit = {"sample_weight": None}

    @all_or_nothing
    def fit(
        self, X: MatrixLike, y: object = None, **fit_params: Unpack[FitParams]
    ) -> Self:
        """Learn what normal rows look like.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows. A sparse matrix is turned into an array, in float32 if that
            holds its numbers: `n_samples` times `n_features` times 4 bytes.
        y : Ignored
            Present for API consistency.
        **fit_params : dict
            ``sample_weight``, array-like of shape (n_samples,): weights of the rows,
            not negative. A row is learned as if it stood in `X` that many times;
            weights that are not small multiples of the smallest are rounded, to about
            four times as many rows as have one. With metadata routing, ask for it by
            ``set_fit_request(sample_weight=True)``.

        Returns
        -------
        self : object
            The fitted detector. When anything fails, an earlier fit is kept.
        """
        check_fit_params(fit_params)
        self._validate_params()
        check_ignored_labels(X, y)
        rows = dense(self._validate(X, reset=not self._is_warm_start()))
        self._fit_weighted(rows, fit_params.get("sample_weight"))
        return self

    def _fit_weighted(self, rows, sample_weight, *labels):
        """Fit to rows as often as they weigh, and to their labels, if there are any."""
        self._fit_repeated(rows, repetitions(rows, sample_weight), *labels)

    def _fit_repeated(self, rows, counts, *labels):
        """Fit, and set the threshold; None repeats no row."""
        given = repeated((rows, *labels), counts)
        self._fit(*given)
        self.calibration_scores_ = None
        self._set_offset(*given)
        if counts is not None:
            self._score_repeated(rows, counts)

    def _score_repeated(self, rows, counts):
        """Keep one training score for each of the rows that were repeated."""
        scores, first = -self._score(rows), np.cumsum(counts) - counts
        scores[counts > 0] = self.training_scores_[first[counts > 0]]
        self.training_scores_ = scores
