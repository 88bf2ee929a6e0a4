"""The constants of a diffusion, against figures computed by hand and by others."""

import math

import pytest
import torch

from skanomaly.correctors._diffusion.denoising import (
    SCHEDULES,
    Schedule,
    time_embedding,
)


def test_the_published_schedule_has_its_golden_numbers():
    schedule = Schedule.named("linear", 128)
    assert schedule.alphas_bar[0].item() == pytest.approx(0.9999, abs=1e-12)
    assert schedule.alphas_bar[63].item() == pytest.approx(0.72370025, abs=5e-9)
    assert schedule.alphas_bar[127].item() == pytest.approx(0.27387131, abs=5e-9)
    assert schedule.posterior_variances[1].item() == pytest.approx(7.19699e-5, rel=1e-5)
    assert schedule.posterior_variances.max().item() == pytest.approx(0.01985, abs=5e-6)


def test_the_corrected_schedules_end_in_noise():
    scaled = Schedule.named("scaled_linear", 128)
    assert scaled.betas[0].item() == pytest.approx(7.8125e-4)
    assert scaled.betas[-1].item() == pytest.approx(0.15625)
    assert scaled.alphas_bar[-1].item() == pytest.approx(2.4e-5, rel=0.05)
    cosine = Schedule.named("cosine", 128)
    assert cosine.alphas_bar[0].item() == pytest.approx(0.99955, abs=5e-6)
    assert cosine.alphas_bar[63].item() == pytest.approx(0.49384, abs=5e-6)
    assert cosine.alphas_bar[-1].item() < 1e-6


@pytest.mark.parametrize("name", sorted(SCHEDULES))
@pytest.mark.parametrize("n_steps", [1, 2, 7, 128, 1000])
def test_signal_falls_and_variances_stay_in_range(name, n_steps):
    schedule = Schedule.named(name, n_steps)
    assert len(schedule) == n_steps
    assert ((schedule.betas > 0) & (schedule.betas < 1)).all()
    assert (schedule.alphas_bar.diff() < 0).all()
    assert schedule.posterior_variances[0] == 0
    assert (schedule.posterior_variances <= schedule.betas).all()


def test_one_step_of_noise_after_another_is_the_closed_form():
    schedule = Schedule.named("cosine", 16)
    variance = torch.zeros((), dtype=torch.float64)
    for t in range(16):
        variance = schedule.alphas[t] * variance + schedule.betas[t]
        assert variance.item() == pytest.approx(1 - schedule.alphas_bar[t].item())


def test_the_time_embedding_has_sines_first_and_slows_down():
    embedding = time_embedding(torch.tensor([0.0, 3.0], dtype=torch.float64), 64)
    assert embedding[0, :32].abs().max() == 0 and embedding[0, 32:].min() == 1
    assert embedding[1, 0].item() == pytest.approx(math.sin(3.0))
    assert embedding[1, 33].item() == pytest.approx(math.cos(3 * 10000 ** (-2 / 64)))
    assert embedding[1, 31].item() == pytest.approx(math.sin(3 * 10000 ** (-62 / 64)))
