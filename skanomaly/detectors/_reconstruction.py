"""What detectors share that encode a row, decode it and look at the difference."""

from functools import partial
from numbers import Integral, Real

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skanomaly.detectors._images import ImageDetector
from skanomaly.nets import ACTIVATIONS, MLP, ConvDecoder, ConvEncoder, build_network
from skanomaly.utils._compat import Interval, StrOptions

__all__ = ["ReconstructionDetector"]


class ReconstructionDetector(ImageDetector):
    """A detector whose model has `encode`, `decode` and `feature_scores`."""

    _parameter_constraints: dict = {
        **ImageDetector._parameter_constraints,
        "module": [callable, None],
        "hidden_units": ["array-like", None],
        "latent_dim": [Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS)), callable],
        "dropout": [Interval(Real, 0, 1, closed="left")],
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
        """Encode rows and decode them again (autoencoders: `n_passes` times).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to reconstruct.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            The rows as the model would have them, in the units of `X`.
        """
        rows = self._apply(
            X, lambda model, x: model.model.reconstruct(model.standardize(x))
        )
        return self._restored(rows)

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
            columns is ``anomaly_score(X)``, unless a classifier or a critic has a say
            in that: their part belongs to no column and is left out.
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
            return model.model.decode(z)

        return self._restored(self._apply(X, decoded))

    def _apply(self, X, function):
        check_is_fitted(self)
        return self._in_chunks(self._validate(X, reset=False), function)

    def _user_modules(self):
        own = [] if isinstance(self.activation, str) else [self.activation]
        return super()._user_modules() + own

    def _encoder(self, n_features, n_codes):
        if self.module is None and self.image_shape is not None:
            return self._conv_encoder(n_codes)
        return self._dense_encoder(n_features, n_codes)

    def _conv_encoder(self, n_codes):
        shape = tuple(self.image_shape)
        return self._own(ConvEncoder, shape, n_codes, **self._conv_params())

    def _own(self, network, *args, **params):
        """Build one of ours; ``module__…`` is not for it if the user has another."""
        if self.module is None:
            return partial(network, *args, **params)
        return partial(_without_module_params, network, *args, own_params=params)

    def _dense_encoder(self, n_features, n_codes):
        if self.module is not None:
            return partial(build_network, self.module, n_features, n_codes)
        return partial(MLP, n_features, n_codes, self._units(), **self._mlp_params())

    def _decoder(self, n_codes, n_features):
        if self.module is not None:
            return partial(build_network, self.module, n_codes, n_features)
        if self.image_shape is not None:
            shape = tuple(self.image_shape)
            return partial(ConvDecoder, n_codes, shape, **self._conv_params())
        units = self._units()[::-1]
        return partial(MLP, n_codes, n_features, units, **self._mlp_params())

    def _units(self):
        """Units of the hidden layers, or channels of the convolutions."""
        if self.hidden_units is not None:
            return tuple(self.hidden_units)
        return (16, 32) if self.image_shape is not None else (128,)

    def _mlp_params(self):
        return {"activation": self.activation, "dropout": self.dropout}

    def _conv_params(self):
        return {"channels": self._units(), "activation": self.activation}


def _without_module_params(network, *args, own_params, stream, **module_params):
    return network(*args, stream=stream, **own_params)


def squared_error(output, target):
    """Squared difference of every cell."""
    difference = output - target
    # The same bits as `torch.square` has, whose gradient takes three kernels more.
    return difference * difference
