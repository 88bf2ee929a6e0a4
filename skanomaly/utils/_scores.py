"""Anomaly scores for metrics and displays: checked, and asked of an estimator."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_outlier_detector
from sklearn.utils import (
    assert_all_finite,
    check_array,
    check_consistent_length,
    column_or_1d,
)

from skanomaly.utils._typing import BoolArray, FloatArray, MatrixLike, VectorLike
from skanomaly.utils._warn import warn_user


def anomaly_score_of(estimator: object, X: MatrixLike) -> FloatArray:
    """Return scores of shape (n_samples,), higher = more anomalous."""
    return -np.asarray(_normality_function(estimator)(X))


def p_values_of(estimator: Any, X: MatrixLike) -> FloatArray:
    """Return p-values of shape (n_samples,), by the last step of a Pipeline."""
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    if not hasattr(last, "p_values"):
        raise TypeError(
            f"estimator={estimator!r} has no p_values. Wrap it: "
            "skanomaly.detectors.CalibratedDetector(estimator)."
        )
    if last is estimator:
        return last.p_values(X)
    return last.p_values(estimator[:-1].transform(X))


def _normality_function(estimator):
    """Return the method of `estimator` that is higher for more normal rows."""
    if hasattr(estimator, "score_samples"):
        return estimator.score_samples
    # Classifiers and PyOD's detectors have a decision_function of opposite direction.
    if hasattr(estimator, "decision_function") and _follows_sklearn(estimator):
        return estimator.decision_function
    raise TypeError(
        f"estimator={estimator!r} has no score_samples, nor the decision_function of a "
        "scikit-learn outlier detector (higher = more normal). Wrap a PyOD detector in "
        "skanomaly.pyod.PyODDetector, pass LocalOutlierFactor(novelty=True), and score "
        "a classifier by scoring='roc_auc'."
    )


def _follows_sklearn(estimator):
    """Whether a detector is scikit-learn's kind, not PyOD's, which has the same tag."""
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    return is_outlier_detector(last) and not hasattr(last, "decision_scores_")


def check_scores(name: str, scores: VectorLike) -> FloatArray:
    """Return finite scores as an array of shape (n_samples,)."""
    if np.size(scores) == 0:
        raise ValueError(f"{name} is empty: give one score for each row.")
    scores = check_array(scores, ensure_2d=False, dtype=np.float64, input_name=name)
    return column_or_1d(scores)


def check_ranking(
    y_true: VectorLike, anomaly_score: VectorLike, anomaly_label: int | str
) -> tuple[BoolArray, FloatArray]:
    """Return which rows are anomalies (bool) and their scores, both (n_samples,)."""
    score = check_scores("anomaly_score", anomaly_score)
    y = column_or_1d(y_true)
    check_consistent_length(y, score)
    return _is_anomaly(y, anomaly_label), score


def check_p_values(
    y_true: VectorLike, p_values: VectorLike, anomaly_label: int | str
) -> tuple[BoolArray, FloatArray]:
    """Return which rows are anomalies (bool) and their p-values, both (n_samples,)."""
    p = check_scores("p_values", p_values)
    if p.min() < 0 or p.max() > 1:
        raise ValueError(
            f"p_values are from {p.min():.3g} to {p.max():.3g}: give numbers from 0 to "
            "1, such as detector.p_values(X), not scores."
        )
    y = column_or_1d(y_true)
    check_consistent_length(y, p)
    return _is_anomaly(y, anomaly_label), p


def _is_anomaly(y, anomaly_label):
    """Return `y == anomaly_label`, once both classes are known to be present."""
    if y.dtype.kind == "f":
        assert_all_finite(y, input_name="y_true")
    is_anomaly = np.asarray(y == anomaly_label, dtype=bool)
    if is_anomaly.all() or not is_anomaly.any():
        missing = "normal rows" if is_anomaly.any() else "anomalies"
        raise ValueError(
            f"y has no {missing}: anomaly_label={anomaly_label!r}, and the classes in "
            f"y are {_classes(y)}. Both classes are needed; pass "
            "anomaly_label=... if anomalies have another label, and a stratified "
            "split (cv=StratifiedKFold()) if they are few."
        )
    _warn_if_sklearn_labels(y, anomaly_label)
    return is_anomaly


def _warn_if_sklearn_labels(y, anomaly_label):
    """Warn about labels -1 and 1 read with 1 = anomaly: results would be inverted."""
    if anomaly_label != 1 or y.dtype.kind not in "if" or y.min() != -1:
        return
    if np.isin(y, (-1, 1)).all():
        warn_user(
            "y holds -1 and 1, and anomaly_label=1. In scikit-learn's convention -1 is "
            "the anomaly: pass anomaly_label=-1. If 1 is the anomaly here, label the "
            "rows 0 and 1 to silence this warning."
        )


def _classes(y, most=10):
    """List at most `most` classes of `y`."""
    classes = sorted(set(y.tolist()), key=lambda c: (type(c).__name__, c))
    more = ", ..." if len(classes) > most else ""
    return f"[{', '.join(map(repr, classes[:most]))}{more}]"
