"""Every public detector with settings that make its tests fast.

A new detector needs one entry in `ESTIMATORS`; `test_common.py` fails until it is
there.
"""

import inspect
from functools import partial

import pytest

from skanomaly import detectors, samplers

_FAST = {"hidden_units": (8,), "latent_dim": 2, "max_epochs": 2, "random_state": 0}

# Trained for nothing but to be quick.
_fast_flow = detectors.NormalizingFlow("coupling", hidden_units=(8,), max_epochs=2)

# Two players need more of everything before they have learned anything.
_GAME = {"hidden_units": (32,), "contamination": 0.1}

# One entry for every name in `skanomaly.detectors.__all__`.
ESTIMATORS = {
    "AnoGAN": partial(detectors.AnoGAN, n_steps=10, **{**_FAST, **_GAME}),
    "AutoEncoder": partial(detectors.AutoEncoder, **_FAST),
    # Warm starts count epochs, and pretraining would be counted too.
    "DeepSVDD": partial(
        detectors.DeepSVDD,
        pretrain_epochs=0,
        **{**_FAST, "hidden_units": (16,), "latent_dim": 8},
    ),
    "FastAnoGAN": partial(detectors.FastAnoGAN, n_critic=5, **{**_FAST, **_GAME}),
    "GeometricTransformations": partial(
        detectors.GeometricTransformations,
        n_transformations=8,
        n_draws=8,
        hidden_units=(32,),
        latent_dim=8,
        max_epochs=2,
        random_state=0,
    ),
    "MultiEncoderAutoEncoder": partial(detectors.MultiEncoderAutoEncoder, **_FAST),
    "NoiseContrastiveAutoEncoder": partial(
        detectors.NoiseContrastiveAutoEncoder, **_FAST
    ),
    "NormalizingFlow": partial(
        detectors.NormalizingFlow, hidden_units=(8,), max_epochs=2, random_state=0
    ),
    "OutlierDiscriminator": partial(
        detectors.OutlierDiscriminator,
        sampler=samplers.UniformSampler(),
        hidden_units=(8,),
        max_epochs=2,
        # After two epochs the line by unseen rows may be beyond all training rows.
        contamination=0.1,
        random_state=0,
    ),
    "VAE": partial(detectors.VAE, n_draws=4, **_FAST),
    "VAEEnsemble": partial(detectors.VAEEnsemble, n_estimators=3, n_draws=2, **_FAST),
    "WGANEnsemble": partial(
        detectors.WGANEnsemble,
        n_estimators=5,
        n_critic=1,
        n_critic_long=1,
        contamination=0.1,
        **_FAST,
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
    "AnoGAN-restarts": partial(ESTIMATORS["AnoGAN"], n_restarts=2, feature_weight=0.0),
    "AutoEncoder-dropout": partial(ESTIMATORS["AutoEncoder"], dropout=0.2),
    "AutoEncoder-early": partial(
        ESTIMATORS["AutoEncoder"], early_stopping=True, batch_size=16
    ),
    "AutoEncoder-raw": partial(ESTIMATORS["AutoEncoder"], standardize=False),
    "DeepSVDD-soft": partial(
        ESTIMATORS["DeepSVDD"], objective="soft-boundary", warmup=0.0
    ),
    "NoiseContrastiveAutoEncoder-total": partial(
        ESTIMATORS["NoiseContrastiveAutoEncoder"],
        score_type="total",
        objective="adversarial",
    ),
    "NormalizingFlow-coupling": partial(
        ESTIMATORS["NormalizingFlow"], architecture="coupling"
    ),
    "NormalizingFlow-nsf": partial(
        ESTIMATORS["NormalizingFlow"], architecture="nsf", n_transforms=2, noise=0.0
    ),
    "OutlierDiscriminator-flow": partial(
        ESTIMATORS["OutlierDiscriminator"],
        sampler=samplers.FlowSampler(flow=_fast_flow, random_state=0),
        contamination="auto",
    ),
    "VAE-flow": partial(ESTIMATORS["VAE"], prior="flow", n_transforms=2),
    "VAE-mixture": partial(
        ESTIMATORS["VAE"], prior="mixture", n_components=3, score_type="iwae"
    ),
    "VAEEnsemble-mean": partial(
        ESTIMATORS["VAEEnsemble"], statistic="mean", bootstrap=True, dropout=0.1
    ),
}

ALL = {**ESTIMATORS, **IMAGE_ESTIMATORS, **VARIANTS}

# Checks of scikit-learn that may fail, with the reason. Stays empty.
EXPECTED_FAILURES: dict = {}

every_estimator = pytest.mark.parametrize("name", ESTIMATORS)
every_variant = pytest.mark.parametrize("name", ALL)
