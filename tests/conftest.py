"""Settings and small data sets that all tests share."""

import os

# Before scipy is imported: without it check_estimator leaves out its array API check.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import numpy as np
import pytest
import torch
from hypothesis import settings

torch.set_num_threads(1)

settings.register_profile("skanomaly", deadline=None, derandomize=True, database=None)
settings.load_profile("skanomaly")


@pytest.fixture
def blob():
    """Two hundred rows of four columns that depend on each other."""
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(200, 2))
    mix = np.array([[1.0, 2.0, -1.0, 0.5], [0.5, -1.0, 1.0, 2.0]])
    return codes @ mix + 0.1 * rng.normal(size=(200, 4)) + [0.0, 5.0, -3.0, 100.0]
