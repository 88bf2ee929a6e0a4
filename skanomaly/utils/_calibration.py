"""Bins of probabilities, by which their calibration is measured and drawn."""

from __future__ import annotations

import numpy as np

from skanomaly.utils._checks import check_count
from skanomaly.utils._typing import FloatArray, IntArray


def calibration_bins(
    happened: FloatArray, proba: FloatArray, n_bins: int
) -> tuple[IntArray, FloatArray, FloatArray, IntArray]:
    """Return of each non-empty bin: index, frequency, mean probability, count."""
    n_bins = check_count("n_bins", n_bins)
    bins = np.ceil(proba * n_bins).astype(np.int64).clip(1, n_bins) - 1
    counts = np.bincount(bins, minlength=n_bins)
    filled = np.flatnonzero(counts)
    sums = (np.bincount(bins, weights, n_bins)[filled] for weights in (happened, proba))
    shares, means = (total / counts[filled] for total in sums)
    return filled, shares, means, counts[filled]
