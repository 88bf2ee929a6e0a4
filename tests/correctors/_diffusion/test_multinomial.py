"""The multinomial diffusion: its steps, its bound and the invariants."""

import numpy as np
import pytest
import torch

from skanomaly.correctors._diffusion.multinomial import MultinomialDiffusion, sample
from skanomaly.correctors._table.codec import MISSING
from skanomaly.correctors._table.one_hot import OneHotLayout

SIZES = (3, 3, 4)


def copied_column(n_rows):
    """The second column is the first, shifted; the third is noise."""
    rng = np.random.default_rng(0)
    first = rng.integers(0, 3, size=n_rows)
    return np.column_stack([first, (first + 1) % 3, rng.integers(0, 4, size=n_rows)])


@pytest.fixture(scope="module")
def fitted():
    codes = copied_column(400)
    model = MultinomialDiffusion(
        n_timesteps=20, hidden_units=(48,), n_steps=500, n_resamplings=2, lr=1e-2
    )
    return codes, model.fit(codes, SIZES)


def test_a_step_earlier_follows_bayes_rule(fitted):
    module = fitted[1].net_.module_
    t = torch.tensor([7])
    x0 = module.blocks.one_hot(torch.tensor([[1, 2, 0]]))
    state = module.blocks.one_hot(torch.tensor([[1, 0, 3]]))
    alpha = module.schedule.alphas[7].item()
    before = module.schedule.alphas_bar[6].item()
    p = np.split(module.posterior(state, x0, t).numpy()[0], [3, 6])
    for block, size, now, clean in zip(p, SIZES, (1, 0, 3), (1, 2, 0), strict=True):
        prior = before * (np.arange(size) == clean) + (1 - before) / size
        likelihood = alpha * (np.arange(size) == now) + (1 - alpha) / size
        expected = prior * likelihood / (prior * likelihood).sum()
        assert block == pytest.approx(expected)


def test_the_last_step_gives_the_prediction_itself(fitted):
    module = fitted[1].net_.module_
    state = module.blocks.one_hot(torch.tensor([[1, 0, 3]])).float()
    t = torch.tensor([0])
    x0 = module.predict(state, t)
    stepped = module.blocks.normalize(module.stepped(state, t) * x0)
    assert torch.allclose(module.posterior(state, x0, t), stepped)


def test_steps_one_after_another_are_the_closed_form(fitted):
    module = fitted[1].net_.module_
    x = x0 = module.blocks.one_hot(torch.tensor([[1, 0, 3]]))
    for step in range(20):
        t = torch.tensor([step])
        x = module.stepped(x, t)
        assert x.numpy() == pytest.approx(module.diffused(x0, t).numpy())


def test_draws_have_the_probabilities_asked_for():
    blocks = OneHotLayout((2, 3))
    p = torch.tensor([[0.3, 0.7, 0.0, 0.9, 0.1]], dtype=torch.float64).expand(20000, -1)
    uniform = torch.rand(p.shape, generator=torch.Generator().manual_seed(0)).double()
    drawn = sample(blocks, p, uniform)
    assert drawn.mean(dim=0).numpy() == pytest.approx(p[0].numpy(), abs=0.015)
    assert drawn[:, 2].sum() == 0


def test_the_loss_bounds_the_entropy_of_the_rows_and_knows_what_depends(fitted):
    entropy = np.log(3) + np.log(4)
    loss = fitted[1].net_.history[-1, "train_loss"]
    assert entropy - 0.2 < loss < entropy + 0.75 * np.log(3)


def test_what_belongs_together_is_drawn_together(fitted):
    _, model = fitted
    rows = model.sample(500, seed=1)
    assert ((rows[:, 0] + 1) % 3 == rows[:, 1]).mean() > 0.9
    asked = np.tile([2, MISSING, MISSING], (300, 1))
    filled = model.fill(asked, np.zeros(asked.shape, dtype=bool))[0]
    assert (filled[:, 1] == 0).mean() > 0.9
    assert np.bincount(filled[:, 2], minlength=4) / 300 == pytest.approx(0.25, abs=0.1)


def test_known_cells_never_change(fitted):
    codes, model = fitted
    mask = np.random.default_rng(1).random(codes.shape) < 0.5
    filled = model.fill(codes, mask, n_draws=2)
    assert (filled[:, ~mask] == codes[~mask]).all()
    assert (filled[0] != filled[1]).any()
    assert ((filled >= 0) & (filled < SIZES)).all()
    assert (model.fill(codes, np.zeros(codes.shape, dtype=bool))[0] == codes).all()


def test_everything_to_fill_is_unconditional_sampling(fitted):
    codes, model = fitted
    once = MultinomialDiffusion(n_resamplings=1)
    once.__dict__.update(net_=model.net_, blocks_=model.blocks_)
    filled = once.fill(codes[:50], np.ones((50, 3), dtype=bool), seed=3)[0]
    assert (filled == model.sample(50, seed=3)).all()


def test_rows_do_not_feel_their_neighbours(fitted):
    codes, model = fitted
    mask = np.ones(codes.shape, dtype=bool)
    filled = model.fill(codes, mask, seed=5)
    assert (filled[:, :7] == model.fill(codes[:7], mask[:7], seed=5)).all()


def test_the_same_seed_gives_the_same_rows_and_the_global_generator_is_untouched():
    codes, state = copied_column(100), torch.random.get_rng_state()
    options = {"n_timesteps": 5, "n_steps": 5, "hidden_units": (8,), "seed": 1}
    one, two = (MultinomialDiffusion(**options).fit(codes, SIZES) for _ in range(2))
    assert (one.sample(40, seed=2) == two.sample(40, seed=2)).all()
    assert (one.sample(40, seed=2) != one.sample(40, seed=3)).any()
    assert (torch.random.get_rng_state() == state).all()
