"""Distances to training rows: what to try before any network."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, Literal, Unpack, overload

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skanomaly._training.double import float64_copy
from skanomaly._training.evaluate import in_chunks
from skanomaly._training.gap import find_gap, warn_of_gap
from skanomaly._training.parameters import TableParams
from skanomaly._training.references import random_rows
from skanomaly._training.standardized import StandardizedModel, column_moments
from skanomaly._training.table_mixin import TableMixin
from skanomaly._training.threshold import AUTO_CONTAMINATION, MAX_CROSS_FIT_ROWS
from skanomaly._training.weights import WeightedFitMixin
from skanomaly.base import BaseDetector
from skanomaly.detectors._reference_distances import (
    Neighbors,
    SubsetDistance,
    mean_or_one,
)
from skanomaly.detectors._row_distances import row_distances
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._params import SharedParamsMixin
from skanomaly.utils._state import of_one_fit
from skanomaly.utils._typing import FloatArray, FrameT, MatrixLike

__all__ = ["NeighborsDetector"]


class NeighborsModel(nn.Module):
    """Sum of distances to reference rows, each divided by its mean over these.

    Parameters
    ----------
    distances : list of ReferenceDistance
        The distances.
    """

    masks_missing = True
    distances: Any  # a list of modules
    units: torch.Tensor

    def __init__(self, distances):
        super().__init__()
        self.distances = nn.ModuleList(distances)
        self.register_buffer("units", torch.ones(len(distances)))

    @torch.no_grad()
    def set_reference_rows(self, x):
        """Measure the distances to these rows, and their means over them."""
        for distance in self.distances:
            distance.set_reference_rows(x)
        self.units = torch.stack([mean_or_one(d(x)) for d in self.distances])

    def feature_scores(self, x):
        """Anomaly score of each cell, shape (n, n_features)."""
        pairs = zip(self.distances, self.units, strict=True)
        return torch.stack([distance(x) / unit for distance, unit in pairs]).sum(dim=0)

    def score(self, x):
        """Anomaly score of each row, shape (n,)."""
        parts = row_distances(self.distances, x)
        return (parts / self.units[:, None]).sum(dim=0)

    def row_score(self, cells, x):
        """Anomaly score of each row from those of its cells, shape (n,)."""
        return cells.sum(dim=1)


class NeighborsDetector(TableMixin, WeightedFitMixin, SharedParamsMixin, BaseDetector):
    r"""Score rows by how far they are from training rows: no network, milliseconds.

    The score is the sum of two distances to training rows. :math:`d_k(x)` is the mean
    squared distance to the `n_neighbors` = :math:`k` nearest. :math:`D_m(x)` is the
    expected squared distance to the nearest of `subset_size` = :math:`m` random ones:
    anomalies that lie close together are near each other, but rarely in one subset.
    Each is divided by its mean over the rows that it is measured to,

    .. math:: s(x) = d_k(x) / \bar d_k + D_m(x) / \bar D_m .

    A training row is never its own neighbour, so that its score is that of a row that
    was left out. Try this detector first: what takes longer has to be better.
    :math:`d_k` alone (``subset_size=0``) is the better of the two where all training
    rows are normal, :math:`D_m` alone (``n_neighbors=0``) where many of them are not.

    Parameters
    ----------
    n_neighbors : int, default=5
        Nearest training rows whose squared distances are averaged, at most all others;
        0 leaves this distance out.
    subset_size : int, default=16
        Rows in a random subset, at most all others; 0 leaves this distance out.
    n_references : int, default=1000
        Training rows that are kept, at most all, chosen at random. The time that a row
        takes is proportional to it, whatever the number of training rows.
    standardize : bool, default=True
        Whether to centre and scale the columns by the moments of the training rows.
    contamination : float or "auto", default="auto"
        Sets the threshold of `predict`: the fraction, in (0, 0.5], of the training
        rows, each scored as if it had been left out, that is called anomalous. "auto"
        is a tenth.
    {parameters}

    Attributes
    ----------
    offset_ : float
        Threshold on `score_samples`: `decision_function` subtracts it.
    training_scores_ : ndarray of shape (n_samples,)
        ``score_samples`` of the training rows; those below `offset_` are the anomalies.
    calibration_scores_ : ndarray of shape (n_calibration_samples,)
        Scores that `p_values` compares with: those of the training rows, after
        `calibrate` those of its rows.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all of them are strings.

    See Also
    --------
    AutoEncoder : Adds both distances to the error of a network.
    sklearn.neighbors.LocalOutlierFactor : Relative to those of the neighbours.

    Notes
    -----
    :math:`D_m` is a mean over all subsets, in closed form: of :math:`N` rows by
    distance, the r-th is the nearest of a random subset with the probability
    :math:`\binom{N - r}{m - 1} / \binom N m`. The nearest of one small sample is the
    score of [1]_, and that of many samples of [2]_; the distance to the nearest
    neighbours is that of [3]_.

    Each frequent level of a category is a column of zeros and ones, all of a category
    together with half the variance of a column of numbers; levels that are rare, or
    that `fit` did not see, share one. Of two rows with missing cells the columns count
    that both of them know, scaled as if they knew all: as `nan_euclidean_distances` of
    scikit-learn does, with a category for half a column. Rows with no known column in
    common are no neighbours, and a row without a known cell has the score 0.

    A row of the weight `w` (``fit(X, sample_weight=w)``) is a row that stands in `X`
    `w` times: in the moments of the columns, in the choice of the references, among
    neighbours and subsets, and in the threshold. It is a neighbour of its own copies,
    which lowers its score. Rows of weight 0 are none of all this.

    Nothing is random: the same rows in the same order give the same scores. A new row
    that equals a reference is scored without that one, as the reference itself was.

    References
    ----------
    .. [1] M. Sugiyama, K. M. Borgwardt, "Rapid distance-based outlier detection via
       sampling", NeurIPS 2013.
    .. [2] T. R. Bandaragoda, K. M. Ting, D. Albrecht, F. T. Liu, Y. Zhu, J. R. Wells,
       "Isolation-based anomaly detection using nearest-neighbor ensembles",
       Computational Intelligence 34, 2018. :doi:`10.1111/coin.12156`
    .. [3] S. Ramaswamy, R. Rastogi, K. Shim, "Efficient algorithms for mining outliers
       from large data sets", SIGMOD 2000. :doi:`10.1145/342009.335437`

    Examples
    --------
    >>> import numpy as np
    >>> from skanomaly.detectors import NeighborsDetector
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> detector = NeighborsDetector().fit(X)
    >>> detector.predict([[0.0, 0.0], [9.0, 0.0]])
    array([ 1, -1])
    >>> detector.feature_scores([[9.0, 0.0]]).round(1)
    array([[385.3,   6.9]])
    """

    _params = TableParams
    _parameter_constraints: dict = {
        "n_neighbors": [Interval(Integral, 0, None, closed="left")],
        "subset_size": [Interval(Integral, 0, None, closed="left")],
        "n_references": [Interval(Integral, 2, None, closed="left")],
        "standardize": ["boolean"],
        "contamination": [Interval(Real, 0, 0.5, closed="right"), StrOptions({"auto"})],
    }

    contamination: Any

    def __init__(
        self,
        n_neighbors: int = 5,
        *,
        subset_size: int = 16,
        n_references: int = 1000,
        standardize: bool = True,
        contamination: float | Literal["auto"] = "auto",
        **params: Unpack[TableParams],
    ) -> None:
        super().__init__(contamination=contamination)  # type: ignore[arg-type]
        self.n_neighbors = n_neighbors
        self.subset_size = subset_size
        self.n_references = n_references
        self.standardize = standardize
        self._store_params(params)

    @overload
    def feature_scores(self, X: FrameT) -> FrameT: ...  # type: ignore[overload-overlap]

    @overload
    def feature_scores(self, X: MatrixLike) -> FloatArray: ...

    @of_one_fit
    def feature_scores(self, X: MatrixLike) -> Any:
        """Split the anomaly score of each row by columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to explain.

        Returns
        -------
        ndarray or DataFrame of shape (n_samples, n_features)
            How much each column adds to the anomaly score of its row; the sum over the
            columns is ``anomaly_score(X)``. A missing cell adds nothing. A frame for a
            frame, with its index and columns.
        """
        check_is_fitted(self)

        def cells(module, x):
            return module.model.feature_scores(module.standardize(x))

        rows = self._validate(X, reset=False)
        return self._by_column(in_chunks(self._module, rows, cells), X)

    def _fit(self, X: NDArray[Any]) -> None:
        model = NeighborsModel(self._distances(self._table.input_weights))
        center, scale = self._moments(X)
        module = StandardizedModel(model, center, scale, self._table.expansion())
        references = torch.tensor(random_rows(X, self.n_references))
        model.set_reference_rows(module.eval().standardize(references))
        self._module = module

    def _moments(self, X):
        """Centre and scale of the inputs, or nothing."""
        if not self.standardize:
            return None, None
        return self._table.expanded_moments(*column_moments(self, X))

    def _distances(self, weights):
        """Distances to rows, whose inputs have these weights."""
        sizes = {Neighbors: self.n_neighbors, SubsetDistance: self.subset_size}
        if not any(sizes.values()):
            raise ValueError(
                "n_neighbors=0 and subset_size=0 leave no distance: at least one of "
                "them must be 1 or more."
            )
        return [
            kind(size, len(weights), self.n_references, weights)
            for kind, size in sizes.items()
            if size
        ]

    def _score(self, X: NDArray[Any]) -> FloatArray:
        return in_chunks(self._module, X, StandardizedModel.score)

    def _scoring_module(self) -> nn.Module:
        return float64_copy(self._module)

    def _contamination_rate(self) -> float:
        if self.contamination == "auto":
            return AUTO_CONTAMINATION
        return self.contamination

    def _set_offset(self, X: NDArray[Any]) -> None:
        scores = self._score(X)
        self._set_threshold(scores)
        self.training_scores_ = self.calibration_scores_ = -scores
        if self.contamination == "auto" and len(X) <= MAX_CROSS_FIT_ROWS:
            warn_of_gap(find_gap(scores, fold=np.zeros(len(X))))
