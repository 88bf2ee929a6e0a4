"""Flows that samplers train, and the bounds of their parameter `p`."""

from numbers import Real

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from skanomaly._normalizing_flow import NormalizingFlow
from skanomaly._training.outliers import seed_params
from skanomaly.samplers._radius import KINDS

__all__ = ["clone_flow", "p_bounds"]


def clone_flow(flow, seed):
    """Copy a flow that a sampler is to train, or make one."""
    flow = _default_flow() if flow is None else clone(flow)
    if isinstance(flow, FrozenEstimator):
        return flow
    # Rows are drawn from the density itself; to rank rows, less training is enough.
    flow._table_steps = None
    seed_params(flow, seed)
    if getattr(flow, "contamination", None) == "auto":
        # It would train more flows, to set a threshold that is not used.
        flow.set_params(contamination=0.1)
    return flow


def _default_flow():
    """Make a flow whose rows are close to the training rows.

    Samples have the noise that a flow is trained with: less of it than to detect. It
    takes many steps, so that the learning rate can be lower.
    """
    return NormalizingFlow("coupling", noise=0.1, lr=5e-3)


# Latents farther out overflow in the inverse of a flow.
MAX_RADIUS_FACTOR = 1e6


def p_bounds(p, kind):
    """Lowest and highest `p`, checked."""
    if kind not in KINDS:
        raise ValueError(f"kind={kind!r} must be one of {', '.join(sorted(KINDS))}.")
    pair = p if isinstance(p, tuple | list) else (p, p)
    least = {"extremal": 1.0, "normal": 0.0, "inlier": -np.inf}[kind]
    if len(pair) == 2 and all(isinstance(v, Real) for v in pair):
        low, high = map(float, pair)
        if least < low <= high <= MAX_RADIUS_FACTOR:
            return low, high
    raise ValueError(
        f"p={p!r} must be a number above {least:g} for kind={kind!r} and at most "
        f"{MAX_RADIUS_FACTOR:g}, the multiple of the typical radius, or a pair (low, "
        "high) of such numbers."
    )
