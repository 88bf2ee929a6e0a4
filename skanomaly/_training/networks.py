"""Networks for tables and images, built from the parameters of an estimator."""

import math
from typing import Any

import numpy as np

from skanomaly.nets import MLP, ConvDecoder, ConvEncoder, build_network
from skanomaly.utils._warn import warn_user

__all__ = ["NetworkMixin", "are_positive_integers"]


class NetworkMixin:
    """Builders of networks, for estimators with `module`, `hidden_units` and the like.

    A builder is a function of ``stream`` and the user's ``module__…`` parameters.
    """

    module: Any
    hidden_units: Any
    activation: Any
    image_shape: Any
    dropout: float = 0.0
    # Units of the hidden layers for tables; channels for grey images, for others.
    _default_units: tuple = ((128,), (16, 32), (16, 32))

    def _units(self):
        """Units of the hidden layers, or channels of the convolutions."""
        if self.hidden_units is not None:
            return tuple(self.hidden_units)
        if self.image_shape is None:
            return self._default_units[0]
        return self._default_units[1 if self.image_shape[0] == 1 else 2]

    def _encoder(self, n_features, n_codes):
        if self.module is None and self.image_shape is not None:
            return self._convolutions(n_codes)
        return self._dense(n_features, n_codes, self._units())

    def _decoder(self, n_codes, n_features):
        if self.module is None and self.image_shape is not None:
            shape, channels = tuple(self.image_shape), self._units()
            own = {"channels": channels, "activation": self.activation}
            return self._ours(ConvDecoder, n_codes, shape, **own)
        return self._dense(n_codes, n_features, self._units()[::-1])

    def _convolutions(self, n_codes):
        shape, channels = tuple(self.image_shape), self._units()
        own = {"channels": channels, "activation": self.activation}
        return self._ours(ConvEncoder, shape, n_codes, **own)

    def _dense(self, n_inputs, n_outputs, units):
        if self.module is not None:
            return self._users(self.module, n_inputs, n_outputs)
        own = {"activation": self.activation, "dropout": self.dropout}
        return self._ours(MLP, n_inputs, n_outputs, units, **own)

    def _users(self, network, *args):
        """Build a network of the user's, which gets ``module__…``."""

        def build(*, stream, **module_params):
            return build_network(network, *args, stream=stream, **module_params)

        return build

    def _ours(self, network, *args, **own):
        """Build one of ours; ``module__…`` belongs to the user's, if there is one."""
        is_module = self.module is None

        def build(*, stream, **module_params):
            params = {**own, **module_params} if is_module else own
            return network(*args, stream=stream, **params)

        return build

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
                f"with the product n_features={n_features}."
            )
        _warn_of_channels_last(tuple(self.image_shape))


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
