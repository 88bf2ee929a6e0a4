"""Stacked modules compute what their members compute one by one."""

import copy
import pickle

import pytest
import torch
from torch import nn

from skanomaly.nets import MLP, ConvEncoder
from skanomaly.nets.layers import MemberStreams, RandomStream
from skanomaly.nets.stacked import LoopedModules, StackedModules, stack_modules


class Scaled(nn.Module):
    """Weights and buffers of its own, noise, and two networks."""

    supports_stacking = True

    def __init__(self, seed, factor=2.0):
        super().__init__()
        self.stream = RandomStream(seed)
        self.first = MLP(4, 5, (6,), dropout=0.3, stream=self.stream)
        self.second = MLP(5, 3, (), bias=False, stream=self.stream)
        self.scale = nn.Parameter(self.stream.uniform((3,), torch.zeros(3)))
        self.register_buffer("shift", self.stream.uniform((), torch.zeros(3)))
        self.register_buffer("nothing", None)
        self.factor = factor

    def forward(self, x):
        """Loss of each row."""
        hidden = self.first(x + 0.1 * self.stream.normal_like(x))
        cells = self.factor * self.scale * self.second(hidden)
        return cells.square().sum(dim=-1) + self.shift

    def codes(self, x, power):
        """Something else than a loss."""
        return self.first(x) ** power


class SilentScaled(Scaled):
    """A subclass: it has not said that it takes members."""


class Tied(nn.Sequential):
    """The same weights twice."""

    def __init__(self):
        super().__init__(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))
        self[2].weight = self[0].weight


def rows(n_members=3, n_rows=7, n_columns=4):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n_members, n_rows, n_columns, generator=generator)


def members(make=Scaled):
    return [make(seed) for seed in range(3)]


def test_a_stack_equals_its_members_in_losses_gradients_and_noise():
    x, single, stack = rows(), members(), stack_modules(members())
    assert isinstance(stack, StackedModules)
    for _ in range(2):  # the second pass draws on where the first stopped
        expected = torch.stack([m(part) for m, part in zip(single, x, strict=True)])
        losses = stack(x)
        torch.testing.assert_close(losses, expected)
    losses.sum().backward()
    expected.sum().backward()
    gradient = torch.stack([m.scale.grad for m in single])
    torch.testing.assert_close(stack.module.scale.grad[:, 0], gradient)
    gradient = torch.stack([m.first[0].weight.grad.T for m in single])
    torch.testing.assert_close(stack.module.first[0].weight.grad, gradient)


def test_members_are_independent():
    x, stack = rows(), stack_modules(members()).eval()
    before = stack.call("codes", x, 2)
    changed = x.clone()
    changed[1] += 1.0
    after = stack.call("codes", changed, 2)
    assert torch.equal(before[[0, 2]], after[[0, 2]])
    assert not torch.equal(before[1], after[1])


def test_a_member_comes_out_as_it_went_in():
    stack = stack_modules(members())
    for k, expected in enumerate(members()):
        member = stack.member(k)
        assert type(member) is Scaled
        for name, tensor in expected.state_dict().items():
            assert torch.equal(member.state_dict()[name], tensor), name
        assert torch.equal(member(rows()[0]), expected(rows()[0]))


@pytest.mark.parametrize(
    "make",
    [
        SilentScaled,
        lambda seed: Scaled(seed, factor=1.0 + seed),
        lambda seed: ConvEncoder((1, 2, 2), 3, stream=RandomStream(seed)),
        lambda seed: nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)),
        lambda seed: nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1)),
        lambda seed: nn.Sequential(nn.Linear(4, 3), nn.PReLU(3)),
        lambda seed: Tied(),
    ],
)
def test_what_a_member_dimension_could_break_is_looped(make):
    single = members(make)
    stack = stack_modules(copy.deepcopy(single))
    assert isinstance(stack, LoopedModules)
    expected = torch.stack([m(part) for m, part in zip(single, rows(), strict=True)])
    assert torch.equal(stack(rows()), expected)


def test_a_loop_calls_methods_and_returns_members():
    stack = stack_modules(members(SilentScaled)).eval()
    expected = [m.eval().codes(x, 2) for m, x in zip(members(), rows(), strict=True)]
    assert torch.equal(stack.call("codes", rows(), 2), torch.stack(expected))
    member = stack.member(1)
    assert torch.equal(member.codes(rows()[1], 2), expected[1])


def test_further_dimensions_follow_the_rows():
    stack = stack_modules([MLP(4, 2, (5,)) for _ in range(3)])
    x = rows(n_rows=10)
    expected = stack(x).reshape(3, 2, 5, 2)
    torch.testing.assert_close(stack(x.reshape(3, 2, 5, 4)), expected)


def test_frozen_weights_stay_frozen():
    frozen = members()
    for member in frozen:
        member.scale.requires_grad_(False)
    stack = stack_modules(frozen)
    assert not stack.module.scale.requires_grad
    assert stack.module.first[0].weight.requires_grad


def test_a_stack_pickles_with_its_random_numbers():
    stack = stack_modules(members())
    stack(rows())
    copied = pickle.loads(pickle.dumps(stack))
    assert torch.equal(copied(rows()), stack(rows()))


@pytest.mark.parametrize("n_rows", [1, 5, 64])
def test_member_streams_draw_what_each_stream_draws(n_rows):
    like = torch.zeros(3, n_rows, 4)
    joint = MemberStreams([RandomStream(seed) for seed in range(3)])
    single = [RandomStream(seed) for seed in range(3)]
    for _ in range(2):
        expected = torch.stack([s.normal_like(like[0]) for s in single])
        assert torch.equal(joint.normal_like(like), expected)
        expected = torch.stack([s.uniform((n_rows, 1), like) for s in single])
        assert torch.equal(joint.uniform((3, n_rows, 1), like), expected)
