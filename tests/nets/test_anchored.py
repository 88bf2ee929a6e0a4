import torch
from torch import nn

from skanomaly.nets.anchored import AnchoredLinear
from skanomaly.nets.stacked import StackedModules, stack_modules


def anchored(rows=None):
    layer = AnchoredLinear(nn.Linear(3, 4, bias=False))
    layer.set_anchors(torch.randn(2, 4, 3) if rows is None else rows)
    return layer


def test_a_unit_is_zero_at_its_anchor():
    layer = anchored()
    at_anchors = layer(layer.anchors.T)
    torch.testing.assert_close(at_anchors.diagonal(), torch.zeros(4))
    assert at_anchors.abs().max() > 0.01


def test_without_anchors_it_is_the_linear_map():
    layer = AnchoredLinear(nn.Linear(3, 4))
    x = torch.randn(5, 3)
    assert torch.equal(layer(x), layer.linear(x))


def test_a_unit_that_is_constant_on_all_rows_is_zero_on_them():
    x = torch.randn(50, 3)
    x[:, 2] = 7.0
    layer = anchored(x[torch.randint(50, (2, 4))])
    with torch.no_grad():
        layer.linear.weight.copy_(torch.tensor([0.0, 0.0, 1.0]).expand(4, 3))
    assert torch.equal(layer(x), torch.zeros(50, 4))


def test_stacked_maps_are_those_of_the_members():
    members = [anchored() for _ in range(3)]
    x = torch.randn(3, 5, 3)
    wanted = torch.stack(
        [member(part) for member, part in zip(members, x, strict=True)]
    )
    stacked = stack_modules(members)
    assert isinstance(stacked, StackedModules)
    torch.testing.assert_close(stacked(x), wanted)
    again = stacked.member(1)
    torch.testing.assert_close(again(x[1]), wanted[1])
