"""Priors of the codes of a VAE: log density, and draws from standard normal numbers.

Dimensions before the last are those of a batch, and learned parameters may have further
ones in front, so that several priors can be stacked.
"""

import math

import torch
from torch import nn
from torch.nn.functional import softplus

from skanomaly.nets.flows import Flow

__all__ = [
    "FlowPrior",
    "MixturePrior",
    "NormalPrior",
    "normal_log_prob",
    "standard_normal_log_prob",
]

# softplus(UNIT) = 1: an output of 0 is a scale of 1.
UNIT = math.log(math.expm1(1.0))
MIN_SCALE = 1e-6


def softplus_scale(raw):
    """Positive scale from any number; 0 gives 1."""
    return softplus(raw + UNIT).clamp_min(MIN_SCALE)


def standard_normal_log_prob(z):
    """Log density in nats of standard normal numbers along the last dimension."""
    return -0.5 * (z.square().sum(dim=-1) + z.shape[-1] * math.log(2.0 * math.pi))


def normal_log_prob(z, loc, scale):
    """Log density in nats of independent normal numbers along the last dimension."""
    squares = ((z - loc) / scale).square() + 2.0 * scale.log() + math.log(2.0 * math.pi)
    return -0.5 * squares.sum(dim=-1)


class NormalPrior(nn.Module):
    """The standard normal distribution.

    Parameters
    ----------
    n_codes : int
        Size of a code.
    """

    supports_stacking = True  # see `skanomaly.nets.stacked`

    def __init__(self, n_codes):
        super().__init__()
        self.n_normals = n_codes

    def log_prob(self, z):
        """Log density of each code in nats."""
        return standard_normal_log_prob(z)

    def draw(self, noise):
        """Turn standard normal numbers into codes."""
        return noise

    def rate(self, loc, scale):
        """KL divergence from a diagonal normal distribution in nats, in closed form."""
        return 0.5 * (loc.square() + scale.square() - 1.0).sum(
            dim=-1
        ) - scale.log().sum(dim=-1)


class MixturePrior(nn.Module):
    """A learned mixture of diagonal normal distributions.

    Parameters
    ----------
    n_codes : int
        Size of a code.
    n_components : int
        Normal distributions.
    stream : RandomStream
        Source of their initial means.
    """

    supports_stacking = True  # see `skanomaly.nets.stacked`

    rate = None

    def __init__(self, n_codes, n_components, *, stream):
        super().__init__()
        self.n_normals = n_codes + 1  # the last one chooses the component
        zeros = torch.zeros(n_components, n_codes)
        self.loc = nn.Parameter(stream.normal_like(zeros))
        self.raw_scale = nn.Parameter(zeros)
        self.logits = nn.Parameter(torch.zeros(n_components))

    def log_prob(self, z):
        """Log density of each code in nats."""
        scale = softplus_scale(self.raw_scale)
        log_weight = self.logits.log_softmax(dim=-1)
        each = normal_log_prob(z.unsqueeze(-2), self.loc, scale)
        return torch.logsumexp(log_weight + each, dim=-1)

    def draw(self, noise):
        """Turn standard normal numbers into codes."""
        edges = self.logits.softmax(dim=-1).cumsum(dim=-1)[..., :-1].contiguous()
        index = torch.searchsorted(edges, torch.special.ndtr(noise[..., -1:]))[..., 0]
        return self.loc[index] + softplus_scale(self.raw_scale)[index] * noise[..., :-1]


class FlowPrior(nn.Module):
    """A masked autoregressive flow to the standard normal distribution.

    Parameters
    ----------
    n_codes : int
        Size of a code.
    n_transforms : int
        Autoregressive transforms.
    stream : RandomStream
        Source of the weights and of the orders of the coordinates.
    """

    rate = None

    def __init__(self, n_codes, n_transforms, *, stream):
        super().__init__()
        self.n_normals = n_codes
        self.flow = Flow(n_codes, n_transforms=n_transforms, stream=stream)

    def log_prob(self, z):
        """Log density of each code in nats."""
        return self.flow.log_prob(z)

    def draw(self, noise):
        """Turn standard normal numbers into codes."""
        return self.flow.inverse(noise)
