"""What detectors share that encode a row, decode it and look at the difference."""

import math
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from skanomaly.detectors._deep import DeepDetector
from skanomaly.detectors._standardized import column_moments
from skanomaly.nets import ACTIVATIONS
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._inputs import refuse_non_numeric

__all__ = ["ReconstructionDetector"]


class ReconstructionDetector(DeepDetector):
    """A detector whose model has `encode`, `decode` and `feature_scores`."""

    _parameter_constraints: dict = {
        **DeepDetector._parameter_constraints,
        "module": [callable, None],
        "hidden_units": ["array-like", None],
        "latent_dim": [Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS)), callable],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "noise": [Interval(Real, 0, None, closed="left"), tuple, list],
        "n_passes": [Interval(Integral, 1, None, closed="left")],
        "n_neighbors": [Interval(Integral, 0, None, closed="left"), None],
        "image_shape": ["array-like", None],
    }

    def encode(self, X):
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
        return self._apply(X, lambda model, x: model.model.encode(model.standardize(x)))

    def reconstruct(self, X):
        """Encode rows and decode them again, `n_passes` times.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to reconstruct.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            The rows as the model would have them, in the units of `X`.
        """
        return self._apply(
            X,
            lambda model, x: model.restore(
                model.model.reconstruct(model.standardize(x))
            ),
        )

    def feature_scores(self, X):
        """Split the anomaly score of each row by columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to explain.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            How much each column adds to the anomaly score of its row; the sum over the
            columns is ``anomaly_score(X)``, unless a classifier has a say in that.
        """
        return self._apply(
            X, lambda model, x: model.model.feature_scores(model.standardize(x))
        )

    def latent_traversal(self, X, index, factor):
        """Decode rows after multiplying coordinates of their codes.

        It shows what a coordinate means: ``latent_traversal(X, 0, 2.0)`` is the
        experiment "z[0] = 2 z[0]".

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
        ndarray of shape (n_samples, n_features)
            The decoded rows, in the units of `X`.
        """
        index = np.atleast_1d(np.asarray(index))
        if len(index) and index.dtype.kind not in "iu":
            raise TypeError(f"index={index.tolist()} must hold integers.")
        if not isinstance(factor, Real):
            raise TypeError(f"factor={factor!r} must be a number.")
        index = index.astype(int)

        def decoded(model, x):
            z = model.model.encode(model.standardize(x)).clone()
            if (
                len(index)
                and not -z.shape[1] <= index.min() <= index.max() < z.shape[1]
            ):
                raise ValueError(
                    f"index={index.tolist()} is out of range: codes have {z.shape[1]} "
                    "coordinates."
                )
            z[:, index] *= factor
            return model.restore(model.model.decode(z))

        return self._apply(X, decoded)

    def _apply(self, X, function):
        check_is_fitted(self)
        return self._in_chunks(self._validate(X, reset=False), function)

    def _validate(self, X, *, reset):
        return super()._validate(self._flat(X), reset=reset)

    def _flat(self, X):
        """Lay images out as rows; rows are left alone."""
        if self.image_shape is None or getattr(X, "ndim", 2) <= 2:
            return X
        refuse_non_numeric(X)
        shape = tuple(self.image_shape)
        if len(shape) != 3 or X.shape[1:] not in (
            shape,
            shape[1:] if shape[0] == 1 else shape,
        ):
            raise ValueError(
                f"X has images of shape {tuple(X.shape[1:])}, but image_shape={shape} "
                "(channels, height, width) is expected."
            )
        return np.asarray(X).reshape(len(X), -1)

    def _moments(self, X):
        if self.standardize and self.image_shape is not None:
            return column_moments(self, X, n_groups=self.image_shape[0])
        return super()._moments(X)

    def _user_modules(self):
        own = [] if isinstance(self.activation, str) else [self.activation]
        return super()._user_modules() + own

    def _noise_levels(self):
        """Lowest and highest standard deviation of the noise."""
        low, high = levels = (
            tuple(self.noise)
            if isinstance(self.noise, (tuple, list)) and len(self.noise) == 2
            else (self.noise, self.noise)
        )
        numbers = _is_number(low) and _is_number(high)
        if levels == (0, 0) or (numbers and 0 < low <= high):
            return float(low), float(high)
        raise ValueError(
            f"noise={self.noise!r} must be a number that is not negative, or a pair "
            "(low, high) with 0 < low <= high."
        )

    def _check_shapes(self, n_features):
        """Refuse hidden units and image shapes that cannot be."""
        for name in ("hidden_units", "image_shape"):
            values = getattr(self, name)
            if values is not None and not _positive_integers(values):
                raise ValueError(f"{name}={values!r} must hold positive integers.")
        if self.image_shape is None:
            return
        if len(self.image_shape) != 3 or math.prod(self.image_shape) != n_features:
            raise ValueError(
                f"image_shape={self.image_shape!r} must be (channels, height, width) "
                f"with the product n_features={n_features}."
            )


def _is_number(value):
    return isinstance(value, (int, float, np.number)) and np.isfinite(value)


def _positive_integers(values):
    return all(
        isinstance(value, (int, np.integer))
        and not isinstance(value, bool)
        and value > 0
        for value in values
    )


def squared_error(output, target):
    """Squared difference of every cell."""
    return torch.square(output - target)
