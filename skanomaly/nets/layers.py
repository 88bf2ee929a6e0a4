"""Dense networks, and the private streams of random numbers that they draw from."""

from __future__ import annotations

import inspect
import math
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from skanomaly.utils._seeds import draw_seed

__all__ = [
    "ACTIVATIONS", "Activation", "ActivationName", "Dropout", "MLP",
    "MemberStreams", "NetworkType", "RandomStream", "activation_layer",
    "build_network", "global_seed", "initialized", "squared_error", "takes_stream",
]  # fmt: skip

_GLOBAL_GENERATOR = threading.RLock()


def _renew_lock() -> None:
    """Give a forked process a lock that no thread of its parent holds."""
    global _GLOBAL_GENERATOR
    _GLOBAL_GENERATOR = threading.RLock()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_renew_lock)


class RandomStream:
    """Private random numbers on any device.

    One seeded `torch.Generator` for each device that asks: a generator draws only on
    its own device, and a module does not know where it will live when it is built.

    Parameters
    ----------
    seed : int
        Where every generator starts.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._generators: dict[str, torch.Generator] = {}

    def generator(self, device: torch.device | str = "cpu") -> torch.Generator:
        """Return the generator of a device, made when first asked for."""
        key = str(device)
        if key not in self._generators:
            self._generators[key] = torch.Generator(device).manual_seed(self.seed)
        return self._generators[key]

    def normal_like(self, x: Tensor) -> Tensor:
        """Standard normal numbers in the shape of `x`, on its device."""
        generator = self.generator(x.device)
        return torch.randn(x.shape, generator=generator, dtype=x.dtype, device=x.device)

    def uniform(self, shape: Sequence[int], like: Tensor) -> Tensor:
        """Uniform numbers in [0, 1) on the device and in the dtype of `like`."""
        generator = self.generator(like.device)
        return torch.rand(
            shape, generator=generator, dtype=like.dtype, device=like.device
        )


class MemberStreams:
    """Private random numbers of an ensemble, each member's from its own stream.

    What it draws has a first dimension for the members; each gets what it would get if
    it were alone.

    Parameters
    ----------
    streams : sequence of RandomStream
        One for each member.
    """

    def __init__(self, streams: Iterable[RandomStream]) -> None:
        self.streams = list(streams)
        self._generators: dict[torch.device, list[torch.Generator]] = {}

    def _saved_state(self) -> dict[str, Any]:
        """State for a file: the generators by device are those of the streams."""
        return {"streams": self.streams}

    def _restore(self, state: dict[str, Any]) -> None:
        self.streams, self._generators = state["streams"], {}

    def normal_like(self, x: Tensor) -> Tensor:
        """Standard normal numbers in the shape of `x`, on its device."""
        out = torch.empty(x.shape, dtype=x.dtype, device=x.device)
        for part, generator in zip(out, self._on(x.device), strict=True):
            part.normal_(generator=generator)
        return out

    def uniform(self, shape: Sequence[int], like: Tensor) -> Tensor:
        """Uniform numbers in [0, 1) on the device and in the dtype of `like`."""
        out = torch.empty(shape, dtype=like.dtype, device=like.device)
        for part, generator in zip(out, self._on(like.device), strict=True):
            part.uniform_(generator=generator)
        return out

    def _on(self, device: torch.device) -> list[torch.Generator]:
        """Return the members' generators of a device; asking each costs more."""
        if device not in self._generators:
            self._generators[device] = [s.generator(device) for s in self.streams]
        return self._generators[device]


@contextmanager
def global_seed(seed: int) -> Iterator[None]:
    """Seed torch's global generator in a context, then restore its state.

    Only for users' own modules, which draw from it. Threads share that generator, so
    they take turns.
    """
    devices = range(torch.cuda.device_count())  # unnamed, several make torch warn
    with _GLOBAL_GENERATOR, torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        yield


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
    if isinstance(activation, str):
        return ACTIVATIONS[activation]()
    wanted = (
        f"activation={activation!r} must be a name, such as 'tanh', or the class of a "
        "layer, such as torch.nn.Tanh"
    )
    try:
        layer = activation()
    except TypeError as error:
        raise TypeError(f"{wanted}: called without arguments, {error}") from error
    if not isinstance(layer, nn.Module):
        raise TypeError(f"{wanted}; called without arguments it returns {layer!r}.")
    return layer


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


class MLP(nn.Sequential):
    """A fully connected network: hidden layers with an activation, a linear output.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Columns in and out.
    hidden_units : tuple of int, default=(64, 32)
        Units of each hidden layer; ``()`` makes a linear map.
    activation : str or type, default="relu"
        A name in `ACTIVATIONS`, or the class of an activation.
    dropout : float, default=0.0
        Probability, in [0, 1), of a zero behind each hidden layer.
    bias : bool, default=True
        Whether the layers have a bias.
    stream : RandomStream, default=None
        Where weights and masks come from; None is torch's global generator.

    Examples
    --------
    >>> from skanomaly.nets import MLP
    >>> MLP(20, 8, hidden_units=(64,))
    MLP(
      (0): Linear(in_features=20, out_features=64, bias=True)
      (1): ReLU()
      (2): Linear(in_features=64, out_features=8, bias=True)
    )
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        hidden_units: Sequence[int] = (64, 32),
        *,
        activation: Activation = "relu",
        dropout: float = 0.0,
        bias: bool = True,
        stream: RandomStream | None = None,
    ) -> None:
        layers = []
        for n_units in hidden_units:
            layers.append(
                initialized(nn.Linear, n_inputs, n_units, bias=bias, stream=stream)
            )
            layers.append(activation_layer(activation))
            if dropout:
                layers.append(
                    nn.Dropout(dropout) if stream is None else Dropout(dropout, stream)
                )
            n_inputs = n_units
        layers.append(
            initialized(nn.Linear, n_inputs, n_outputs, bias=bias, stream=stream)
        )
        super().__init__(*layers)


def squared_error(output: Tensor, target: Tensor) -> Tensor:
    """Squared difference of every cell."""
    # One kernel forward and one back, with the bits of a product. A graph
    # (`skanomaly.onnx`) would have a power in its place.
    if output.shape == target.shape and not torch.compiler.is_compiling():
        return nn.functional.mse_loss(output, target, reduction="none")
    difference = output - target
    return difference * difference
