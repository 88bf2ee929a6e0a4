"""Transformations of images and tables, for a classifier to recognize."""

from itertools import product

import numpy as np
import torch

__all__ = ["pixel_maps", "random_maps", "transformed", "transformed_by"]

# Translations are by a quarter of the image: 8 of 32 pixels in the paper.
SHIFT_PART = 4

# Standard deviation of the rows of a standardized table after a random matrix. Codes of
# new rows then move away from the centres slowly, compared with epsilon in the score.
MAP_SCALE = 0.1


def pixel_maps(height, width):
    """Permutations and copies of pixels, for every transformation of an image.

    Flip, translation and rotation by multiples of 90 degrees in the order of the paper;
    the first is the identity. What a translation uncovers is filled by reflection.
    Images that are not square have no rotation by 90 degrees, and small ones fewer
    transformations that differ.

    Parameters
    ----------
    height, width : int
        Size of the image in pixels.

    Returns
    -------
    ndarray of shape (n_transformations, height * width)
        ``image.ravel()[maps[t]]`` is the image after transformation t.
    """
    shifts = [max(1, size // SHIFT_PART) for size in (width, height)]
    turns = range(4) if height == width else (0, 2)
    steps = product((False, True), (0, -1, 1), (0, -1, 1), turns)
    pixels = np.arange(height * width).reshape(height, width)
    maps = [
        _move(pixels, flip, across * shifts[0], down * shifts[1], turn).ravel()
        for flip, across, down, turn in steps
    ]
    first = np.unique(maps, axis=0, return_index=True)[1]
    return np.stack([maps[i] for i in np.sort(first)])


def _move(image, flip, across, down, turn):
    image = np.fliplr(image) if flip else image
    edge = abs(down), abs(across)
    padded = np.pad(image, [(edge[0],) * 2, (edge[1],) * 2], mode="symmetric")
    top, left = edge[0] - down, edge[1] - across
    height, width = image.shape
    return np.rot90(padded[top : top + height, left : left + width], turn)


def transformed(x, pixels, n_channels):
    """Apply one pixel map to all images, shape (..., n, n_features)."""
    return x.unflatten(-1, (n_channels, -1))[..., pixels].flatten(-2)


def transformed_by(x, maps, choice, n_channels):
    """Apply the chosen pixel maps to each image.

    Parameters
    ----------
    x : tensor of shape (..., n, n_features)
        Images as rows.
    maps : tensor of shape (n_transformations, n_pixels)
        Pixel maps.
    choice : tensor of shape (..., n, n_draws)
        Numbers of transformations.
    n_channels : int
        Channels of an image.

    Returns
    -------
    tensor of shape (..., n, n_draws, n_features)
        The transformed images.
    """
    x = x.unflatten(-1, (n_channels, -1)).unsqueeze(-3)  # (..., n, 1, c, p)
    index = maps[choice].unsqueeze(-2)  # (..., n, k, 1, p)
    shape = torch.broadcast_shapes(x.shape, index.shape)
    return x.expand(shape).gather(-1, index.expand(shape)).flatten(-2)


def random_maps(n_maps, n_inputs, n_outputs, generator):
    """Draw random matrices that shrink standardized columns to `MAP_SCALE`.

    Parameters
    ----------
    n_maps : int
        Number of matrices.
    n_inputs, n_outputs : int
        Columns in and out.
    generator : torch.Generator
        Source of the entries, normal with variance MAP_SCALE^2 / n_inputs.

    Returns
    -------
    tensor of shape (n_inputs, n_maps, n_outputs)
        The matrices.
    """
    shape = n_inputs, n_maps, n_outputs
    return torch.randn(shape, generator=generator) * MAP_SCALE / n_inputs**0.5
