"""Rows that may be images: they come flat or in four dimensions, and leave flat."""

import math
import warnings

import numpy as np

from skanomaly._training.detector import DeepDetector
from skanomaly._training.standardized import column_moments
from skanomaly.utils._inputs import refuse_non_numeric

__all__ = ["ImageDetector"]


class ImageDetector(DeepDetector):
    """A detector with an `image_shape`, which is None for tables."""

    _parameter_constraints: dict = {
        **DeepDetector._parameter_constraints,
        "image_shape": ["array-like", None],
    }

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

    def _check_shapes(self, n_features):
        """Refuse hidden units and image shapes that cannot be."""
        for name in ("hidden_units", "image_shape"):
            values = getattr(self, name, None)
            if values is not None and not _positive_integers(values):
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
    """Tell who gives the channels last, as files of pictures do."""
    first, height, width = shape
    if width in (1, 3, 4) and min(first, height) >= 8:
        warnings.warn(
            f"image_shape={shape} means {first} channels of {height} x {width} pixels. "
            "If the channels of your images come last, move them to the front: "
            f"np.moveaxis(X, -1, 1) with image_shape=({width}, {first}, {height}).",
            UserWarning,
            stacklevel=2,
        )


def _positive_integers(values):
    return all(
        isinstance(value, (int, np.integer))
        and not isinstance(value, bool)
        and value > 0
        for value in values
    )
