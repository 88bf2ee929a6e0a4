"""A normalizing flow of rows given their class.

The class of a row travels as its last column: training knows only rows.
"""

from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn.functional import one_hot

from skanomaly.detectors._normalizing_flow import FlowModel, NormalizingFlow

__all__ = ["ClassFlow", "class_numbers", "moments_but_last", "with_class"]


class ClassConditional(nn.Module):
    """A flow that reads the number of the class from the last column and keeps it."""

    def __init__(self, flow, n_classes, *, stream, **flow_params):
        super().__init__()
        self.flow = flow(n_context=n_classes, stream=stream, **flow_params)
        self.n_classes = n_classes

    def forward(self, rows):
        """Latents, and log |det J| of each row."""
        z, log_det = self.flow(*self.split(rows))
        return torch.cat([z, rows[..., -1:]], dim=-1), log_det

    def log_prob(self, rows):
        """Log density of each row given its class, in nats."""
        return self.flow.log_prob(*self.split(rows))

    def inverse(self, latents):
        """Rows from latents."""
        x = self.flow.inverse(*self.split(latents))
        return torch.cat([x, latents[..., -1:]], dim=-1)

    def split(self, rows):
        """Columns of the rows, and their classes as zeros and a one."""
        code = rows[..., -1].round().long()
        return rows[..., :-1], one_hot(code, self.n_classes).to(rows.dtype)


class ClassFlowModel(FlowModel):
    """Negative log density of a row given its class, in nats."""

    def forward(self, rows):
        """Loss of each row, shape (n,)."""
        if self.training and self.noise > 0.0:
            noise = self.noise * self.stream.normal_like(rows[..., :-1])
            rows = rows + nn.functional.pad(noise, (0, 1))
        return -self.flow.log_prob(rows)


class ClassFlow(NormalizingFlow):
    """A `NormalizingFlow` whose rows and latents end with the number of their class.

    Parameters
    ----------
    n_classes : int
        Classes, numbered from 0.
    **params : dict
        Parameters of `NormalizingFlow`.
    """

    def __init__(self, *, n_classes, **params):
        super().__init__(**params)
        self.n_classes = n_classes

    def _make_model(self, n_features):
        flow, *rest = super()._make_model(n_features - 1).args
        flow = partial(ClassConditional, flow, self.n_classes)
        return partial(ClassFlowModel, flow, *rest)

    def _moments(self, X):
        return moments_but_last(super()._moments(X[:, :-1]))


def moments_but_last(moments):
    """Let the last column, the number of the class, be as it is."""
    center, scale = moments
    if center is None:
        return None, None
    return np.append(center, 0.0), np.append(scale, 1.0)


def with_class(X, codes):
    """Rows with the number of their class as a last column."""
    kind = X.dtype if X.dtype.kind == "f" else np.int64
    return np.column_stack([X, np.asarray(codes).astype(kind)])


def class_numbers(classes, y):
    """Numbers of the classes of rows; a class that is not there is refused."""
    codes = np.searchsorted(classes, y).clip(max=len(classes) - 1)
    unknown = classes[codes] != y
    if unknown.any():
        raise ValueError(
            f"y has {y[unknown].tolist()[0]!r}, which is none of the classes "
            f"{classes.tolist()}."
        )
    return codes
