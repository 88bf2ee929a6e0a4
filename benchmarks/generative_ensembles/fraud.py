"""Part "fraud": credit cards by a protocol that leaks nothing."""

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.common import DATA
from benchmarks.detection.methods import NeighborDistance, PyODOnce
from skanomaly.detectors import VAE, AutoEncoder, NormalizingFlow, VAEEnsemble
from skanomaly.metrics import (
    anomaly_average_precision,
    anomaly_roc_auc,
    fpr_at_tpr,
)

# As many normal rows in the test as the seed has.
N_TEST_NORMAL = 2000


def load():
    """Return the rows and labels of the sample, 1 = fraud."""
    with np.load(DATA / "fraud" / "creditcard_subsample.npz") as file:
        return file["X"].astype(np.float64), file["y"].astype(int)


def split(X, y, seed):
    """Return normal training rows, frauds to learn from, test rows and their labels.

    Half of the frauds are in the test, with normal rows that nobody is trained on; the
    other half is for the supervised reference alone.
    """
    rng = np.random.default_rng(seed)
    normal, fraud = (rng.permutation(np.flatnonzero(y == k)) for k in (0, 1))
    test_fraud, known_fraud = np.array_split(fraud, 2)
    test = np.concatenate([normal[:N_TEST_NORMAL], test_fraud])
    return X[normal[N_TEST_NORMAL:]], X[known_fraud], X[test], y[test]


def _pyod_vae(seed):
    from pyod.models.vae import VAE as PyODVAE

    return PyODOnce(PyODVAE(verbose=0), random_state=seed)


METHODS = {
    "VAE": lambda seed: VAE(random_state=seed),
    "VAEEnsemble waic": lambda seed: VAEEnsemble(random_state=seed, statistic="waic"),
    "VAEEnsemble mean": lambda seed: VAEEnsemble(random_state=seed, statistic="mean"),
    "VAEEnsemble variance": lambda seed: VAEEnsemble(
        random_state=seed, statistic="variance"
    ),
    "VAEEnsemble posterior mean variance": lambda seed: VAEEnsemble(
        random_state=seed, statistic="posterior_mean_variance"
    ),
    "NormalizingFlow": lambda seed: NormalizingFlow(random_state=seed),
    "AutoEncoder": lambda seed: AutoEncoder(random_state=seed),
    "PyOD VAE": _pyod_vae,
    "kNN": lambda seed: make_pipeline(StandardScaler(), NeighborDistance()),
    "IsolationForest": lambda seed: IsolationForest(random_state=seed),
}
SUPERVISED = {
    "logistic regression (knows 236 frauds)": lambda seed: LogisticRegression(
        class_weight="balanced", max_iter=1000
    ),
    # The reference of the seed, whose network is not published.
    "neural network (knows 236 frauds)": lambda seed: MLPClassifier(
        (64, 64), early_stopping=True, n_iter_no_change=20, random_state=seed
    ),
}


def run(method, seed, *, quick=False):
    """Fit and score one method; return figures by (out, score, metric)."""
    normal, fraud, X_test, y_test = split(*load(), seed)
    if quick:
        normal = normal[:500]
    if method in SUPERVISED:
        scores = _supervised(SUPERVISED[method](seed), normal, fraud, X_test)
    else:
        model = METHODS[method](seed)
        if "contamination" in model.get_params() and method != "IsolationForest":
            model.set_params(contamination=0.1)
        scores = -model.fit(normal).score_samples(X_test)
    return {
        ("fraud", method, "auroc"): anomaly_roc_auc(y_test, scores),
        ("fraud", method, "ap"): anomaly_average_precision(y_test, scores),
        ("fraud", method, "ap_balanced"): _balanced_precision(y_test, scores),
        ("fraud", method, "fpr95"): fpr_at_tpr(y_test, scores, tpr=0.95),
        ("fraud", method, "prevalence"): float(y_test.mean()),
    }


def _balanced_precision(y, scores):
    """Average precision where there are as many frauds as normal rows."""
    weight = np.where(y == 1, 1.0 / y.mean(), 1.0 / (1.0 - y.mean()))
    return average_precision_score(y, scores, sample_weight=weight)


def _supervised(classifier, normal, fraud, X_test):
    X = np.concatenate([normal, fraud])
    y = np.repeat([0, 1], [len(normal), len(fraud)])
    model = make_pipeline(StandardScaler(), classifier).fit(X, y)
    return model.predict_proba(X_test)[:, 1]
