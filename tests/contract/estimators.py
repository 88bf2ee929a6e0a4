"""Every public detector with settings that make its tests fast.

A new detector needs one entry in `ESTIMATORS`, or in `SHALLOW` if it trains no network;
`test_scikit_learn.py` fails until it is there. Images and variants are tested with the
marker ``slow``: the default run keeps every promise for every class, at the settings of
these tables.
"""

import inspect
import tempfile
from functools import partial
from pathlib import Path

import pytest
from torch import nn

import skanomaly
from skanomaly import detectors, samplers

_FAST = {"hidden_units": (8,), "latent_dim": 2, "max_epochs": 2, "random_state": 0}

# Trained for nothing but to be quick.
_fast_flow = detectors.NormalizingFlow("coupling", hidden_units=(8,), max_epochs=2)

# Two players need more of everything before they have learned anything.
_GAME = {"hidden_units": (32,), "contamination": 0.1}

# One entry for every detector that trains a network.
ESTIMATORS = {
    "AnoGAN": partial(detectors.AnoGAN, n_steps=10, **{**_FAST, **_GAME}),
    "AutoEncoder": partial(detectors.AutoEncoder, **_FAST),
    "DeepSAD": partial(
        detectors.DeepSAD,
        pretrain_epochs=0,
        **{**_FAST, "hidden_units": (16,), "latent_dim": 8},
    ),
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

# Those without one, for which promises of networks and of their training are void.
SHALLOW = {
    "CalibratedDetector": partial(
        detectors.CalibratedDetector, detectors.NeighborsDetector(), cv=2
    ),
    "NeighborsDetector": partial(detectors.NeighborsDetector),
}

# Those that take tables with categories, missing cells, and weights of rows.
TABULAR = {**ESTIMATORS, "NeighborsDetector": SHALLOW["NeighborsDetector"]}

# They fit another detector, and have no `contamination`.
META = ("CalibratedDetector",)

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


class TorchNet(nn.Sequential):
    """A network as users write them: it draws from torch's global generator."""

    def __init__(self, n_inputs, n_outputs):
        super().__init__(
            nn.Linear(n_inputs, 8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, n_outputs)
        )


ALL = {**ESTIMATORS, **IMAGE_ESTIMATORS, **VARIANTS}
CASES = {**ALL, "AutoEncoder-user": partial(ALL["AutoEncoder"], module=TorchNet)}
EVERY = {**CASES, **SHALLOW}

# Checks of scikit-learn that may fail, with the reason. Stays empty.
EXPECTED_FAILURES: dict = {}

# A fit has two phases of `max_epochs`, so two short fits are not one long.
TWO_PHASES = ("FastAnoGAN", "WGANEnsemble")

# Of a user's network the random numbers are lent by the global generator, which is
# seeded anew in every call.
LENT_GLOBALLY = ("AutoEncoder-user",)

EARLY_STOPPING = ("AutoEncoder-early",)


def saved_and_loaded(estimator):
    """What comes back from a file; networks and estimators of the tests are trusted."""
    own = [type(estimator)] if type(estimator).__module__.startswith("tests.") else []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "estimator.skops"
        skanomaly.save(estimator, path)
        return skanomaly.load(path, trusted=[TorchNet, *own], strict=True)


def slow_but(values, quick):
    """Values to parametrize by, of which only some belong to the default run."""
    return [
        pytest.param(value, marks=[] if value in quick else pytest.mark.slow)
        for value in values
    ]


def cases(names=CASES, but=()):
    """Names to parametrize by; all but the classes at their own settings are slow."""
    names = [name for name in names if not name.startswith(tuple(but))]
    return slow_but(names, quick={*ESTIMATORS, *LENT_GLOBALLY, *SHALLOW})


def having(member):
    """Names of the detectors that have a parameter, a method or a property."""
    return [n for n, make in ESTIMATORS.items() if hasattr(make(), member)]


every_detector = pytest.mark.parametrize("name", [*ESTIMATORS, *SHALLOW])
every_setting = pytest.mark.parametrize("name", cases(EVERY))
every_estimator = pytest.mark.parametrize("name", ESTIMATORS)
every_tabular = pytest.mark.parametrize("name", TABULAR)
every_variant = pytest.mark.parametrize("name", cases(ALL))
every_case = pytest.mark.parametrize("name", cases())
every_resumable = pytest.mark.parametrize("name", cases(but=EARLY_STOPPING))
every_one_phase = pytest.mark.parametrize(
    "name", cases(but=(*EARLY_STOPPING, *LENT_GLOBALLY, *TWO_PHASES))
)
takes_module = pytest.mark.parametrize("name", having("module"))
