"""Classifiers that users bring along, fitted or not."""

import numpy as np
import torch
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skanomaly.correctors._table.one_hot import OneHotLayout

__all__ = ["is_fitted", "log_odds", "of_width", "one_hot"]


def one_hot(codes, n_categories):
    return OneHotLayout(n_categories).one_hot(torch.from_numpy(codes)).numpy()


def log_odds(p):
    return np.log(p) - np.log1p(-p)


def is_fitted(estimator):
    if getattr(estimator, "initialized_", True) is False:  # skorch before its fit
        return False
    try:
        check_is_fitted(estimator)
    except (NotFittedError, TypeError):
        return False
    return True


def of_width(estimator, n_units):
    """Refuse a fitted classifier that saw other columns."""
    width = getattr(estimator, "n_features_in_", n_units)
    if width != n_units:
        raise ValueError(
            f"The fitted classifier expects {width} columns, but the one-hot rows have "
            f"{n_units}: fit it on one_hot(X) of a repair that was fitted on these X."
        )
    return estimator
