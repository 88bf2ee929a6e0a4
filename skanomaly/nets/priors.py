"""Priors of a VAE: distributions of its codes.

Each has `log_prob`, the log density of codes, and `draw`, which makes codes of standard
normal numbers, `n_normals` a code. `rate` is the KL divergence in closed form, or None.
"""

import torch
from torch import Tensor, nn

from skanomaly.nets.flows import Flow
from skanomaly.nets.layers import RandomStream
from skanomaly.nets.normal import (
    normal_log_prob,
    softplus_scale,
    standard_normal_log_prob,
)

__all__ = ["FlowPrior", "MixturePrior", "NormalPrior"]


class NormalPrior(nn.Module):
    """The standard normal distribution.

    Parameters
    ----------
    n_codes : int
        Size of a code.
    """

    supports_stacking = True  # see `skanomaly.nets.stacked`

    def __init__(self, n_codes: int) -> None:
        super().__init__()
        self.n_codes = self.n_normals = n_codes

    def log_prob(self, z: Tensor) -> Tensor:
        """Log density of each code in nats."""
        return standard_normal_log_prob(z)

    def draw(self, noise: Tensor) -> Tensor:
        """Turn standard normal numbers into codes."""
        return noise

    def rate(self, loc: Tensor, scale: Tensor) -> Tensor:
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

    def __init__(
        self, n_codes: int, n_components: int, *, stream: RandomStream
    ) -> None:
        super().__init__()
        self.n_codes = n_codes
        self.n_normals = n_codes + 1  # the last one chooses the component
        zeros = torch.zeros(n_components, n_codes)
        self.loc = nn.Parameter(stream.normal_like(zeros))
        self.raw_scale = nn.Parameter(zeros)
        self.logits = nn.Parameter(torch.zeros(n_components))

    def log_prob(self, z: Tensor) -> Tensor:
        """Log density of each code in nats."""
        scale = softplus_scale(self.raw_scale)
        log_weight = self.logits.log_softmax(dim=-1)
        each = normal_log_prob(z.unsqueeze(-2), self.loc, scale)
        return torch.logsumexp(log_weight + each, dim=-1)

    def draw(self, noise: Tensor) -> Tensor:
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

    def __init__(
        self, n_codes: int, n_transforms: int, *, stream: RandomStream
    ) -> None:
        super().__init__()
        self.n_codes = self.n_normals = n_codes
        self.flow = Flow(n_codes, n_transforms=n_transforms, stream=stream)

    def log_prob(self, z: Tensor) -> Tensor:
        """Log density of each code in nats."""
        return self.flow.log_prob(z)

    def draw(self, noise: Tensor) -> Tensor:
        """Turn standard normal numbers into codes."""
        return self.flow.inverse(noise)
