"""Part "images": does an ensemble know images of another kind than its own?"""

import numpy as np

from benchmarks.common import DATA
from skanomaly.datasets import fetch_fashion_mnist, fetch_mnist
from skanomaly.detectors import VAEEnsemble
from skanomaly.metrics import (
    anomaly_average_precision,
    anomaly_roc_auc,
    fpr_at_tpr,
)
from skanomaly.samplers import fast_gradient_perturbation

FETCH = {"mnist": fetch_mnist, "fashion_mnist": fetch_fashion_mnist}
N_TEST = 1000
EPSILON = 0.3
SCORES = ("elbo", "iwae", "rate", "distortion")
# Of anomaly scores (n, n_members); WAIC of log-likelihoods is mean minus variance.
MEMBER_STATISTICS = {
    "single": lambda scores: scores[:, 0],
    "mean": lambda scores: scores.mean(axis=1),
    "variance": lambda scores: scores.var(axis=1),
    "waic": lambda scores: scores.mean(axis=1) + scores.var(axis=1),
}
# Of the seed: 16 latent coordinates, Bernoulli pixels. Its convolutions are too much
# for two cores; these networks are not.
SETTINGS = {
    "hidden_units": (256, 128),
    "latent_dim": 16,
    "likelihood": "bernoulli",
    "n_estimators": 5,
    "batch_size": 128,
    "n_draws": 8,
}
N_STEPS = 4000


def images(name, subset, n_rows):
    """Return the first images as rows with values in [0, 1], float32."""
    X, _ = FETCH[name](subset=subset, return_X_y=True, download_if_missing=False)
    return (X[:n_rows].reshape(-1, 784) / 255.0).astype(np.float32)


def letters(n_rows):
    """Return images of notMNIST in the same form."""
    with np.load(DATA / "images" / "notmnist_test.npz", allow_pickle=False) as file:
        X = next(file[k] for k in file.files if file[k].ndim >= 3)
    return (X[:n_rows].reshape(-1, 784) / 255.0).astype(np.float32)


def out_of_distribution(inside, X, detector, seed):
    """Return what does not belong, by name; `X` are test images that do."""
    rng = np.random.default_rng(seed)
    (other,) = set(FETCH) - {inside}
    pictures = X.reshape(-1, 28, 28)
    uniform = rng.random(X.shape, dtype=np.float32)
    normal = rng.standard_normal(X.shape, dtype=np.float32).clip(0.0, 1.0)
    disguised = fast_gradient_perturbation(detector, uniform, EPSILON, clip=(0.0, 1.0))
    return {
        other: images(other, "test", len(X)),
        "notmnist": letters(len(X)),
        "flipped left-right": pictures[:, :, ::-1].reshape(len(X), -1),
        "flipped upside down": pictures[:, ::-1].reshape(len(X), -1),
        "uniform noise": uniform,
        "normal noise": normal,
        "adversarial noise": disguised.astype(np.float32),
    }


def run(inside, seed, *, quick=False):
    """Train on one set, score all others; return figures by (out, score, metric)."""
    n_train, n_test, n_steps = (2000, 200, 50) if quick else (60000, N_TEST, N_STEPS)
    X_train = images(inside, "train", n_train)
    X = images(inside, "test", n_test)
    epochs = max(1, round(n_steps * SETTINGS["batch_size"] / len(X_train)))
    detector = VAEEnsemble(
        **SETTINGS, max_epochs=epochs, contamination=0.1, random_state=seed
    ).fit(X_train)
    scores = {"in": _all_scores(detector, X)}
    for name, rows in out_of_distribution(inside, X, detector, seed).items():
        scores[name] = _all_scores(detector, np.ascontiguousarray(rows))
    return _figures(scores)


def _all_scores(detector, X):
    """Anomaly scores by their names, of one model and of the ensemble."""
    result = {}
    for score_type in SCORES:
        members = detector.set_params(score_type=score_type).member_scores(X)
        for name, statistic in MEMBER_STATISTICS.items():
            result[f"{score_type} {name}"] = statistic(members)
    detector.set_params(statistic="posterior_mean_variance")
    result["posterior mean variance"] = detector.anomaly_score(X)
    return result


def _figures(scores):
    inside, figures = scores.pop("in"), {}
    for out, by_name in scores.items():
        for name, outside in by_name.items():
            y = np.repeat([0, 1], [len(inside[name]), len(outside)])
            both = np.concatenate([inside[name], outside])
            figures[out, name, "auroc"] = anomaly_roc_auc(y, both)
            figures[out, name, "ap"] = anomaly_average_precision(y, both)
            figures[out, name, "fpr95"] = fpr_at_tpr(y, both, tpr=0.95)
    return figures
