"""Weights of training rows count as repetitions of the rows."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks

from tests.contract.estimators import ESTIMATORS, TABULAR, every_tabular
from tests.contract.rows import rows, taken

# Those of scikit-learn, but for the equality with repeated rows in another order.
CHECKS = (
    "check_sample_weights_pandas_series",
    "check_sample_weights_not_an_array",
    "check_sample_weights_list",
    "check_all_zero_sample_weights_error",
    "check_sample_weights_shape",
    "check_sample_weights_not_overwritten",
)


# The checks make up labels, which a detector with labels warns of.
@pytest.mark.filterwarnings("ignore:y holds")
@pytest.mark.parametrize("check", CHECKS)
@every_tabular
def test_weights_pass_the_checks_of_scikit_learn(name, check):
    function = getattr(estimator_checks, check, None)
    if function is None:
        pytest.skip(f"this scikit-learn has no {check}")
    function(name, TABULAR[name]())


def _scores(name, X, weights=None):
    detector = TABULAR[name](contamination=0.1).fit(X, sample_weight=weights)
    return detector.score_samples(rows())


@every_tabular
def test_whole_weights_are_repetitions_and_zero_leaves_out(name):
    weights = np.resize([0, 1, 2], 60)
    expected = _scores(name, np.repeat(rows(), weights, axis=0))
    assert_array_equal(_scores(name, rows(), weights), expected)
    # The unit of the weights does not matter.
    assert_array_equal(_scores(name, rows(), 0.1 * weights), expected)


@every_tabular
def test_equal_weights_change_nothing(name):
    assert_array_equal(_scores(name, rows(), np.full(60, 0.3)), _scores(name, rows()))


def test_any_weights_are_near_to_what_they_say():
    weights = np.random.default_rng(0).exponential(size=60)
    detector = ESTIMATORS["AutoEncoder"](contamination=0.1)
    detector.fit(rows(), sample_weight=weights)
    center = detector.net_.module_.center
    assert_allclose(center, np.average(rows(), weights=weights, axis=0), atol=0.02)


@pytest.mark.parametrize("name", ["AutoEncoder", "NeighborsDetector"])
def test_rows_of_no_weight_are_anomalies_where_they_are_odd(name):
    X = np.vstack([rows(), rows(20) + 6.0])
    weights = np.repeat([1.0, 0.0], [60, 20])
    detector = TABULAR[name](contamination="auto")
    detector.set_params(**taken(detector, max_epochs=50))
    detector.fit(X, sample_weight=weights)
    scores = detector.anomaly_score(X)
    assert scores[60:].min() > scores[:60].max()
    # Each row has a training score; those of the rows without weight are plain ones.
    assert detector.training_scores_.shape == (80,)
    assert_array_equal(detector.training_scores_[60:], -scores[60:])


@pytest.mark.parametrize("name", ["AutoEncoder", "NeighborsDetector"])
def test_weights_are_routed(name):
    X, weights = rows(), np.resize([0.0, 1.0], 60)
    expected = _scores(name, X[1::2])
    with sklearn.config_context(enable_metadata_routing=True):
        detector = TABULAR[name](contamination=0.1)
        detector.set_fit_request(sample_weight=True)
        pipeline = make_pipeline(
            StandardScaler(with_mean=False, with_std=False), detector
        )
        pipeline[0].set_fit_request(sample_weight=False)
        pipeline.fit(X, sample_weight=weights)
        assert_array_equal(pipeline.score_samples(X), expected)


@pytest.mark.parametrize("name", ["AutoEncoder", "NeighborsDetector"])
def test_weights_that_are_none_are_refused(name):
    detector = TABULAR[name]()
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        detector.fit(rows(), sample_weight=np.resize([1.0, -1.0], 60))
    with pytest.raises(ValueError, match="single row"):
        detector.fit(rows(), sample_weight=np.eye(60)[0])
    with pytest.raises(TypeError, match="unexpected keyword argument 'weights'"):
        detector.fit(rows(), weights=np.ones(60))
