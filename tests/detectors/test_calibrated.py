"""Calibration of any detector, and of a Pipeline, by rows left out of its training."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.compose import make_column_transformer
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import KFold
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skanomaly.detectors import AutoEncoder, CalibratedDetector, NeighborsDetector


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(0).normal(size=(200, 3))


@pytest.fixture(scope="module")
def X_new():
    return np.random.default_rng(1).normal(size=(2000, 3))


def pipeline():
    return make_pipeline(StandardScaler(), LocalOutlierFactor(5, novelty=True))


def test_rows_are_scored_by_pipelines_that_were_fitted_without_them(X):
    folds = KFold(4)
    detector = CalibratedDetector(pipeline(), cv=folds).fit(X)
    expected = np.concatenate(
        [pipeline().fit(X[a]).score_samples(X[b]) for a, b in folds.split(X)]
    )
    assert_array_equal(detector.calibration_scores_, expected)
    assert detector.offset_ == pytest.approx(np.percentile(expected, 10))
    assert_array_equal(detector.score_samples(X), pipeline().fit(X).score_samples(X))


def test_a_frozen_pipeline_is_calibrated_and_not_fitted(X, X_new):
    pipe = pipeline().fit(X)
    detector = CalibratedDetector(FrozenEstimator(pipe)).fit(X_new)
    assert detector.estimator_.estimator is pipe
    assert_array_equal(detector.calibration_scores_, pipe.score_samples(X_new))
    assert (detector.predict(X_new) == -1).mean() == 0.1
    with pytest.raises(NotFittedError):
        CalibratedDetector(FrozenEstimator(pipeline())).fit(X)


@pytest.mark.parametrize("rate", [0.05, 0.2])
def test_new_rows_meet_the_rate_where_training_rows_are_memorized(rate, X, X_new):
    network = AutoEncoder(max_epochs=200, hidden_units=(64,), random_state=0)
    detector = CalibratedDetector(network, false_positive_rate=rate).fit(X)
    assert (detector.predict(X_new) == -1).mean() == pytest.approx(rate, abs=0.05)


def test_frames_with_text_reach_the_pipeline():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=90), "b": rng.choice(["x", "y"], 90)})
    encoder = make_column_transformer(
        (OneHotEncoder(), ["b"]), remainder="passthrough", sparse_threshold=0
    )
    detector = CalibratedDetector(make_pipeline(encoder, NeighborsDetector())).fit(X)
    assert list(detector.feature_names_in_) == ["a", "b"]
    assert detector.n_features_in_ == 2
    assert detector.p_values(X.assign(a=50.0)).max() == 1 / 91
    with pytest.raises(ValueError, match="b"):
        detector.predict(X[["a"]])


def test_frames_with_text_and_missing_cells_need_no_pipeline():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=90), "b": rng.choice(["x", "y"], 90)})
    X.loc[:4, "a"], X.loc[5:9, "b"] = None, None
    detector = CalibratedDetector(NeighborsDetector()).fit(X)
    assert detector.p_values(X.assign(a=50.0)).max() == 1 / 91
    assert detector.p_values(X).max() > 0.9


def test_copies_train_no_copies_of_their_own(X, monkeypatch):
    fits = []
    fit = AutoEncoder.fit
    monkeypatch.setattr(
        AutoEncoder, "fit", lambda self, *a: fits.append(self) or fit(self, *a)
    )
    network = AutoEncoder(max_epochs=1, random_state=0)
    CalibratedDetector(make_pipeline(StandardScaler(), network), cv=3).fit(X)
    assert [d.contamination for d in fits] == ["auto", 0.1, 0.1, 0.1]


def test_weights_count_rows_for_the_threshold_and_reach_the_estimator(X):
    weights = np.resize([0, 1, 2], len(X))
    folds = KFold(4)
    detector = CalibratedDetector(NeighborsDetector(), cv=folds)
    detector.fit(X, sample_weight=weights)
    expected = np.concatenate(
        [
            NeighborsDetector()
            .fit(X[a], sample_weight=weights[a])
            .score_samples(X[b])
            .repeat(weights[b])
            for a, b in folds.split(X)
        ]
    )
    assert_array_equal(detector.calibration_scores_, expected)
    assert detector.offset_ == pytest.approx(np.percentile(expected, 10))
    whole = NeighborsDetector().fit(X, sample_weight=weights)
    assert_array_equal(detector.score_samples(X), whole.score_samples(X))


def test_weights_reach_the_last_step_of_a_pipeline(X):
    weights = np.resize([0.0, 1.0], len(X))
    pipe = make_pipeline(StandardScaler(), NeighborsDetector())
    expected = pipe.fit(X, neighborsdetector__sample_weight=weights).score_samples(X)
    detector = CalibratedDetector(pipe, cv=2).fit(X, sample_weight=weights)
    assert_array_equal(detector.score_samples(X), expected)
    assert len(detector.calibration_scores_) == len(X) // 2


def test_weights_are_routed_to_the_steps_that_ask_for_them(X):
    weights = np.resize([0.0, 1.0], len(X))
    with config_context(enable_metadata_routing=True):
        pipe = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=True),
            NeighborsDetector().set_fit_request(sample_weight=False),
        )
        expected = pipe.fit(X, sample_weight=weights).score_samples(X)
        detector = CalibratedDetector(pipe, cv=2).set_fit_request(sample_weight=True)
        outer = make_pipeline(detector).fit(X, sample_weight=weights)
        assert_array_equal(outer.score_samples(X), expected)
        assert len(outer[0].calibration_scores_) == len(X) // 2
        with pytest.raises(ValueError, match="not explicitly set"):
            CalibratedDetector(NeighborsDetector()).fit(X, sample_weight=weights)


def test_an_estimator_without_weights_is_calibrated_by_them_with_a_warning(X):
    weights = np.resize([0.0, 1.0], len(X))
    with pytest.warns(UserWarning, match="LocalOutlierFactor takes no sample_weight"):
        detector = CalibratedDetector(pipeline(), cv=2).fit(X, sample_weight=weights)
    assert len(detector.calibration_scores_) == len(X) // 2
    frozen = CalibratedDetector(FrozenEstimator(pipeline().fit(X)))
    frozen.fit(X, sample_weight=weights)
    assert_array_equal(frozen.calibration_scores_, frozen.score_samples(X)[1::2])


@pytest.mark.parametrize(
    ("weights", "error", "pattern"),
    [
        ({"sample_weight": -np.ones(200)}, ValueError, "[Nn]egative"),
        ({"sample_weight": np.zeros(200)}, ValueError, "zero"),
        ({"sample_weight": np.ones(3)}, ValueError, "sample_weight"),
        ({"weight": np.ones(200)}, TypeError, "unexpected keyword argument 'weight'"),
    ],
)
def test_wrong_weights_are_refused(weights, error, pattern, X):
    with pytest.raises(error, match=pattern):
        CalibratedDetector(NeighborsDetector()).fit(X, **weights)


@pytest.mark.parametrize(
    ("params", "error", "pattern"),
    [
        ({"estimator": StandardScaler()}, ValueError, "estimator"),
        ({"cv": 1}, ValueError, "cv"),
        ({"false_positive_rate": 0.6}, ValueError, "false_positive_rate"),
        ({"cv": [([0, 1], [2, 3])]}, ValueError, "in no test fold"),
    ],
)
def test_wrong_parameters_are_named(params, error, pattern, X):
    params = {"estimator": IsolationForest(n_estimators=5), **params}
    with pytest.raises(error, match=pattern):
        CalibratedDetector(**params).fit(X)
