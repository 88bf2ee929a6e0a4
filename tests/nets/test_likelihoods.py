"""The likelihoods of a VAE: densities with the mean and the draws that they claim."""

import numpy as np
import pytest
import torch
from scipy import stats

from skanomaly.nets.likelihoods import Bernoulli, ContinuousBernoulli, Gaussian


@pytest.mark.parametrize(
    "eta", [-800.0, -30.0, -0.2, -1e-3, 0.0, 1e-9, 0.19, 4.0, 90.0]
)
def test_the_continuous_bernoulli_is_a_density_with_the_mean_it_claims(eta):
    # Gauss-Legendre in pieces that follow the steep ends.
    nodes, weights = np.polynomial.legendre.leggauss(400)
    share = torch.tensor((nodes + 1.0) / 2.0)
    output = torch.full_like(share, eta)
    law = ContinuousBernoulli(1)
    if abs(eta) > 100:  # all mass within a few hundredths of an end
        share = share * 0.1 if eta < 0 else 1.0 - share * 0.1
        weights = weights * 0.1
    density = law.cell_log_prob(output, 2.0 * share - 1.0).exp().numpy() * weights / 2.0
    assert density.sum() == pytest.approx(1.0, abs=1e-9)
    mean = 2.0 * (density * share.numpy()).sum() - 1.0
    assert law.mean(output)[0].item() == pytest.approx(mean, abs=1e-9)


def test_the_continuous_bernoulli_is_smooth_where_its_formula_changes():
    output = torch.tensor([0.2 - 1e-6, 0.2 + 1e-6, 0.0], requires_grad=True)
    ContinuousBernoulli(1).cell_log_prob(output, torch.ones(3)).sum().backward()
    assert torch.isfinite(output.grad).all()
    assert output.grad[0] == pytest.approx(output.grad[1].item(), abs=1e-5)
    assert output.grad[2] == pytest.approx(0.5)  # x - mean = 1 - 1/2


@pytest.mark.parametrize("law", [Bernoulli, ContinuousBernoulli, Gaussian])
@pytest.mark.parametrize("eta", [-5.0, 0.0, 1e-8, 0.3, 40.0])
def test_draws_of_a_cell_have_the_mean_of_its_law(law, eta):
    noise = torch.tensor(stats.norm.ppf((np.arange(2000) + 0.5) / 2000))[:, None]
    output = torch.full_like(noise, eta)
    law = law(1)
    drawn = law.draw(output, noise)
    assert drawn.mean().item() == pytest.approx(law.mean(output)[0].item(), abs=2e-3)


def test_the_bernoulli_gives_probabilities_of_zero_and_one_that_add_up():
    output = torch.tensor([[-3.0, 0.0, 50.0]])
    ends = [Bernoulli(3).cell_log_prob(output, torch.full((1, 3), x)) for x in (-1, 1)]
    torch.testing.assert_close(ends[0].exp() + ends[1].exp(), torch.ones(1, 3))
