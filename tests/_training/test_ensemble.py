"""Any deep detector becomes an ensemble that equals a loop over its members."""

import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn
from torch.utils.data import Subset

from skanomaly._training.batches import MemberBatches, Rows, TensorBatches
from skanomaly._training.detector import DeepDetector
from skanomaly._training.ensemble import STATISTICS, EnsembleMixin
from skanomaly._training.parameters import DetectorParams, EnsembleParams
from skanomaly.detectors import AutoEncoder
from skanomaly.detectors._auto_encoder import AutoEncoderParams
from skanomaly.nets import MLP
from skanomaly.nets.stacked import LoopedModules, StackedModules
from skanomaly.utils._seeds import draw_seed, spawn_seeds


class AutoEncoderEnsembleParams(EnsembleParams, AutoEncoderParams):
    """Parameters of members and ensemble."""


class AutoEncoderEnsemble(EnsembleMixin, AutoEncoder):
    """Several autoencoders."""

    _params = AutoEncoderEnsembleParams
    _changed_params = {"n_estimators": {"default": 3}}


class Sphere(nn.Module):
    """Squared distance of a network's output from a fixed centre."""

    supports_stacking = True

    def __init__(self, n_features, *, stream):
        super().__init__()
        self.network = MLP(n_features, 3, (8,), bias=False, stream=stream)
        self.register_buffer("center", stream.uniform((3,), torch.zeros(3)))

    def forward(self, x):
        """Loss of each row."""
        return (self.network(x) - self.center).square().sum(dim=-1)

    score = forward


class SphereDetector(DeepDetector):
    """A small relative of Deep SVDD."""

    def _make_model(self, n_features, *, stream):
        return Sphere(n_features, stream=stream)


class SphereEnsembleParams(EnsembleParams, DetectorParams):
    """Parameters of members and ensemble."""


class SphereEnsemble(EnsembleMixin, SphereDetector):
    """Several spheres."""

    _params = SphereEnsembleParams
    _changed_params = {"n_estimators": {"default": 3}}


TRAINING = {"max_epochs": 4, "batch_size": 32, "contamination": 0.1, "lr": 1e-2}
SMALL = {"hidden_units": (8,), "latent_dim": 2, "n_neighbors": 0, **TRAINING}
CASES = {
    "auto-encoder": (AutoEncoder, AutoEncoderEnsemble, SMALL),
    "dropout": (AutoEncoder, AutoEncoderEnsemble, {**SMALL, "dropout": 0.2}),
    "sgd": (
        AutoEncoder,
        AutoEncoderEnsemble,
        {**SMALL, "optimizer": torch.optim.SGD, "lr": 1e-3},
    ),
    "raw": (AutoEncoder, AutoEncoderEnsemble, {**SMALL, "standardize": False}),
    "sphere": (SphereDetector, SphereEnsemble, TRAINING),
    "neighbors": (AutoEncoder, AutoEncoderEnsemble, {**SMALL, "n_neighbors": 3}),
    "image": (AutoEncoder, AutoEncoderEnsemble, {**SMALL, "image_shape": (1, 1, 5)}),
}
LOOPED = ("neighbors", "image")


def ensemble(**params):
    return AutoEncoderEnsemble(random_state=0, **{**SMALL, **params})


@pytest.fixture(scope="module")
def fitted(blob):
    return ensemble().fit(blob)


@pytest.mark.parametrize("name", CASES)
def test_members_are_what_single_detectors_with_their_seeds_are(name, blob):
    single, several, params = CASES[name]
    joint = several(n_estimators=3, random_state=5, **params).fit(blob)
    kind = LoopedModules if name in LOOPED else StackedModules
    assert type(joint.net_.module_.model.members) is kind
    seeds = spawn_seeds(draw_seed(5), 3)
    alone = [single(random_state=seed, **params).fit(blob) for seed in seeds]
    expected = np.stack([d.anomaly_score(blob) for d in alone], axis=1)
    assert_allclose(joint.member_scores(blob), expected, rtol=1e-4)
    assert_allclose(joint.anomaly_score(blob), expected.mean(axis=1), rtol=1e-4)
    losses = [d.net_.history[:, "train_loss"] for d in alone]
    assert_allclose(joint.net_.history[:, "train_loss"], np.sum(losses, 0), rtol=1e-4)


def test_further_members_leave_the_first_ones_as_they_are(blob, fitted):
    more = ensemble(n_estimators=4).fit(blob)
    assert_allclose(
        more.member_scores(blob)[:, :3], fitted.member_scores(blob), rtol=1e-4
    )


@pytest.mark.parametrize("statistic", STATISTICS)
def test_every_statistic_is_what_numpy_says(statistic, blob):
    detector = ensemble(statistic=statistic).fit(blob)
    s = detector.member_scores(blob)
    expected = {
        "mean": s.mean(axis=1),
        "single": s[:, 0],
        "variance": s.var(axis=1),
        "waic": s.mean(axis=1) + s.var(axis=1),
    }[statistic]
    assert_allclose(detector.anomaly_score(blob), expected, rtol=1e-4)


def test_equal_members_have_the_variance_zero_and_waic_is_their_mean():
    score = torch.rand(50, generator=torch.Generator().manual_seed(0)) * 1e3
    values = score.expand(5, -1)
    assert torch.equal(STATISTICS["variance"](values), torch.zeros(50))
    assert torch.equal(STATISTICS["waic"](values), score)
    assert torch.equal(STATISTICS["mean"](values), score)


def test_another_statistic_needs_no_other_fit_but_another_line(blob, fitted):
    detector = pickle.loads(pickle.dumps(fitted)).set_params(statistic="waic")
    fresh = ensemble(statistic="waic").fit(blob)
    assert_array_equal(detector.score_samples(blob), fresh.score_samples(blob))
    with pytest.raises(ValueError, match="offset_ was set for statistic='mean'"):
        detector.predict(blob)
    assert_array_equal(detector.calibrate(blob).predict(blob), fresh.predict(blob))


def test_scores_of_resampled_members_are_those_of_their_members(blob, fitted):
    scores = fitted.bootstrap_scores(blob, n_bootstraps=200, random_state=0)
    assert scores.shape == (200, 200)
    members = fitted.member_scores(blob)
    possible = {
        tuple(np.bincount(draw, minlength=3)): members[:, list(draw)].mean(axis=1)
        for draw in np.ndindex(3, 3, 3)
        if len(set(draw)) > 1
    }
    found = set()
    for row in scores:
        matches = [c for c, e in possible.items() if np.allclose(row, e, rtol=1e-5)]
        assert len(matches) == 1  # never one member three times
        found |= set(matches)
    assert found == set(possible)
    again = fitted.bootstrap_scores(blob, n_bootstraps=200, random_state=0)
    assert_array_equal(again, scores)


def test_one_member_is_the_detector_and_has_no_variance(blob):
    detector = ensemble(n_estimators=1, statistic="waic").fit(blob)
    assert_array_equal(detector.anomaly_score(blob), detector.member_scores(blob)[:, 0])
    assert_allclose(
        detector.bootstrap_scores(blob, 2, random_state=0),
        np.tile(detector.anomaly_score(blob), (2, 1)),
    )
    with pytest.raises(ValueError, match="statistic='variance' needs n_estimators"):
        ensemble(n_estimators=1, statistic="variance").fit(blob)
    with pytest.raises(ValueError, match="statistic='variance' needs n_estimators"):
        detector.set_params(statistic="variance").score_samples(blob)


def test_a_bootstrap_gives_members_other_rows(blob, fitted):
    detector = ensemble(bootstrap=True).fit(blob)
    assert not np.allclose(
        detector.member_scores(blob), fitted.member_scores(blob), rtol=1e-2
    )


def test_codes_lie_side_by_side_and_decode_to_the_mean_row(blob, fitted):
    codes = fitted.encode(blob)
    assert codes.shape == (200, 3 * 2)
    traversal = fitted.latent_traversal(blob, [], 1.0)
    detector = pickle.loads(pickle.dumps(fitted))
    detector.net_.module_.model.members.module.n_passes = 1
    assert_allclose(detector.reconstruct(blob), traversal, rtol=1e-4, atol=1e-5)


def test_partial_fit_goes_on_with_every_member(blob):
    detector, again = ensemble().fit(blob), ensemble().fit(blob)
    before = detector.member_scores(blob)
    detector.partial_fit(blob)
    again.partial_fit(blob)
    after = detector.member_scores(blob)
    assert_array_equal(after, again.member_scores(blob))
    assert (~np.isclose(before, after)).any(axis=0).all()


def test_training_cannot_go_on_with_another_number_of_members(blob):
    detector = ensemble().fit(blob).set_params(n_estimators=4, warm_start=True)
    for method in (detector.fit, detector.partial_fit):
        with pytest.raises(ValueError, match=r"n_estimators=4.*with 3 members"):
            method(blob)


def test_early_stopping_shares_the_held_out_rows(blob):
    detector = ensemble(early_stopping=True, n_iter_no_change=2, max_epochs=300)
    history = detector.fit(blob).net_.history
    assert len(history) < 300
    assert np.isfinite(history[:, "valid_loss"]).all()


def test_a_batch_iterator_of_the_user_gives_all_members_the_same_rows(blob):
    detector = ensemble(iterator_train=TensorBatches).fit(blob)
    scores = detector.member_scores(blob)
    assert not np.allclose(scores[:, 0], scores[:, 1], rtol=1e-2)


def generators():
    return [torch.Generator().manual_seed(seed) for seed in range(3)]


@pytest.mark.parametrize("held_out", [False, True])
def test_each_member_gets_the_batches_it_would_get_alone(held_out):
    data = Rows(torch.arange(60.0).reshape(30, 2))
    if held_out:
        data = Subset(data, np.arange(3, 28))
    joint = MemberBatches(data, 8, shuffle=True, generator=generators())
    for k, generator in enumerate(generators()):
        alone = TensorBatches(data, 8, shuffle=True, generator=generator)
        again = MemberBatches(data, 8, shuffle=True, generator=generators())
        batches = list(again)
        assert len(batches) == len(joint) == len(alone)
        for (x, _), (expected, _) in zip(batches, alone, strict=True):
            assert torch.equal(x[:, k], expected)


def test_a_bootstrap_sample_stays_the_same_in_every_pass():
    data = Rows(torch.arange(30.0)[:, None])
    batches = MemberBatches(
        data, 8, shuffle=True, generator=generators(), bootstrap=True
    )
    passes = [torch.cat([x for x, _ in batches])[..., 0] for _ in range(2)]
    assert not torch.equal(*passes)
    assert torch.equal(passes[0].sort(dim=0).values, passes[1].sort(dim=0).values)
    for k in range(3):
        assert len(passes[0][:, k].unique()) < 30  # with replacement
    assert not torch.equal(*passes[0][:, :2].sort(dim=0).values.T)


def test_a_bootstrap_needs_our_own_batches(blob):
    with pytest.raises(ValueError, match="bootstrap=True draws rows for each member"):
        ensemble(bootstrap=True, iterator_train=TensorBatches).fit(blob)


@pytest.mark.parametrize("number", [0, 1.5, "a"])
def test_a_number_of_resamples_that_cannot_be_is_refused(number, blob, fitted):
    with pytest.raises(ValueError, match="n_bootstraps"):
        fitted.bootstrap_scores(blob, n_bootstraps=number)
