"""The plain networks: published sizes, shapes that mirror, private random numbers."""

import pytest
import torch
from torch import nn

from skanomaly.nets import (
    MLP,
    ConvDecoder,
    ConvEncoder,
    Dropout,
    build_network,
)
from skanomaly.nets.layers import RandomStream


def n_weights(*modules):
    return sum(p.numel() for module in modules for p in module.parameters())


def test_the_dense_sample_model_of_hw8_has_the_published_number_of_weights():
    encoder = MLP(64 * 64 * 3, 3, hidden_units=(128, 64, 12))
    decoder = MLP(3, 64 * 64 * 3, hidden_units=(12, 64, 128))
    assert n_weights(encoder, decoder) == 3_176_419


def test_the_convolutional_sample_model_of_hw8_has_the_published_number_of_weights():
    encoder = ConvEncoder((3, 64, 64), None, channels=(12, 24, 48))
    decoder = ConvDecoder(None, (3, 64, 64), channels=(12, 24, 48))
    assert encoder.n_codes == 48 * 8 * 8
    assert n_weights(encoder, decoder) == 47_355


@pytest.mark.parametrize(
    "image_shape", [(1, 8, 8), (1, 28, 28), (3, 33, 17), (2, 1, 5)]
)
@pytest.mark.parametrize("n_codes", [None, 7])
def test_the_decoder_returns_the_shape_that_the_encoder_took(image_shape, n_codes):
    n_cells = image_shape[0] * image_shape[1] * image_shape[2]
    encoder = ConvEncoder(image_shape, n_codes)
    z = encoder(torch.zeros(2, n_cells))
    assert z.shape == (2, encoder.n_codes)
    assert ConvDecoder(n_codes, image_shape)(z).shape == (2, n_cells)


@pytest.mark.parametrize(
    "build",
    [
        lambda stream: MLP(5, 3, dropout=0.5, stream=stream),
        lambda stream: ConvEncoder((1, 8, 8), 3, stream=stream),
        lambda stream: ConvDecoder(3, (1, 8, 8), stream=stream),
    ],
)
def test_weights_come_from_the_stream_and_not_from_the_global_generator(build):
    before = torch.get_rng_state()
    first, second, other = (build(RandomStream(seed)) for seed in (1, 1, 2))
    assert torch.equal(before, torch.get_rng_state())
    for a, b, c in zip(
        first.parameters(), second.parameters(), other.parameters(), strict=True
    ):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


def test_stream_weights_follow_the_law_of_torch():
    ours = MLP(400, 300, hidden_units=(), stream=RandomStream(0))[0]
    torchs = nn.Linear(400, 300)
    for mine, theirs in zip(ours.parameters(), torchs.parameters(), strict=True):
        assert mine.abs().max() <= 400**-0.5 + 1e-7
        assert mine.std().item() == pytest.approx(theirs.std().item(), rel=0.1)


def test_dropout_keeps_the_mean_in_training_and_everything_in_evaluation():
    dropout, x = Dropout(0.25, RandomStream(0)), torch.ones(200, 500)
    dropped = dropout(x)
    assert (dropped == 0).float().mean() == pytest.approx(0.25, abs=0.01)
    assert dropped.mean() == pytest.approx(1.0, abs=0.01)
    assert torch.equal(dropout.eval()(x), x)


def test_a_network_without_stream_is_built_reproducibly_and_leaves_no_trace():
    before = torch.get_rng_state()
    first, second = (
        build_network(nn.Linear, 4, 2, stream=RandomStream(3)) for _ in "ab"
    )
    assert torch.equal(first.weight, second.weight)
    assert torch.equal(before, torch.get_rng_state())
