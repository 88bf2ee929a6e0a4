"""FlowSampler: radii, latents, classes; and the samplers that need no flow."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import chi, gumbel_r, kstest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

from skanomaly._training.outliers import OutlierStream, draw_rows, fit_sampler
from skanomaly.detectors import NormalizingFlow
from skanomaly.samplers import FlowSampler, RowSampler, UniformSampler
from skanomaly.samplers._flow import clone_flow
from skanomaly.samplers._radius import KINDS, chi_moments, gumbel_parameters

CENTERS = np.array([[0.0, 2.0], [-(3**0.5), -1.0], [3**0.5, -1.0]])


def tiny_flow(**params):
    """A flow that is trained for nothing but to be quick."""
    params = {"hidden_units": (8,), "n_transforms": 1, "max_epochs": 2, **params}
    return NormalizingFlow("coupling", **params)


def toy(seed, n_rows=1500, spread=1.0):
    """Rows and classes of three normal distributions."""
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=n_rows)
    return CENTERS[y] + spread * rng.normal(size=(n_rows, 2)), np.array(list("abc"))[y]


@pytest.fixture(scope="module")
def sampler():
    flow = NormalizingFlow("coupling", max_epochs=20, noise=0.05, lr=5e-3)
    return FlowSampler(p=3.0, flow=flow, random_state=0).fit(toy(0)[0])


@pytest.fixture(scope="module")
def conditional():
    flow = NormalizingFlow("coupling", max_epochs=10, noise=0.05)
    sampler = FlowSampler(flow=flow, conditional=True, random_state=0)
    return sampler.fit(*toy(0, spread=0.5))


# Radii


@pytest.mark.parametrize(
    ("d", "mean", "std"),
    [
        (2, 1.253314, 0.655136),
        (16, 3.938026, 0.701394),
        (784, 27.991073, 0.706994),
        (1024, 31.992188, 0.707020),
        (3072, 55.421117, 0.707078),
    ],
)
def test_moments_of_the_norm_of_a_normal_vector(d, mean, std):
    assert_allclose(chi_moments(d), (mean, std), atol=1e-6)


@pytest.mark.parametrize(
    ("d", "p", "loc", "scale"),
    [
        (1024, 1.5, 47.71427, 0.030936),
        (1024, 2.0, 63.60520, 0.015468),
        (1024, 2.5, 79.46461, 0.010312),
        (1024, 3.0, 95.31482, 0.007734),
        (2, 3.0, 3.81080, 0.175),
        (2, 1.5, 1.47096, 0.7),
    ],
)
def test_location_and_scale_of_the_extremal_radius(d, p, loc, scale):
    assert_allclose(gumbel_parameters(d, p), (loc, scale), rtol=5e-5)


def test_extremal_radii_follow_their_gumbel_law_in_all_directions():
    Z = KINDS["extremal"](20_000, 5, 2.0, np.random.RandomState(0))
    radii = np.linalg.norm(Z, axis=1)
    law = gumbel_r(*gumbel_parameters(5, 2.0))
    assert kstest(radii, law.cdf).pvalue > 0.01
    assert np.abs((Z / radii[:, None]).mean(axis=0)).max() < 0.02


@pytest.mark.parametrize("n_features", [1, 3])
def test_normal_and_inlier_radii_are_chi_distributed(n_features):
    for kind, p, unit in [("normal", 2.5, 2.5), ("inlier", 2.5, 1.0)]:
        Z = KINDS[kind](5000, n_features, p, np.random.RandomState(0))
        radii = np.linalg.norm(Z, axis=1) / unit
        assert kstest(radii, chi(n_features).cdf).pvalue > 0.01


def test_latents_of_unseen_inliers_have_the_radius_of_normal_vectors(sampler):
    radii = np.linalg.norm(sampler.encode(toy(1)[0]), axis=1)
    assert kstest(radii, chi(2).cdf).pvalue > 0.01


def test_extremal_rows_ring_the_data(sampler):
    X, Z = sampler.sample(2000, random_state=0, return_latent=True)
    assert np.linalg.norm(Z, axis=1).min() > chi(2).ppf(0.99)
    density = sampler.flow_.score_samples
    assert density(X).max() < np.percentile(density(toy(1)[0]), 5)


@pytest.mark.parametrize("flow", [None, tiny_flow()])
def test_a_sampler_does_not_train_further_flows_for_a_threshold(flow):
    assert clone_flow(flow, 0).contamination == 0.1
    assert clone_flow(tiny_flow(contamination=0.3), 0).contamination == 0.3


def test_a_flow_that_draws_is_trained_with_less_noise_than_one_that_detects():
    flow = clone_flow(None, 0)
    assert flow.noise < NormalizingFlow().noise
    assert flow.lr < NormalizingFlow().lr


def test_rows_and_latents_belong_together(sampler, conditional):
    for kind in KINDS:
        X, Z = sampler.sample(500, 0, kind=kind, return_latent=True)
        assert_allclose(sampler.encode(X), Z, atol=1e-4)
    X, Z = conditional.sample(500, 0, y="b", return_latent=True)
    assert_allclose(conditional.encode(X, y="b"), Z, atol=1e-4)
    assert np.abs(conditional.encode(X, y="a") - Z).max() > 1.0


def test_inlier_rows_are_like_the_training_rows(sampler):
    X, rows = toy(1)[0], sampler.sample(1500, 0, kind="inlier")
    assert_allclose(rows.mean(axis=0), X.mean(axis=0), atol=0.15)
    assert_allclose(np.cov(rows.T), np.cov(X.T), atol=0.3)


def test_p_and_kind_of_sample_win_over_the_parameters(sampler):
    Z = sampler.sample(1000, 0, kind="normal", p=10.0, return_latent=True)[1]
    assert_allclose(Z.std(), 10.0, rtol=0.05)


def test_a_pair_draws_p_anew_for_every_row(sampler):
    Z = sampler.sample(4000, 0, p=(2.0, 6.0), return_latent=True)[1]
    low, high = (gumbel_parameters(2, p)[0] for p in (2.0, 6.0))
    radii = np.linalg.norm(Z, axis=1)
    assert_allclose(np.percentile(radii, [2, 98]), [low, high], rtol=0.1)


@pytest.mark.parametrize(
    "p", [1, 1.0, 0.5, (1.0, 3.0), (3, 2), (2,), "2", np.nan, 1e200]
)
def test_extremal_rows_need_a_p_above_one(sampler, p):
    with pytest.raises(ValueError, match=r"p=.* above 1 for kind='extremal'"):
        sampler.sample(3, p=p)


def test_fit_refuses_p_and_keeps_the_fit_before(sampler):
    broken = pickle.loads(pickle.dumps(sampler)).set_params(p=1.0)
    with pytest.raises(ValueError, match="above 1"):
        broken.fit(toy(1)[0])
    assert_array_equal(broken.sample(3, 0, p=3.0), sampler.sample(3, 0))
    FlowSampler(p=0.5, kind="normal", flow=tiny_flow()).fit(toy(0)[0])


@pytest.mark.parametrize("n_samples", [0, -1, 2.5, None])
@pytest.mark.parametrize("name", ["flow", "uniform", "rows"])
def test_the_number_of_rows_is_checked(sampler, name, n_samples):
    X = toy(0)[0]
    samplers = {
        "flow": sampler, "uniform": UniformSampler().fit(X), "rows": RowSampler().fit(X)
    }  # fmt: skip
    with pytest.raises(ValueError, match=r"n_samples=.* above 0"):
        samplers[name].sample(n_samples)


def test_another_kind_is_refused(sampler):
    with pytest.raises(ValueError, match="kind='far' must be one of"):
        sampler.sample(3, kind="far")


# Latents with a covariance of their own


def test_empirical_covariance_gives_latents_those_of_the_training_rows():
    X = toy(0)[0] * [1.0, 30.0] + 7.0
    flow = tiny_flow(standardize=False)  # so that it stays far from fitting
    sampler = FlowSampler(flow=flow, empirical_covariance=True, random_state=0).fit(X)
    trained = sampler.encode(X)
    drawn = sampler.sample(20_000, 0, kind="inlier", return_latent=True)[1]
    shift = (drawn.mean(axis=0) - trained.mean(axis=0)) / trained.std(axis=0)
    assert_allclose(shift, 0.0, atol=0.03)
    assert_allclose(drawn.std(axis=0), trained.std(axis=0), rtol=0.03)
    assert_allclose(np.corrcoef(drawn.T), np.corrcoef(trained.T), atol=0.03)
    assert trained.std(axis=0).max() > 5.0  # else the test would say nothing


# Classes


def test_rows_of_a_class_are_like_those_of_the_class(conditional):
    for k, label in enumerate("abc"):
        rows = conditional.sample(400, 0, kind="inlier", y=label)
        nearest = np.linalg.norm(rows[:, None] - CENTERS, axis=2).argmin(axis=1)
        assert (nearest == k).mean() > 0.95
    several = conditional.sample(3, 0, kind="inlier", y=["c", "a", "c"])
    assert_array_equal(several[1] < conditional.sample(3, 0, y="c")[1], [True, False])


def test_classes_are_drawn_as_often_as_they_are():
    X, y = toy(0, spread=0.5)
    keep = (y != "a") | (np.arange(len(y)) % 10 == 0)
    flow = NormalizingFlow("coupling", max_epochs=10, noise=0.05)
    sampler = FlowSampler(flow=flow, conditional=True, random_state=0)
    sampler.fit(X[keep], y[keep])
    assert_allclose(sampler.class_prior_[0], (y[keep] == "a").mean())
    rows = sampler.sample(4000, 0, kind="inlier")
    share = (np.linalg.norm(rows - CENTERS[0], axis=1) < 1.5).mean()
    assert 0.02 < share < 0.12


def test_labels_are_asked_for_and_checked(sampler, conditional):
    X, y = toy(0)
    with pytest.raises(ValueError, match="y is None"):
        clone(conditional).fit(X)
    with pytest.raises(ValueError, match="y is None"):
        conditional.encode(X)
    with pytest.raises(ValueError, match="'z', which is none of the classes"):
        conditional.sample(3, y="z")
    with pytest.raises(ValueError, match="not conditional"):
        sampler.sample(3, y="a")
    frozen = FlowSampler(flow=FrozenEstimator(sampler.flow_), conditional=True)
    with pytest.raises(ValueError, match="frozen"):
        frozen.fit(X, y)


# Randomness and state


def test_the_same_seed_gives_the_same_rows_and_leaves_global_generators_alone():
    X = toy(0)[0]
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    make = FlowSampler(flow=tiny_flow(), random_state=0)
    rows = [clone(make).fit(X).sample(20, random_state=1) for _ in range(2)]
    assert_array_equal(rows[0], rows[1])
    other = clone(make).set_params(random_state=1).fit(X).sample(20, random_state=1)
    assert not np.array_equal(rows[0], other)
    assert torch.equal(before[0], torch.get_rng_state())
    assert_array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002


def test_a_frozen_flow_is_not_trained_again(sampler):
    frozen = FlowSampler(flow=FrozenEstimator(sampler.flow_)).fit(toy(1)[0])
    assert_array_equal(frozen.sample(5, 0, p=3.0), sampler.sample(5, 0))


def test_a_pickle_draws_the_same_rows(sampler, conditional):
    for one in (sampler, conditional):
        copied = pickle.loads(pickle.dumps(one))
        assert_array_equal(copied.sample(5, 0), one.sample(5, 0))


@parametrize_with_checks(
    [
        FlowSampler(flow=tiny_flow()),
        FlowSampler(flow=tiny_flow(), empirical_covariance=True),
        RowSampler(),
        UniformSampler(),
    ]
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


# Samplers that need no flow


def test_uniform_rows_fill_the_widened_range_of_every_column():
    X = np.column_stack([np.linspace(-1.0, 3.0, 50), np.full(50, 7.0)])
    rows = UniformSampler(margin=0.25).fit(X).sample(20_000, random_state=0)
    assert_allclose(rows.min(axis=0), [-2.0, 6.0], atol=0.01)
    assert_allclose(rows.max(axis=0), [4.0, 8.0], atol=0.01)
    assert kstest(rows[:, 0], "uniform", (-2.0, 6.0)).pvalue > 0.01


def test_uniform_rows_of_a_huge_range_are_finite():
    X = np.array([[-1.7e308, 1.0], [1.7e308, 2.0]])
    assert np.isfinite(UniformSampler(margin=1).fit(X).sample(100, 0)).all()


def test_given_rows_are_drawn_with_replacement():
    outliers = np.arange(6.0).reshape(3, 2)
    rows = RowSampler(outliers).fit(np.zeros((5, 2))).sample(300, random_state=0)
    assert_array_equal(np.unique(rows, axis=0), outliers)
    with pytest.raises(ValueError, match="rows has 2 columns, but X has 3"):
        RowSampler(outliers).fit(np.zeros((5, 3)))


# Outliers for training


class Counting:
    """A source of rows that are numbered."""

    def __init__(self):
        self.n_drawn = 0

    def __call__(self, n_samples, seed):
        rows = np.arange(self.n_drawn, self.n_drawn + n_samples, dtype=float)
        self.n_drawn += n_samples
        return rows[:, None]


def stream(draw, n_outliers, **params):
    return OutlierStream(draw, torch.tensor, n_outliers, seed=0, **params)


def test_outliers_come_again_in_another_order_when_all_have_been_seen():
    draw = Counting()
    outliers = stream(draw, 5000)  # two blocks of 4096
    first, second = outliers.take(8192).ravel(), outliers.take(8192).ravel()
    assert draw.n_drawn == 8192
    assert len(first.unique()) == 8192
    assert torch.equal(first.sort().values, second.sort().values)
    assert not torch.equal(first, second)


def test_outliers_go_on_from_where_they_stopped():
    def draw(n_samples, seed):
        return np.random.default_rng(seed).normal(size=(n_samples, 2))

    whole = stream(draw, 100).take(260)
    begun = stream(draw, 100)
    parts = [begun.take(37), stream(draw, 100, position=begun.position).take(223)]
    assert torch.equal(torch.cat(parts), whole)


def test_rows_of_mixtures_and_densities_are_drawn_by_a_seed():
    from sklearn.mixture import GaussianMixture
    from sklearn.neighbors import KernelDensity

    X = toy(0)[0]
    for make in (GaussianMixture(3), KernelDensity(), FlowSampler(flow=tiny_flow())):
        fitted = fit_sampler(make, X, None, seed=0)
        rows = draw_rows(fitted, 200, seed=1)
        assert_array_equal(rows, draw_rows(fitted, 200, seed=1))
        assert not np.array_equal(rows, draw_rows(fitted, 200, seed=2))
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    mixture = fit_sampler(GaussianMixture(3), X, None, seed=0)
    halves = draw_rows(mixture, 1000, seed=1).reshape(2, 500, 2).mean(axis=1)
    assert_allclose(halves[0], halves[1], atol=0.4)  # not one component first
    assert_array_equal(state, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("n_features", [2, 4, 30, 200])
def test_the_radius_rises_with_p_from_the_typical_one_on(n_features):
    loc, scale = gumbel_parameters(n_features, np.linspace(1.0001, 4.0, 500))
    mean = loc + np.euler_gamma * scale
    assert np.all(np.diff(loc) >= 0)
    assert abs(mean[0] - np.sqrt(n_features)) < 0.6
    assert np.all(np.isfinite(mean))


def test_the_global_generator_is_left_alone(sampler):
    X = toy(0)[0]
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    for other in (UniformSampler(), RowSampler(X)):
        other.fit(X).sample(3)
    first, second = sampler.sample(3), sampler.sample(3)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    assert not np.array_equal(first, second)


def test_what_has_other_columns_or_classes_is_refused(sampler):
    X, y = toy(0)
    flow = FrozenEstimator(sampler.flow_)
    with pytest.raises(ValueError, match="flow is frozen and has 2 columns, but X"):
        FlowSampler(flow=flow).fit(np.column_stack([X, X]))
    conditional = FlowSampler(flow=tiny_flow(), conditional=True).fit(X, y)
    with pytest.raises(ValueError, match=r"y has shape \(2,\); expected one class"):
        conditional.sample(3, y=["a", "b"])


def test_rows_are_checked_as_those_of_fit_are():
    X = pd.DataFrame({"a": [0.0, 1.0], "b": [2.0, 3.0]})
    sampler = RowSampler(X).fit(X)
    with pytest.raises(ValueError, match="rows has 2 columns, but X has 1"):
        sampler.fit(X[["a"]])
    assert sampler.n_features_in_ == 2
    with pytest.raises(ValueError, match=r"rows has the columns \['b', 'a'\]"):
        RowSampler(X[["b", "a"]]).fit(X)
    masked = np.ma.masked_array(X.to_numpy(), mask=[[0, 0], [0, 1]])
    for refused in (RowSampler(masked), RowSampler()):
        with pytest.raises((TypeError, ValueError)):
            refused.fit(masked if refused.rows is None else X)
    dates = pd.DataFrame({"a": pd.to_datetime(["2026-01-01", "2026-01-02"])})
    for refused in (RowSampler(), UniformSampler()):
        with pytest.raises((TypeError, ValueError)):
            refused.fit(dates)
