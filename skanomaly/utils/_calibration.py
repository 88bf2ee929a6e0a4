"""Bins of probabilities, by which their calibration is measured and drawn."""

from numbers import Integral

import numpy as np

__all__ = ["calibration_bins", "check_bins"]


def check_bins(n_bins):
    """Return the number of bins once it is known to be one."""
    if not isinstance(n_bins, Integral) or isinstance(n_bins, bool) or n_bins < 1:
        raise ValueError(f"n_bins={n_bins!r}: give an int of at least 1.")
    return int(n_bins)


def calibration_bins(happened, proba, n_bins):
    """Return of each bin with rows: position, share, mean probability, count."""
    bins = np.ceil(proba * n_bins).astype(np.int64).clip(1, n_bins) - 1
    counts = np.bincount(bins, minlength=n_bins)
    filled = np.flatnonzero(counts)
    sums = (np.bincount(bins, weights, n_bins)[filled] for weights in (happened, proba))
    shares, means = (total / counts[filled] for total in sums)
    return filled, shares, means, counts[filled]
