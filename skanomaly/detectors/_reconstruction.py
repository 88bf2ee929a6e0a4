"""The base of detectors that encode rows and decode them again."""

from numbers import Real
from typing import Any, overload

import numpy as np

from skanomaly._training.detector import DeepDetector
from skanomaly._training.networks import NetworkMixin
from skanomaly._training.parameters import NetworkParams
from skanomaly.utils._state import of_one_fit
from skanomaly.utils._typing import FloatArray, FrameT, MatrixLike, VectorLike

__all__ = ["ReconstructionDetector"]


class ReconstructionDetector(NetworkMixin, DeepDetector):
    """A detector whose model has `encode`, `decode` and `feature_scores`."""

    _params = NetworkParams
    _parameter_constraints: dict = {"module": [callable, None]}

    latent_dim: int

    @of_one_fit
    def encode(self, X: MatrixLike) -> FloatArray:
        """Compute the codes of rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to encode.

        Returns
        -------
        ndarray of shape (n_samples, n_codes)
            The code of each row.
        """
        return self._apply(X, lambda model, x: model.encode(x))

    @overload
    def reconstruct(self, X: FrameT) -> FrameT: ...  # type: ignore[overload-overlap]

    @overload
    def reconstruct(self, X: MatrixLike) -> FloatArray: ...

    @of_one_fit
    def reconstruct(self, X: MatrixLike) -> Any:
        """Encode rows and decode them again (autoencoders: `n_passes` times).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to reconstruct.

        Returns
        -------
        ndarray or DataFrame of shape (n_samples, n_features)
            The reconstructions, in the units of `X` and of its form: a frame for a
            frame, with its index and columns. Of categories it is the likeliest; a
            missing cell has what the rest of the row suggests.
        """
        rows = self._restored(self._apply(X, lambda model, x: model.reconstruct(x)))
        return self._as_table(rows, X)

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
            columns is ``anomaly_score(X)``, but for the part of a classifier or a
            critic, which belongs to no column and is left out. A missing cell adds
            nothing. A frame for a frame, with its index and columns.
        """
        cells = self._apply(X, lambda model, x: model.feature_scores(x))
        return self._by_column(cells, X)

    @overload
    def latent_traversal(  # type: ignore[overload-overlap]
        self, X: FrameT, index: int | VectorLike, factor: float
    ) -> FrameT: ...

    @overload
    def latent_traversal(
        self, X: MatrixLike, index: int | VectorLike, factor: float
    ) -> FloatArray: ...

    @of_one_fit
    def latent_traversal(
        self, X: MatrixLike, index: int | VectorLike, factor: float
    ) -> Any:
        """Decode rows after multiplying coordinates of their codes.

        It shows what a coordinate means: ``latent_traversal(X, 0, 2.0)`` doubles the
        first.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to start from.
        index : int or array-like of int
            Which coordinates of the code to change.
        factor : float
            What to multiply them by; 1 gives the reconstruction after one pass.

        Returns
        -------
        ndarray or DataFrame of shape (n_samples, n_features)
            The decoded rows, in the units of `X`; a frame for a frame.
        """
        index = np.atleast_1d(np.asarray(index))
        if len(index) and index.dtype.kind not in "iu":
            raise TypeError(f"index={index.tolist()} must hold integers.")
        if not isinstance(factor, Real):
            raise TypeError(f"factor={factor!r} must be a number.")
        index = index.astype(int)

        def decoded(model, x):
            z = model.encode(x).clone()
            if (
                len(index)
                and not -z.shape[1] <= index.min() <= index.max() < z.shape[1]
            ):
                raise ValueError(
                    f"index={index.tolist()} is out of range: codes have {z.shape[1]} "
                    "coordinates."
                )
            z[:, index] *= factor
            return model.decode(z)

        return self._as_table(self._restored(self._apply(X, decoded)), X)
