"""Every private or recent name of scikit-learn that skanomaly uses, in one place."""

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
    "HasMethods", "Interval", "InvalidParameterError", "StrOptions", "booster_parts",
    "check_sample_weight", "grown_trees", "replant", "validate_data",
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


def booster_parts(booster):
    """What a fitted HistGradientBoostingRegressor predicts with.

    Parameters
    ----------
    booster : HistGradientBoostingRegressor
        Fitted on an array.

    Returns
    -------
    categories : list of ndarray or None
        For each column, its categories, or None where it holds numbers.
    trees : list of tuple of ndarray
        For each tree, its nodes and its two arrays of sets of categories.
    guess : ndarray
        What the trees are added to.
    """
    categories: list = [None] * booster.n_features_in_
    if booster.is_categorical_ is not None:
        known = booster._preprocessor.named_transformers_["encoder"].categories_
        for j, values in zip(booster.is_categorical_.nonzero()[0], known, strict=True):
            categories[j] = values
    trees = [
        (tree.nodes, tree.binned_left_cat_bitsets, tree.raw_left_cat_bitsets)
        for (tree,) in booster._predictors
    ]
    return categories, trees, booster._baseline_prediction


def replant(booster, trees, guess):
    """Give a fitted HistGradientBoostingRegressor other trees.

    Parameters
    ----------
    booster : HistGradientBoostingRegressor
        Fitted on columns with the same categories.
    trees, guess
        As `booster_parts` returns them. Their indices are checked by the caller.
    """
    predictor = type(booster._predictors[0][0])
    booster._predictors = [[predictor(*arrays)] for arrays in trees]
    booster._baseline_prediction = guess
