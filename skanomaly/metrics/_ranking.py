"""How well an anomaly score ranks anomalies above normal rows, given labels."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from skanomaly.utils._checks import check_fraction
from skanomaly.utils._scores import check_ranking
from skanomaly.utils._typing import VectorLike


def anomaly_roc_auc(
    y_true: VectorLike, anomaly_score: VectorLike, *, anomaly_label: int | str = 1
) -> float:
    r"""Area under the ROC curve, with anomalies as the positive class.

    It is the probability that a random anomaly scores higher than a random normal row;
    a tie counts one half:

    .. math::
        P(s_\mathrm{anomaly} > s_\mathrm{normal})
        + \tfrac12 P(s_\mathrm{anomaly} = s_\mathrm{normal}).

    Chance level is 0.5, whatever the prevalence.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels. Rows equal to `anomaly_label` are anomalies, all others are normal.
    anomaly_score : array-like of shape (n_samples,)
        Finite scores, higher = more anomalous: ``detector.anomaly_score(X)``, or
        ``-detector.score_samples(X)`` for a detector of scikit-learn.
    anomaly_label : int, str or bool, default=1
        The label of anomalies. Pass -1 for labels in scikit-learn's convention.

    Returns
    -------
    roc_auc : float
        Between 0 and 1, higher is better.

    See Also
    --------
    anomaly_average_precision : Weighs the top of the ranking, depends on prevalence.
    fpr_at_tpr : False positive rate at a fixed true positive rate.
    anomaly_scorer : The same for ``GridSearchCV`` and ``cross_val_score``.

    Examples
    --------
    >>> from skanomaly.metrics import anomaly_roc_auc
    >>> float(anomaly_roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))
    0.75
    >>> float(anomaly_roc_auc([1, 1, -1], [0.2, 0.2, 0.2], anomaly_label=-1))
    0.5
    """
    is_anomaly, score = check_ranking(y_true, anomaly_score, anomaly_label)
    return float(roc_auc_score(is_anomaly, score))


def anomaly_average_precision(
    y_true: VectorLike, anomaly_score: VectorLike, *, anomaly_label: int | str = 1
) -> float:
    r"""Average precision, with anomalies as the positive class.

    :math:`\sum_k (R_k - R_{k-1}) P_k` over the distinct thresholds, from the highest
    score down, without interpolation; :math:`P_k` and :math:`R_k` are precision and
    recall of "score at or above the threshold".

    Chance level is the prevalence, the fraction of anomalies in `y_true`: report it
    with every value. Calling the normal rows positive gives another number.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels. Rows equal to `anomaly_label` are anomalies, all others are normal.
    anomaly_score : array-like of shape (n_samples,)
        Finite scores, higher = more anomalous.
    anomaly_label : int, str or bool, default=1
        The label of anomalies. Pass -1 for labels in scikit-learn's convention.

    Returns
    -------
    average_precision : float
        In (0, 1], higher is better.

    See Also
    --------
    anomaly_roc_auc : Does not depend on the prevalence.

    Examples
    --------
    >>> from skanomaly.metrics import anomaly_average_precision
    >>> round(anomaly_average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
    0.8333
    """
    is_anomaly, score = check_ranking(y_true, anomaly_score, anomaly_label)
    return float(average_precision_score(is_anomaly, score))


def fpr_at_tpr(
    y_true: VectorLike,
    anomaly_score: VectorLike,
    *,
    tpr: float = 0.95,
    anomaly_label: int | str = 1,
) -> float:
    """False positive rate at the threshold that finds `tpr` of the anomalies.

    The smallest false positive rate over all thresholds ("score at or above") whose
    true positive rate is at least `tpr`. One always exists: flagging every row finds
    all anomalies. With few anomalies the rate reached can be well above `tpr`.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels. Rows equal to `anomaly_label` are anomalies, all others are normal.
    anomaly_score : array-like of shape (n_samples,)
        Finite scores, higher = more anomalous.
    tpr : float, default=0.95
        Fraction of the anomalies to find, in (0, 1].
    anomaly_label : int, str or bool, default=1
        The label of anomalies. Pass -1 for labels in scikit-learn's convention.

    Returns
    -------
    fpr : float
        Fraction of the normal rows, between 0 and 1, lower is better. A score that
        carries no information gets about `tpr`.

    See Also
    --------
    anomaly_roc_auc : Summarises all thresholds.

    Examples
    --------
    >>> from skanomaly.metrics import fpr_at_tpr
    >>> fpr_at_tpr([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.5
    >>> fpr_at_tpr([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], tpr=0.5)
    0.0
    """
    check_fraction("tpr", tpr)
    is_anomaly, score = check_ranking(y_true, anomaly_score, anomaly_label)
    fprs, tprs, _ = roc_curve(is_anomaly, score, drop_intermediate=False)
    # A rate that was computed (1 - 0.1 - 0.2) may lie one rounding above k / n.
    return float(fprs[np.argmax(tprs >= tpr - 1e-12)])
