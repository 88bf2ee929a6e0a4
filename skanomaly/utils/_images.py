"""Images as rows of their pixels, and what to write where they are given otherwise."""

import math
from typing import Any

import numpy as np

from skanomaly.utils._inputs import refuse_non_numeric

__all__ = ["flat_images", "refuse_images"]

# Numbers of channels: grey, colours, colours with transparency.
CHANNELS = (1, 3, 4)
ORDER = "(channels, height, width)"


def flat_images(estimator: Any, X: Any) -> Any:
    """Lay images out as rows, for an estimator with an `image_shape`."""
    shape = getattr(estimator, "image_shape", None)
    if shape is None:
        return X
    X, shape = _stacked(X), tuple(shape)
    forms = (shape, shape[1:]) if shape[:1] == (1,) else (shape,)
    given = tuple(getattr(X, "shape", ()))
    if given in forms and not (given[1:] in forms or given[1:] == (math.prod(shape),)):
        raise ValueError(
            f"X is one image of shape {given}. Put it into an array of images: "
            "X[np.newaxis]."
        )
    if len(given) <= 2:
        return X
    refuse_non_numeric(X)
    if len(shape) != 3 or given[1:] not in forms:
        raise ValueError(
            f"X has images of shape {given[1:]}, but image_shape={shape} {ORDER} is "
            f"expected.{_advice(given, shape)}"
        )
    return np.asarray(X).reshape(len(X), math.prod(shape))


def refuse_images(X: Any) -> None:
    """Refuse images where there is no `image_shape`, and say which it would be."""
    if isinstance(X, list | tuple) and len(X):
        given = (len(X), *getattr(X[0], "shape", ()))
    else:
        given = tuple(getattr(X, "shape", ()))
    if len(given) not in (3, 4):
        return
    n_channels, *size = given[1:] if len(given) == 4 else (1, *given[1:])
    move = ""
    if len(given) == 4 and size[1] in CHANNELS and n_channels not in CHANNELS:
        n_channels, size = size[1], [n_channels, size[0]]
        move = " after X = np.moveaxis(X, -1, 1)"
    raise ValueError(
        f"X has the shape {given}, but rows of numbers are expected: dim {len(given)} "
        f"is too many. For images write image_shape={(n_channels, *size)}{move}; "
        "otherwise lay them out as rows: X.reshape(len(X), -1)."
    )


def _advice(given, shape):
    """What to do if the channels of images come last, or nothing."""
    if (given[-1], *given[1:-1]) != shape:
        return ""
    return " The channels seem to come last: write np.moveaxis(X, -1, 1)."


def _stacked(X):
    """Array of a list of images; what is no such list as it is."""
    if not (isinstance(X, list | tuple) or _is_of_objects(X)) or not len(X):
        return X
    if not all(hasattr(x, "__array__") or hasattr(x, "__array_interface__") for x in X):
        return X
    images = [np.asarray(x) for x in X]
    shapes = {image.shape for image in images}
    if len(shapes) > 1:
        first, second, *_ = sorted(shapes, key=str)
        raise ValueError(
            f"X holds images of different shapes, such as {first} and {second}: scale "
            "or crop them to one."
        )
    return np.stack(images)


def _is_of_objects(X):
    return isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1
