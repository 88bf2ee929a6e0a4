"""The detector that is nothing but distances to training rows."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import cdist
from scipy.special import comb
from sklearn.metrics import roc_auc_score

from skanomaly.detectors import AutoEncoder, NeighborsDetector


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(0).normal(size=(80, 3)) * [1.0, 5.0, 0.1]


def sorted_squares(X, references):
    """Squared distances in standard deviations, nearest first."""
    scale = references.std(axis=0)
    return np.sort(cdist(X / scale, references / scale, "sqeuclidean"), axis=1)


def expected_nearest(squares, m):
    """Mean of the smallest of m of them, over all subsets."""
    n = squares.shape[1]
    rank = np.arange(1, n + 1)
    return squares @ (comb(n - rank, m - 1) / comb(n, m))


PARTS = {
    "neighbours": ({"subset_size": 0}, lambda s: s[:, :5].mean(axis=1)),
    "subsets": ({"n_neighbors": 0}, lambda s: expected_nearest(s, 16)),
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_the_distance_over_its_mean_where_each_row_is_left_out(X, part):
    params, distance = PARTS[part]
    detector = NeighborsDetector(**params).fit(X)
    own = distance(sorted_squares(X, X)[:, 1:])  # the first is the row itself
    assert_allclose(-detector.training_scores_, own / own.mean(), rtol=1e-4)
    new = np.random.default_rng(1).normal(size=(20, 3))
    expected = distance(sorted_squares(new, X)) / own.mean()
    assert_allclose(detector.anomaly_score(new), expected, rtol=1e-4)


def test_the_score_is_the_sum_of_the_parts(X):
    parts = [NeighborsDetector(**p).fit(X).anomaly_score(X) for p, _ in PARTS.values()]
    assert_allclose(NeighborsDetector().fit(X).anomaly_score(X), sum(parts), rtol=1e-6)


def test_no_part_at_all_is_refused(X):
    with pytest.raises(ValueError, match="n_neighbors=0 and subset_size=0"):
        NeighborsDetector(0, subset_size=0).fit(X)


def test_only_so_many_rows_are_kept_and_the_choice_is_repeatable(X):
    detectors = [NeighborsDetector(n_references=30).fit(X) for _ in range(2)]
    first, second = (detector.score_samples(X) for detector in detectors)
    assert_array_equal(first, second)
    assert not np.allclose(first, NeighborsDetector().fit(X).score_samples(X))


def test_it_is_the_distance_part_of_the_autoencoder(X):
    network = AutoEncoder(max_epochs=1, contamination=0.1, random_state=0).fit(X)
    model = network.net_.module_.model
    model.unit_error.fill_(np.inf)  # leaves the error out
    assert_allclose(
        network.score_samples(X), NeighborsDetector().fit(X).score_samples(X), rtol=1e-5
    )


def test_the_threshold_is_met_by_new_rows_too():
    rng = np.random.default_rng(0)
    detector = NeighborsDetector().fit(rng.normal(size=(300, 5)))
    assert (detector.training_scores_ < detector.offset_).mean() == 0.1
    alarms = detector.predict(rng.normal(size=(2000, 5))) == -1
    assert alarms.mean() == pytest.approx(0.1, abs=0.03)


def test_subsets_find_a_dense_cluster_of_anomalies():
    rng = np.random.default_rng(0)
    cluster = 4.0 + 0.05 * rng.normal(size=(12, 2))
    X = np.vstack([rng.normal(size=(200, 2)), cluster])
    is_anomaly = np.arange(len(X)) >= 200

    def auroc(**params):
        scores = NeighborsDetector(**params).fit(X).anomaly_score(X)
        return roc_auc_score(is_anomaly, scores)

    assert auroc(subset_size=0) < 0.5
    assert auroc(n_neighbors=0) > 0.95
