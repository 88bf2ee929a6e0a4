"""Random numbers from generators that are passed on, never from a global one."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from skanomaly.utils._seeds import draw_seed, random_generator, spawn_seeds

__all__ = [
    "MemberStreams",
    "RandomStream",
    "draw_seed",
    "global_seed",
    "random_generator",
    "spawn_seeds",
]

_GLOBAL_GENERATOR = threading.RLock()


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

    def __init__(self, streams: "Iterable[RandomStream]") -> None:
        self.streams = list(streams)
        self._generators: dict[torch.device, list[torch.Generator]] = {}

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

    def _on(self, device):
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
