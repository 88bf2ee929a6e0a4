"""The multi-encoder autoencoder: every encoder counts."""

import numpy as np
import pytest
import torch

from skanomaly.detectors import MultiEncoderAutoEncoder


@pytest.fixture(scope="module", params=["table", "images"])
def fitted(request):
    X = np.random.default_rng(0).normal(size=(120, 64))
    shape = (1, 8, 8) if request.param == "images" else None
    detector = MultiEncoderAutoEncoder(
        image_shape=shape,
        n_passes=1,
        n_neighbors=0,
        latent_dim=3,
        max_epochs=3,
        random_state=0,
    )
    return detector.fit(X), X


def test_the_merged_code_is_as_wide_as_all_codes(fitted):
    detector, X = fitted
    assert detector.encode(X).shape == (120, 2 * 3)
    assert detector.reconstruct(X).shape == X.shape


def test_every_encoder_receives_a_gradient(fitted):
    module = fitted[0].net_.module_.train()
    module(torch.randn(8, 64)).mean().backward()
    for encoder in module.model.encoder.encoders:
        assert all(p.grad.abs().sum() > 0 for p in encoder.parameters())


@pytest.mark.parametrize("silenced", [0, 1])
def test_silencing_one_encoder_changes_the_reconstruction(fitted, silenced):
    detector, X = fitted
    index = np.arange(3) + 3 * silenced
    assert not np.allclose(
        detector.latent_traversal(X, index, 0.0), detector.reconstruct(X)
    )


def test_the_kinds_can_be_chosen():
    X = np.random.default_rng(0).normal(size=(50, 16))
    detector = MultiEncoderAutoEncoder(
        encoders=("linear", "dense", "conv", torch.nn.Linear),
        image_shape=(1, 4, 4),
        latent_dim=2,
        max_epochs=1,
        random_state=0,
    )
    assert detector.fit(X).encode(X).shape == (50, 8)


@pytest.mark.parametrize("encoders", [("conv",), ("deep",), (3,), ()])
def test_an_encoder_that_cannot_be_is_an_error(encoders):
    X = np.random.default_rng(0).normal(size=(50, 16))
    with pytest.raises(ValueError, match="encoders="):
        MultiEncoderAutoEncoder(encoders=encoders).fit(X)
