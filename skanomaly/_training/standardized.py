"""Standardization inside the model, where it travels with the weights."""

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from torch import nn

from skanomaly._training.missing import filled, known, parted
from skanomaly.utils._chunks import CHUNK_CELLS
from skanomaly.utils._inputs import column_name

__all__ = ["StandardizedModel", "column_moments"]

# Standardized cells beyond this are clipped: their square still fits a float32, so that
# one absurd cell gives a huge score and not an infinite one.
MAX_CELL = 1e15

# Bytes of a table in float32 up to which it is standardized once before training.
MAX_COPY = 2**23


class StandardizedModel(nn.Module):
    """A model behind the standardization that it was trained with.

    The rows are centred and scaled in float64 (a float32 cannot hold both a time stamp
    and its differences) and then handed to the model in the precision of its weights.

    Parameters
    ----------
    model : nn.Module
        Calling it gives the loss of each row, `score` the anomaly score of each row.
    center, scale : ndarray of shape (n_inputs,) or None
        What to subtract and then divide by; None does not standardize.
    expansion : Expansion or None
        Turns codes of categories into inputs first. None takes rows as they are.

    Notes
    -----
    A missing cell is NaN. A model with a true attribute `masks_missing` leaves it out
    of its losses and scores; any other gets zero in its place, the mean of the column.
    """

    center: torch.Tensor | None
    scale: torch.Tensor | None
    _factor: torch.Tensor
    _shift: torch.Tensor
    precision: torch.Tensor

    def __init__(self, model, center=None, scale=None, expansion=None):
        super().__init__()
        self.model, self.expansion = model, expansion
        center, scale = _row(center), _row(scale)
        self.register_buffer("center", center)
        self.register_buffer("scale", scale)
        if center is not None:
            self.register_buffer("_factor", 1.0 / scale, persistent=False)
            self.register_buffer("_shift", -center / scale, persistent=False)
        # An empty tensor that follows `double()` and `half()` as the weights do.
        self.register_buffer("precision", torch.empty(0), persistent=False)

    def forward(self, x, context=None):
        """Loss of each row, shape (n,); the model gets the context, if there is one."""
        if context is None:
            return self.model(self.standardize(x))
        return self.model(self.standardize(x), context=context)

    def score(self, x):
        """Anomaly score of each row, shape (n,); higher is more anomalous."""
        return self.model.score(self.standardize(x))

    def standardize(self, x):
        """Standardize rows, in the precision of the weights."""
        x = x.to(torch.float64)
        if self.expansion is not None:
            x = self.expansion(x)
        if self.center is not None:
            # One product and one sum; in float64 their order does not matter.
            x = torch.addcmul(self._shift, x, self._factor)
        if not self.training:
            x = x.clamp(-MAX_CELL, MAX_CELL)
        x = x.to(self.precision.dtype)
        return x if getattr(self.model, "masks_missing", False) else filled(x)

    def restore(self, z):
        """Rows in units of X: the inverse of `standardize`."""
        x = z if self.center is None else z * self.scale + self.center
        return x if self.expansion is None else self.expansion.collapse(x)

    def difference(self, x, y):
        """Absolute difference of cells of rows in units of X, and 1 of categories."""
        filled_x, missing = parted(x)
        cells = known((filled_x - y).abs(), missing)
        if self.expansion is None:
            return cells
        is_number = torch.tensor(self.expansion.n_codes, device=x.device) == 0
        return torch.where(is_number, cells, (cells > 0).to(cells.dtype))

    def log_scale(self):
        """Sum of the logs of the columns' scales, a float64 scalar.

        Log density of a standardized row, less that of the row in units of X.
        """
        if self.scale is None:
            return torch.zeros((), dtype=torch.float64)
        return self.scale.log().sum()


def _row(values):
    return None if values is None else torch.tensor(values, dtype=torch.float64)


def column_moments(estimator, X, n_groups=None):
    """Mean and standard deviation of every column, read in chunks.

    Parameters
    ----------
    estimator : BaseDetector
        Its names of the columns are for the error message.
    X : ndarray of shape (n_samples, n_features)
        Validated rows.
    n_groups : int, default=None
        Share the moments within this many equal runs of columns: the channels of an
        image, whose pixels have one scale. None treats every column by itself.

    Returns
    -------
    center, scale : ndarray of shape (n_features,)
        Constant columns have the scale 1.
    """
    scaler = StandardScaler()
    n_rows = max(1, CHUNK_CELLS // X.shape[1])
    with np.errstate(all="ignore"):
        for start in range(0, len(X), n_rows):
            scaler.partial_fit(X[start : start + n_rows].astype(np.float64))
    center, variance, scale = scaler.mean_, scaler.var_, scaler.scale_
    # Some of the rows may know nothing of a column.
    unknown = np.broadcast_to(scaler.n_samples_seen_ == 0, center.shape)
    center, variance = np.where(unknown, 0.0, center), np.where(unknown, 0.0, variance)
    scale = np.where(unknown, 1.0, scale)
    _check_moments(estimator, X, center, variance)
    if n_groups is not None:
        center, scale = _shared_moments(center, variance, n_groups)
    return center, scale


def _check_moments(estimator, X, center, variance):
    bad = ~(np.isfinite(center) & np.isfinite(variance))
    if bad.any():
        j = int(np.argmax(bad))
        raise ValueError(
            f"Column {column_name(estimator, j)} of X has values too large to "
            f"standardize (largest magnitude {np.nanmax(np.abs(X[:, j])):.3g})."
        )


def _shared_moments(center, variance, n_groups):
    means = center.reshape(n_groups, -1)
    shared = means.mean(axis=1, keepdims=True)
    spread = variance.reshape(n_groups, -1) + (means - shared) ** 2
    scale = np.sqrt(spread.mean(axis=1, keepdims=True))
    scale[scale == 0.0] = 1.0
    return (
        np.broadcast_to(shared, means.shape).ravel(),
        np.broadcast_to(scale, means.shape).ravel(),
    )
