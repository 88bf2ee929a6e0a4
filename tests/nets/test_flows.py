"""Flows: the Jacobian, the density and the inverse are what the mathematics says."""

import copy
import math
import pickle

import pytest
import torch
from torch.autograd.functional import jacobian

from skanomaly.nets import Flow
from skanomaly.nets.flows import ARCHITECTURES
from skanomaly.nets.layers import RandomStream

every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)


def bent(n_features, architecture, seed=0, **params):
    """A flow in float64 whose weights have left the start."""
    flow = Flow(
        n_features, architecture=architecture, stream=RandomStream(seed), **params
    ).double()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in flow.parameters():
            noise = torch.randn(weight.shape, generator=generator, dtype=weight.dtype)
            weight += 0.1 * noise
    return flow


def rows(n_rows, n_features, scale=1.0):
    generator = torch.Generator().manual_seed(1)
    return scale * torch.randn(n_rows, n_features, generator=generator).double()


@every_architecture
@pytest.mark.parametrize("n_features", [1, 2, 6])
def test_the_log_determinant_is_that_of_the_jacobian(architecture, n_features):
    flow = bent(n_features, architecture)
    x = rows(5, n_features)
    _, log_det = flow(x)
    for row, value in zip(x, log_det, strict=True):
        J = jacobian(lambda r: flow(r[None])[0][0], row)
        assert torch.linalg.slogdet(J).logabsdet == pytest.approx(value.item())
    assert log_det.abs().min() > 1e-3  # or nothing has been tested


@pytest.mark.parametrize("architecture", ["maf", "nsf"])
def test_an_autoregressive_jacobian_is_triangular_in_the_order_of_the_columns(
    architecture,
):
    flow = bent(6, architecture, n_transforms=2)
    x = rows(1, 6)[0]
    for transform in flow.transform.transforms:
        J = jacobian(lambda r, t=transform: t()(r[None])[0], x)
        order = transform.order.argsort()
        ordered = J[order][:, order]
        assert torch.equal(ordered.triu(1), torch.zeros(6, 6).double())
        assert (ordered.diagonal() > 0).all()
        assert (ordered.tril(-1).abs() > 1e-9).sum() == 15
    first, second = (t.order for t in flow.transform.transforms)
    assert torch.equal(second, 5 - first)


def test_a_coupling_transform_changes_one_half_and_then_the_other():
    flow = bent(5, "coupling", n_transforms=1)
    first, second = flow.transform.transforms
    x = rows(3, 5)
    assert torch.equal(first()(x)[:, first.mask], x[:, first.mask])
    assert (first()(x) != x)[:, ~first.mask].all()
    assert torch.equal(first.mask, ~second.mask)


@every_architecture
def test_the_inverse_is_the_inverse(architecture):
    flow = bent(7, architecture)
    x = rows(50, 7, scale=2.0)
    with torch.no_grad():
        torch.testing.assert_close(flow.inverse(flow(x)[0]), x, atol=1e-6, rtol=0)
        torch.testing.assert_close(flow(flow.inverse(x))[0], x, atol=1e-5, rtol=0)


@every_architecture
def test_the_density_integrates_to_one(architecture):
    flow = bent(2, architecture, n_transforms=2, hidden_units=(16,))
    # On a grid around the rows that the flow makes, or the mass could lie outside.
    with torch.no_grad():
        made = flow.inverse(rows(5_000, 2))
        low, high = made.min(dim=0).values - 3, made.max(dim=0).values + 3
        ends = zip(low, high, strict=True)
        axes = [torch.linspace(a, b, 400).double() for a, b in ends]
        grid = torch.cartesian_prod(*axes)
        cell = torch.prod(torch.stack([axis[1] - axis[0] for axis in axes]))
        mass = flow.log_prob(grid).exp().sum() * cell
    assert mass == pytest.approx(1.0, abs=0.01)


@every_architecture
def test_an_untrained_flow_is_the_identity(architecture):
    flow = Flow(4, architecture=architecture, stream=RandomStream(0))
    x = rows(10, 4).float()
    z, log_det = flow(x)
    torch.testing.assert_close(z, x, atol=1e-5, rtol=0)
    torch.testing.assert_close(log_det, torch.zeros(10), atol=1e-5, rtol=0)
    normal = torch.distributions.Normal(0.0, 1.0).log_prob(x).sum(dim=1)
    torch.testing.assert_close(flow.log_prob(x), normal, atol=1e-4, rtol=0)


@every_architecture
@pytest.mark.parametrize("n_features", [1, 3])
def test_a_context_changes_the_density(architecture, n_features):
    flow = bent(n_features, architecture, n_context=2)
    x, labels = rows(6, n_features), torch.eye(2).double()
    first, second = (flow.log_prob(x, label.expand(6, 2)) for label in labels)
    assert (first - second).abs().min() > 1e-6
    z, _ = flow(x, labels[0].expand(6, 2))
    torch.testing.assert_close(flow.inverse(z, labels[0].expand(6, 2)), x)


def test_slopes_stay_within_their_bound():
    flow = bent(4, "maf", n_transforms=1, max_log_scale=0.5)
    with torch.no_grad():
        for weight in flow.parameters():
            weight *= 1e3
    _, log_det = flow(rows(100, 4))
    assert log_det.abs().max() < 4 * 0.5
    assert log_det.abs().max() > 0.5


@every_architecture
def test_rows_in_more_dimensions_are_rows(architecture):
    flow = bent(3, architecture)
    x = rows(8, 3)
    torch.testing.assert_close(
        flow.log_prob(x.view(2, 4, 3)), flow.log_prob(x).view(2, 4)
    )


@every_architecture
def test_weights_and_orders_come_from_the_stream_alone(architecture):
    before = torch.get_rng_state()
    first, second, other = (
        Flow(9, architecture=architecture, stream=RandomStream(seed))
        for seed in (1, 1, 2)
    )
    repr(first)
    assert torch.equal(before, torch.get_rng_state())
    same, differ = first.state_dict(), other.state_dict()
    assert all(torch.equal(v, same[k]) for k, v in second.state_dict().items())
    orders = [k for k in same if k.endswith(("order", "transforms.0.mask"))]
    assert orders
    assert any(not torch.equal(same[k], differ[k]) for k in orders)


@every_architecture
def test_copies_are_the_flow(architecture):
    flow = bent(4, architecture)
    x = rows(5, 4)
    for other in (copy.deepcopy(flow), pickle.loads(pickle.dumps(flow))):
        assert torch.equal(other.log_prob(x), flow.log_prob(x))


def test_the_constant_of_the_normal_law_is_there():
    assert Flow(3).log_prob(torch.zeros(3)).item() == pytest.approx(
        -1.5 * math.log(2 * math.pi)
    )
