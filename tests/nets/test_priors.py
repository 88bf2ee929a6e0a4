"""The priors of a VAE: their densities against sums, closed forms and draws."""

import pytest
import torch
from torch import nn

from skanomaly.nets.layers import RandomStream
from skanomaly.nets.normal import normal_log_prob
from skanomaly.nets.priors import FlowPrior, MixturePrior, NormalPrior

PRIORS = {
    "flow": lambda n: FlowPrior(n, 3, stream=RandomStream(0)),
    "mixture": lambda n: MixturePrior(n, 4, stream=RandomStream(0)),
    "normal": lambda n: NormalPrior(n),
}


def test_the_closed_form_of_the_rate_is_the_mean_over_many_draws():
    torch.manual_seed(0)
    loc, scale = torch.tensor([[0.5, -2.0]]).double(), torch.tensor([[0.3, 1.7]])
    prior = NormalPrior(2)
    z = loc + scale * torch.randn(200_000, 2)
    terms = normal_log_prob(z, loc, scale) - prior.log_prob(z)
    error = terms.std() / len(terms) ** 0.5
    assert abs(terms.mean() - prior.rate(loc, scale)) < 4 * error


@pytest.mark.parametrize("name", PRIORS)
def test_the_density_of_the_codes_integrates_to_one(name):
    prior = PRIORS[name](2).double()
    axis = torch.linspace(-9, 9, 181, dtype=torch.float64)
    with torch.no_grad():
        mass = prior.log_prob(torch.cartesian_prod(axis, axis)).exp().sum() * 0.1**2
    assert mass == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("name", PRIORS)
def test_codes_are_drawn_from_the_density_that_is_scored(name):
    prior = PRIORS[name](2).double()
    if name == "mixture":
        nn.init.normal_(prior.logits, generator=torch.Generator().manual_seed(0))
    noise = RandomStream(1).normal_like(torch.zeros(10_000, prior.n_normals).double())
    axis = torch.linspace(-9, 9, 181, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    with torch.no_grad():
        weight = prior.log_prob(grid).exp() * 0.1**2
        codes = prior.draw(noise)
    for power in (1, 2):
        expected = (weight[:, None] * grid**power).sum(dim=0)
        torch.testing.assert_close(codes.pow(power).mean(0), expected, atol=0.1, rtol=0)


def test_a_far_code_costs_a_bounded_number_of_nats_under_the_flow():
    prior = FlowPrior(3, 6, stream=RandomStream(0)).double()
    nn.init.constant_(prior.flow.transform.transforms[0].hyper[-1].bias, 50.0)
    assert torch.isfinite(prior.log_prob(torch.full((1, 3), 1e6).double())).all()
