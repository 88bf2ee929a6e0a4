"""The VAE ensemble: its members, its statistics, what it draws."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from skanomaly._training.ensemble import STATISTICS as STATISTIC_OF
from skanomaly.detectors import VAE, VAEEnsemble
from skanomaly.nets.stacked import LoopedModules, StackedModules
from skanomaly.utils._seeds import draw_seed, spawn_seeds

SCORES = ("elbo", "iwae", "rate", "distortion")
STATISTICS = ("mean", "single", "variance", "waic", "posterior_mean_variance")
SMALL = {"hidden_units": (8,), "latent_dim": 2, "max_epochs": 5, "batch_size": 32}
SMALL |= {"contamination": 0.1, "n_draws": 4, "n_components": 3, "n_transforms": 2}


def ensemble(**params):
    return VAEEnsemble(**{**SMALL, "n_estimators": 3, "random_state": 0, **params})


@pytest.fixture(scope="module")
def rows():
    """Correlated rows in units of their own."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 2)) @ rng.normal(size=(2, 6))
    return (X + 0.3 * rng.normal(size=X.shape)) * [1, 10, 0.1, 1, 1, 5]


@pytest.fixture(scope="module")
def fitted(rows):
    return ensemble().fit(rows)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"dropout": 0.2, "beta": 3.0},
        {"prior": "mixture", "score_type": "iwae"},
        {"prior": "flow"},
        {"likelihood": "bernoulli"},
        {"likelihood": "continuous_bernoulli", "score_type": "distortion"},
        {"image_shape": (1, 2, 3)},
    ],
    ids=str,
)
def test_members_are_what_single_models_with_their_seeds_are(params, rows):
    if "likelihood" in params:
        rows = (rows - rows.min(axis=0)) / np.ptp(rows, axis=0)
    joint = ensemble(**params).fit(rows)
    looped = "image_shape" in params or params.get("prior") == "flow"
    kind = LoopedModules if looped else StackedModules
    assert type(joint.net_.module_.model.members) is kind
    seeds = spawn_seeds(draw_seed(0), 3)
    alone = [VAE(**{**SMALL, **params}, random_state=s).fit(rows) for s in seeds]
    expected = np.stack([d.anomaly_score(rows) for d in alone], axis=1)
    assert_allclose(joint.member_scores(rows), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("score_type", SCORES)
def test_statistics_of_every_score_are_those_of_numpy_without_a_refit(
    score_type, rows, fitted
):
    offset = fitted.offset_
    s = fitted.set_params(score_type=score_type).member_scores(rows)
    expected = {
        "mean": s.mean(axis=1),
        "single": s[:, 0],
        "variance": s.var(axis=1),
        "waic": s.mean(axis=1) + s.var(axis=1),
    }
    for statistic, values in expected.items():
        scores = fitted.set_params(statistic=statistic).anomaly_score(rows)
        # float32 members leave few digits of a small variance.
        assert_allclose(scores, values, rtol=1e-4, atol=1e-4)
    fitted.set_params(statistic="mean", score_type="elbo")
    assert fitted.offset_ == offset


def test_the_variance_of_posterior_means_is_that_of_the_codes(rows, fitted):
    codes = fitted.encode(rows).reshape(len(rows), 3, 2)
    fitted.set_params(statistic="posterior_mean_variance")
    scores = fitted.anomaly_score(rows)
    fitted.set_params(statistic="mean")
    assert_allclose(scores, codes.var(axis=1).mean(axis=1), rtol=1e-5)


def test_equal_members_give_their_mean_as_waic_and_no_variance(rows):
    detector = ensemble(statistic="waic").fit(rows)
    members = detector.net_.module_.model.members
    with torch.no_grad():
        for tensor in members.state_dict().values():
            tensor.copy_(tensor[:1].clone().expand_as(tensor))
    scores = detector.anomaly_score(rows)
    assert_allclose(scores, detector.member_scores(rows).mean(axis=1), rtol=1e-6)
    # Vector units round the rows of a stack differently by where they lie in memory.
    rounding = 8 * np.spacing(np.abs(scores))
    single = detector.set_params(statistic="single").anomaly_score(rows)
    assert (np.abs(single - scores) <= rounding).all()
    detector.set_params(statistic="variance")
    assert (detector.anomaly_score(rows) <= rounding**2).all()


def test_equal_values_have_their_value_as_mean_and_no_variance_exactly():
    values = torch.tensor([0.1, -7.3, 1e6, 1 / 3]).expand(3, -1)
    assert_array_equal(STATISTIC_OF["mean"](values), values[0])
    assert_array_equal(STATISTIC_OF["waic"](values), values[0])
    assert_array_equal(STATISTIC_OF["variance"](values), np.zeros(4))


@pytest.mark.parametrize("statistic", STATISTICS)
def test_scores_repeat_and_do_not_depend_on_the_batch(statistic, rows):
    first, second = (ensemble(statistic=statistic).fit(rows) for _ in range(2))
    scores = first.score_samples(rows)
    assert_array_equal(second.score_samples(rows), scores)
    parts = [first.score_samples(rows[i : i + 7]) for i in range(0, len(rows), 7)]
    assert_array_equal(np.concatenate(parts), scores)


def test_members_disagree_more_where_there_are_no_data(rows):
    detector = ensemble(statistic="variance", max_epochs=60).fit(rows)
    far = rows.mean(axis=0) + 8.0 * rows.std(axis=0) * np.eye(6)
    assert detector.anomaly_score(far).min() > np.median(detector.anomaly_score(rows))
    for statistic in STATISTICS:
        scores = detector.set_params(statistic=statistic).score_samples(far * 1e30)
        assert np.isfinite(scores).all()


@pytest.mark.parametrize("prior", ["normal", "mixture"])
def test_rows_are_drawn_from_all_members(prior, rows):
    detector = ensemble(prior=prior, max_epochs=60).fit(rows)
    members = detector.net_.module_.model.members.module
    with torch.no_grad():  # each member's rows are somewhere else
        shift = torch.tensor([-100.0, 0.0, 100.0])[:, None, None]
        list(members.decoder.children())[-1].bias += shift
    drawn = detector.sample(3000, random_state=0)
    assert_array_equal(drawn, detector.sample(3000, random_state=0))
    z = (drawn - rows.mean(axis=0)) / rows.std(axis=0)
    where = np.sign(np.round(z[:, 0] / 100.0))
    counts = [(where == side).sum() for side in (-1, 0, 1)]
    assert min(counts) > 900
    assert_allclose(z.std(axis=0, where=(where == 0)[:, None]), 1.0, atol=0.25)


def test_a_changed_number_of_draws_counts_for_members_and_cells(rows, fitted):
    cells = fitted.feature_scores(rows)
    fitted.set_params(score_type="distortion")
    assert_allclose(cells.sum(axis=1), fitted.anomaly_score(rows), rtol=1e-5)
    few = fitted.set_params(n_draws=1).feature_scores(rows)
    assert_allclose(few.sum(axis=1), fitted.anomaly_score(rows), rtol=1e-5)
    fitted.set_params(n_draws=4, score_type="elbo")
    assert not np.allclose(few, cells)


def test_a_frozen_layer_is_frozen_in_all_members(rows):
    def network(n_inputs, n_outputs):
        first = torch.nn.Linear(n_inputs, 8).requires_grad_(False)
        return torch.nn.Sequential(
            first, torch.nn.ReLU(), torch.nn.Linear(8, n_outputs)
        )

    joint = ensemble(module=network).fit(rows)
    assert type(joint.net_.module_.model.members) is StackedModules
    seeds = spawn_seeds(draw_seed(0), 3)
    alone = [VAE(network, **SMALL, random_state=s).fit(rows) for s in seeds]
    expected = np.stack([d.anomaly_score(rows) for d in alone], axis=1)
    assert_allclose(joint.member_scores(rows), expected, rtol=1e-4, atol=1e-4)


def test_a_fitted_ensemble_has_the_members_that_it_has(rows):
    detector = ensemble().fit(rows).set_params(n_estimators=1, statistic="variance")
    assert detector.score_samples(rows).shape == (len(rows),)
    with pytest.raises(ValueError, match="needs n_estimators of at least 2"):
        detector.fit(rows)
    with pytest.raises(ValueError, match="continues with 3 members"):
        detector.set_params(warm_start=True).fit(rows)
