"""Images of wrong forms are refused, with what to write instead."""

from types import SimpleNamespace

import numpy as np
import pytest

from skanomaly.utils._images import flat_images, refuse_images

GREY, COLOUR = (SimpleNamespace(image_shape=s) for s in ((1, 4, 5), (3, 4, 5)))


@pytest.mark.parametrize(
    ("estimator", "shape"),
    [
        (GREY, (7, 4, 5)), (GREY, (7, 1, 4, 5)), (GREY, (1, 4, 5)), (GREY, (7, 20)),
        (GREY, (0, 4, 5)), (COLOUR, (7, 3, 4, 5)), (COLOUR, (1, 60)),
        (SimpleNamespace(image_shape=(1, 1, 5)), (1, 5)),
    ],
)  # fmt: skip
def test_images_become_rows(estimator, shape):
    X = np.arange(np.prod(shape)).reshape(shape)
    n_pixels = np.prod(estimator.image_shape)
    np.testing.assert_array_equal(flat_images(estimator, X), X.reshape(-1, n_pixels))


def test_a_list_of_images_is_an_array_of_them():
    images = [np.full((4, 5), k) for k in range(3)]
    objects = np.empty(3, dtype=object)
    objects[:] = images
    for X in (images, tuple(images), objects):
        flat = flat_images(GREY, X)
        assert flat.shape == (3, 20) and flat[2, 0] == 2
    rows = [[1, 2], [3, 4]]
    assert flat_images(GREY, rows) is rows


@pytest.mark.parametrize(
    ("estimator", "X", "message"),
    [
        (COLOUR, np.zeros((7, 4, 5, 3)), "moveaxis"),
        (COLOUR, np.zeros((7, 5, 4, 3)), r"\(5, 4, 3\), but .*expected.$"),
        (COLOUR, np.zeros((3, 4, 5)), "one image"),
        (GREY, np.zeros((4, 5)), "one image"),
        (GREY, [np.zeros((4, 5)), np.zeros((5, 4))], r"\(4, 5\) and \(5, 4\)"),
    ],
)
def test_other_forms_are_refused(estimator, X, message):
    with pytest.raises(ValueError, match=message):
        flat_images(estimator, X)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((7, 4, 5)), r"image_shape=\(1, 4, 5\);"),
        (np.zeros((7, 3, 4, 5)), r"image_shape=\(3, 4, 5\);"),
        (np.zeros((7, 8, 9, 3)), r"image_shape=\(3, 8, 9\) after .*moveaxis"),
        ([np.zeros((4, 5))], r"image_shape=\(1, 4, 5\);"),
    ],
)
def test_images_without_a_shape_are_told_it(X, message):
    with pytest.raises(ValueError, match=message):
        refuse_images(X)


@pytest.mark.parametrize("X", [np.zeros((3, 4)), [[1, 2]], [np.zeros(2)], []])
def test_rows_are_no_images(X):
    refuse_images(X)
