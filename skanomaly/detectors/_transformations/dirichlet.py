"""Maximum likelihood for Dirichlet distributions, from sufficient statistics."""

import math

import torch

__all__ = ["dirichlet_mle", "inverse_digamma"]

# Below this the digamma function is nearly -1/a, above it nearly log(a - 1/2) (Minka).
SWITCH = -2.22
NEWTON_STEPS = 5

# Proportions that do not vary have no finite estimate; the sum of alpha starts here.
MAX_SUM = 1e6


def inverse_digamma(y):
    """Solve ``digamma(a) = y`` for positive `a` by Newton's method.

    Parameters
    ----------
    y : tensor
        Values of the digamma function, float64.

    Returns
    -------
    tensor
        The arguments, in the shape of `y`.
    """
    one = torch.ones((), dtype=y.dtype, device=y.device)
    small = -1.0 / (y - torch.digamma(one))
    a = torch.where(y >= SWITCH, y.clamp(max=700.0).exp() + 0.5, small)
    for _ in range(NEWTON_STEPS):
        a = a - (torch.digamma(a) - y) / torch.polygamma(1, a)
    return a


def dirichlet_mle(mean, mean_log, *, tol=1e-9, max_iter=1000):
    """Fit Dirichlet distributions by the fixed point of the likelihood equations.

    Parameters
    ----------
    mean : tensor of shape (..., n_classes)
        Mean of the proportions over the sample.
    mean_log : tensor of shape (..., n_classes)
        Mean of the logarithms of the proportions.
    tol : float, default=1e-9
        Stop when no alpha changes by more than this fraction of itself.
    max_iter : int, default=1000
        Largest number of iterations.

    Returns
    -------
    tensor of shape (..., n_classes)
        The parameters alpha.

    References
    ----------
    T. Minka, "Estimating a Dirichlet distribution", 2000. The start is by N. Wicker et
    al., Computational Statistics & Data Analysis 52, 2008.
    """
    mean, mean_log = mean.double(), mean_log.double()
    alpha = mean * _initial_sum(mean, mean_log)
    for _ in range(max_iter):
        before = alpha
        alpha = inverse_digamma(torch.digamma(alpha.sum(-1, keepdim=True)) + mean_log)
        if ((alpha - before).abs() <= tol * alpha).all():
            break
    return alpha


def _initial_sum(mean, mean_log):
    euler = -torch.digamma(torch.ones((), dtype=mean.dtype)).item()
    spread = torch.xlogy(mean, mean) - mean * mean_log
    spread = spread.sum(-1, keepdim=True).clamp(min=math.ulp(1.0))
    return ((mean.shape[-1] - 1) * euler / spread).clamp(max=MAX_SUM)
