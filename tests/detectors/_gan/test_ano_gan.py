"""AnoGAN: two players in one net, and a search in which no row feels another."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from skorch.callbacks import Callback, Freezer
from torch import nn

from skanomaly.detectors import AnoGAN
from skanomaly.detectors._gan.ano_gan import AnoGANModel
from skanomaly.exceptions import TrainingDivergedError


def ring(n_rows=400, seed=0):
    """Rows on a circle in the plane, and a third column that is their product."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi, n_rows)
    x, y = np.cos(angle), np.sin(angle)
    noise = 0.02 * rng.normal(size=(n_rows, 3))
    return (np.column_stack([x, y, x * y]) + noise) * [1.0, 100.0, 0.01]


def small(**options):
    defaults = {"hidden_units": (32, 32), "latent_dim": 2, "max_epochs": 150}
    rest = {"lr": 3e-3, "batch_size": 64, "random_state": 0}
    return AnoGAN(contamination=0.1, **{**defaults, **rest, **options})


@pytest.fixture(scope="module")
def trained():
    return small().fit(ring())


def searching(detector, **settings):
    """Set how a fitted detector searches, which needs no other fit."""
    return detector.set_params(**settings)


@pytest.fixture(autouse=True)
def usual_search(trained):
    searching(trained, n_steps=100, n_restarts=1, search_lr=0.1, feature_weight=0.1)


def generated(detector, n_rows):
    """Rows that the generator makes, in the units of X."""
    module = detector.net_.module_
    z = torch.randn(n_rows, 2, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return module.restore(module.model.decode(z)).numpy()


def weights(network):
    return torch.cat([p.detach().ravel() for p in network.parameters()]).clone()


# -- the search


def test_the_search_finds_the_rows_that_the_generator_makes(trained):
    X = generated(trained, 100)
    losses = [
        searching(trained, n_steps=n, n_restarts=10).anomaly_score(X)
        for n in (0, 10, 100, 300)
    ]
    means = [loss.mean() for loss in losses]
    assert means == sorted(means, reverse=True)
    # A few rows are behind a ridge from all starting points.
    assert np.quantile(losses[-1], 0.9) < 1e-3 < 0.02 * means[0]
    residual = (trained.residual(X) / X.std(axis=0)).mean(axis=1)
    assert np.quantile(residual, 0.9) < 2e-3


def test_rows_off_the_ring_are_not_found(trained):
    X = ring(200, seed=1)
    inside = X * [0.1, 0.1, 1.0]
    assert np.median(trained.anomaly_score(inside)) > 3 * np.median(
        trained.anomaly_score(X)
    )


def test_more_restarts_never_raise_a_score(trained):
    X = np.random.default_rng(0).normal(size=(60, 3)) * [1.0, 100.0, 0.01]
    scores = [searching(trained, n_restarts=k).anomaly_score(X) for k in (1, 2, 4, 8)]
    for fewer, more in pairwise(scores):
        assert (more <= fewer).all()
    assert (scores[-1] < scores[0]).any()


@pytest.mark.parametrize("n_restarts", [1, 3])
def test_a_long_search_does_not_feel_the_other_rows(trained, n_restarts):
    searching(trained, n_steps=300, n_restarts=n_restarts)
    X = np.random.default_rng(0).normal(size=(500, 3)) * [1.0, 100.0, 0.01]
    scores = trained.score_samples(X)
    assert_array_equal(trained.score_samples(X[::-1]), scores[::-1])
    for i in (0, 17, 499):
        assert trained.score_samples(X[i : i + 1])[0] == scores[i]
    assert_array_equal(trained.score_samples(X[100:107]), scores[100:107])


def test_scoring_changes_no_weight_and_leaves_no_gradient(trained):
    module = trained.net_.module_
    before = weights(module)
    trained.score_samples(ring())
    module.score(torch.tensor(ring(10)))  # the module itself, not a copy
    assert torch.equal(weights(module), before)
    assert all(p.grad is None for p in module.parameters())


def test_the_score_has_the_gradient_of_the_loss_at_the_vector_found(trained):
    module = trained.net_.module_.double().eval()
    try:
        x = torch.tensor(ring(5, seed=3), requires_grad=True)
        searching(trained, feature_weight=0.0)._configure_score(module.model)
        (slope,) = torch.autograd.grad(module.score(x).sum(), x)
        found = module.restore(module.model.reconstruct(module.standardize(x)))
        expected = torch.sign(x - found) / 3 / module.scale
        assert_allclose(slope.numpy(), expected.detach().numpy(), rtol=1e-9)
    finally:
        module.float()


# -- the score


def test_the_score_weighs_two_means_of_absolute_differences(trained):
    X = ring(20, seed=2)
    searching(trained, n_steps=0)
    residual, both, mismatch = (
        searching(trained, feature_weight=w).anomaly_score(X) for w in (0.0, 0.3, 1.0)
    )
    assert_allclose(both, 0.7 * residual + 0.3 * mismatch, rtol=1e-5)
    module = trained.net_.module_
    cells = trained.residual(X) / module.scale.numpy()
    assert_allclose(residual, cells.mean(axis=1), rtol=1e-5)
    with torch.no_grad():
        x, fake = (
            module.standardize(torch.tensor(rows))
            for rows in (X, trained.reconstruct(X))
        )
        difference = module.model.critic.features(x) - module.model.critic.features(
            fake
        )
    assert_allclose(mismatch, difference.abs().mean(dim=1), rtol=1e-4)


def test_residuals_are_in_the_units_of_the_columns(trained):
    X = ring(20, seed=2)
    expected = np.abs(X - trained.reconstruct(X)) / [1.0, 100.0, 0.01]
    assert_allclose(trained.residual(X) / [1.0, 100.0, 0.01], expected, atol=1e-6)
    cells = trained.feature_scores(X)
    expected = 0.9 * trained.residual(X) / trained.net_.module_.scale.numpy() / 3
    assert_allclose(cells, expected, atol=1e-6)
    assert (cells.sum(axis=1) < trained.anomaly_score(X)).all()


def test_convolutional_networks_search_as_well():
    X = np.random.default_rng(0).random((40, 64))
    detector = AnoGAN(
        image_shape=(1, 8, 8), hidden_units=(4, 8), max_epochs=5, n_steps=20,
        contamination=0.1, random_state=0,
    ).fit(X)  # fmt: skip
    assert detector.residual(X).shape == X.shape
    before = searching(detector, n_steps=0).anomaly_score(X)
    after = searching(detector, n_steps=20).anomaly_score(X)
    assert (after < before).mean() > 0.9


# -- two players


def test_each_player_has_an_optimizer_of_its_own_weights():
    net = small(max_epochs=1).fit(ring()).net_
    model = net.module_.model
    pairs = [
        (net.optimizer_, model.critic),
        (net.optimizer_by_player_["generator"], model.generator),
    ]
    for optimizer, network in pairs:
        held = [w for group in optimizer.param_groups for w in group["params"]]
        assert {id(w) for w in held} == {id(w) for w in network.parameters()}
        assert {int(optimizer.state[w]["step"]) for w in held} == {7}


@pytest.mark.parametrize("player", ["critic", "generator"])
def test_a_player_that_does_not_move_does_not_stop_the_other(player, monkeypatch):
    # Its loss is constant, so only the other one has anywhere to go.
    loss = getattr(AnoGANModel, f"{player}_loss")
    monkeypatch.setattr(AnoGANModel, f"{player}_loss", lambda m, x: 0.0 * loss(m, x))
    still = small(max_epochs=1, lr=1e-12).fit(ring()).net_.module_.model
    moved = small(max_epochs=1).fit(ring()).net_.module_.model
    other = "generator" if player == "critic" else "critic"
    for name, moves in ((player, False), (other, True)):
        before, after = weights(getattr(still, name)), weights(getattr(moved, name))
        assert torch.allclose(before, after, atol=1e-6) is not moves


class Watcher(Callback):
    """Wants to see batches, so that skorch's own loop runs."""

    def on_batch_end(self, net, **kwargs):
        pass


def test_the_lean_loop_and_skorchs_own_train_the_same_networks():
    lean = small(max_epochs=3).fit(ring())
    watched = small(max_epochs=3, callbacks=[Watcher()]).fit(ring())
    assert_allclose(
        weights(watched.net_.module_), weights(lean.net_.module_), atol=1e-5
    )
    for name in ("critic_loss", "generator_loss"):
        assert_allclose(
            watched.net_.history[:, name], lean.net_.history[:, name], rtol=1e-4
        )


class Gradients(Callback):
    """Remembers whose gradients it was shown."""

    def on_grad_computed(self, net, named_parameters, **kwargs):
        names = {name.split(".")[1] for name, _ in named_parameters}
        self.seen_ = [*getattr(self, "seen_", []), names]


def test_callbacks_see_the_gradients_of_one_player_at_a_time():
    detector = small(max_epochs=1, callbacks=[("watch", Gradients())]).fit(ring())
    seen = dict(detector.net_.callbacks_)["watch"].seen_
    assert seen == [{"critic"}, {"generator"}] * 7


def test_going_on_goes_on_with_both_optimizers():
    detector = small(max_epochs=1, warm_start=True).fit(ring())
    detector.fit(ring()).partial_fit(ring())
    net = detector.net_
    for optimizer in (net.optimizer_, net.optimizer_by_player_["generator"]):
        assert {int(state["step"]) for state in optimizer.state.values()} == {21}


def test_the_learning_rate_of_both_players_falls_and_is_put_back():
    rates = []

    class Spy(Callback):
        def on_epoch_end(self, net, **kwargs):
            optimizers = (net.optimizer_, net.optimizer_by_player_["generator"])
            rates.append([o.param_groups[0]["lr"] for o in optimizers])

    net = small(max_epochs=4, lr=0.01, callbacks=[Spy()]).fit(ring()).net_
    assert all(critic == generator for critic, generator in rates)
    assert [r[0] for r in rates] == sorted((r[0] for r in rates), reverse=True)
    assert rates[-1][0] < 0.001
    for optimizer in (net.optimizer_, net.optimizer_by_player_["generator"]):
        assert optimizer.param_groups[0]["lr"] == 0.01


def test_moments_decay_as_in_dcgan_unless_the_user_says_otherwise():
    net = small(max_epochs=1).fit(ring()).net_
    assert net.optimizer_by_player_["generator"].param_groups[0]["betas"] == (
        0.5,
        0.999,
    )
    net = small(max_epochs=1, optimizer__betas=(0.9, 0.99)).fit(ring()).net_
    assert net.optimizer_.param_groups[0]["betas"] == (0.9, 0.99)
    assert net.optimizer_by_player_["generator"].param_groups[0]["betas"] == (0.9, 0.99)


@pytest.mark.parametrize("player", ["critic", "generator"])
def test_a_loss_that_is_not_finite_is_named(player, monkeypatch):
    loss = getattr(AnoGANModel, f"{player}_loss")
    monkeypatch.setattr(
        AnoGANModel, f"{player}_loss", lambda m, x: float("nan") * loss(m, x)
    )
    with pytest.raises(TrainingDivergedError, match="nan in epoch 1, batch 1"):
        small().fit(ring())


def test_an_optimizer_that_looks_at_one_loss_many_times_is_refused():
    with pytest.raises(ValueError, match="optimizer=LBFGS"):
        small(optimizer=torch.optim.LBFGS).fit(ring())


def test_a_changed_search_wants_a_new_line():
    X = ring(100)
    detector = small(max_epochs=2, n_steps=2).fit(X)
    detector.set_params(n_steps=5)
    with pytest.raises(ValueError, match=r"offset_ was set for.*n_steps=2"):
        detector.predict(X)
    n_outliers = (detector.calibrate(X).predict(X) == -1).sum()
    assert n_outliers == 10
    with pytest.raises(ValueError, match="n_restarts"):
        detector.set_params(n_restarts=0).encode(X)


@pytest.mark.parametrize("frozen", ["half", "generator"])
def test_frozen_weights_stay_as_they_are(frozen):
    def half_frozen(n_inputs, n_outputs):
        first = nn.Linear(n_inputs, 8).requires_grad_(False)
        return nn.Sequential(first, nn.ReLU(), nn.Linear(8, n_outputs))

    own = {"module": half_frozen} if frozen == "half" else {}
    patterns = [] if own else ["model.generator.*"]
    freezer = Freezer(patterns)
    net = small(max_epochs=1, callbacks=[freezer], **own).fit(ring()).net_
    longer = small(max_epochs=4, callbacks=[freezer], **own).fit(ring()).net_
    before, after = net.module_.model, longer.module_.model
    for name, weight in after.named_parameters():
        same = torch.equal(weight, before.get_parameter(name))
        assert same is not weight.requires_grad, name


def test_losses_are_means_over_rows():
    # The critic is the first player, whose loss is that of the epoch, too.
    history = small(max_epochs=3).fit(ring(70)).net_.history
    assert_allclose(history[:, "critic_loss"], history[:, "train_loss"], rtol=1e-6)
