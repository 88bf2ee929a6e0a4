"""Convolutional encoders and decoders for images that come as flat rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from torch import nn

from skanomaly.nets.layers import (
    Activation,
    RandomStream,
    activation_layer,
    initialized,
)

__all__ = ["ConvDecoder", "ConvEncoder"]

# Every level halves the image: kernel 4, stride 2, padding 1 (NTU ML 2022 HW8).
_HALVING: dict[str, Any] = {"kernel_size": 4, "stride": 2, "padding": 1}


class ConvEncoder(nn.Sequential):
    """Strided convolutions that halve the image, then a linear map to the code.

    Parameters
    ----------
    image_shape : tuple of (channels, height, width)
        Shape of an image; a row holds its cells in that order.
    n_outputs : int or None
        Size of the code; None leaves the last feature map as it is, flattened.
    channels : tuple of int, default=(16, 32)
        Channels of each level. Levels beyond a size of one pixel are left out.
    activation : str or type, default="relu"
        A name in `ACTIVATIONS`, or the class of an activation.
    bias : bool, default=True
        Whether the layers have a bias.
    stream : RandomStream, default=None
        Where the weights come from; None is torch's global generator.

    Attributes
    ----------
    n_codes : int
        Columns of the output.

    Examples
    --------
    >>> import torch
    >>> from skanomaly.nets import ConvEncoder
    >>> ConvEncoder((3, 64, 64), 10, channels=(12, 24, 48))(torch.zeros(2, 12288)).shape
    torch.Size([2, 10])
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        n_outputs: int | None,
        channels: Sequence[int] = (16, 32),
        *,
        activation: Activation = "relu",
        bias: bool = True,
        stream: RandomStream | None = None,
    ) -> None:
        make = partial(initialized, bias=bias, stream=stream)
        shapes = level_shapes(image_shape, channels)
        layers: list[nn.Module] = [nn.Unflatten(1, shapes[0])]
        for (n_in, *_), (n_out, *_) in pairwise(shapes):
            layers.append(make(nn.Conv2d, n_in, n_out, **_HALVING))
            layers.append(activation_layer(activation))
        layers.append(nn.Flatten())
        n_codes = math.prod(shapes[-1])
        if n_outputs is not None:
            layers.append(make(nn.Linear, n_codes, n_outputs))
        super().__init__(*layers)
        self.n_codes = n_codes if n_outputs is None else n_outputs


class ConvDecoder(nn.Sequential):
    """The mirror of `ConvEncoder`: transposed convolutions that double the image.

    Parameters
    ----------
    n_inputs : int or None
        Size of the code; None means the encoder's last feature map, flattened.
    image_shape : tuple of (channels, height, width)
        Shape of the image to make.
    channels : tuple of int, default=(16, 32)
        Channels of the levels, in the encoder's order.
    activation : str or type, default="relu"
        A name in `ACTIVATIONS`, or the class of an activation.
    bias : bool, default=True
        Whether the layers have a bias.
    stream : RandomStream, default=None
        Where the weights come from; None is torch's global generator.

    Examples
    --------
    >>> import torch
    >>> from skanomaly.nets import ConvDecoder
    >>> ConvDecoder(10, (1, 28, 28), channels=(8, 4))(torch.zeros(2, 10)).shape
    torch.Size([2, 784])
    """

    def __init__(
        self,
        n_inputs: int | None,
        image_shape: Sequence[int],
        channels: Sequence[int] = (16, 32),
        *,
        activation: Activation = "relu",
        bias: bool = True,
        stream: RandomStream | None = None,
    ) -> None:
        make = partial(initialized, bias=bias, stream=stream)
        shapes = level_shapes(image_shape, channels)[::-1]
        layers: list[nn.Module] = []
        if n_inputs is not None:
            layers.append(make(nn.Linear, n_inputs, math.prod(shapes[0])))
            layers.append(activation_layer(activation))
        if len(shapes) == 1:  # too small to halve: the code becomes the image
            super().__init__(*layers[:1])
            return
        layers.append(nn.Unflatten(1, shapes[0]))
        for shape_in, shape_out in pairwise(shapes):
            (n_in, *size_in), (n_out, *size_out) = shape_in, shape_out
            # One pixel more where halving rounded an odd size down.
            odd = [b - 2 * a for a, b in zip(size_in, size_out, strict=True)]
            level = make(
                nn.ConvTranspose2d, n_in, n_out, output_padding=odd, **_HALVING
            )
            layers += [level, activation_layer(activation)]
        # In place of the last activation: the output is unbounded.
        layers[-1] = nn.Flatten()
        super().__init__(*layers)


def level_shapes(
    image_shape: Sequence[int], channels: Sequence[int]
) -> list[tuple[int, ...]]:
    """Shapes of the image and of every level's feature map."""
    shapes: list[tuple[int, ...]] = [tuple(map(int, image_shape))]
    for n_channels in channels:
        _, height, width = shapes[-1]
        if min(height, width) < 2:
            break
        shapes.append((n_channels, height // 2, width // 2))
    return shapes
