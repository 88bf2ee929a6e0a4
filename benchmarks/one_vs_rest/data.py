"""The images, prepared as for the table of Deep SVDD."""

import functools
import warnings

import numpy as np

from skanomaly.datasets import (
    fetch_cifar10,
    fetch_fashion_mnist,
    fetch_mnist,
    one_vs_rest,
)

FETCHERS = {
    "mnist": fetch_mnist,
    "cifar10": fetch_cifar10,
    "fashion_mnist": fetch_fashion_mnist,
}
DIGITS = [str(digit) for digit in range(10)]
CLASSES = {
    "mnist": DIGITS,
    "cifar10": [
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse",
        "ship", "truck",
    ],
    "fashion_mnist": [
        "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt",
        "sneaker", "bag", "ankle boot",
    ],
}  # fmt: skip


@functools.lru_cache(maxsize=1)
def _images(data):
    """Contrast-normalised training and test images, their classes and their shape."""
    parts = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # which CIFAR-10 it is, the report says
        for subset in ("train", "test"):
            bunch = FETCHERS[data](subset=subset, download_if_missing=False)
            parts += [contrast_normalized(bunch.data), bunch.target]
    return *parts, tuple(bunch.image_shape)


def contrast_normalized(X):
    """Subtract the mean of each image and divide by its mean absolute value."""
    X = X.astype(np.float32) / 255.0
    X -= X.mean(axis=1, keepdims=True)
    size = np.abs(X).mean(axis=1, keepdims=True)
    return X / np.where(size > 0, size, 1.0)


def task(data, normal_class):
    """Return X_train, X_test, y_test and the shape of an image.

    The smallest and the largest cell of the training images become 0 and 1; test
    images may leave the interval.
    """
    X, y, X_other, y_other, shape = _images(data)
    X_train, X_test, _, y_test = one_vs_rest(
        X, y, normal_class, X_test=X_other, y_test=y_other
    )
    low, high = X_train.min(), X_train.max()
    return (X_train - low) / (high - low), (X_test - low) / (high - low), y_test, shape
