"""The detector that is nothing but distances to training rows."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import cdist
from scipy.special import comb
from sklearn.metrics import roc_auc_score
from sklearn.metrics.pairwise import nan_euclidean_distances

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


def table(n_rows=120, seed=0):
    """Two columns that go together, of text and numbers, and one of numbers."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["cup", "box", "van"], n_rows)
    size = pd.Series(kind).map({"cup": 0.0, "box": 4.0, "van": 8.0})
    size += rng.normal(size=n_rows)
    return pd.DataFrame({"kind": kind, "size": size, "age": rng.normal(size=n_rows)})


def test_a_category_is_scored_beside_the_numbers_that_go_with_it():
    detector = NeighborsDetector().fit(table())
    X = table(30, seed=1)
    odd = X.assign(kind=X["kind"].map({"cup": "van", "box": "cup", "van": "box"}))
    assert roc_auc_score(np.repeat([0, 1], 30), _scores(detector, X, odd)) > 0.95
    unseen = X.assign(kind="jar")
    assert (detector.anomaly_score(unseen) > detector.anomaly_score(X)).all()
    assert (detector.feature_scores(unseen).idxmax(axis=1) == "kind").mean() > 0.9


def _scores(detector, *tables):
    return np.concatenate([detector.anomaly_score(X) for X in tables])


def test_missing_cells_count_as_the_others_of_their_row(X):
    X = X.copy()
    X[np.random.default_rng(1).random(X.shape) < 0.2] = np.nan
    X = X[~np.isnan(X).all(axis=1)]
    detector = NeighborsDetector(subset_size=0).fit(X)
    squares = nan_euclidean_distances(X / np.nanstd(X, axis=0), squared=True)
    np.fill_diagonal(squares, np.nan)
    own = np.sort(squares, axis=1)[:, :5].mean(axis=1)  # NaN, nothing in common, last
    assert_allclose(-detector.training_scores_, own / own.mean(), rtol=1e-4)


def test_a_row_that_knows_nothing_is_not_odd(X):
    detector = NeighborsDetector().fit(X)
    assert detector.anomaly_score(np.full((1, 3), np.nan)) == 0.0


def test_a_category_counts_as_half_a_column_where_it_is_missing():
    X = table()[["kind", "size"]]
    mixed = NeighborsDetector(subset_size=0).fit(X)
    numbers = NeighborsDetector(subset_size=0).fit(X[["size"]])
    new = table(30, seed=1)[["kind", "size"]]
    cells = mixed.feature_scores(new.assign(kind=None))
    assert (cells["kind"] == 0).all()
    # All of the row's columns over the known ones, each distance in its own unit.
    units = (d._module.model.units.item() for d in (numbers, mixed))
    expected = numbers.anomaly_score(new[["size"]]) * next(units) / next(units) * 1.5
    assert_allclose(cells["size"], expected, rtol=1e-4)


def test_complete_tables_take_no_notice_of_incomplete_rows_beside_them(X):
    detector = NeighborsDetector().fit(X)
    beside = np.vstack([X[:30], np.full((5, 3), np.nan), X[30:]])
    expected = detector.score_samples(X)
    assert_array_equal(
        np.delete(detector.score_samples(beside), range(30, 35)), expected
    )
    frame = pd.DataFrame(X, columns=list("abc"))
    assert_array_equal(NeighborsDetector().fit(frame).score_samples(frame), expected)
    nullable = frame.astype("Float64")
    assert_array_equal(NeighborsDetector().fit(nullable).score_samples(frame), expected)


def test_neighbours_at_one_distance_are_the_same_beside_all_rows():
    # Which of them are taken decides about the columns, though not about the score.
    rng = np.random.default_rng(0)
    X = rng.integers(0, 3, size=(300, 8)).astype(float)
    X[rng.random(X.shape) < 0.2] = np.nan
    detector = NeighborsDetector(standardize=False, contamination=0.1).fit(X)
    one_by_one = np.vstack([detector.feature_scores(row[None]) for row in X[:100]])
    assert_allclose(one_by_one, detector.feature_scores(X)[:100], rtol=1e-6)


def test_weights_set_the_threshold_as_repeated_rows(X):
    weights = np.resize([0, 1, 2, 5], 80)
    weighted = NeighborsDetector().fit(X, sample_weight=weights)
    repeated = NeighborsDetector().fit(np.repeat(X, weights, axis=0))
    assert weighted.offset_ == repeated.offset_
    own = np.repeat(weighted.training_scores_, weights)
    assert_array_equal(own, repeated.training_scores_)
    assert_array_equal(weighted.training_scores_[::4], repeated.score_samples(X[::4]))


def test_rows_without_weight_are_no_neighbours(X):
    crowd = np.full((20, 3), 50.0)
    both = np.vstack([X, crowd])
    weights = np.repeat([1.0, 0.0], [80, 20])
    detector = NeighborsDetector().fit(both, sample_weight=weights)
    expected = NeighborsDetector().fit(X)
    assert_array_equal(detector.score_samples(both), expected.score_samples(both))
    assert detector.offset_ == expected.offset_
    assert (detector.predict(crowd) == -1).all()
