"""Log-odds that mean what they say, by Platt's method."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

__all__ = ["best_loss", "platt_scaling"]


def platt_scaling(z, y):
    """Fit scale and shift of log-odds to the labels of rows that were held out.

    Parameters
    ----------
    z : ndarray of shape (n,)
        Log-odds of the rows, by a model that did not learn from them.
    y : ndarray of shape (n,)
        1 for anomalies, 0 for normal rows; both must be there.

    Returns
    -------
    scale, shift : float
        ``scale * z + shift`` is calibrated. The scale is zero or below where `z` says
        nothing about `y`.
    loss : float
        Log-loss of the calibrated probabilities.
    """
    z = np.asarray(z, dtype=np.float64)[:, None]
    n_anomalies, n_normal = int(np.sum(y)), int(np.sum(1 - y))
    # Platt's targets: never quite 0 or 1, or separable classes would give an infinite
    # scale.
    high, low = (n_anomalies + 1) / (n_anomalies + 2), 1 / (n_normal + 2)
    target = np.where(y == 1, high, low)
    fit = LogisticRegression(C=1e6, tol=1e-8, max_iter=1000).fit(
        np.concatenate([z, z]),
        np.repeat([1, 0], len(z)),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    loss = log_loss(y, fit.predict_proba(z)[:, 1])
    return float(fit.coef_[0, 0]), float(fit.intercept_[0]), loss


def best_loss(z, y):
    """Log-loss of log-odds after the scale and shift that suit these labels best.

    Platt's targets are not used: of few rows that are told apart perfectly they would
    say that they are not.
    """
    z = np.asarray(z, dtype=np.float64)[:, None]
    z = (z - z.mean()) / max(z.std(), np.finfo(np.float64).tiny)
    fit = LogisticRegression(C=100.0, max_iter=1000).fit(z, y)
    return log_loss(y, fit.predict_proba(z)[:, 1])
