"""WGAN ensemble: critics in two phases, and what becomes of several of them."""

import copy

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from skorch.callbacks import Callback, LRScheduler

from skanomaly.detectors import WGANEnsemble
from skanomaly.nets.stacked import LoopedModules, StackedModules


def moon(n_rows=300, seed=0):
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, np.pi, n_rows)
    X = np.column_stack([np.cos(angle), np.sin(angle)])
    return X + 0.1 * rng.normal(size=X.shape)


def small(**options):
    defaults = {"hidden_units": (32,), "latent_dim": 2, "n_estimators": 3}
    training = {"max_epochs": 60, "batch_size": 64, "lr": 3e-3, "random_state": 0}
    steps = {"n_critic": 2, "n_critic_long": 4, "contamination": 0.1}
    return WGANEnsemble(**{**defaults, **training, **steps, **options})


@pytest.fixture(scope="module")
def trained():
    return small().fit(moon())


def scores(detector, statistic, X):
    detector.set_params(statistic=statistic)
    try:
        return detector.anomaly_score(X)
    finally:
        detector.set_params(statistic=WGANEnsemble().statistic)


def test_the_statistics_are_those_of_the_members(trained):
    X = moon(50, seed=1)
    members = trained.member_scores(X)
    assert members.shape == (50, 3)
    mean, variance = members.mean(axis=1), members.var(axis=1)
    close = {"rtol": 1e-4, "atol": 1e-5}
    assert_allclose(scores(trained, "mean", X), mean, **close)
    assert_allclose(scores(trained, "variance", X), variance, **close)
    assert_allclose(scores(trained, "waic", X), mean + variance, **close)
    assert_allclose(scores(trained, "single", X), members[:, 0], **close)


def test_a_member_is_what_it_would_be_alone(trained):
    X = moon(50, seed=1)
    alone = small(n_estimators=1, statistic="single").fit(moon())
    assert_allclose(
        alone.anomaly_score(X), trained.member_scores(X)[:, 0], rtol=1e-2, atol=1e-2
    )


def test_the_score_is_minus_the_logit_of_the_critic(trained):
    X, module = moon(10, seed=1), trained.net_.module_
    member = module.model.members.member(1)
    with torch.no_grad():
        logits = member.critic(module.standardize(torch.tensor(X)))
    assert_allclose(trained.member_scores(X)[:, 1], -logits, rtol=1e-4, atol=1e-5)


def test_in_the_end_the_critics_know_real_rows_from_generated_ones(trained):
    module = trained.net_.module_
    with torch.no_grad():
        real = module.standardize(torch.tensor(moon(200, seed=1)))
        x = module.model.by_member(real)
        member = module.model.members.module
        real_value, fake_value, _ = member.critic_values(x)
    assert (real_value.mean(dim=1) > 0).all()
    assert (fake_value.mean(dim=1) < 0).all()
    losses = trained.net_.history[60:, "classifier_loss"]
    assert losses[-1] < losses[0]
    assert losses[-1] < 3 * 2 * np.log(2)  # of three critics that guess


class Weights(Callback):
    """Remembers the weights of both networks after every epoch."""

    def on_epoch_end(self, net, **kwargs):
        model = net.module_.model
        parts = {"critic": model.critic, "generator": model.generator}
        for name, part in parts.items():
            flat = [p.detach().ravel() for p in part.parameters()]
            parts[name] = torch.cat(flat).clone()
        self.epochs_ = [*getattr(self, "epochs_", []), parts]


def test_the_generator_is_frozen_in_the_second_phase():
    detector = small(max_epochs=3, callbacks=[("weights", Weights())]).fit(moon())
    epochs = dict(detector.net_.callbacks_)["weights"].epochs_
    assert not torch.equal(epochs[0]["generator"], epochs[2]["generator"])
    assert torch.equal(epochs[2]["generator"], epochs[5]["generator"])
    assert not torch.equal(epochs[2]["critic"], epochs[5]["critic"])


def test_the_critics_get_a_head_start_and_catch_up_later(trained):
    model, steps = copy.deepcopy(trained.net_.module_.model.members.parts()[0]), []
    for n_done in (0, 24, 25, 499, 500, 501, 1000):
        model.n_generator_steps = n_done
        steps.append(model.n_critic_steps())
    assert steps == [4, 4, 2, 2, 4, 2, 4]
    net = small(max_epochs=4, n_critic_long=10).fit(moon()).net_  # 20 batches
    generator, critic = map(net.optimizer_by_player_.get, ("generator", "critic"))
    assert {int(s["step"]) for s in generator.state.values()} == {2}
    assert {int(s["step"]) for s in critic.state.values()} == {20}


def test_critics_disagree_where_no_row_has_been(trained):
    near, far = moon(100, seed=1), 10.0 * moon(100, seed=1)
    assert np.median(scores(trained, "variance", far)) > 10 * np.median(
        scores(trained, "variance", near)
    )


def test_dense_members_are_one_network_and_convolutional_ones_a_loop(trained):
    assert isinstance(trained.net_.module_.model.members, StackedModules)
    X = np.random.default_rng(0).random((40, 16))
    few = {"hidden_units": (4,), "max_epochs": 2, "n_critic_long": 2}
    detector = small(image_shape=(1, 4, 4), **few).fit(X)
    assert isinstance(detector.net_.module_.model.members, LoopedModules)
    assert np.isfinite(detector.score_samples(X)).all()


def test_generators_that_took_no_step_are_reported():
    with pytest.warns(UserWarning, match=r"n_critic_long=20.* only 10"):
        small(max_epochs=2, n_critic_long=20).fit(moon())


def test_one_critic_has_no_variance():
    with pytest.raises(ValueError, match=r"variance.*n_estimators"):
        small(n_estimators=1, statistic="variance").fit(moon())


def test_what_cannot_be_is_refused():
    X = moon()
    scheduler = LRScheduler(policy="StepLR", step_size=1)
    with pytest.raises(ValueError, match="callbacks holds an LRScheduler"):
        small(callbacks=[scheduler]).fit(X)
    with pytest.raises(ValueError, match=r"hidden_units=\(\) leaves the critic"):
        small(hidden_units=()).fit(X)


def test_rows_held_out_have_a_loss_in_the_last_phase_only():
    history = small(max_epochs=3, early_stopping=True).fit(moon()).net_.history
    assert ["valid_loss" in epoch for epoch in history[:6]] == [False] * 3 + [True] * 3
