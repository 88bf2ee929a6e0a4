"""OutlierDiscriminator: what it learns from outliers, and where they come from."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KernelDensity

from skanomaly._training.outliers import OutlierModel
from skanomaly.detectors import NormalizingFlow, OutlierDiscriminator
from skanomaly.samplers import FlowSampler, UniformSampler


def tiny_flow():
    return NormalizingFlow("coupling", hidden_units=(8,), n_transforms=1, max_epochs=2)


class Ones:
    """An endless stream of outliers, all alike."""

    def take(self, n_rows):
        return torch.ones(n_rows, 2)


def discriminator(sampler, **params):
    params = {
        "hidden_units": (16,), "max_epochs": 5, "contamination": 0.1,
        "random_state": 0, **params,
    }  # fmt: skip
    return OutlierDiscriminator(sampler, **params)


class CountingSampler(BaseEstimator):
    """Normal noise; all copies tell one list how often they are fitted."""

    fits: list = []

    def fit(self, X, y=None):
        self.fits.append(len(X))
        self.n_features_in_ = X.shape[1]
        return self

    def sample(self, n_samples, random_state=None):
        rng = np.random.RandomState(random_state)
        return rng.normal(size=(n_samples, self.n_features_in_)) * 10.0


class BadSampler(CountingSampler):
    """Rows with something wrong about them."""

    def __init__(self, wrong="shape"):
        self.wrong = wrong

    def sample(self, n_samples, random_state=None):
        n_columns = self.n_features_in_ + (self.wrong == "shape")
        return np.full((n_samples, n_columns), np.nan if self.wrong == "NaN" else 0.0)


def test_it_learns_the_log_ratio_of_the_densities():
    X = np.random.default_rng(0).normal(size=(3000, 2))
    sampler = UniformSampler(margin=0.0).fit(X)
    detector = discriminator(
        FrozenEstimator(sampler), hidden_units=(32, 32), max_epochs=40, batch_size=256
    ).fit(X)

    log_area = np.log(sampler.high_ - sampler.low_).sum()
    rows = np.random.default_rng(1).uniform(-2.0, 2.0, size=(500, 2))
    log_density = -0.5 * (rows**2).sum(axis=1) - np.log(2.0 * np.pi)
    ratio = log_density + log_area
    assert_allclose(detector.score_samples(rows), ratio, atol=1.0)
    assert np.abs(detector.score_samples(rows) - ratio).mean() < 0.25


@pytest.mark.parametrize(
    "sampler",
    [
        UniformSampler(),
        KernelDensity(bandwidth=2.0),
        GaussianMixture(2),
        FlowSampler(flow=tiny_flow()),
        np.random.default_rng(0).normal(0.0, 5.0, size=(30, 5)),
        np.random.default_rng(0).normal(0.0, 5.0, size=(30, 5)).tolist(),
    ],
    ids=["uniform", "density", "mixture", "flow", "rows", "list"],
)
def test_any_sampler_does_and_the_same_seed_gives_the_same_scores(sampler, blob):
    scores = [
        discriminator(sampler).fit(blob).score_samples(blob) for _ in range(2)
    ]  # fmt: skip
    assert_array_equal(scores[0], scores[1])
    assert np.isfinite(scores[0]).all()


def test_real_outliers_are_recognised_again(blob):
    outliers = np.random.default_rng(0).normal(4.0, 1.0, size=(300, 5))
    detector = discriminator(outliers[:100], max_epochs=40).fit(blob)
    scores = detector.anomaly_score(np.vstack([blob, outliers[100:]]))
    assert roc_auc_score(np.repeat([0, 1], [len(blob), 200]), scores) > 0.95


def test_a_frozen_sampler_is_taken_as_it_is(blob):
    sampler = UniformSampler().fit(blob * 100.0)
    detector = discriminator(FrozenEstimator(sampler)).fit(blob)
    assert detector.sampler_.estimator is sampler


def test_a_grid_search_reaches_the_parameters_of_the_sampler(blob):
    flow = FrozenEstimator(tiny_flow().fit(blob))
    search = GridSearchCV(
        discriminator(FlowSampler(flow=flow)), {"sampler__p": [1.5, 4.0]}, cv=2
    )
    scores = search.fit(blob).cv_results_["mean_test_score"]
    assert scores[0] != scores[1]
    assert search.best_estimator_.sampler_.p in (1.5, 4.0)


def test_the_copies_that_draw_the_line_fit_no_sampler(blob):
    CountingSampler.fits.clear()
    discriminator(CountingSampler(), contamination="auto").fit(blob)
    assert CountingSampler.fits == [len(blob)]


def test_going_on_keeps_the_sampler(blob):
    CountingSampler.fits.clear()
    detector = discriminator(CountingSampler(), max_epochs=1)
    for _ in range(3):
        detector.partial_fit(blob)
    assert CountingSampler.fits == [len(blob)]
    assert detector.net_.module_.model.n_drawn == 3 * len(blob)


def test_the_outliers_do_not_travel_with_the_detector(blob):
    detector = discriminator(UniformSampler()).fit(blob)
    assert detector.net_.module_.model.outliers is None
    small = discriminator(UniformSampler(), n_outliers=1).fit(blob)
    assert len(pickle.dumps(detector)) < len(pickle.dumps(small)) + 1000


def test_fewer_different_outliers_are_other_outliers(blob):
    few, many = (
        discriminator(UniformSampler(), n_outliers=n).fit(blob).score_samples(blob)
        for n in (1, 32768)
    )
    assert not np.allclose(few, many)


def test_rows_beyond_everything_seen_score_by_how_far_beyond_they_are(blob):
    detector = discriminator(UniformSampler()).fit(blob)
    low, high = detector.sampler_.low_, detector.sampler_.high_
    scale = blob.astype(float).std(axis=0)
    far = high + 10.0 * scale
    assert_allclose(
        detector.anomaly_score([far + scale]) - detector.anomaly_score([far]),
        len(scale), rtol=1e-4,
    )  # fmt: skip
    worst = detector.anomaly_score(np.vstack([blob, (low + high) / 2])).max()
    assert detector.anomaly_score([high + 1000.0 * scale])[0] > worst


def test_the_score_can_be_descended(blob):
    module = discriminator(UniformSampler()).fit(blob).net_.module_
    x = torch.tensor(blob[:7], requires_grad=True)
    (gradient,) = torch.autograd.grad(module.score(x).sum(), x)
    assert (gradient != 0).any(dim=1).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [("shape", r"outliers of shape \(4096, 6\), but \(4096, 5\)"), ("NaN", "NaN")],
)
def test_outliers_that_cannot_be_are_refused(wrong, message, blob):
    detector = discriminator(UniformSampler()).fit(blob)
    before = detector.score_samples(blob)
    with pytest.raises(ValueError, match=message):
        detector.set_params(sampler=BadSampler(wrong)).fit(blob)
    assert_array_equal(detector.score_samples(blob), before)


@pytest.mark.parametrize("sampler", ["uniform", 3, UniformSampler, [[1.0, 2.0]]])
def test_what_is_no_sampler_is_refused(sampler, blob):
    with pytest.raises((ValueError, TypeError), match=r"sampler|rows has 2|instance"):
        discriminator(sampler).fit(blob)


def test_images_are_taken_in_four_dimensions():
    X = np.random.default_rng(0).uniform(size=(60, 1, 4, 4)).astype("f4")
    detector = discriminator(UniformSampler(), image_shape=(1, 4, 4)).fit(X)
    flat = X.reshape(60, 16)
    assert_array_equal(detector.score_samples(X), detector.score_samples(flat))
    first = detector.net_.module_.model.network[1]
    assert isinstance(first, torch.nn.Conv2d)


def test_real_outliers_may_be_a_frame(blob):
    outliers = blob[:20] + 5.0
    by_array = discriminator(outliers).fit(blob).score_samples(blob)
    by_frame = discriminator(pd.DataFrame(outliers)).fit(blob).score_samples(blob)
    assert_array_equal(by_array, by_frame)


@pytest.mark.parametrize("n_columns", [1, 2])
def test_a_frozen_sampler_of_other_columns_is_refused(n_columns, blob):
    sampler = FrozenEstimator(UniformSampler().fit(blob[:, :n_columns]))
    with pytest.raises(ValueError, match=f"rows of {n_columns} columns, but X has 5"):
        discriminator(sampler).fit(blob)


def test_the_range_that_is_remembered_is_that_of_all_outliers(blob):
    seen = []

    class Watched(UniformSampler):
        def sample(self, n_samples=1, random_state=None):
            seen.append(super().sample(n_samples, random_state))
            return seen[-1]

    params = {"standardize": False, "n_outliers": 3 * 4096, "max_epochs": 100}
    sampler = FrozenEstimator(Watched().fit(blob))
    model = discriminator(sampler, **params).fit(blob).net_.module_.model
    assert len(seen) > 1
    rows = np.concatenate(seen)
    assert_allclose(model.high, rows.max(axis=0), rtol=1e-6)
    assert_allclose(model.low, rows.min(axis=0), rtol=1e-6)


@pytest.mark.parametrize("shape", [(5, 2), (3, 5, 2)])
def test_every_row_gets_an_outlier_in_one_table_and_in_a_stack_of_tables(shape):
    model = OutlierModel(network=torch.nn.Identity(), stream=None)
    model.outliers, rows = Ones(), torch.zeros(shape)
    same, outliers = model.with_outliers(rows)
    assert torch.equal(same, rows) and torch.equal(outliers, torch.ones(shape))
