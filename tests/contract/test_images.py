"""Images are rows: flat, with channels or without."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from tests.contract.estimators import IMAGE_ESTIMATORS, slow_but

REBUILDING = [
    name for name, make in IMAGE_ESTIMATORS.items() if hasattr(make(), "reconstruct")
]


@pytest.mark.parametrize("name", IMAGE_ESTIMATORS)
def test_images_of_four_and_three_dimensions_are_rows(name, fitted, blob):
    detector = fitted(name)
    expected = detector.score_samples(blob)
    for images in (blob.reshape(-1, 1, 2, 2), blob.reshape(-1, 2, 2)):
        assert_array_equal(detector.score_samples(images), expected)
        assert_array_equal(
            IMAGE_ESTIMATORS[name]().fit(images).score_samples(blob), expected
        )
        tensor = torch.tensor(images)
        assert_array_equal(detector.score_samples(tensor), expected)


@pytest.mark.parametrize(
    "name", slow_but(IMAGE_ESTIMATORS, quick=["AutoEncoder-image"])
)
def test_a_constant_channel_is_harmless_and_watched(name, blob):
    X = np.stack([blob.reshape(-1, 2, 2) / 100.0, np.full((200, 2, 2), 7.0)], axis=1)
    detector = IMAGE_ESTIMATORS[name](contamination=0.1, image_shape=(2, 2, 2)).fit(X)
    scores = detector.score_samples(X)
    assert np.isfinite(scores).all()
    assert len(np.unique(scores)) > 150
    X[:, 1, 0, 0] += 1000.0
    assert (detector.score_samples(X) < scores).all()


@pytest.mark.parametrize("shape", [(1, 1, 4), (1, 4, 1), (4, 1, 1)])
@pytest.mark.parametrize("name", slow_but(REBUILDING, quick=["AutoEncoder-image"]))
def test_an_image_of_one_line_or_pixel_is_rebuilt_with_any_sign(name, shape):
    X = -10.0 + np.random.default_rng(0).normal(size=(100, 4))
    detector = IMAGE_ESTIMATORS[name](standardize=False, lr=0.05, contamination=0.1)
    n_epochs = 150 if "VAE" in name else 400
    detector.set_params(image_shape=shape, max_epochs=n_epochs)
    assert detector.fit(X).reconstruct(X).mean() < -5.0
