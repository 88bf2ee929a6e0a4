"""The detectors that are compared, and one cell of the table."""

import functools
import hashlib
import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin, clone
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

from benchmarks.common import clock, one_thread
from benchmarks.detection.data import load, split
from skanomaly import detectors
from skanomaly.metrics import anomaly_average_precision, anomaly_roc_auc
from skanomaly.pyod import PyODDetector


class NeighborDistance(OutlierMixin, BaseEstimator):
    """Score a row by its mean distance to the nearest training rows.

    A training row is not a neighbour of itself: `score_samples` of all training rows
    leaves it out, as it has to be when everything is fitted and scored.
    """

    def __init__(self, n_neighbors=5):
        self.n_neighbors = n_neighbors

    def fit(self, X, y=None):
        """Keep the rows."""
        self.X_ = X
        self.neighbors_ = NearestNeighbors(n_neighbors=self.n_neighbors).fit(X)
        return self

    def score_samples(self, X):
        """Negative mean distance: higher is more normal."""
        queries = None if np.array_equal(X, self.X_) else X
        return -self.neighbors_.kneighbors(queries)[0].mean(axis=1)


class LocalOutliers(LocalOutlierFactor):
    """`LocalOutlierFactor` that scores its own training rows without themselves."""

    def __init__(self, n_neighbors=20):
        super().__init__(n_neighbors=n_neighbors, novelty=True)

    def score_samples(self, X):
        """Negative factor: higher is more normal."""
        if np.array_equal(X, self._fit_X):
            return self.negative_outlier_factor_
        return super().score_samples(X)


class OutOfFold(OutlierMixin, BaseEstimator):
    """Score training rows by networks that have not seen them, others as always.

    They are the `training_scores_` of a fit with ``contamination="auto"``.
    """

    def __init__(self, detector):
        self.detector = detector

    def fit(self, X, y=None):
        """Fit a copy of the detector."""
        self.X_, self.detector_ = X, clone(self.detector).fit(X)
        return self

    def score_samples(self, X):
        """Out-of-fold scores of the training rows: higher is more normal."""
        if np.array_equal(X, self.X_):
            return self.detector_.training_scores_
        return self.detector_.score_samples(X)


class PyODOnce(PyODDetector):
    """`PyODDetector` that takes PyOD's threshold.

    PyOD scores its training rows in `fit`. Scoring them again for our offset would be
    counted as its time.
    """

    def _set_offset(self, X):
        self.offset_ = -float(self.detector_.threshold_)


def pyod(module, name, **params):
    """Return a maker of one of PyOD's deep detectors; they standardize by themselves.

    Parameters
    ----------
    module, name : str
        Where its class is.
    **params : dict
        What it cannot be built without.
    """

    def make_one(seed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kind = getattr(importlib.import_module(f"pyod.models.{module}"), name)
            return PyODOnce(kind(verbose=0, **params), random_state=seed)

    return make_one


def shallow(module, name):
    """Return a maker of one of PyOD's detectors without a network, behind a scaler."""

    def make_one(seed):
        kind = getattr(importlib.import_module(f"pyod.models.{module}"), name)
        return make_pipeline(StandardScaler(), PyODOnce(kind(), random_state=seed))

    return make_one


def ours(name, note="its defaults", **params):
    """Return one of our detectors as a candidate."""

    def make_one(seed):
        return getattr(detectors, name)(**params, random_state=seed)

    return Candidate(make_one, "skanomaly", note)


def out_of_fold(name):
    """Return one of our detectors whose training rows are scored out of fold."""

    def make_one(seed):
        return OutOfFold(getattr(detectors, name)(random_state=seed))

    note = "its defaults; training rows are scored by the copies that left them out"
    return Candidate(make_one, "skanomaly, out of fold", note)


@dataclass(frozen=True)
class Candidate:
    """A detector by its seed, what is to be known of it, its limit of training rows."""

    make: Callable
    family: str
    note: str
    max_train_rows: int | None = None


PYOD_NOTE = (
    "PyOD's AutoEncoder with its defaults (64-32 units, batch normalisation, dropout "
    "0.2, batches of 32, ten epochs), through `skanomaly.pyod.PyODDetector`, which "
    "seeds every fit. Known defects of PyOD 3.6.7, left as they are: by itself it is "
    "seeded when it is constructed and not when it is fitted, so a refit gives other "
    "scores; a column that is constant in training is divided by 1e-8, so a shift of "
    "1e-4 decides the score; the last batch that is not full is dropped, and fewer "
    "rows than a batch raise UnboundLocalError (the adapter lowers the batch size)"
)
PYOD_VAE_NOTE = (
    "PyOD's VAE with its defaults (128-64-32 units, 2 latent coordinates, 30 epochs), "
    "through the same adapter. Its KL term is zero by default, and a row's score is "
    "drawn anew at every call"
)
PYOD_SVDD_NOTE = (
    "PyOD's DeepSVDD with its defaults (64-32 units, 100 epochs), through the same "
    "adapter, fitted on at most 10,000 rows because of its time"
)

DETECTORS = {
    "AutoEncoder": ours("AutoEncoder"),
    "AutoEncoder alone": ours(
        "AutoEncoder",
        "its defaults but `n_neighbors=0`: the error of the reconstruction and nothing "
        "else",
        n_neighbors=0,
    ),
    "MultiEncoderAutoEncoder": ours("MultiEncoderAutoEncoder"),
    "NoiseContrastiveAutoEncoder": ours("NoiseContrastiveAutoEncoder"),
    "VAE": ours("VAE"),
    "VAEEnsemble": ours("VAEEnsemble"),
    "NormalizingFlow": ours("NormalizingFlow"),
    "DeepSVDD": ours("DeepSVDD"),
    "AnoGAN": ours("AnoGAN"),
    "FastAnoGAN": ours("FastAnoGAN"),
    "WGANEnsemble": ours("WGANEnsemble"),
    "GeometricTransformations": ours("GeometricTransformations"),
    "NeighborsDetector": Candidate(
        lambda seed: detectors.NeighborsDetector(), "skanomaly", "its defaults"
    ),
    "PyOD AutoEncoder": Candidate(
        pyod("auto_encoder", "AutoEncoder"), "PyOD", PYOD_NOTE
    ),
    "PyOD VAE": Candidate(pyod("vae", "VAE"), "PyOD", PYOD_VAE_NOTE),
    "PyOD DeepSVDD": Candidate(
        pyod("deep_svdd", "DeepSVDD", n_features=1),
        "PyOD",
        PYOD_SVDD_NOTE,
        max_train_rows=10_000,
    ),
    "MCD": Candidate(
        shallow("mcd", "MCD"),
        "PyOD",
        "PyOD's minimum covariance determinant, its defaults",
    ),
    "ECOD": Candidate(
        shallow("ecod", "ECOD"),
        "PyOD",
        "PyOD's empirical cumulative distributions, its defaults",
    ),
    "kNN": Candidate(
        lambda seed: make_pipeline(StandardScaler(), NeighborDistance()),
        "scikit-learn",
        "mean distance to the 5 nearest training rows (`NearestNeighbors`), a row not "
        "being its own neighbour. PyOD's KNN, which published tables use, takes the "
        "largest of the 5 distances by default, and counts a training row as its own "
        "neighbour when `decision_function` scores it",
    ),
    "LOF": Candidate(
        lambda seed: make_pipeline(StandardScaler(), LocalOutliers()),
        "scikit-learn",
        "`LocalOutlierFactor` with its 20 neighbours; training rows are scored by "
        "`negative_outlier_factor_`",
    ),
    "IsolationForest": Candidate(
        lambda seed: make_pipeline(
            StandardScaler(), IsolationForest(random_state=seed)
        ),
        "scikit-learn",
        "its defaults",
    ),
    "OneClassSVM": Candidate(
        lambda seed: make_pipeline(StandardScaler(), OneClassSVM()),
        "scikit-learn",
        "its defaults, fitted on at most 10,000 rows because its time is quadratic",
        max_train_rows=10_000,
    ),
}
DETECTORS |= {
    f"{name}, out of fold": out_of_fold(name)
    for name in ("AutoEncoder", "VAE", "VAEEnsemble", "NormalizingFlow", "DeepSVDD")
}
# Of --quick: enough to see that everything works.
TRIAL_EPOCHS = 50

# What a run without --detectors compares.
DEFAULT = (
    "AutoEncoder", "AutoEncoder alone", "MultiEncoderAutoEncoder",
    "NoiseContrastiveAutoEncoder", "PyOD AutoEncoder", "kNN", "LOF", "IsolationForest",
    "MCD", "ECOD", "NeighborsDetector", "VAE", "VAEEnsemble", "NormalizingFlow",
    "DeepSVDD", "FastAnoGAN", "WGANEnsemble", "GeometricTransformations", "PyOD VAE",
    "PyOD DeepSVDD",
)  # fmt: skip


def make(name, seed, *, trial=False):
    """Return the detector; ours train less in a trial run."""
    model = DETECTORS[name].make(seed)
    if DETECTORS[name].family == "skanomaly":
        # Only scores are compared, and the search for a threshold does not touch them.
        model.set_params(contamination=0.1)
        if trial and "max_epochs" in model.get_params():
            model.set_params(max_epochs=TRIAL_EPOCHS)
    return model


def fingerprint(name, *, trial=False):
    """Hash of all parameters: rows made with other ones are not taken for finished."""
    params = make(name, 0, trial=trial).get_params()
    return hashlib.sha1(repr(sorted(params.items(), key=str)).encode()).hexdigest()[:8]


@functools.cache
def _warm_up(name):
    """Pay for imports and first calls before the clock runs."""
    one_thread()
    X = np.random.default_rng(0).normal(size=(128, 4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        make(name, 0, trial=True).fit(X).score_samples(X[:64])


def run_cell(setting, data, seed, name, max_train_rows=None, trial=False):
    """Fit and score once; an error is a result, too."""
    cell = {"detector": name, "data": data, "seed": seed}
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            cell |= _measure(setting, data, seed, name, max_train_rows, trial)
    except Exception as error:
        return cell | {"error": f"{type(error).__name__}: {error}"[:200]}
    kinds = sorted({str(w.message).split(".")[0][:80] for w in caught})
    return cell | {"warnings": "; ".join(kinds)}


def _measure(setting, data, seed, name, max_train_rows, trial):
    _warm_up(name)
    limits = [n for n in (max_train_rows, DETECTORS[name].max_train_rows) if n]
    X, y = load(data)
    X_train, X_test, y_test = split(X, y, setting, seed, min(limits, default=None))
    model = make(name, seed, trial=trial)
    with clock() as fit:
        model.fit(X_train)
    with clock() as scoring:
        scores = -model.score_samples(X_test)
    return {
        "auroc": anomaly_roc_auc(y_test, scores),
        "ap": anomaly_average_precision(y_test, scores),
        "prevalence": float(np.mean(y_test)),
        "fit_s": fit["wall"],
        "fit_cpu_s": fit["cpu"],
        "score_s": scoring["wall"],
        "score_cpu_s": scoring["cpu"],
        "n_train": len(X_train),
        "n_test": len(X_test),
        "n_columns": X.shape[1],
    }
