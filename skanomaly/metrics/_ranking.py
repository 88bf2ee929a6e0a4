"""How well an anomaly score ranks anomalies above normal rows, given labels."""

from numbers import Real

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve
from sklearn.utils import (
    assert_all_finite,
    check_array,
    check_consistent_length,
    column_or_1d,
)

from skanomaly.utils._warn import warn_user


def anomaly_roc_auc(y_true, anomaly_score, *, anomaly_label=1):
    r"""Area under the ROC curve, with anomalies as the positive class.

    It is the chance that a random anomaly scores higher than a random normal row;
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
    anomaly_average_precision : Looks at the top of the ranking, depends on prevalence.
    fpr_at_tpr : False alarms at a fixed rate of detection.
    anomaly_scorer : The same for ``GridSearchCV`` and ``cross_val_score``.

    Examples
    --------
    >>> from skanomaly.metrics import anomaly_roc_auc
    >>> float(anomaly_roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))
    0.75
    >>> float(anomaly_roc_auc([1, 1, -1], [0.2, 0.2, 0.2], anomaly_label=-1))
    0.5
    """
    is_anomaly, score = _check_ranking(y_true, anomaly_score, anomaly_label)
    return float(roc_auc_score(is_anomaly, score))


def anomaly_average_precision(y_true, anomaly_score, *, anomaly_label=1):
    r"""Average precision, with anomalies as the positive class.

    :math:`\sum_k (R_k - R_{k-1}) P_k` over the distinct thresholds, from the highest
    score down, without interpolation; :math:`P_k` and :math:`R_k` are precision and
    recall of "score at or above the threshold".

    Chance level is the prevalence, the share of anomalies in `y_true`: print it beside
    every figure. Calling the normal rows positive gives another number.

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
    is_anomaly, score = _check_ranking(y_true, anomaly_score, anomaly_label)
    return float(average_precision_score(is_anomaly, score))


def fpr_at_tpr(y_true, anomaly_score, *, tpr=0.95, anomaly_label=1):
    """Share of normal rows flagged when the threshold finds `tpr` of the anomalies.

    The smallest false positive rate over all thresholds ("score at or above") whose
    true positive rate is at least `tpr`. One always exists: flagging every row finds
    all anomalies. With few anomalies the rate that is reached can be well above `tpr`.

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
    is_anomaly, score = _check_ranking(y_true, anomaly_score, anomaly_label)
    fprs, tprs, _ = roc_curve(is_anomaly, score, drop_intermediate=False)
    # A rate that was computed (1 - 0.1 - 0.2) may lie one rounding above k / n.
    return float(fprs[np.argmax(tprs >= tpr - 1e-12)])


def check_fraction(name, value, *, upper_closed=True):
    """Raise unless `value` is a number in (0, 1], or in (0, 1)."""
    is_number = isinstance(value, Real) and not isinstance(value, (bool, np.bool_))
    if not is_number or not (0 < value < 1 or (upper_closed and value == 1)):
        interval = "(0, 1]" if upper_closed else "(0, 1)"
        raise ValueError(f"{name}={value!r}: give a number in {interval}.")


def check_scores(name, scores):
    """Return finite scores as an array of shape (n_samples,)."""
    if np.size(scores) == 0:
        raise ValueError(f"{name} is empty: give one score for each row.")
    scores = check_array(scores, ensure_2d=False, dtype=np.float64, input_name=name)
    return column_or_1d(scores)


def _check_ranking(y_true, anomaly_score, anomaly_label):
    """Return which rows are anomalies (bool) and their scores, both (n_samples,)."""
    score = check_scores("anomaly_score", anomaly_score)
    y = column_or_1d(y_true)
    check_consistent_length(y, score)
    return _is_anomaly(y, anomaly_label), score


def _is_anomaly(y, anomaly_label):
    """Return `y == anomaly_label`, once both kinds of rows are known to be there."""
    if y.dtype.kind == "f":
        assert_all_finite(y, input_name="y_true")
    is_anomaly = np.asarray(y == anomaly_label, dtype=bool)
    if is_anomaly.all() or not is_anomaly.any():
        missing = "normal rows" if is_anomaly.any() else "anomalies"
        raise ValueError(
            f"y has no {missing}: anomaly_label={anomaly_label!r}, and the classes in "
            f"y are {_classes(y)}. Both kinds of rows are needed; pass "
            "anomaly_label=... if anomalies carry another label, and a stratified "
            "split (cv=StratifiedKFold()) if they are few."
        )
    _warn_if_sklearn_labels(y, anomaly_label)
    return is_anomaly


def _warn_if_sklearn_labels(y, anomaly_label):
    """Warn about labels -1 and 1 read with 1 = anomaly: every result would flip."""
    if anomaly_label != 1 or y.dtype.kind not in "if" or y.min() != -1:
        return
    if np.isin(y, (-1, 1)).all():
        warn_user(
            "y holds -1 and 1, and anomaly_label=1. In scikit-learn's convention -1 is "
            "the anomaly: pass anomaly_label=-1. If 1 is the anomaly here, label the "
            "rows 0 and 1 to silence this warning.",
        )


def _classes(y, most=10):
    """List at most `most` classes of `y`."""
    classes = sorted(set(y.tolist()), key=lambda c: (type(c).__name__, c))
    more = ", ..." if len(classes) > most else ""
    return f"[{', '.join(map(repr, classes[:most]))}{more}]"
