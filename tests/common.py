"""Every public detector with settings that make its tests fast.

A new detector needs one entry in `ESTIMATORS`; `test_common.py` fails until it is
there.
"""

import inspect
from functools import partial

import pytest

from skanomaly import detectors

_FAST = {"hidden_units": (8,), "latent_dim": 2, "max_epochs": 2, "random_state": 0}

# One entry for every name in `skanomaly.detectors.__all__`.
ESTIMATORS = {
    "AutoEncoder": partial(detectors.AutoEncoder, **_FAST),
    "MultiEncoderAutoEncoder": partial(detectors.MultiEncoderAutoEncoder, **_FAST),
    "NoiseContrastiveAutoEncoder": partial(
        detectors.NoiseContrastiveAutoEncoder, **_FAST
    ),
}

# The same detectors for rows that are images of 2 x 2 pixels, the columns of `blob`.
IMAGE_ESTIMATORS = {
    f"{name}-image": partial(make, image_shape=(1, 2, 2))
    for name, make in ESTIMATORS.items()
    if "image_shape" in inspect.signature(make.func).parameters
}

# Settings that take other paths through the code.
VARIANTS = {
    "AutoEncoder-dropout": partial(ESTIMATORS["AutoEncoder"], dropout=0.2),
    "AutoEncoder-early": partial(
        ESTIMATORS["AutoEncoder"], early_stopping=True, batch_size=16
    ),
    "AutoEncoder-raw": partial(ESTIMATORS["AutoEncoder"], standardize=False),
    "NoiseContrastiveAutoEncoder-total": partial(
        ESTIMATORS["NoiseContrastiveAutoEncoder"],
        score_type="total",
        objective="adversarial",
    ),
}

ALL = {**ESTIMATORS, **IMAGE_ESTIMATORS, **VARIANTS}

# Checks of scikit-learn that may fail, with the reason. Stays empty.
EXPECTED_FAILURES: dict = {}

every_estimator = pytest.mark.parametrize("name", ESTIMATORS)
every_variant = pytest.mark.parametrize("name", ALL)
