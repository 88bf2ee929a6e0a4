"""Small data for the detectors' own tests."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def blob():
    """A correlated cloud of 200 rows and 5 columns, float32."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 5))
    return X.astype(np.float32)
