"""Training teaches the network something."""

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from tests.contract.estimators import CASES, every_case
from tests.contract.rows import weights


def _plane(rng, n_rows):
    """Rows on a plane in four dimensions, with a little noise."""
    codes = rng.normal(size=(n_rows, 2))
    mix = np.array([[1.0, 1.0, -1.0, 0.5], [0.5, -1.0, 1.0, 1.0]])
    return codes @ mix + 0.05 * rng.normal(size=(n_rows, 4))


def _task(seed):
    """Training rows, test rows, labels; anomalies have every column's own law."""
    rng = np.random.default_rng(seed)
    X, normal, anomalies = (_plane(rng, n) for n in (400, 300, 300))
    anomalies = rng.permuted(anomalies, axis=0)
    return X, np.vstack([normal, anomalies]), np.repeat([0, 1], 300)


@every_case
def test_training_moves_every_weight_and_beats_the_untrained_network(name):
    X, X_test, y_test = _task(0)
    # Distances to training rows would hide what the network has learned.
    settings = {"batch_size": 64, "contamination": 0.1}
    if "n_neighbors" in CASES[name]().get_params():
        settings["n_neighbors"] = 0
    untrained = CASES[name](lr=1e-12, **settings).set_params(max_epochs=1).fit(X)
    trained = CASES[name](lr=1e-2, **settings).set_params(max_epochs=60).fit(X)

    before, after = weights(untrained), weights(trained)
    assert [n for n in before if torch.allclose(before[n], after[n], atol=1e-6)] == []

    def auc(detector):
        return roc_auc_score(y_test, detector.anomaly_score(X_test))

    assert auc(trained) > max(0.75, auc(untrained) + 0.1)
    assert len(np.unique(trained.score_samples(X_test))) > 500
    _check_losses(name, trained)


def _check_losses(name, trained):
    losses = trained.net_.history[:, "train_loss"]
    # Nats have no zero: beat four columns by themselves.
    if name.startswith(("VAE", "NormalizingFlow")):
        alone = getattr(trained, "n_estimators", 1) * 2 * np.log(2 * np.pi * np.e)
        assert losses[-1] < min(losses[0] - 0.5, alone)
    elif not name.startswith("AnoGAN"):  # of two players neither loss has to fall
        assert losses[-1] < 0.7 * losses[0]
