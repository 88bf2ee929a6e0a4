"""f-AnoGAN: a critic with slope 1, and an encoder behind frozen networks."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from skorch.callbacks import Callback
from torch import nn

from skanomaly.detectors import FastAnoGAN
from skanomaly.detectors._gan.models import WassersteinGAN, gradient_penalty
from skanomaly.nets.layers import RandomStream


def plane(n_rows=300, seed=0):
    rng = np.random.default_rng(seed)
    mix = np.random.default_rng(9).normal(size=(2, 5))
    return rng.normal(size=(n_rows, 2)) @ mix + 0.05 * rng.normal(size=(n_rows, 5))


def small(**options):
    defaults = {"hidden_units": (32,), "latent_dim": 2, "max_epochs": 200}
    rest = {"n_critic": 2, "lr": 3e-3, "batch_size": 64, "random_state": 0}
    return FastAnoGAN(contamination=0.1, **{**defaults, **rest, **options})


@pytest.fixture(scope="module")
def trained():
    return small().fit(plane())


# -- the critic


def test_the_penalty_of_a_linear_critic_is_that_of_its_weights():
    x = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))
    w = torch.tensor([0.0, 3.0, 4.0])
    assert_allclose(gradient_penalty(lambda rows: rows @ w, x), 16.0)
    members = torch.stack([w, w / 5.0])[:, :, None]  # two critics, each its own rows
    rows = torch.stack([x.detach(), x.detach()])
    penalty = gradient_penalty(lambda r: (r @ members).squeeze(-1), rows)
    assert_allclose(penalty, np.repeat([[16.0], [0.0]], 7, axis=1), atol=1e-6)


class Toy(nn.Sequential):
    def __init__(self, *sizes, squeeze, stream):
        torch.manual_seed(0)
        layers = [nn.Linear(sizes[0], 32), nn.SiLU(), nn.Linear(32, sizes[1])]
        super().__init__(*layers, *([nn.Flatten(0)] if squeeze else []))


def slopes(penalty):
    """Slope of a critic between rows at 2 and generated ones, after training it."""
    stream = RandomStream(0)
    model = WassersteinGAN(
        generator=Toy(2, 2, squeeze=False, stream=stream),
        critic=Toy(2, 1, squeeze=True, stream=stream),
        latent_dim=2,
        penalty=penalty,
        n_critic=1,
        stream=stream,
    )
    x = 2.0 + 0.1 * torch.randn(256, 2, generator=torch.Generator().manual_seed(1))
    optimizer = torch.optim.Adam(model.critic.parameters(), lr=0.01, betas=(0.0, 0.9))
    for _ in range(200):
        optimizer.zero_grad()
        model.critic_loss(x).mean().backward()
        optimizer.step()
    between = torch.lerp(x, model.sample_like(x).detach(), 0.5).requires_grad_()
    (slope,) = torch.autograd.grad(model.critic(between).sum(), between)
    return slope.norm(dim=1)


def test_the_penalty_drives_the_slope_of_the_critic_towards_one():
    state = torch.get_rng_state()
    free, held = slopes(0.0), slopes(10.0)
    torch.set_rng_state(state)
    assert (held - 1.0).abs().mean() < 0.1
    assert free.mean() > 3.0


def test_the_generator_waits_for_the_critic():
    net = small(max_epochs=3, n_critic=4).fit(plane()).net_  # 5 batches an epoch
    critic, generator = (
        {int(s["step"]) for s in optimizer.state.values()}
        for optimizer in map(net.optimizer_by_player_.get, ("critic", "generator"))
    )
    assert critic == {15}
    assert generator == {3}


def test_the_generator_waits_across_fits_as_well():
    detector = small(max_epochs=1, n_critic=4, warm_start=True)
    for _ in range(3):
        detector.fit(plane())
    states = detector.net_.optimizer_by_player_["generator"].state.values()
    assert {int(s["step"]) for s in states} == {3}


# -- the encoder


class Weights(Callback):
    """Remembers the weights of every network after every epoch."""

    def on_epoch_end(self, net, **kwargs):
        parts = {
            name: torch.cat([p.detach().ravel() for p in part.parameters()]).clone()
            for name, part in net.module_.model.named_children()
        }
        self.epochs_ = [*getattr(self, "epochs_", []), parts]


def test_each_phase_trains_its_own_networks():
    detector = small(max_epochs=3, callbacks=[("weights", Weights())]).fit(plane())
    epochs = dict(detector.net_.callbacks_)["weights"].epochs_
    assert len(epochs) == len(detector.net_.history) == 6
    for i, moving in ((0, ("critic", "generator")), (3, ("encoder",))):
        for name in ("critic", "generator", "encoder"):
            moved = not torch.equal(epochs[i][name], epochs[i + 2][name])
            assert moved == (name in moving)


def test_the_history_tells_the_losses_of_both_phases():
    history = small(max_epochs=3).fit(plane()).net_.history
    losses = history[:, "encoder_loss"]
    assert np.isnan(losses[:3]).all()
    assert losses[3:] == sorted(losses[3:], reverse=True)
    assert_allclose(losses[3:], history[3:, "train_loss"], rtol=0.1)
    assert np.isfinite(history[:, "critic_loss"]).all()


def test_the_encoder_finds_the_rows_that_the_generator_makes(trained):
    module = trained.net_.module_
    z = torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        X = module.restore(module.model.decode(z)).numpy()
    residual = (trained.residual(X) / X.std(axis=0)).mean()
    assert residual < 0.2
    assert trained.anomaly_score(X).mean() < 0.1 * trained.anomaly_score(2 * X).mean()


def test_rows_off_the_plane_score_worse(trained):
    X = plane(seed=1)
    shuffled = np.random.default_rng(0).permuted(X, axis=0)
    assert trained.anomaly_score(shuffled).mean() > 2 * trained.anomaly_score(X).mean()


def test_the_score_is_the_residual_and_the_mismatch_of_features(trained):
    X, model = plane(20, seed=2), trained.net_.module_.model
    try:
        model.feature_weight = 0.0
        residual = trained.anomaly_score(X)
        model.feature_weight = 2.5
        both = trained.anomaly_score(X)
    finally:
        model.feature_weight = 1.0
    assert_allclose(trained.feature_scores(X).sum(axis=1), residual, rtol=1e-5)
    cells = (trained.residual(X) / trained.net_.module_.scale.numpy()) ** 2
    assert_allclose(residual, cells.mean(axis=1), rtol=1e-4)
    features = model.critic.features
    with torch.no_grad():
        x = trained.net_.module_.standardize(torch.tensor(X))
        mismatch = (features(x) - features(model.reconstruct(x))).square().mean(dim=1)
    assert_allclose(both, residual + 2.5 * mismatch.numpy(), rtol=1e-4)


def test_early_stopping_steers_the_second_phase():
    detector = small(
        max_epochs=15, early_stopping=True, n_iter_no_change=2, lr=1e-9
    ).fit(plane())
    assert 15 < len(detector.net_.history) < 30


def test_moments_decay_as_in_wgan_gp():
    net = small(max_epochs=1).fit(plane()).net_
    for optimizer in net.optimizer_by_player_.values():
        assert optimizer.param_groups[0]["betas"] == (0.0, 0.9)


def with_batch_norm(n_inputs, n_outputs):
    layers = nn.Linear(n_inputs, 8), nn.BatchNorm1d(8), nn.ReLU()
    return nn.Sequential(*layers, nn.Linear(8, n_outputs))


class Watch(Callback):
    """Keep the generator's running means at the end of every epoch."""

    def on_epoch_end(self, net, **kwargs):
        mean = net.module_.model.generator[1].running_mean
        self.means_ = [*getattr(self, "means_", []), (net.phase_.name, mean.clone())]


def test_the_generator_is_all_frozen_while_the_encoder_learns():
    own = {"module": with_batch_norm, "callbacks": [("watch", Watch())]}
    net = small(max_epochs=3, **own).fit(plane()).net_
    phases, means = zip(*dict(net.callbacks_)["watch"].means_, strict=True)
    assert phases == ("critic and generator",) * 3 + ("encoder",) * 3
    assert not torch.equal(means[1], means[2])
    assert torch.equal(means[2], means[5])


def test_networks_of_one_class_begin_differently():
    def network(n_inputs, n_outputs):
        return nn.Sequential(
            nn.Linear(n_inputs, 32), nn.ReLU(), nn.Linear(32, n_outputs)
        )

    detector = small(module=network, latent_dim=5, max_epochs=1, lr=1e-9)
    model = detector.fit(plane()).net_.module_.model
    first = [n[0].weight for n in (model.encoder, model.critic.trunk, model.generator)]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert (first[one] - first[other]).abs().max() > 0.1
