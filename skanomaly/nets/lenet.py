"""The small convolutional networks of Deep SVDD, for images that come as flat rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from torch import nn

from skanomaly.nets.conv import level_shapes
from skanomaly.nets.layers import (
    Activation,
    RandomStream,
    activation_layer,
    initialized,
)

__all__ = ["LeNetDecoder", "LeNetEncoder"]

_SAME_SIZE: dict[str, Any] = {"kernel_size": 5, "padding": 2}


class LeNetEncoder(nn.Sequential):
    """Convolutions 5 x 5 with batch normalisation and pooling, then a linear map.

    Parameters
    ----------
    image_shape : tuple of (channels, height, width)
        Shape of an image; a row holds its cells in that order.
    n_outputs : int
        Size of the code.
    channels : tuple of int, default=(8, 4)
        Channels of each level, behind which the image is halved. Levels beyond a size
        of one pixel are left out.
    activation : str or type, default="leaky_relu"
        A name in `ACTIVATIONS`, or the class of an activation.
    bias : bool, default=False
        Whether the layers have a bias; the normalisation never has any.
    stream : RandomStream, default=None
        Where the weights come from; None is torch's global generator.

    References
    ----------
    L. Ruff et al., "Deep one-class classification", ICML 2018.

    Examples
    --------
    >>> import torch
    >>> from skanomaly.nets import LeNetEncoder
    >>> network = LeNetEncoder((1, 28, 28), 32)
    >>> sum(weights.numel() for weights in network.parameters())
    7272
    >>> network(torch.zeros(2, 784)).shape
    torch.Size([2, 32])
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        n_outputs: int,
        channels: Sequence[int] = (8, 4),
        *,
        activation: Activation = "leaky_relu",
        bias: bool = False,
        stream: RandomStream | None = None,
    ) -> None:
        make = partial(initialized, bias=bias, stream=stream)
        shapes = level_shapes(image_shape, channels)
        layers: list[nn.Module] = [nn.Unflatten(1, shapes[0])]
        for (n_in, *_), (n_out, *_) in pairwise(shapes):
            layers += [
                make(nn.Conv2d, n_in, n_out, **_SAME_SIZE),
                _normalization(n_out),
                activation_layer(activation),
                nn.MaxPool2d(2),
            ]
        layers += [nn.Flatten(), make(nn.Linear, math.prod(shapes[-1]), n_outputs)]
        super().__init__(*layers)


class LeNetDecoder(nn.Sequential):
    """The mirror of `LeNetEncoder`, with a linear output.

    Parameters
    ----------
    n_inputs : int
        Size of the code.
    image_shape : tuple of (channels, height, width)
        Shape of the image to make.
    channels : tuple of int, default=(8, 4)
        Channels of the levels, in the encoder's order.
    activation : str or type, default="leaky_relu"
        A name in `ACTIVATIONS`, or the class of an activation.
    bias : bool, default=False
        Whether the layers have a bias; the normalisation never has any.
    stream : RandomStream, default=None
        Where the weights come from; None is torch's global generator.

    Examples
    --------
    >>> import torch
    >>> from skanomaly.nets import LeNetDecoder
    >>> LeNetDecoder(32, (3, 17, 30))(torch.zeros(2, 32)).shape
    torch.Size([2, 1530])
    """

    def __init__(
        self,
        n_inputs: int,
        image_shape: Sequence[int],
        channels: Sequence[int] = (8, 4),
        *,
        activation: Activation = "leaky_relu",
        bias: bool = False,
        stream: RandomStream | None = None,
    ) -> None:
        make = partial(initialized, bias=bias, stream=stream)
        shapes = level_shapes(image_shape, channels)[::-1]
        layers: list[nn.Module] = [
            make(nn.Linear, n_inputs, math.prod(shapes[0])),
            nn.Unflatten(1, shapes[0]),
        ]
        for (n_in, *_), (n_out, *size) in pairwise(shapes):
            layers += [
                activation_layer(activation),
                nn.Upsample(tuple(size)),
                make(nn.Conv2d, n_in, n_out, **_SAME_SIZE),
                _normalization(n_out),
            ]
        # In place of the last normalisation: the output is unbounded.
        layers[-1] = nn.Flatten()
        super().__init__(*layers)


def _normalization(n_channels: int) -> nn.Module:
    """Batch normalisation that learns no shift and no scale."""
    return nn.BatchNorm2d(n_channels, eps=1e-4, affine=False)
