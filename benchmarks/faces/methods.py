"""The detectors that are compared, and one cell of the table.

A further detector is an entry in `DETECTORS`: a function of the seed and the shape of
the images that returns an estimator.
"""

import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest

from benchmarks.common import clock, one_thread
from benchmarks.faces.data import task
from benchmarks.one_vs_rest.shallow import nearest_neighbors
from skanomaly.detectors import (
    VAE,
    AutoEncoder,
    DeepSVDD,
    FastAnoGAN,
    GeometricTransformations,
    MultiEncoderAutoEncoder,
    NoiseContrastiveAutoEncoder,
)
from skanomaly.metrics import anomaly_roc_auc
from skanomaly.nets import MLP

# Sized for half an hour on one core. The autoencoders have the same schedule.
EPOCHS, BATCH = 20, 32
SCHEDULE = {"max_epochs": EPOCHS, "batch_size": BATCH, "lr": 2e-3}
# One pass and no noise, as the course's autoencoder has.
PLAIN = {"noise": 0.0, "n_passes": 1, **SCHEDULE}


class PCAReconstruction(OutlierMixin, BaseEstimator):
    """Squared error of the reconstruction from principal components."""

    def __init__(self, n_components=32, random_state=None):
        self.n_components = n_components
        self.random_state = random_state

    def fit(self, X, y=None):
        """Find the components."""
        self.pca_ = PCA(self.n_components, random_state=self.random_state).fit(X)
        return self

    def score_samples(self, X):
        """Score: higher is more normal."""
        rebuilt = self.pca_.inverse_transform(self.pca_.transform(X))
        return -np.square(X - rebuilt).sum(axis=1)


def dense(seed, shape):
    """Dense autoencoder, the course's sample code ("simple")."""
    return AutoEncoder(
        MLP, module__hidden_units=(128, 64), image_shape=shape, random_state=seed,
        **PLAIN,
    )  # fmt: skip


def plain(kind, seed, shape, **params):
    """One of the convolutional autoencoders of the course."""
    return kind(image_shape=shape, random_state=seed, **PLAIN, **params)


def with_schedule(kind, seed, shape, **schedule):
    """Another detector with its defaults, but for how long it is trained."""
    return kind(image_shape=shape, random_state=seed, **schedule)


def without_network(kind, seed, shape, **params):
    """Detector of pixels."""
    return kind(random_state=seed, **params)


@dataclass(frozen=True)
class Candidate:
    """How to make a detector, and a note."""

    make: Callable
    note: str


def noise_contrastive(objective):
    """Make a function that makes the autoencoder with a classifier."""
    return functools.partial(plain, NoiseContrastiveAutoEncoder, objective=objective)


DETECTORS = {
    "dense": Candidate(dense, "the course's sample code (*simple*): dense layers"),
    "convolutions": Candidate(
        functools.partial(plain, AutoEncoder), "another structure (*medium*)"
    ),
    "multi-encoder": Candidate(
        functools.partial(plain, MultiEncoderAutoEncoder),
        "convolutional and dense encoder (*strong*)",
    ),
    "noise, cooperative": Candidate(
        noise_contrastive("cooperative"), "noise and a classifier (*boss*)"
    ),
    "noise, adversarial": Candidate(
        noise_contrastive("adversarial"), "the same, the decoder against the classifier"
    ),
    "AutoEncoder": Candidate(
        functools.partial(with_schedule, AutoEncoder, **SCHEDULE),
        "our defaults for images: noise, two passes",
    ),
    "VAE": Candidate(functools.partial(with_schedule, VAE, **SCHEDULE), "our defaults"),
    "DeepSVDD": Candidate(
        functools.partial(
            with_schedule, DeepSVDD, lr=1e-3, pretrain_epochs=5, max_epochs=10
        ),
        "the paper's network, 5 epochs of pretraining and 10",
    ),
    "GEOM": Candidate(
        functools.partial(with_schedule, GeometricTransformations, max_epochs=20),
        "`GeometricTransformations`, small default network, 20 epochs",
    ),
    "FastAnoGAN": Candidate(
        functools.partial(with_schedule, FastAnoGAN, max_epochs=20),
        "our defaults, 20 epochs of each phase",
    ),
    "PCA": Candidate(
        functools.partial(without_network, PCAReconstruction),
        "error of the reconstruction from 32 components",
    ),
    "kNN": Candidate(
        functools.partial(nearest_neighbors, paper=False),
        "PyOD, mean distance to the five nearest training images",
    ),
    "IsolationForest": Candidate(
        functools.partial(without_network, IsolationForest), "scikit-learn, pixels"
    ),
}


def run_cell(name, seed, side, n_images=None):
    """Fit and score once."""
    one_thread()
    X, X_test, y_test, shape = task(seed, side)
    X = X[:n_images]
    model = DETECTORS[name].make(seed, shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with clock() as fit:
            model.fit(X)
        with clock() as scoring:
            scores = -model.score_samples(X_test)
    cell = {
        "detector": name,
        "seed": seed,
        "side": side,
        "n_train": len(X),
        "n_test": len(X_test),
    }
    cell["auroc"] = 100.0 * anomaly_roc_auc(y_test, scores)
    cell["false_alarms"] = _false_alarms(model, -scores[y_test == 0])
    return cell | {
        "fit_s": fit["wall"], "fit_cpu_s": fit["cpu"],
        "score_s": scoring["wall"], "score_cpu_s": scoring["cpu"],
    }  # fmt: skip


def _false_alarms(model, scores):
    """Fraction of the test faces below the threshold of `fit`, if it set one."""
    if getattr(model, "calibration_scores_", None) is None:
        return np.nan
    return (scores < model.offset_).mean()
