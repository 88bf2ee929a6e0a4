"""Normal distributions: log densities, and a positive scale from any number.

Reductions are over the last dimension, so that parameters of stacked models, of shape
(k, 1, d), fit as well.
"""

import math

from torch import Tensor
from torch.nn.functional import softplus

__all__ = ["normal_log_prob", "softplus_scale", "standard_normal_log_prob"]

# softplus(UNIT) = 1: an output of 0 is a scale of 1.
UNIT = math.log(math.expm1(1.0))
MIN_SCALE = 1e-6


def softplus_scale(raw: Tensor) -> Tensor:
    """Positive scale from any number; 0 gives 1."""
    return softplus(raw + UNIT).clamp_min(MIN_SCALE)


def standard_normal_log_prob(z: Tensor) -> Tensor:
    """Log density in nats of standard normal numbers along the last dimension."""
    return -0.5 * (z.square().sum(dim=-1) + z.shape[-1] * math.log(2.0 * math.pi))


def normal_log_prob(z: Tensor, loc: Tensor, scale: Tensor) -> Tensor:
    """Log density in nats of independent normal numbers along the last dimension."""
    squares = ((z - loc) / scale).square() + 2.0 * scale.log() + math.log(2.0 * math.pi)
    return -0.5 * squares.sum(dim=-1)
