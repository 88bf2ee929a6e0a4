"""The normalizing flow: densities that are right, rows that follow them, and back."""

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp, multivariate_normal, norm
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skanomaly.detectors import NormalizingFlow

MEAN = np.array([10.0, -1000.0, 0.0])
COVARIANCE = np.array([[4.0, 30.0, 0.0], [30.0, 400.0, 0.5], [0.0, 0.5, 0.01]])
LAW = multivariate_normal(MEAN, COVARIANCE)
ARCHITECTURES = ("maf", "nsf", "coupling")

every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)
default_and_slow = [
    "maf",
    *(pytest.param(a, marks=pytest.mark.slow) for a in ARCHITECTURES[1:]),
]


def small(architecture="maf", **params):
    fast = {"n_transforms": 2, "hidden_units": (16,), "max_epochs": 15}
    fast |= {"noise": 0.0, "contamination": 0.1, "random_state": 0}
    return NormalizingFlow(architecture, **(fast | params))


@pytest.fixture(scope="module")
def X():
    return LAW.rvs(1500, random_state=0)


@pytest.fixture(scope="module")
def flows(X):
    return {name: small(name).fit(X) for name in ARCHITECTURES}


@every_architecture
def test_the_score_is_the_log_density_in_the_units_of_the_rows(architecture, flows):
    new = LAW.rvs(1000, random_state=1)
    error = flows[architecture].score_samples(new) - LAW.logpdf(new)
    assert abs(error.mean()) < 0.1  # nats; the log density is about -4
    assert np.median(np.abs(error)) < 0.2


def test_the_score_is_the_same_density_without_standardization(X):
    rows = (X - X.mean(axis=0)) / X.std(axis=0)
    inside = small(max_epochs=3).fit(X).score_samples(X)
    outside = small(max_epochs=3, standardize=False).fit(rows).score_samples(rows)
    shift = np.log(X.std(axis=0)).sum()
    np.testing.assert_allclose(inside, outside - shift, atol=1e-4)


@every_architecture
def test_latents_are_standard_normal_and_lead_back_to_the_rows(architecture, flows, X):
    flow = flows[architecture]
    Z = flow.transform(X)
    np.testing.assert_allclose(Z.mean(axis=0), 0.0, atol=0.15)
    np.testing.assert_allclose(np.cov(Z.T), np.eye(3), atol=0.2)
    back = flow.inverse_transform(Z)
    assert (np.abs(back - X) / X.std(axis=0)).max() < 1e-4


@every_architecture
def test_samples_follow_the_density(architecture, flows):
    made = flows[architecture].sample(2000, random_state=0)
    rows = LAW.rvs(2000, random_state=2)
    for j in range(3):
        assert ks_2samp(made[:, j], rows[:, j]).statistic < 0.07
    sd = np.sqrt(np.diag(COVARIANCE))
    np.testing.assert_allclose(np.cov((made / sd).T), np.cov((rows / sd).T), atol=0.15)


def test_samples_are_drawn_by_their_seed_and_one_by_one_if_asked(flows):
    flow = flows["maf"]
    first, second = flow.sample(5, random_state=1), flow.sample(5, random_state=1)
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(first, flow.sample(5, random_state=2))
    assert not np.allclose(flow.sample(5), flow.sample(5))
    assert flow.sample().shape == (1, 3)
    before = torch.get_rng_state()
    flow.sample(3)
    assert torch.equal(before, torch.get_rng_state())


def test_two_modes_are_two_modes():
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(-3, 0.3, (500, 2)), rng.normal(3, 0.3, (500, 2))]
    flow = small("nsf", max_epochs=30, hidden_units=(32,)).fit(X)
    middle, mode = flow.score_samples([[0.0, 0.0], [3.0, 3.0]])
    assert mode > middle + 3
    made = flow.sample(1000, random_state=0)
    assert (np.abs(np.abs(made) - 3).max(axis=1) < 1.5).mean() > 0.8


def test_noise_widens_the_density_by_its_variance():
    X = np.random.default_rng(0).normal(5.0, 2.0, size=(3000, 1))
    made = small(noise=0.75, max_epochs=20).fit(X).sample(20_000, random_state=0)
    assert made.std() == pytest.approx(2.0 * np.sqrt(1 + 0.75**2), rel=0.05)


def test_noise_keeps_the_density_of_repeated_values_bounded():
    X = np.random.default_rng(0).integers(0, 2, size=(400, 2)).astype(float)
    noise, params = 0.2, {"max_epochs": 40, "architecture": "nsf"}
    highest = norm(scale=noise).logpdf(0.0) - np.log(X.std(axis=0))
    smooth = small(noise=noise, **params).fit(X).score_samples(X)
    assert smooth.max() < highest.sum()
    assert small(noise=0.0, **params).fit(X).score_samples(X).max() > smooth.max() + 1


@pytest.mark.parametrize("architecture", default_and_slow)
def test_a_constant_column_changes_nothing_but_the_scores_level(architecture, X):
    wide = np.column_stack([X, np.full(len(X), 7.0)])
    flow = small(architecture, noise=0.1).fit(wide)
    plain = small(architecture, noise=0.1).fit(X)
    scores, expected = flow.score_samples(wide), plain.score_samples(X)
    assert np.isfinite(scores).all()
    assert np.corrcoef(scores, expected)[0, 1] > 0.95
    wide[:, 3] += 10.0  # a hundred times the noise
    assert (flow.score_samples(wide) < scores - 10).all()


@every_architecture
def test_one_column_is_enough(architecture):
    X = np.random.default_rng(0).normal(3.0, 0.5, size=(500, 1))
    flow = small(architecture, max_epochs=60).fit(X)
    error = flow.score_samples(X) - norm(3.0, 0.5).logpdf(X[:, 0])
    assert np.median(np.abs(error)) < 0.15
    np.testing.assert_allclose(flow.inverse_transform(flow.transform(X)), X, atol=1e-4)


@pytest.mark.parametrize("n_transforms", [1, 12])
@pytest.mark.parametrize("architecture", default_and_slow)
def test_rows_very_far_away_have_finite_scores_that_are_low(
    architecture, n_transforms, X
):
    flow = small(architecture, n_transforms=n_transforms, max_epochs=3).fit(X)
    far = np.array([[1e30, 0, 0], [0, -1e300, 1e300], [1e9, 1e9, 1e9]])
    assert np.isfinite(flow.score_samples(far)).all()
    assert np.isfinite(flow.transform(far)).all()
    assert np.isfinite(flow.inverse_transform(np.full((1, 3), 1e30))).all()
    assert flow.score_samples(far).max() < flow.score_samples(X).min()


def test_a_large_offset_survives_the_way_there_and_back():
    X = 1e9 + np.random.default_rng(0).normal(size=(300, 2))
    flow = small(max_epochs=3).fit(X)
    np.testing.assert_allclose(
        flow.inverse_transform(flow.transform(X)), X, rtol=0, atol=1e-4
    )


def test_latents_are_features_in_a_pipeline(X):
    y = (X[:, 0] > 10).astype(int)
    pipeline = make_pipeline(small(), LogisticRegression()).fit(X, y)
    assert pipeline.score(X, y) > 0.9
    names = pipeline[0].get_feature_names_out()
    assert list(names) == [f"normalizingflow{j}" for j in range(3)]


BAD_CALLS = {
    "no rows": (lambda flow: flow.sample(0), "n_samples=0"),
    "half a row": (lambda flow: flow.sample(1.5), "n_samples=1.5"),
    "latents": (lambda flow: flow.inverse_transform(np.zeros((2, 4))), "4 columns"),
    "NaN": (lambda flow: flow.inverse_transform([[np.nan, 0, 0]]), "NaN"),
}


@pytest.mark.parametrize("case", BAD_CALLS)
def test_what_cannot_be_drawn_or_inverted_is_an_error(case, flows):
    call, pattern = BAD_CALLS[case]
    with pytest.raises(ValueError, match=pattern):
        call(flows["maf"])


@pytest.mark.parametrize(
    ("params", "pattern"),
    [
        ({"architecture": "glow"}, "architecture"),
        ({"n_transforms": 0}, "n_transforms"),
        ({"hidden_units": (8, 0)}, "hidden_units"),
        ({"hidden_units": 8}, "hidden_units"),
        ({"noise": -0.1}, "noise"),
        ({"activation": "rlu"}, "activation"),
    ],
)
def test_wrong_parameters_are_named(params, pattern, X):
    with pytest.raises(ValueError, match=pattern):
        small(**params).fit(X)


def test_parameters_of_the_network_reach_it(X):
    flow = small("nsf", module__n_bins=3, max_epochs=1).fit(X).net_.module_.model.flow
    outputs = {t.hyper[-1].out_features for t in flow.transform.transforms}
    assert outputs == {3 * (3 + 3 + 2)}
    with pytest.raises(TypeError, match="n_bin"):
        small(module__n_bin=3).fit(X)


def test_a_table_that_is_too_wide_for_masks_is_announced(monkeypatch):
    monkeypatch.setattr("skanomaly._normalizing_flow.MANY_COLUMNS", 4)
    X = np.random.default_rng(0).normal(size=(30, 5))
    params = {"hidden_units": (4,), "max_epochs": 1, "contamination": 0.1}
    with pytest.warns(UserWarning, match="5 columns.*architecture='coupling'"):
        NormalizingFlow(**params).fit(X)
    NormalizingFlow("coupling", **params).fit(X)
