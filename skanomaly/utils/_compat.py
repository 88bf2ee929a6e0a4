"""Every private or recent name of scikit-learn that skanomaly uses, in one place."""

from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    StrOptions,
)
from sklearn.utils.validation import (
    _check_sample_weight as check_sample_weight,
)
from sklearn.utils.validation import (
    validate_data,
)

__all__ = [
    "HasMethods", "Interval", "InvalidParameterError", "StrOptions", "TreePredictor",
    "booster_trees", "check_sample_weight", "grown_trees", "validate_data",
]  # fmt: skip


def grown_trees(booster):
    """Trees of a fitted two-class HistGradientBoostingClassifier, and its first guess.

    Parameters
    ----------
    booster : HistGradientBoostingClassifier

    Returns
    -------
    trees : list of ndarray
        The nodes of each tree, with the fields ``is_leaf``, ``value``, ``left``,
        ``right``, ``feature_idx`` and ``num_threshold``; the root comes first.
    guess : float
        Log-odds to which the values of the leaves are added.
    """
    trees = [round_[0].nodes for round_ in booster._predictors]
    return trees, float(booster._baseline_prediction.ravel()[0])


def booster_trees(booster):
    """What a fitted booster computes with, for a check of its indices.

    Parameters
    ----------
    booster : HistGradientBoostingRegressor

    Returns
    -------
    trees : list of TreePredictor
    categories : list of ndarray or None
        For each column, the known categories, or None where it holds numbers.
    """
    trees = [tree for round_ in booster._predictors for tree in round_]
    bins = booster._bin_mapper
    pairs = zip(bins.is_categorical_, bins.bin_thresholds_, strict=True)
    return trees, [known if is_one else None for is_one, known in pairs]
