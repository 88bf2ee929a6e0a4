"""Whether the scores of the training rows have two modes, with a gap between them."""

import numpy as np

__all__ = ["find_gap"]

# Shares of the rows beyond a gap that are looked for: with fewer of them, a tenth is
# not far off, and more are not anomalies.
SHARES = (0.15, 0.45)

# A valley is a gap if the density there is at most this part of that of either mode.
# Chosen on sets of ADBench with 35 % anomalies, and on scores of one mode.
MAX_DEPTH = 0.75

# With fewer scores, random valleys are as deep.
MIN_ROWS = 100

N_POINTS = 256


def find_gap(scores, fold):
    """Find the deepest valley of the density of anomaly scores.

    The density is a kernel estimate with Silverman's bandwidth, of scores whose tails
    are compressed, because a few extreme ones would stretch the bandwidth.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
        Anomaly scores.
    fold : ndarray of shape (n_samples,)
        Number of the model that a row was scored by.

    Returns
    -------
    share : float or None
        Fraction of the rows beyond the gap, None if there is none.
    """
    # Where most rows equal another one, each group of them is a mode.
    if len(scores) < MIN_ROWS or 2 * len(np.unique(scores)) < len(scores):
        return None
    compressed = _compressed(scores)
    if compressed is None:
        return None
    points, density = _density(compressed)
    share = (compressed > points[:, None]).mean(axis=1)
    highest = np.maximum.accumulate
    lower_mode = np.minimum(highest(density), highest(density[::-1])[::-1])
    inside = (SHARES[0] < share) & (share <= SHARES[1])
    depth = np.where(inside, density / lower_mode, np.inf)
    deepest = depth.argmin()
    if depth[deepest] > MAX_DEPTH or _differs(compressed > points[deepest], fold):
        return None
    return float(share[deepest])


def _differs(is_beyond, fold):
    """Whether it is the models that differ, in place of the rows."""
    shares = [is_beyond[fold == k].mean() for k in np.unique(fold)]
    return min(shares) < max(shares) / 3


def _compressed(scores):
    """Scores around their median in units of the middle half, logarithmic far away."""
    low, median, high = np.percentile(scores, [25, 50, 75])
    return np.arcsinh((scores - median) / (high - low)) if high > low else None


def _density(values):
    """Points and the density there, but for a constant factor."""
    low, high = np.percentile(values, [25, 75])
    width = 0.9 * min(values.std(), (high - low) / 1.34) * len(values) ** -0.2
    points = np.linspace(values.min(), values.max(), N_POINTS)
    standardized = (points[:, None] - values) / width
    return points, np.exp(-0.5 * standardized**2).mean(axis=1)
