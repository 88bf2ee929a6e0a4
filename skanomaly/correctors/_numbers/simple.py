"""Medians of screened candidates, and the simple numbers near a value."""

import numpy as np

__all__ = ["median_of_finite", "middle_size", "simple_numbers", "slope_of"]


def median_of_finite(x):
    """Median over the rows that are numbers, of each column; NaN where none is."""
    ordered = np.sort(x, axis=0)  # NaN comes last
    count = np.isfinite(ordered).sum(axis=0)
    return ordered[np.maximum(count - 1, 0) // 2, np.arange(x.shape[1])]


def middle_size(column):
    """Median of the absolute values, 0 if all are missing."""
    size = np.abs(column[np.isfinite(column)])
    return np.median(size) if len(size) else 0.0


def simple_numbers(value):
    """The value with one digit, with two and so on, or one over such a number."""
    if not np.isfinite(value) or value == 0:
        return [0.0]
    out = []
    for digits in range(1, 8):
        out.append(float(f"{value:.{digits}g}"))
        if digits <= 4 and abs(value) < 1:
            out.append(1 / float(f"{1 / value:.{digits}g}"))
    return list(dict.fromkeys(out))


def slope_of(y, x):
    """Median slope of y on x from pairs of far rows, None where x is mostly flat."""
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    half = len(x) // 2
    run = x[half : 2 * half] - x[:half]
    if not (run > 0).mean() > 0.5:
        return None
    return np.median((y[half : 2 * half] - y[:half])[run > 0] / run[run > 0])
