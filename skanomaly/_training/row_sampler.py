"""Real outliers as a sampler: given rows, drawn with replacement."""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from skanomaly._saving.mixin import SavingMixin
from skanomaly.utils._compat import validate_data
from skanomaly.utils._inputs import check_n_samples, refuse_non_numeric
from skanomaly.utils._seeds import random_generator
from skanomaly.utils._state import all_or_nothing, of_one_fit
from skanomaly.utils._typing import FloatArray, MatrixLike, RandomStateLike

__all__ = ["RowSampler"]


class RowSampler(SavingMixin, BaseEstimator):
    """Draw from given rows, for instance from real outliers.

    It makes a sampler of real outliers, as outlier exposure needs.

    Parameters
    ----------
    rows : array-like of shape (n_rows, n_features), default=None
        What to draw from. None takes the rows given to `fit`.

    Attributes
    ----------
    rows_ : ndarray of shape (n_rows, n_features)
        The rows that are drawn from.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all of them are strings.

    Raises
    ------
    ValueError
        By `fit`, when `rows` has not as many columns as the rows of `fit`.

    See Also
    --------
    UniformSampler : Uniform noise in the range of each column.
    skanomaly.detectors.OutlierDiscriminator : Learns to tell normal rows from these.

    References
    ----------
    .. [1] D. Hendrycks, M. Mazeika, T. Dietterich, "Deep anomaly detection with outlier
       exposure", ICLR 2019. :arxiv:`1812.04606`

    Examples
    --------
    >>> from skanomaly.samplers import RowSampler
    >>> sampler = RowSampler([[7.0, 7.0], [8.0, 8.0]]).fit([[0.0, 0.1], [0.2, 0.3]])
    >>> sampler.sample(3, random_state=0)
    array([[7., 7.],
           [8., 8.],
           [8., 8.]])
    """

    _parameter_constraints: dict = {"rows": ["array-like", None]}

    def __init__(self, rows: MatrixLike | None = None) -> None:
        self.rows = rows

    @all_or_nothing
    def fit(self, X: MatrixLike, y: object = None) -> Self:
        """Check that the rows have the columns of `X`.

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
        self.rows_ = X if self.rows is None else self._checked_rows()
        return self

    def _checked_rows(self):
        refuse_non_numeric(self.rows)
        rows = check_array(self.rows, dtype=np.float64, input_name="rows")
        if rows.shape[1] != self.n_features_in_:
            raise ValueError(
                f"rows has {rows.shape[1]} columns, but X has {self.n_features_in_}."
            )
        own = list(getattr(self, "feature_names_in_", []))
        names = list(getattr(self.rows, "columns", own))
        if own and names != own:
            raise ValueError(f"rows has the columns {names}, but X has {own}.")
        return rows

    @of_one_fit
    def sample(
        self, n_samples: int = 1, random_state: RandomStateLike = None
    ) -> FloatArray:
        """Draw rows with replacement.

        Parameters
        ----------
        n_samples : int, default=1
            How many, at least 1.
        random_state : int, RandomState instance or None, default=None
            Source of the choice.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            The rows.
        """
        check_is_fitted(self)
        check_n_samples(n_samples)
        rng = random_generator(random_state)
        return self.rows_[rng.randint(len(self.rows_), size=n_samples)]
