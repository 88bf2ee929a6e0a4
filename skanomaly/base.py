"""The base class of detectors: rows in, scores and labels out. No torch here."""

from __future__ import annotations

from abc import abstractmethod
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted

from skanomaly._saving.mixin import SavingMixin
from skanomaly.exceptions import TrainingDivergedError
from skanomaly.utils._compat import Interval, validate_data
from skanomaly.utils._conformal import conformal_p_values
from skanomaly.utils._inputs import (
    NUMERIC_DTYPES,
    check_ignored_labels,
    refuse_non_numeric,
    with_first_bad_cell,
)
from skanomaly.utils._state import all_or_nothing, of_one_fit
from skanomaly.utils._typing import FloatArray, IntArray, MatrixLike
from skanomaly.utils._warn import warn_user

__all__ = ["BaseDetector"]


class BaseDetector(SavingMixin, OutlierMixin, BaseEstimator):
    """An estimator that scores rows and labels them by a threshold.

    Subclasses write `_fit(X)`, which learns, and `_score(X)`, whose result is higher
    for more anomalous rows. Everything public follows scikit-learn: a higher
    `score_samples` is more normal, and `predict` says +1 for normal, -1 for anomalous.

    Think twice before adding anything to this class.

    Parameters
    ----------
    contamination : float, default=0.1
        Fraction of the training rows, in (0, 0.5], that `predict` calls anomalous.
        It sets `offset_` and nothing else. Of new rows the fraction may be far larger;
        see `calibrate`, and ``contamination="auto"`` of the deep detectors.
    """

    _parameter_constraints: dict = {
        "contamination": [Interval(Real, 0, 0.5, closed="right")],
    }

    offset_: float
    calibration_scores_: FloatArray | None

    def __init__(self, *, contamination: float = 0.1) -> None:
        self.contamination = contamination

    @abstractmethod
    def _fit(self, X: NDArray[Any]) -> None:
        """Learn from validated rows and set the fitted attributes."""

    @abstractmethod
    def _score(self, X: NDArray[Any]) -> FloatArray:
        """Anomaly score of validated rows, shape (n_samples,), higher is worse."""

    @all_or_nothing
    def fit(self, X: MatrixLike, y: object = None) -> Self:
        """Learn what normal rows look like.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : Ignored
            Present for API consistency.

        Returns
        -------
        self : object
            The fitted detector. When anything fails, an earlier fit is kept.
        """
        self._validate_params()
        check_ignored_labels(X, y)
        X = self._validate(X, reset=not self._is_warm_start())
        self._fit(X)
        self.calibration_scores_ = None
        self._set_offset(X)
        return self

    @all_or_nothing
    def calibrate(self, X: MatrixLike, y: object = None) -> Self:
        """Set the threshold and the p-values by rows that were not used for training.

        With a number for `contamination`, `fit` sets `offset_` so that this fraction of
        its training rows is called anomalous. A flexible network overfits them, the
        more so the fewer they are, and then calls too many new rows anomalous. Held-out
        normal rows show how new rows score.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows that `fit` has not seen, as normal as the data to come.
        y : Ignored
            Present for API consistency.

        Returns
        -------
        self : object
            The detector, whose `predict` now calls a fraction `contamination` of these
            rows anomalous ("auto" is a tenth), and whose `p_values` compares with them.
        """
        check_is_fitted(self)
        self._validate_params()
        scores = self._score(self._validate(X, reset=False))
        self._set_threshold(scores)
        self.calibration_scores_ = -scores
        return self

    @of_one_fit
    def score_samples(self, X: MatrixLike) -> FloatArray:
        """Score rows: higher is more normal, as everywhere in scikit-learn.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to score.

        Returns
        -------
        ndarray of shape (n_samples,)
            The negative anomaly score of each row.
        """
        check_is_fitted(self)
        # The only change of sign: models return scores that are higher for anomalies.
        return -self._score(self._validate(X, reset=False))

    def anomaly_score(self, X: MatrixLike) -> FloatArray:
        """Score rows: higher is more anomalous (the negative of `score_samples`).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to score.

        Returns
        -------
        ndarray of shape (n_samples,)
            Anomaly score of each row.
        """
        return -self.score_samples(X)

    @of_one_fit
    def decision_function(self, X: MatrixLike) -> FloatArray:
        """Signed distance to the threshold: negative is anomalous.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to score.

        Returns
        -------
        ndarray of shape (n_samples,)
            ``score_samples(X) - offset_``.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: MatrixLike) -> IntArray:
        """Label rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to label.

        Returns
        -------
        ndarray of shape (n_samples,)
            +1 for normal rows, -1 for anomalous ones.
        """
        return np.where(self.decision_function(X) >= 0, 1, -1)

    @of_one_fit
    def p_values(self, X: MatrixLike) -> FloatArray:
        r"""Conformal p-values of rows: how rare a score like theirs is for normal rows.

        With the anomaly scores :math:`s_1, \ldots, s_n` of calibration rows,

        .. math:: p(x) = \frac{1 + \#\{i : s_i \ge s(x)\}}{n + 1} .

        If a row is normal, :math:`P(p \le \alpha) \le \alpha` for every
        :math:`\alpha`, whatever detector and distribution: a p-value is valid as long
        as the row and the calibration rows are exchangeable, as independent rows from
        one source are. Then ``scipy.stats.false_discovery_control(p_values)`` bounds
        the expected fraction of false alarms among all alarms [1]_.

        Calibration rows are those given to `calibrate`. Without, they are the images
        that a deep detector's `fit` held out (`image_shape`, from 400 images on), or
        the training rows, scored out of fold (``contamination="auto"``); the latter is
        no longer exact, and measured to be close. Anomalies among the calibration rows
        make p-values too large: fewer anomalies are found, and no more normal rows are
        called anomalous.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows that were not used for training. Those that were are compared with
            themselves: their p-values are spread evenly, and nothing stands out.

        Returns
        -------
        ndarray of shape (n_samples,)
            The p-values, small for anomalies: at least 1 / (n + 1), at most 1. Equal
            scores count against the row, so ties make p-values larger, never smaller.

        Raises
        ------
        ValueError
            When the detector knows no scores but those of rows it was trained on:
            `contamination` of a network for tables is a number, or there are fewer than
            10 rows. `NeighborsDetector` always leaves a row out of its own score.

        References
        ----------
        .. [1] S. Bates, E. Candès, L. Lei, Y. Romano, M. Sesia, "Testing for outliers
           with conformal p-values", Annals of Statistics 51, 2023.
           :doi:`10.1214/22-AOS2244`
        """
        distance = self.decision_function(X)
        calibration = getattr(self, "calibration_scores_", None)
        if calibration is None:
            raise ValueError(
                "p_values compares with scores of rows that were not used for "
                "training, and there are none. Call calibrate(X) with normal rows that "
                'fit has not seen, or fit with contamination="auto" and at least 10 '
                "rows."
            )
        # As distances to the threshold, too: subtracting it keeps order and ties.
        return conformal_p_values(calibration - self.offset_, distance)

    def score(self, X: MatrixLike, y: object = None) -> float:
        """Mean of `score_samples`: how normal the rows are on average.

        It lets `GridSearchCV` run without labels. Compare it only between settings
        whose scores have the same unit; otherwise use a scorer of `skanomaly.metrics`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Held-out rows.
        y : Ignored
            Present for API consistency.

        Returns
        -------
        float
            Mean score, higher is more normal.
        """
        return float(np.mean(self.score_samples(X)))

    def _is_warm_start(self) -> bool:
        """Whether `fit` continues an earlier fit, whose columns it then expects."""
        return False

    def _validate(self, X: MatrixLike, *, reset: bool) -> NDArray[Any]:
        """Validate rows. Integers and float32 keep their type."""
        refuse_non_numeric(X)
        try:
            return validate_data(
                self,
                X,
                reset=reset,
                dtype=NUMERIC_DTYPES,
                ensure_min_samples=2 if reset else 1,
            )
        except OverflowError as error:  # integers beyond float64
            raise ValueError(f"X holds a number that is too large: {error}") from None
        except ValueError as error:
            raise ValueError(with_first_bad_cell(str(error), X)) from None

    def _contamination_rate(self) -> float:
        """Fraction of the rows that are called anomalous by `_quantile_offset`."""
        return self.contamination

    def _set_offset(self, X: NDArray[Any]) -> None:
        """Set the threshold after a fit on these rows."""
        self._set_threshold(self._score(X))

    def _set_threshold(self, scores: FloatArray) -> None:
        """Set `offset_` from the anomaly scores of some rows."""
        self.offset_ = self._quantile_offset(scores)
        if scores.min() == scores.max():
            warn_user(
                "All training scores are equal: the detector does not rank rows.",
            )

    def _quantile_offset(self, scores: FloatArray) -> float:
        """Quantile of the scores with a fraction `_contamination_rate()` below it."""
        if not np.isfinite(scores).all():
            raise TrainingDivergedError(
                "The scores of the training rows are not finite: training diverged. "
                "Lower lr, or scale X."
            )
        return float(np.percentile(-scores, 100.0 * self._contamination_rate()))
