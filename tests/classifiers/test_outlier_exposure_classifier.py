"""OutlierExposureClassifier: classes, and doubt about what belongs to none."""

import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import logsumexp
from scipy.stats import chi, entropy
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

from skanomaly.classifiers import OutlierExposureClassifier
from skanomaly.classifiers._outlier_exposure_classifier import ExposureModel
from skanomaly.detectors import NormalizingFlow
from skanomaly.exceptions import TrainingDivergedError
from skanomaly.samplers import FlowSampler, UniformSampler

CENTERS = np.array([[0.0, 2.0], [-(3**0.5), -1.0], [3**0.5, -1.0]])


def toy(seed, n_rows=900, spread=1.0):
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=n_rows)
    return CENTERS[y] + spread * rng.normal(size=(n_rows, 2)), np.array(list("abc"))[y]


def tiny_flow():
    return NormalizingFlow("coupling", hidden_units=(8,), n_transforms=1, max_epochs=2)


def classifier(sampler=None, **params):
    params = {"hidden_units": (16,), "max_epochs": 10, "random_state": 0, **params}
    return OutlierExposureClassifier(
        UniformSampler(margin=1.0) if sampler is None else sampler, **params
    )


@pytest.fixture(scope="module")
def fitted():
    params = {"hidden_units": (64,), "max_epochs": 60, "lr": 0.02}
    return classifier(**params).fit(*toy(0, spread=0.4))


@parametrize_with_checks(
    [
        classifier(lr=0.02, max_epochs=20, hidden_units=(64,)),
        classifier(beta=0.0, lr=0.02, max_epochs=20),
        classifier(
            FlowSampler(flow=tiny_flow(), conditional=True), lr=0.02, max_epochs=20,
            optimizer__weight_decay=1e-5,
        ),
    ]
)  # fmt: skip
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def test_overconfidence_is_the_divergence_of_the_prediction_from_even_odds():
    logits = torch.randn(7, 4, generator=torch.Generator().manual_seed(0))
    even = np.full((7, 4), 0.25)
    expected = entropy(even, logits.softmax(dim=1).numpy(), axis=1)
    assert_allclose(ExposureModel.overconfidence(logits), expected, rtol=1e-4)
    assert_allclose(
        ExposureModel.overconfidence(torch.full((2, 4), 3.0)), 0.0, atol=1e-6
    )


def test_the_toy_outliers_ring_the_data_and_are_doubted_and_the_centres_are_not():
    X, y = toy(0, n_rows=1500)
    flow = NormalizingFlow("coupling", max_epochs=20, noise=0.05)
    sampler = FlowSampler(p=3.0, flow=flow)
    trained = classifier(sampler, hidden_units=(64, 64), max_epochs=40).fit(X, y)
    outliers, Z = trained.sampler_.sample(1000, random_state=9, return_latent=True)
    assert np.linalg.norm(Z, axis=1).min() > chi(2).ppf(0.99)

    def doubt(rows):
        return entropy(trained.predict_proba(rows), axis=1)

    assert doubt(outliers).mean() > 0.9 * np.log(3.0)
    assert doubt(CENTERS).max() < 0.2 * np.log(3.0)
    assert_array_equal(trained.predict(CENTERS), ["a", "b", "c"])


def test_outliers_are_found_better_than_without_and_classes_as_well(fitted):
    X, y = toy(1, spread=0.4)
    outliers = UniformSampler(margin=1.0).fit(X).sample(900, random_state=3)
    # What lies among the rows by chance is no outlier.
    distance = np.linalg.norm(outliers[:, None] - CENTERS, axis=2).min(axis=1)
    outliers = outliers[distance > 1.5]
    plain = clone(fitted).set_params(beta=0.0).fit(*toy(0, spread=0.4))
    assert plain.sampler_ is None

    def auc(model):
        scores = model.score_samples(np.vstack([X, outliers]))
        return roc_auc_score(np.repeat([1, 0], [len(X), len(outliers)]), scores)

    assert auc(fitted) > max(0.9, auc(plain) + 0.1)
    assert fitted.score(X, y) > 0.98


def test_both_scores_are_what_they_are_called_and_need_no_second_fit(fitted):
    X = toy(1)[0]
    logits = fitted.decision_function(X)
    assert_allclose(fitted.score_samples(X), fitted.predict_proba(X).max(axis=1))
    energy = pickle.loads(pickle.dumps(fitted)).set_params(score_type="energy")
    assert_allclose(energy.score_samples(X), logsumexp(logits, axis=1))


def test_two_classes_have_one_log_odds():
    X, y = toy(0)
    X, y = X[y != "c"], y[y != "c"]
    trained = classifier().fit(X, y)
    odds = trained.decision_function(X)
    p = trained.predict_proba(X)
    assert odds.shape == (len(X),)
    assert_allclose(odds, np.log(p[:, 1] / p[:, 0]), rtol=1e-6, atol=1e-6)
    assert_array_equal(trained.predict(X), np.where(odds > 0, "b", "a"))


@pytest.mark.parametrize(
    "labels", [[7, -3, 0], [2.0, 0.0, 9.0], ["x", "y", "zz"], [True, False, True]]
)
def test_classes_are_of_any_type_that_sorts(labels):
    X, y = toy(0, spread=0.3)
    codes = np.searchsorted(list("abc"), y)
    y = np.array(labels)[codes]
    trained = classifier(max_epochs=20, lr=0.05).fit(X, y)
    assert_array_equal(trained.classes_, np.unique(labels))
    assert trained.predict(X).dtype == y.dtype
    assert (trained.predict(X) == y).mean() > 0.9


def test_more_classes_than_an_integer_of_the_rows_can_count():
    X = np.random.default_rng(0).integers(0, 255, size=(600, 3)).astype(np.uint8)
    trained = classifier(max_epochs=1).fit(X, np.arange(600) % 300)
    assert trained.predict_proba(X).shape == (600, 300)


def test_columns_are_standardized_and_labels_are_not():
    X, y = toy(0)
    unit, zero = np.array([1e-3, 300.0]), np.array([5.0, -40.0])
    p = classifier().fit(X, y).predict_proba(X)
    other = classifier().fit(X * unit + zero, y).predict_proba(X * unit + zero)
    assert_allclose(other, p, atol=1e-3)


def test_the_sampler_sees_rows_and_labels():
    X, y = toy(0)
    trained = classifier(FlowSampler(flow=tiny_flow(), conditional=True)).fit(X, y)
    assert_array_equal(trained.sampler_.classes_, ["a", "b", "c"])
    assert trained.sampler_.n_features_in_ == 2


@pytest.mark.parametrize(
    "sampler", [GaussianMixture(2), toy(5)[0] * 4.0], ids=["mixture", "rows"]
)
def test_the_same_seed_gives_the_same_scores_and_nothing_global_moves(sampler):
    X, y = toy(0)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    first, second = (classifier(sampler).fit(X, y).score_samples(X) for _ in range(2))
    assert_array_equal(first, second)
    other = classifier(sampler, random_state=1).fit(X, y).score_samples(X)
    assert not np.array_equal(first, other)
    assert torch.equal(before[0], torch.get_rng_state())
    assert_array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002


def test_a_row_does_not_feel_its_neighbours(fitted):
    X = toy(1)[0]
    scores = fitted.score_samples(X)
    assert_array_equal(fitted.score_samples(X[::-1])[::-1], scores)
    assert all(fitted.score_samples(X[i : i + 1])[0] == scores[i] for i in range(50))


def test_a_grid_search_reaches_sampler_weight_and_optimizer():
    X, y = toy(0, n_rows=200)
    grid = {"sampler__margin": [0.0, 5.0], "beta": [0.0, 1.0]}
    grid["optimizer__weight_decay"] = [0.0]
    search = GridSearchCV(
        classifier(), grid, cv=2, scoring="neg_log_loss", error_score="raise"
    ).fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert scores[0] == scores[1]  # without weight the outliers do not matter
    assert len(set(scores[1:])) == 3


class Wide(nn.Linear):
    """A network of the user, with a parameter of its own."""

    def __init__(self, n_inputs, n_outputs, doubled=False):
        super().__init__(n_inputs, n_outputs)
        self.doubled = doubled

    def forward(self, x):
        """Outputs for rows."""
        return super().forward(x) * (1 + self.doubled)


def test_a_network_of_the_user_is_trained():
    X, y = toy(0)
    own = {"module": Wide, "module__doubled": True, "lr": 0.05, "max_epochs": 30}
    trained = classifier(**own).fit(X, y)
    assert trained.net_.module_.model.network.doubled
    assert trained.score(X, y) > 0.8
    with pytest.raises(TypeError, match="already built"):
        classifier(module=nn.Linear(2, 3)).fit(X, y)


def test_images_come_in_four_dimensions():
    rng = np.random.default_rng(0)
    y = np.arange(80) % 2
    X = rng.uniform(size=(80, 1, 4, 4)) + y[:, None, None, None]
    trained = classifier(image_shape=(1, 4, 4), max_epochs=30).fit(X, y)
    assert isinstance(trained.net_.module_.model.network[1], nn.Conv2d)
    assert_array_equal(trained.predict(X), trained.predict(X.reshape(80, 16)))
    assert trained.score(X, y) == 1.0


def test_early_stopping_watches_rows_that_are_held_out():
    trained = classifier(
        early_stopping=True, n_iter_no_change=2, max_epochs=200, lr=0.05
    ).fit(*toy(0))
    assert len(trained.net_.history) < 200
    assert trained.net_.history[-1, "batches", -1, "valid_batch_size"] == 90


def test_bad_input_is_refused_and_the_fit_before_is_kept(fitted):
    X, y = toy(1)
    other = pickle.loads(pickle.dumps(fitted))
    before = other.score_samples(X)
    with pytest.raises(ValueError, match="one class only, 'a'"):
        other.fit(X, np.full(len(X), "a"))
    with pytest.raises(ValueError, match="Unknown label type"):
        other.fit(X, X[:, 0])
    with pytest.raises(ValueError, match="not numeric"):
        other.fit(X.astype(str), y)
    with pytest.raises(TypeError, match="Did you mean"):
        classifier(beto=1.0)
    with pytest.raises(TrainingDivergedError):
        other.set_params(lr=1e30, optimizer=torch.optim.SGD).fit(X, y)
    assert_array_equal(other.score_samples(X), before)


def test_the_documentation_has_the_parameters_of_training_but_not_of_detectors():
    text = OutlierExposureClassifier.__doc__
    assert "n_iter_no_change : int, default=10" in text
    assert "contamination" not in text
    assert "warm_start" not in text


def test_the_docstring_speaks_of_no_method_that_is_missing():
    assert not hasattr(OutlierExposureClassifier, "partial_fit")
    assert "partial_fit" not in OutlierExposureClassifier.__doc__
