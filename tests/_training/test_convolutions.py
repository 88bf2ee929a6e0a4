"""What convolutions take in memory."""

import platform

import pytest
import torch
from torch import nn

from skanomaly._training.convolutions import (
    has_convolutions,
    keep_freed_memory,
    unfolds_inputs,
)
from skanomaly._training.evaluate import in_chunks
from skanomaly.nets import ConvEncoder, SinglePrecision

resource = pytest.importorskip("resource", reason="counts page faults of Unix")


@pytest.mark.parametrize(
    ("module", "has", "unfolds"),
    [
        (ConvEncoder((1, 4, 4), 2), True, True),
        (nn.Sequential(SinglePrecision(nn.Conv2d(1, 1, 3))), True, False),
        (nn.Sequential(nn.Linear(2, 2)), False, False),
    ],
)
def test_convolutions_are_found(module, has, unfolds):
    assert has_convolutions(module) == has
    assert unfolds_inputs(module) == unfolds


@pytest.mark.parametrize(
    ("module", "n_rows"),
    [(ConvEncoder((1, 32, 32), 2), [64, 36]), (nn.Linear(1024, 2), [100])],
)
def test_images_are_scored_in_smaller_chunks(module, n_rows):
    seen = []
    X = torch.rand(100, 1024).numpy()
    in_chunks(module, X, lambda _, x: seen.append(len(x)) or x.sum(dim=1))
    assert seen == n_rows


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc")
def test_memory_that_a_step_freed_serves_the_next_one():
    keep_freed_memory()
    faults = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        blocks = [torch.zeros(2**20) for _ in range(8)]
        del blocks
        faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    # 32 MB are 8,192 pages.
    assert faults[-1] < 1000
