"""Latents of a chosen distance from the centre of a standard normal distribution."""

import math

import numpy as np
from scipy.special import gammaln

__all__ = ["KINDS", "chi_moments", "gumbel_parameters"]

# Approximates the standard deviation of chi, which tends to sqrt(1 / 2).
TYPICAL_SPREAD = 0.7

# Gumbel's distribution holds for very many rows. For fewer than e to the power of this,
# the location would increase again, and without bound, as p approaches 1.
MIN_LOG_N = 0.25


def chi_moments(n_features):
    r"""Mean and standard deviation of the norm of a standard normal vector.

    Parameters
    ----------
    n_features : int
        Dimensions of the vector.

    Returns
    -------
    mean, std : float
        :math:`E = \sqrt 2 \Gamma((d + 1) / 2) / \Gamma(d / 2)` and
        :math:`\sqrt{d - E^2}`.
    """
    half = 0.5 * n_features
    mean = math.sqrt(2.0) * math.exp(gammaln(half + 0.5) - gammaln(half))
    return mean, math.sqrt(n_features - mean**2)


def gumbel_parameters(n_features, p):
    r"""Location and scale of a radius of about `p` times the typical one.

    The largest of :math:`n` norms is about Gumbel-distributed. Instead of :math:`n`,
    :math:`L = \ln n` is chosen, :math:`L = \max(d (p - 1)^2, 1/4)`; then

    .. math::

        \mathrm{loc} = \sqrt d + 0.7 \left(
            \sqrt{2 L} - \frac{\ln L + \ln 4 \pi}{2 \sqrt{2 L}} \right), \quad
        \mathrm{scale} = \frac{0.7}{\sqrt{2 L}} .

    Parameters
    ----------
    n_features : int
        Dimensions :math:`d`.
    p : float or ndarray
        Multiple of the typical radius, above 1.

    Returns
    -------
    loc, scale : float or ndarray
        Parameters of the Gumbel distribution.
    """
    log_n = np.maximum(n_features * (p - 1.0) ** 2, MIN_LOG_N)
    a = np.sqrt(2.0 * log_n)
    b = a - (np.log(log_n) + np.log(4.0 * np.pi)) / (2.0 * a)
    return np.sqrt(n_features) + TYPICAL_SPREAD * b, TYPICAL_SPREAD / a


def extremal(n_samples, n_features, p, rng):
    """Normal directions with Gumbel-distributed radii of about ``p * sqrt(d)``.

    Parameters
    ----------
    n_samples, n_features : int
        How many rows, and of how many dimensions.
    p : float or ndarray of shape (n_samples,)
        Multiple of the typical radius, above 1.
    rng : RandomState
        Source of the draws.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        The rows.
    """
    z = rng.standard_normal((n_samples, n_features))
    u = z / np.linalg.norm(z, axis=1, keepdims=True)
    # With few dimensions and p near 1, Gumbel's distribution extends below 0, where the
    # asymptotics fail.
    radii = np.abs(rng.gumbel(*gumbel_parameters(n_features, p), size=n_samples))
    return radii[:, None] * u


def normal(n_samples, n_features, p, rng):
    """Normal rows of standard deviation `p`, as `extremal` takes and returns them."""
    z = rng.standard_normal((n_samples, n_features))
    return np.reshape(p, (-1, 1)) * z


def inlier(n_samples, n_features, p, rng):
    """Standard normal rows, whatever `p` is."""
    return rng.standard_normal((n_samples, n_features))


# How latents are drawn.
KINDS = {"extremal": extremal, "inlier": inlier, "normal": normal}
