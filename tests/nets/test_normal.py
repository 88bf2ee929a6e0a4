"""Normal distributions: their scale, from any number."""

import pytest
import torch

from skanomaly.nets.normal import softplus_scale


def test_an_output_of_zero_means_a_scale_of_one():
    assert softplus_scale(torch.zeros(3)).tolist() == pytest.approx([1.0] * 3, abs=1e-6)
    assert softplus_scale(torch.tensor(-1e9)) > 0
