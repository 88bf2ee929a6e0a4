"""The plain networks: published sizes, shapes that mirror, private random numbers."""

import pytest
import torch
from torch import nn

from skanomaly.nets import (
    MLP,
    AnchoredMLP,
    ConvDecoder,
    ConvEncoder,
    Dropout,
    build_network,
)
from skanomaly.utils._random import RandomStream


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
        lambda stream: AnchoredMLP(5, 3, stream=stream),
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


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("hidden_units", [(16,), (16, 8), ()])
def test_an_anchor_is_where_a_unit_has_its_origin(bias, hidden_units):
    plain = MLP(4, 2, hidden_units, bias=bias, stream=RandomStream(0))
    anchored = AnchoredMLP(4, 2, hidden_units, bias=bias, stream=RandomStream(0))
    x = torch.randn(10, 4)
    torch.testing.assert_close(anchored(x), plain(x))
    rows = torch.randn(1, 4)
    anchored.set_anchors(rows.expand(anchored.n_anchors, 4)[None])
    torch.testing.assert_close(anchored(x), plain(x - rows))
    each = torch.randn(3, anchored.n_anchors, 4)
    anchored.set_anchors(each)
    torch.testing.assert_close(anchored[0].anchors, each.mean(dim=0))
    expected = (plain[0].weight * (x[:, None] - each.mean(dim=0))).sum(dim=-1)
    bias = plain[0].bias if bias else 0.0
    torch.testing.assert_close(anchored[0](x), expected + bias)


def test_anchors_are_no_part_of_what_is_trained():
    network = AnchoredMLP(4, 2, (16,))
    network.set_anchors(torch.randn(2, 16, 4, requires_grad=True))
    assert not network[0].anchors.requires_grad
    for shape in [(16, 4), (2, 8, 4), (2, 16, 1)]:
        with pytest.raises(ValueError, match=r"rows has shape .* \(n_rows, 16, 4\)"):
            network.set_anchors(torch.ones(shape))
