"""p-values by comparison with the scores of other rows."""

import numpy as np

from skanomaly.utils._typing import FloatArray


def conformal_p_values(calibration: FloatArray, normality: FloatArray) -> FloatArray:
    """Fraction of all rows, the row itself included, that are no more normal.

    Parameters
    ----------
    calibration : ndarray of shape (n_calibration,)
        Scores of the rows to compare with; higher is more normal.
    normality : ndarray of shape (n_samples,)
        Scores of the rows, likewise.

    Returns
    -------
    ndarray of shape (n_samples,)
        The p-values.
    """
    n_below = np.searchsorted(np.sort(calibration), normality, side="right")
    return np.asarray((1.0 + n_below) / (1.0 + len(calibration)), dtype=np.float64)
