"""Metrics of predicted labels and of predicted probabilities."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_consistent_length, column_or_1d

from skanomaly.utils._calibration import calibration_bins
from skanomaly.utils._scores import check_scores
from skanomaly.utils._typing import VectorLike


def usefulness(y_true: VectorLike, y_pred: VectorLike) -> float:
    r"""Fraction of the errors of a dummy classifier that a classifier avoids.

    .. math::
        \max\left(0, \frac{\mathrm{accuracy} - \mathrm{dummy}}{1 - \mathrm{dummy}}
        \right)

    where the dummy always predicts the most frequent class. It separates a classifier
    whose accuracy of 89 percent is due to learning from one that always predicts
    "normal".

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.

    Returns
    -------
    usefulness : float
        1 for no error; 0 for a classifier no better than the dummy, and, by
        definition, where `y_true` holds one class only.

    Examples
    --------
    >>> from skanomaly.metrics import usefulness
    >>> usefulness([0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 1])
    0.5
    """
    y_true, y_pred = column_or_1d(y_true), column_or_1d(y_pred)
    check_consistent_length(y_true, y_pred)
    if len(y_true) == 0:
        raise ValueError("y_true is empty: give one label for each row.")
    _, counts = np.unique(y_true, return_counts=True)
    n_correct, n_dummy = int((y_true == y_pred).sum()), int(counts.max())
    if n_dummy == len(y_true):
        return 0.0
    return max(0.0, (n_correct - n_dummy) / (len(y_true) - n_dummy))


def expected_calibration_error(
    y_true: VectorLike, proba: VectorLike, *, n_bins: int = 10
) -> float:
    r"""Mean difference between predicted probabilities and observed frequencies.

    Rows are sorted into bins of equal width by their probability:

    .. math::
        \sum_b \frac{n_b}{n} \left| \mathrm{mean}_b(y) - \mathrm{mean}_b(p) \right|.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        The outcomes: bool, or 0 and 1.
    proba : array-like of shape (n_samples,)
        Predicted probabilities of outcome 1, in [0, 1].
    n_bins : int, default=10
        Number of bins; a bin includes its upper edge.

    Returns
    -------
    error : float
        Between 0 and 1, lower is better. With few rows in a bin even
        calibrated probabilities get an error above 0.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural
    networks", ICML 2017, PMLR 70:1321-1330.

    Examples
    --------
    >>> from skanomaly.metrics import expected_calibration_error
    >>> round(expected_calibration_error([0, 1, 1, 1], [0.5, 0.5, 1.0, 0.8]), 3)
    0.05
    """
    happened, proba = _check_probabilities(y_true, proba)
    _, shares, means, counts = calibration_bins(happened, proba, n_bins)
    return float(np.abs(shares - means) @ counts / len(proba))


def _check_probabilities(y_true, proba):
    """Return the outcomes (float 0 or 1) and probabilities, both (n_samples,)."""
    proba = check_scores("proba", proba)
    if proba.min() < 0 or proba.max() > 1:
        wrong = proba.min() if proba.min() < 0 else proba.max()
        raise ValueError(f"proba holds {wrong:.4g}: probabilities are in [0, 1].")
    y = column_or_1d(y_true)
    check_consistent_length(y, proba)
    if not np.isin(y, (0, 1)).all():
        raise ValueError("y_true must hold 0 and 1, or False and True, and no others.")
    return y.astype(np.float64), proba
