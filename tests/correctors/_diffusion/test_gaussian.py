"""The Gaussian diffusion: representations, the published steps, and the invariants."""

import numpy as np
import pytest
import torch

from skanomaly.correctors._diffusion.denoising import Schedule, TimedNetwork
from skanomaly.correctors._diffusion.gaussian import (
    GaussianDiffusion,
    Process,
    PublishedProcess,
    to_bits,
    to_logits,
)
from skanomaly.correctors._diffusion.repaint import (
    fill_rows,
    published_repaint,
    repaint,
)
from skanomaly.correctors._table.codec import MISSING
from skanomaly.correctors._table.keys import position_keys
from skanomaly.correctors._table.one_hot import OneHotLayout
from skanomaly.nets.layers import RandomStream

SIZES = (2, 3, 4)
TINY = {"n_timesteps": 8, "n_resamplings": 2, "max_epochs": 2, "hidden_units": (16,)}


def codes_of(n_rows):
    rng = np.random.default_rng(0)
    return np.column_stack([rng.integers(0, k, size=n_rows) for k in SIZES])


@pytest.fixture(scope="module", params=["published", "corrected"])
def tiny(request):
    codes = codes_of(100)
    return codes, GaussianDiffusion(variant=request.param, **TINY).fit(codes, SIZES)


class Blind:
    """A model that sees no noise anywhere, or the same everywhere."""

    def __init__(self, schedule, noise=0.0):
        self.schedule, self.value = schedule, noise

    def denoise(self, x, t):
        return torch.full_like(x, self.value)


def test_codes_survive_the_way_through_logits():
    blocks, codes = OneHotLayout(SIZES), torch.from_numpy(codes_of(50))
    logits = to_logits(blocks.one_hot(codes))
    assert logits.max().item() == pytest.approx(13.8155, abs=1e-4)
    assert logits.min().item() == -logits.max().item()
    assert (blocks.argmax(logits) == codes).all()
    assert (to_bits(blocks.one_hot(codes)).abs() == 1).all()


def test_a_published_step_adds_the_variance_and_a_corrected_one_its_root():
    schedule = Schedule.named("linear", 128)
    bounds = torch.full((3,), -1e9), torch.full((3,), 1e9)
    x, z = torch.zeros((1, 3), dtype=torch.float64), torch.ones((1, 3))
    steps = [
        process(Blind(schedule), bounds, "cpu").reverse(x, 127, z)[0, 0].item()
        for process in (PublishedProcess, Process)
    ]
    assert steps == pytest.approx([0.01985, 0.14088], abs=5e-6)


def test_both_ways_to_write_the_mean_of_a_step_agree():
    schedule = Schedule.named("cosine", 16)
    bounds = torch.full((3,), -1e9), torch.full((3,), 1e9)
    x, z = (
        torch.randn((4, 3), generator=torch.Generator().manual_seed(0)),
        torch.zeros(3),
    )
    model = Blind(schedule, 0.7)
    for t in range(16):
        one = PublishedProcess(model, bounds, "cpu").reverse(x.double(), t, z)
        two = Process(model, bounds, "cpu").reverse(x.double(), t, z)
        assert one.numpy() == pytest.approx(two.numpy())


class Recorder:
    """A process that only counts levels: every method checks where its input stands."""

    n_timesteps = 3

    def __init__(self):
        self.levels = []

    def draw(self, uniform):
        return uniform

    def prior(self, noise):
        return torch.full_like(noise, self.n_timesteps - 1)

    def diffuse(self, x0, t, noise):
        return torch.full_like(x0, t)

    def renoise(self, x, t, noise):
        return x + 1

    def reverse(self, x, t, noise):
        self.levels.append((t, x[0, 0].item()))
        return x - 1


def test_resampling_keeps_both_parts_at_the_level_of_the_step():
    process, x0 = Recorder(), torch.full((1, 2), -1.0)
    unknown = torch.tensor([[True, False]])
    fill_rows(repaint, process, x0, unknown, 3, (0,), position_keys(1))
    assert process.levels == [(2, 2)] * 3 + [(1, 1)] * 3 + [(0, 0)]


def test_published_resampling_starts_every_step_one_level_too_noisy():
    process, x0 = Recorder(), torch.full((1, 2), -1.0)
    unknown = torch.tensor([[True, False]])
    fill_rows(published_repaint, process, x0, unknown, 2, (0,), position_keys(1))
    assert process.levels == [(2, 2), (2, 2), (1, 2), (1, 2), (0, 2)]


def test_known_cells_never_change_and_unknown_ones_are_categories(tiny):
    codes, model = tiny
    mask = np.random.default_rng(1).random(codes.shape) < 0.5
    codes = codes.copy()
    codes[0, 1] = MISSING
    filled = model.fill(codes, mask, n_draws=2)
    keep = ~mask & (codes != MISSING)
    assert (filled[:, keep] == codes[keep]).all()
    assert ((filled >= 0) & (filled < SIZES)).all()
    assert (filled[0] != filled[1]).any()


def test_nothing_to_fill_is_the_identity(tiny):
    codes, model = tiny
    assert (model.fill(codes, np.zeros(codes.shape, dtype=bool))[0] == codes).all()


def test_everything_to_fill_is_unconditional_sampling():
    codes = codes_of(60)
    model = GaussianDiffusion(**{**TINY, "n_resamplings": 1}).fit(codes, SIZES)
    filled = model.fill(codes, np.ones(codes.shape, dtype=bool), seed=3)[0]
    assert (filled == model.sample(60, seed=3)).all()


def test_rows_do_not_feel_their_neighbours(tiny):
    codes, model = tiny
    mask = np.ones(codes.shape, dtype=bool)
    filled = model.fill(codes, mask, seed=5)
    assert (filled[:, :7] == model.fill(codes[:7], mask[:7], seed=5)).all()


def test_a_model_that_predicts_zero_has_a_mean_squared_error_of_one():
    def error(**params):
        model = GaussianDiffusion(**params).fit(codes_of(400), SIZES)
        return model.net_.history[-1, "train_loss"]

    untrained = error(max_epochs=1, lr=1e-9, hidden_units=(16,))
    assert untrained == pytest.approx(1.0, abs=0.1)
    assert error(max_epochs=20, hidden_units=(64,)) < 0.8


def test_the_same_seed_gives_the_same_rows_and_the_global_generator_is_untouched():
    codes, state = codes_of(100), torch.random.get_rng_state()
    one, two = (GaussianDiffusion(**TINY, seed=1).fit(codes, SIZES) for _ in range(2))
    assert (one.sample(40, seed=2) == two.sample(40, seed=2)).all()
    assert (one.sample(40, seed=2) != one.sample(40, seed=3)).any()
    assert (torch.random.get_rng_state() == state).all()


def test_the_average_follows_the_weights_slowly_once_training_has_settled(tiny):
    module = tiny[1].net_.module_
    weight, average = (
        next(module.network.parameters()),
        next(module.average.parameters()),
    )
    with torch.no_grad():
        before = average.clone()
        weight += 1.0
        module.after_step(2001)
        moved = (average - before).mean().item()
        assert moved == pytest.approx(0.05, abs=1e-3)
        module.after_step(2000)
    assert (average == weight).all()


@pytest.mark.parametrize(
    ("n_units", "hidden", "n_weights"),
    [(28, 92, 11_160), (28, 184, 22_292), (53, 234, 40_067)],
)
def test_the_networks_have_as_many_weights_as_the_published_ones(
    n_units, hidden, n_weights
):
    network = TimedNetwork(n_units, (hidden,), 0.05, stream=RandomStream(0))
    assert sum(weight.numel() for weight in network.parameters()) == n_weights
