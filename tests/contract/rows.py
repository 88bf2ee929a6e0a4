"""Rows of four columns, and what must not change in a detector that refuses them."""

import numpy as np
import pandas as pd
from numpy.testing import assert_array_equal

NAN, INF = float("nan"), float("inf")


def rows(n_rows=60):
    return np.random.default_rng(0).normal(size=(n_rows, 4))


def frame(n_rows=60):
    return pd.DataFrame(rows(n_rows), columns=list("abcd"))


def with_cell(value, dtype=float):
    X = rows().astype(dtype)
    X[3, 1] = value
    return X


def with_column(name, values):
    X = frame()
    X[name] = values
    return X


def state(detector, X):
    """What a call that fails must leave alone: attributes and scores."""
    return dict(vars(detector)), detector.score_samples(X)


def assert_unchanged(detector, before, X):
    """The detector is what it was: same attributes, same weights, same scores."""
    attributes, scores = before
    assert vars(detector).keys() == attributes.keys()
    assert all(vars(detector)[k] is v for k, v in attributes.items())
    assert_array_equal(detector.score_samples(X), scores)


def weights(detector):
    return dict(detector.net_.module_.named_parameters())


def taken(estimator, **params):
    """Those of the parameters that an estimator has."""
    names = estimator.get_params()
    return {k: v for k, v in params.items() if k.partition("__")[0] in names}
