"""The trainer of modules that are no detectors."""

import pickle

import numpy as np
import pytest
import torch
from torch import nn

from skanomaly._training.evaluate import on_float32_grid
from skanomaly._training.fit import train_module
from skanomaly.nets.layers import initialized


class Guess(nn.Module):
    """Squared error of a linear guess of the context, and how often it was moved."""

    def __init__(self, *, stream):
        super().__init__()
        self.linear = initialized(nn.Linear, 2, 1, stream=stream)
        self.steps = []

    def forward(self, x, context):
        return (self.linear(x)[:, 0] - context) ** 2

    def follow(self, n_steps):
        self.steps.append(n_steps)


X = np.random.default_rng(0).normal(size=(100, 2)).astype(np.float32)


def trained(**options):
    options = {"n_epochs": 60, "batch_size": 32, "lr": 0.05, **options}
    return train_module(make_module=Guess, rows=X, context=X.sum(axis=1), **options)


def test_a_module_learns_what_the_context_says():
    net = trained()
    assert net.history[-1, "train_loss"] < 1e-3
    assert not net.module_.training


@pytest.mark.parametrize(("n_steps", "n_epochs"), [(1, 1), (4, 1), (5, 2), (40, 10)])
def test_steps_are_rounded_up_to_whole_passes(n_steps, n_epochs):
    assert len(trained(n_epochs=None, n_steps=n_steps).history) == n_epochs


def test_what_follows_a_step_follows_every_step_and_pickles():
    net = trained(n_epochs=3, after_step=Guess.follow)
    assert net.module_.steps == list(range(1, 13))
    again = pickle.loads(pickle.dumps(net)).module_
    assert torch.equal(again.linear.weight, net.module_.linear.weight)


def test_a_seed_decides_about_weights_and_order():
    weights = [trained(seed=s, n_epochs=2).module_.linear.weight for s in (0, 0, 1)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    ordered = trained(n_epochs=2, shuffle=False).module_.linear.weight
    assert not torch.equal(weights[0], ordered)


def test_the_learning_rate_stays_or_falls_and_is_put_back():
    falls, stays = (
        trained(lr_schedule=s, n_epochs=5, optimizer=torch.optim.SGD, lr=1e-3)
        for s in ("cosine", "constant")
    )
    start = trained(n_epochs=1, lr=1e-12).module_.linear.weight
    moved = [(n.module_.linear.weight - start).abs().sum() for n in (falls, stays)]
    assert moved[0] < moved[1]
    assert falls.optimizer_.param_groups[0]["lr"] == 1e-3


def test_the_float32_grid_is_finite_and_keeps_what_is_missing():
    values = on_float32_grid(np.array([0.1, np.inf, -np.inf, np.nan]))
    assert values.dtype == np.float64
    assert values[0] == np.float64(np.float32(0.1))
    assert np.isfinite(values[:3]).all() and np.isnan(values[3])
