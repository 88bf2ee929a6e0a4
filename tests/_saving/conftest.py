"""A fitted detector, its rows, and the bytes of its file."""

import numpy as np
import pytest

import skanomaly
from skanomaly.detectors import AutoEncoder


@pytest.fixture(scope="session")
def rows():
    return np.random.default_rng(0).normal(size=(40, 3))


@pytest.fixture(scope="session")
def detector(rows):
    """A small detector that nobody changes."""
    return AutoEncoder(
        latent_dim=1, hidden_units=(2,), max_epochs=1, contamination=0.1, random_state=0
    ).fit(rows)


@pytest.fixture(scope="session")
def content(detector, tmp_path_factory):
    """Bytes of its file."""
    path = tmp_path_factory.mktemp("saved") / "detector.skops"
    skanomaly.save(detector, path)
    return path.read_bytes()
