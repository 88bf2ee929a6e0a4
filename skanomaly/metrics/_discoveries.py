"""What control of the false discovery rate achieves, given labels."""

from __future__ import annotations

import numpy as np
from scipy.stats import false_discovery_control

from skanomaly.utils._checks import check_fraction
from skanomaly.utils._scores import check_p_values
from skanomaly.utils._typing import VectorLike


def false_discovery_proportion(
    y_true: VectorLike,
    p_values: VectorLike,
    *,
    alpha: float = 0.1,
    anomaly_label: int | str = 1,
) -> float:
    r"""Fraction of normal rows among those that are called anomalous.

    Rows are called anomalous by the procedure of Benjamini and Hochberg at the level
    `alpha`: those up to the largest p-value :math:`p_{(k)}` with
    :math:`p_{(k)} \le \alpha k / m`, of :math:`m` rows in the order of their p-values.
    If the p-values are valid, the expectation of this fraction is at most `alpha`
    times the fraction of normal rows. In one sample it can be larger: look at its mean
    over several.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels. Rows equal to `anomaly_label` are anomalies, all others are normal.
    p_values : array-like of shape (n_samples,)
        Their p-values, such as ``detector.p_values(X)``; small for anomalies.
    alpha : float, default=0.1
        Level in (0, 1].
    anomaly_label : int, str or bool, default=1
        The label of anomalies. Pass -1 for labels in scikit-learn's convention.

    Returns
    -------
    proportion : float
        Between 0 and 1, lower is better; 0 if no row is called anomalous.

    See Also
    --------
    discovery_power : Fraction of the anomalies that are found at the same level.
    scipy.stats.false_discovery_control : The procedure itself.

    Examples
    --------
    >>> from skanomaly.metrics import false_discovery_proportion
    >>> p_values = [0.9, 0.5, 0.02, 0.01, 0.01]
    >>> round(false_discovery_proportion([0, 0, 0, 1, 1], p_values, alpha=0.1), 4)
    0.3333
    """
    is_anomaly, found = _discoveries(y_true, p_values, alpha, anomaly_label)
    return float(np.mean(~is_anomaly[found])) if found.any() else 0.0


def discovery_power(
    y_true: VectorLike,
    p_values: VectorLike,
    *,
    alpha: float = 0.1,
    anomaly_label: int | str = 1,
) -> float:
    """Fraction of the anomalies that are found at a level of false discoveries.

    Rows are called anomalous by the procedure of Benjamini and Hochberg, see
    :func:`false_discovery_proportion`.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels. Rows equal to `anomaly_label` are anomalies, all others are normal.
    p_values : array-like of shape (n_samples,)
        Their p-values, such as ``detector.p_values(X)``; small for anomalies.
    alpha : float, default=0.1
        Level in (0, 1].
    anomaly_label : int, str or bool, default=1
        The label of anomalies. Pass -1 for labels in scikit-learn's convention.

    Returns
    -------
    power : float
        Between 0 and 1, higher is better.

    See Also
    --------
    false_discovery_proportion : What it is bought with.

    Notes
    -----
    With n calibration rows no p-value is below 1 / (n + 1). To find k anomalies among m
    rows, at least m / (k `alpha`) - 1 calibration rows are needed.

    Examples
    --------
    >>> from skanomaly.metrics import discovery_power
    >>> discovery_power([0, 0, 0, 1, 1], [0.9, 0.5, 0.3, 0.2, 0.01], alpha=0.1)
    0.5
    """
    is_anomaly, found = _discoveries(y_true, p_values, alpha, anomaly_label)
    return float(np.mean(found[is_anomaly]))


def _discoveries(y_true, p_values, alpha, anomaly_label):
    """Return which rows are anomalies, and which are called so."""
    check_fraction("alpha", alpha)
    is_anomaly, p = check_p_values(y_true, p_values, anomaly_label)
    return is_anomaly, false_discovery_control(p) <= alpha
