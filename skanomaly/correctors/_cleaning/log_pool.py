"""Logarithmic opinion pools: weighted products of conditionals."""

import numpy as np
from scipy.optimize import minimize

__all__ = ["log_normalize", "pool_weights"]


def log_normalize(scores):
    """Turn scores of shape (n, k) into log-probabilities, in place."""
    scores -= scores.max(axis=1, keepdims=True)
    scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return scores


def pool_weights(features, chosen, row_weight, start):
    """Weights in [0, 1] of highest likelihood, with a standard normal prior.

    `features` has shape (1 + m, n, k): scores of k values for n rows, the first with
    weight 1, the others with the m weights to learn; `chosen` is each row's value.
    """
    rows = np.arange(len(chosen))
    fixed, free = features[0], features[1:]
    seen = features[:, rows, chosen]
    flat = free.reshape(len(free), -1)

    def loss(weights):
        scores = fixed + (weights @ flat).reshape(fixed.shape)
        top = scores.max(axis=1)
        p = np.exp(scores - top[:, None])
        total = p.sum(axis=1)
        log_p = seen[0] + weights @ seen[1:] - top - np.log(total)
        p *= (row_weight / total)[:, None]
        slope = seen[1:] @ row_weight - flat @ p.ravel()
        return 0.5 * weights @ weights - log_p @ row_weight, weights - slope

    # A weight above one would count the same evidence more than once.
    bounds = [(0.0, 1.0)] * len(free)
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 40}
    )
    # What hardly weighs costs as much to look up as what decides.
    return np.where(found.x < 1e-3, 0.0, found.x)
