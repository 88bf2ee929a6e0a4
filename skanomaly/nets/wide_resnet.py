"""Wide residual networks for images that come as flat rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from skanomaly.nets.layers import RandomStream, initialized
from skanomaly.nets.single_precision import SinglePrecision

__all__ = ["WideResNet"]

# Channels of the stem, and of the three groups per unit of width.
STEM_CHANNELS, GROUP_CHANNELS = 16, (16, 32, 64)


class WideResNet(nn.Module):
    """A wide residual network (WRN), as the classifier of geometric transformations.

    Parameters
    ----------
    image_shape : tuple of (channels, height, width)
        Shape of an image; a row holds its cells in that order.
    n_outputs : int
        Columns of the output.
    depth : int, default=10
        Convolutions on the longest path, 6 k + 4 for k blocks in each of three groups.
    width : int, default=4
        Multiple of the channels (16, 32, 64) of the groups.
    stream : RandomStream, default=None
        Where the weights come from; None is torch's global generator.

    References
    ----------
    S. Zagoruyko, N. Komodakis, "Wide residual networks", BMVC 2016, :arxiv:`1605.07146`

    Examples
    --------
    >>> import torch
    >>> from skanomaly.nets import WideResNet
    >>> WideResNet((3, 32, 32), 72, width=1)(torch.zeros(2, 3072)).shape
    torch.Size([2, 72])
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        n_outputs: int,
        depth: int = 10,
        width: int = 4,
        *,
        stream: RandomStream | None = None,
    ) -> None:
        super().__init__()
        if depth < 10 or (depth - 4) % 6:
            raise ValueError(f"depth={depth!r} must be 6 k + 4 with k of 1 or more.")
        n_in = STEM_CHANNELS
        layers = [
            nn.Unflatten(1, tuple(map(int, image_shape))),
            _convolution(image_shape[0], n_in, 3, 1, stream),
        ]
        for group, n_units in enumerate(GROUP_CHANNELS):
            for block in range((depth - 4) // 6):
                stride = 2 if group and not block else 1
                layers.append(_Block(n_in, n_units * width, stride, stream))
                n_in = n_units * width
        layers += [nn.BatchNorm2d(n_in), nn.ReLU()]
        self.trunk = SinglePrecision(nn.Sequential(*layers))
        self.head = initialized(nn.Linear, n_in, n_outputs, stream=stream)

    def forward(self, x: Tensor) -> Tensor:
        """Outputs of flat images, shape (n, n_outputs)."""
        return self.head(self.trunk(x).mean(dim=(2, 3)))


class _Block(nn.Module):
    """Two convolutions behind normalisation, and the input added to them."""

    def __init__(
        self, n_in: int, n_out: int, stride: int, stream: RandomStream | None
    ) -> None:
        super().__init__()
        self.before = nn.Sequential(nn.BatchNorm2d(n_in), nn.ReLU())
        self.residual = nn.Sequential(
            _convolution(n_in, n_out, 3, stride, stream),
            nn.BatchNorm2d(n_out),
            nn.ReLU(),
            _convolution(n_out, n_out, 3, 1, stream),
        )
        same = n_in == n_out and stride == 1
        self.shortcut = None if same else _convolution(n_in, n_out, 1, stride, stream)

    def forward(self, x: Tensor) -> Tensor:
        active = self.before(x)
        skipped = x if self.shortcut is None else self.shortcut(active)
        return skipped + self.residual(active)


def _convolution(
    n_in: int, n_out: int, size: int, stride: int, stream: RandomStream | None
) -> nn.Module:
    params: dict[str, Any] = {"stride": stride, "padding": size // 2, "bias": False}
    layer = initialized(nn.Conv2d, n_in, n_out, size, stream=stream, **params)
    generator = None if stream is None else stream.generator()
    # He's initialisation keeps the variance through many layers, as in the paper.
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", generator=generator)
    return layer
