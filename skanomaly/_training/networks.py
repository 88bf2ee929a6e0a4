"""Networks for tables and images, built from the parameters of an estimator."""

import math
from typing import Any

import numpy as np

from skanomaly.nets import MLP, ConvDecoder, ConvEncoder, build_network
from skanomaly.utils._warn import warn_user

__all__ = ["NetworkMixin", "are_positive_integers"]


class NetworkMixin:
    """Builds networks, for estimators with `module`, `hidden_units` and the like.

    ``**build`` is what `_make_model` is given: ``stream`` and the user's ``module__…``.
    """

    module: Any
    hidden_units: Any
    activation: Any
    image_shape: Any
    # Units of the hidden layers for tables; channels for images in grey, with colours.
    _default_units: tuple = ((128,), (16, 32), (16, 32))

    def _units(self):
        """Units of the hidden layers, or channels of the convolutions."""
        if self.hidden_units is not None:
            return tuple(self.hidden_units)
        if self.image_shape is None:
            return self._default_units[0]
        return self._default_units[1 if self.image_shape[0] == 1 else 2]

    def _encoder(self, n_features, n_codes, **build):
        if self.module is None and self.image_shape is not None:
            return self._convolutions(
                ConvEncoder, tuple(self.image_shape), n_codes, **build
            )
        return self._dense(n_features, n_codes, self._units(), **build)

    def _decoder(self, n_codes, n_features, **build):
        if self.module is None and self.image_shape is not None:
            return self._convolutions(
                ConvDecoder, n_codes, tuple(self.image_shape), **build
            )
        return self._dense(n_codes, n_features, self._units()[::-1], **build)

    def _convolutions(self, network, *sizes, **build):
        own = {"channels": self._units(), "activation": self.activation}
        return self._ours(network, *sizes, own=own, **build)

    def _dense(self, n_inputs, n_outputs, units, **build):
        if self.module is not None:
            return build_network(self.module, n_inputs, n_outputs, **build)
        own = {"activation": self.activation, "dropout": getattr(self, "dropout", 0.0)}
        return self._ours(MLP, n_inputs, n_outputs, units, own=own, **build)

    def _ours(self, network, *args, own, stream, **module_params):
        """Build one of ours; ``module__…`` is not for it if the user has another."""
        params = {**own, **module_params} if self.module is None else own
        return network(*args, stream=stream, **params)

    def _check_shapes(self, n_features):
        """Refuse hidden units and image shapes that are not valid."""
        for name in ("hidden_units", "image_shape"):
            values = getattr(self, name)
            if values is not None and not are_positive_integers(values):
                raise ValueError(f"{name}={values!r} must hold positive integers.")
        if self.image_shape is None:
            return
        if len(self.image_shape) != 3 or math.prod(self.image_shape) != n_features:
            raise ValueError(
                f"image_shape={self.image_shape!r} must be (channels, height, width) "
                f"with the product n_features={n_features}.{self._grey_advice()}"
            )
        _warn_of_channels_last(tuple(self.image_shape))

    def _grey_advice(self):
        """What to write where the number of channels was left out."""
        if len(self.image_shape) != 2:
            return ""
        return f" Of grey images it is {(1, *self.image_shape)}."


def _warn_of_channels_last(shape):
    """Warn if an image shape seems to have its channels last."""
    first, height, width = shape
    if width in (1, 3, 4) and min(first, height) >= 8:
        warn_user(
            f"image_shape={shape} means {first} channels of {height} x {width} pixels. "
            "If the channels of your images come last, move them to the front: "
            f"np.moveaxis(X, -1, 1) with image_shape=({width}, {first}, {height}).",
        )


def are_positive_integers(values):
    """Whether all values are integers above zero, and none a boolean."""
    return all(
        isinstance(value, (int, np.integer))
        and not isinstance(value, bool)
        and value > 0
        for value in values
    )
