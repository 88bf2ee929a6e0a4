import numpy as np
import pytest

from skanomaly.detectors import VAE


@pytest.fixture
def fitted_vae():
    X = np.random.default_rng(0).normal(size=(60, 3))
    return VAE(
        hidden_units=(4,), latent_dim=2, n_draws=2, max_epochs=1, contamination=0.1
    ).fit(X)
