"""Anomaly detection tasks from data sets with classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import check_consistent_length, column_or_1d

from skanomaly.utils._typing import IntArray, RandomStateLike, VectorLike


def one_vs_rest(
    X: Any,
    y: VectorLike,
    normal_class: int | str,
    *,
    X_test: Any = None,
    y_test: VectorLike | None = None,
    test_size: float = 0.25,
    random_state: RandomStateLike = None,
) -> tuple[Any, Any, IntArray, IntArray]:
    """Split a data set with classes into clean training rows and a test set.

    The protocol of the Deep SVDD paper: the training rows are the rows of one class in
    the training part; the test rows are all rows of the test part, and every other
    class counts as anomalous. The order of the result is that of
    :func:`~sklearn.model_selection.train_test_split`.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        Rows: array, list, sparse matrix or frame. Without `X_test` they are split at
        random; with it they are the training part.
    y : array-like of shape (n_samples,)
        Classes of the rows.
    normal_class : int or str
        The class that is normal.
    X_test : array-like of shape (n_test_samples, ...), default=None
        Rows of a predefined test part, as in MNIST.
    y_test : array-like of shape (n_test_samples,), default=None
        Classes of the test rows. Required with `X_test`.
    test_size : float or int, default=0.25
        Fraction in (0, 1) or number of rows of the test part, stratified: the fraction
        of the normal class is equal in both parts. Not used with `X_test`.
    random_state : int, RandomState instance or None, default=None
        Seed of the split. Not used with `X_test`.

    Returns
    -------
    X_train : array-like of shape (n_train_samples, ...)
        Rows of the normal class, of the type of `X` (an array for a list).
    X_test : array-like of shape (n_test_samples, ...)
        All rows of the test part; a given `X_test` keeps its order.
    y_train : ndarray of shape (n_train_samples,)
        Zeros, int64: training rows are normal.
    y_test : ndarray of shape (n_test_samples,)
        0 for the normal class and 1 for every other class (anomaly), int64.

    See Also
    --------
    fetch_mnist : A data set with a predefined test part.

    Notes
    -----
    Training rows of the other classes are left out. With ten classes of equal size, 90
    percent of the test rows are anomalies: report the average precision with
    its prevalence, or the ROC AUC.

    References
    ----------
    L. Ruff et al., "Deep one-class classification", ICML 2018, PMLR 80:4393-4402.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skanomaly.datasets import one_vs_rest
    >>> X, y = load_digits(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = one_vs_rest(X, y, 3, random_state=0)
    >>> X_train.shape, X_test.shape, round(float(y_test.mean()), 2)
    ((137, 64), (450, 64), 0.9)

    With a predefined test part:

    >>> parts = one_vs_rest(X[:1000], y[:1000], 3, X_test=X[1000:], y_test=y[1000:])
    >>> parts[1].shape
    (797, 64)
    """
    if (X_test is None) != (y_test is None):
        missing = "X_test" if X_test is None else "y_test"
        raise ValueError(
            f"{missing}=None: give X_test and y_test together, or neither."
        )
    X, is_other = _rows_and_labels("y", X, y, normal_class)
    if X_test is None:
        _check_others("y", is_other)
        X, X_test, is_other, y_test = train_test_split(
            X,
            is_other,
            test_size=test_size,
            stratify=is_other,
            random_state=random_state,
        )
    else:
        X_test, y_test = _rows_and_labels("y_test", X_test, y_test, normal_class)
        _check_others("y_test", y_test)
    train = np.flatnonzero(is_other == 0)
    return _take(X, train), X_test, is_other[train], y_test


def _rows_and_labels(name, X, y, normal_class):
    """Return the rows, and 1 for those of another class than the normal one."""
    y = column_or_1d(y)
    check_consistent_length(X, y)
    is_other = np.asarray(y != normal_class, dtype=np.int64)
    if is_other.all():
        classes = ", ".join(map(repr, np.unique(y)[:20].tolist()))
        raise ValueError(
            f"normal_class={normal_class!r} is not among the classes in {name}: "
            f"{classes}."
        )
    return (X if hasattr(X, "shape") else np.asarray(X)), is_other


def _check_others(name, is_other):
    if not is_other.any():
        raise ValueError(
            f"{name} holds the normal class only: rows of other classes are needed "
            "as the anomalies of the test part."
        )


def _take(X, rows):
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]
