"""Memory that convolutions take, and how training and scoring take less time for it."""

import torch
from torch import nn

from skanomaly.nets.single_precision import SinglePrecision

__all__ = ["has_convolutions", "keep_freed_memory", "unfolds_inputs"]

CONVOLUTIONS = (
    nn.Conv1d, nn.Conv2d, nn.Conv3d,
    nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d,
)  # fmt: skip

# A little less than the largest block whose release glibc learns from, 32 MiB.
LARGEST_BLOCK = 2**25 - 2**18


def has_convolutions(module):
    """Whether a part of a module is a convolution."""
    return any(isinstance(part, CONVOLUTIONS) for part in module.modules())


def unfolds_inputs(module):
    """Whether convolutions of a module compute in the precision of their input.

    In float64 torch then makes a column of each place of the kernel: four to 25 times
    as many cells as in the rows.
    """
    if isinstance(module, SinglePrecision):
        return False
    return isinstance(module, CONVOLUTIONS) or any(
        map(unfolds_inputs, module.children())
    )


def keep_freed_memory():
    """Let the C library keep freed memory for the next step of a training.

    A step of a convolutional network takes tens of megabytes and frees all of them.
    Often glibc gives them back to the system, which clears every page anew in the next
    step: that can be a quarter of the time of a fit. But glibc keeps up to twice as
    much as the largest block that the program ever freed, so this frees a large one,
    which takes no memory, because it is not written to. Other C libraries do not heed
    it.
    """
    torch.empty(LARGEST_BLOCK, dtype=torch.uint8)
