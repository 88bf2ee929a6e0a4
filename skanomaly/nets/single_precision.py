"""Convolutions in float32 within a model that scores in float64."""

import torch
from torch import Tensor, nn
from torch.func import functional_call

__all__ = ["SinglePrecision"]


class SinglePrecision(nn.Module):
    """Run a network in float32 whatever the precision of its input.

    Models score in float64, because matrix products in float32 round differently in
    batches of different sizes. Convolutions do not, and take a multiple of the time in
    float64.

    Parameters
    ----------
    network : nn.Module
        Convolutions and elementwise layers; no linear layers.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> from skanomaly.nets import SinglePrecision
    >>> network = SinglePrecision(nn.Conv2d(1, 2, 3)).double()
    >>> network(torch.zeros(4, 1, 8, 8, dtype=torch.float64)).dtype
    torch.float64
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Output of the network, in the precision of `x`."""
        if x.dtype is not torch.float64:
            return self.network(x)
        named = *self.network.named_parameters(), *self.network.named_buffers()
        state = {n: t.float() if t.is_floating_point() else t for n, t in named}
        return functional_call(self.network, state, x.float()).double()
