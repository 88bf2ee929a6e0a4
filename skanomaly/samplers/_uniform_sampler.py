"""Uniform noise: outliers without a model."""

from __future__ import annotations

from numbers import Real
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skanomaly._saving.mixin import SavingMixin
from skanomaly.utils._compat import Interval, validate_data
from skanomaly.utils._inputs import check_n_samples, refuse_non_numeric
from skanomaly.utils._seeds import random_generator
from skanomaly.utils._state import all_or_nothing, of_one_fit
from skanomaly.utils._typing import FloatArray, MatrixLike, RandomStateLike

__all__ = ["UniformSampler"]


class UniformSampler(SavingMixin, BaseEstimator):
    """Draw every column uniformly from its range, independently of the others.

    The simplest outliers. In few dimensions they fill the space around and between
    normal rows; in many, nearly all of them are far from any.

    Parameters
    ----------
    margin : float, default=0.1
        By how much the range of each column is widened on either side, as a fraction of
        the range, at least 0. A constant column, which has no range, is widened by 1.

    Attributes
    ----------
    low_, high_ : ndarray of shape (n_features,)
        Lower and upper bound of each column.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all of them are strings.

    See Also
    --------
    FlowSampler : Outliers at a distance from the training rows that can be chosen.
    RowSampler : Real outliers.

    Examples
    --------
    >>> from skanomaly.samplers import UniformSampler
    >>> sampler = UniformSampler().fit([[0.0, 5.0], [1.0, 9.0]])
    >>> sampler.low_, sampler.high_
    (array([-0.1,  4.6]), array([1.1, 9.4]))
    >>> sampler.sample(1000, random_state=0).shape
    (1000, 2)
    """

    _parameter_constraints: dict = {"margin": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, margin: float = 0.1) -> None:
        self.margin = margin

    @all_or_nothing
    def fit(self, X: MatrixLike, y: object = None) -> Self:
        """Learn the range of each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Normal rows.
        y : Ignored
            Present for API consistency.

        Returns
        -------
        self : object
            The fitted sampler.
        """
        self._validate_params()
        refuse_non_numeric(X)
        X = validate_data(self, X, dtype=np.float64)
        low, high = X.min(axis=0), X.max(axis=0)
        limit = np.finfo(np.float64).max
        with np.errstate(over="ignore"):
            extra = np.where(low == high, 1.0, self.margin * (high - low))
            self.low_ = np.clip(low - extra, -limit, limit)
            self.high_ = np.clip(high + extra, -limit, limit)
        return self

    @of_one_fit
    def sample(
        self, n_samples: int = 1, random_state: RandomStateLike = None
    ) -> FloatArray:
        """Draw outliers.

        Parameters
        ----------
        n_samples : int, default=1
            How many, at least 1.
        random_state : int, RandomState instance or None, default=None
            Source of the draws.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            The outliers.
        """
        check_is_fitted(self)
        check_n_samples(n_samples)
        rng = random_generator(random_state)
        u = rng.uniform(size=(n_samples, len(self.low_)))
        return self.low_ * (1.0 - u) + self.high_ * u
