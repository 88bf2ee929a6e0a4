"""Faces to train on, and faces with and without masks to test on."""

import functools

import numpy as np
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import GroupShuffleSplit
from sklearn.neighbors import radius_neighbors_graph

from skanomaly.datasets import fetch_face_masks

TRAINED = 0.8
# Root mean squared difference of the pixels, on a scale of 0 to 1, up to which two
# images show one photograph, changed. Chosen by eye.
COPY = 0.12


@functools.lru_cache(maxsize=1)
def faces():
    """Return faces and masks in [0, 1], groups of copies among the faces, the shape."""
    bunch = fetch_face_masks(download_if_missing=False)
    _, first = np.unique(bunch.data, axis=0, return_index=True)
    first.sort()
    X = bunch.data[first].astype(np.float32) / 255.0
    is_mask = bunch.target[first] == 1
    return X[~is_mask], X[is_mask], _groups(X[~is_mask]), tuple(bunch.image_shape)


def _groups(X):
    """Number the groups of images that are connected by copies."""
    radius = COPY * X.shape[1] ** 0.5
    return connected_components(radius_neighbors_graph(X, radius), directed=False)[1]


def shrunk(X, shape, side):
    """Average the pixels of squares, so that images have the given side."""
    n_channels, height, width = shape
    step = height // side
    squares = X.reshape(len(X), n_channels, side, step, width // step, step)
    return squares.mean(axis=(3, 5)).reshape(len(X), -1), (n_channels, side, side)


def task(seed, side=64):
    """Split the faces: four fifths to train on, the others and all masks to test.

    No face to test on is a copy of one that is trained on.

    Parameters
    ----------
    seed : int
        Source of the split.
    side : int, default=64
        Pixels of a side, a divisor of 64.

    Returns
    -------
    tuple
        X_train, X_test, y_test (1 = mask) and the shape of an image.
    """
    X, masks, groups, shape = faces()
    split = GroupShuffleSplit(1, train_size=TRAINED, random_state=seed)
    ((train, test),) = split.split(X, groups=groups)
    y = np.repeat([0, 1], [len(test), len(masks)])
    X_test = np.concatenate([X[test], masks])
    X_train, small = shrunk(X[train], shape, side)
    return X_train, shrunk(X_test, shape, side)[0], y, small
