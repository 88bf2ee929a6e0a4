"""Layers that draw their weights and masks from a private stream of random numbers."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from skanomaly.utils._random import MemberStreams, RandomStream, draw_seed, global_seed

__all__ = [
    "ACTIVATIONS", "Dropout", "NetworkType", "activation_layer", "build_network",
    "initialized",
]  # fmt: skip

# The class of a network, or a function that builds one.
NetworkType = Callable[..., nn.Module]

ActivationName: TypeAlias = Literal[
    "elu", "gelu", "leaky_relu", "relu", "sigmoid", "silu", "tanh"
]
Activation: TypeAlias = ActivationName | type[nn.Module]
Network = TypeVar("Network", bound=nn.Module)

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "leaky_relu": nn.LeakyReLU,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
}


class Dropout(nn.Module):
    """Dropout whose mask comes from a private generator; torch's takes none.

    Parameters
    ----------
    p : float
        Probability of a zero, in [0, 1).
    stream : RandomStream
        Source of the masks.
    """

    supports_stacking = True  # see `skanomaly.nets.stacked`

    def __init__(self, p: float, stream: RandomStream | MemberStreams) -> None:
        super().__init__()
        self.p, self.stream = p, stream

    def forward(self, x: Tensor) -> Tensor:
        """Zero cells at random and scale the others up, in training only."""
        if not self.training or self.p == 0.0:
            return x
        keep = self.stream.uniform(x.shape, like=x) >= self.p
        return x * keep / (1.0 - self.p)

    def extra_repr(self) -> str:
        """Show the probability."""
        return f"p={self.p}"


def activation_layer(activation: Activation) -> nn.Module:
    """Build an activation from its name or from its class."""
    return ACTIVATIONS[activation]() if isinstance(activation, str) else activation()


def initialized(
    layer_class: Callable[..., Any],
    *args: Any,
    stream: RandomStream | None = None,
    **kwargs: Any,
) -> Any:
    """Build a linear or convolutional layer with torch's usual random weights.

    Parameters
    ----------
    layer_class : type
        `nn.Linear`, `nn.Conv2d`, `nn.ConvTranspose2d`.
    *args, **kwargs
        Arguments of the layer.
    stream : RandomStream, default=None
        Where the weights come from; None is torch's global generator.

    Returns
    -------
    nn.Module
        The layer.
    """
    if stream is None:
        return layer_class(*args, **kwargs)
    layer = skip_init(layer_class, *args, **kwargs)
    generator = stream.generator()
    # torch's own initialisation: kaiming_uniform with a = sqrt(5), and the same bound
    # for the bias.
    nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)
    if layer.bias is not None:
        fan_in = layer.weight[0].numel()
        bound = 1.0 / math.sqrt(fan_in)
        nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
    return layer


def build_network(
    network: Callable[..., Network],
    n_inputs: int,
    n_outputs: int,
    *,
    stream: RandomStream | None = None,
    **params: Any,
) -> Network:
    """Build a network from its class: ours draws from the stream, any other globally.

    Parameters
    ----------
    network : callable
        ``network(n_inputs, n_outputs, **params)`` returns an `nn.Module`.
    n_inputs, n_outputs : int
        Columns in and out.
    stream : RandomStream, default=None
        Handed to networks that have such a parameter. For others torch's global
        generator is seeded from it and put back afterwards.
    **params : dict
        Further parameters of the network.

    Returns
    -------
    nn.Module
        The network.
    """
    if stream is None:
        stream = RandomStream(draw_seed(None))
    if takes_stream(network):
        return network(n_inputs, n_outputs, stream=stream, **params)
    # Another seed for each network: two of one class must not start with equal weights.
    seed = int(torch.randint(2**31, (), generator=stream.generator()))
    with global_seed(seed):
        return network(n_inputs, n_outputs, **params)


def takes_stream(network: Callable[..., nn.Module]) -> bool:
    """Whether a network draws its random numbers from a `stream`."""
    return "stream" in inspect.signature(network).parameters
