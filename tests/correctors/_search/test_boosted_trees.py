"""Boosted trees on rows of categories: masks of leaves, calibration, few labels."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier

from skanomaly.correctors._search import boosted_trees
from skanomaly.correctors._search.boosted_trees import BoostedTrees
from skanomaly.correctors._search.leaf_masks import LeafMasks

SIZES = (3, 5, 2, 1)


def rows(n, seed=0, missing=0.1):
    rng = np.random.default_rng(seed)
    codes = np.stack([rng.integers(size, size=n) for size in SIZES], axis=1)
    return np.where(rng.random(codes.shape) < missing, -1, codes)


def labels(codes, seed=0):
    p = expit(3.0 * (codes[:, 0] == 1) + 2.0 * (codes[:, 1] * codes[:, 2] == 3) - 3.0)
    return (np.random.default_rng(seed).random(len(p)) < p).astype(int)


def one_hot(codes):
    blocks = [codes[:, [j]] == np.arange(size) for j, size in enumerate(SIZES)]
    return np.concatenate(blocks, axis=1).astype(float)


@pytest.mark.parametrize("units", [np.arange(11), np.array([1, 4, 6, 8])])
@pytest.mark.parametrize("max_leaf_nodes", [2, 31])
def test_masks_say_what_the_trees_say(units, max_leaf_nodes):
    codes = rows(2000)
    booster = HistGradientBoostingClassifier(
        max_iter=20, max_leaf_nodes=max_leaf_nodes, min_samples_leaf=5
    ).fit(one_hot(codes)[:, units], labels(codes))
    trees, new = LeafMasks(booster, units, SIZES), rows(500, seed=1)
    expected = booster.decision_function(one_hot(new)[:, units])
    np.testing.assert_allclose(trees.log_odds(new), expected, atol=1e-10)


def test_probabilities_mean_what_they_say():
    codes, new = rows(4000), rows(4000, seed=1)
    model = BoostedTrees(SIZES, random_state=0).fit_codes(codes, labels(codes))
    p, y = expit(model.log_odds(new)), labels(new, seed=2)
    for low, high in ((0.0, 0.1), (0.1, 0.4), (0.4, 1.0)):
        here = (p >= low) & (p < high)
        assert here.any() and y[here].mean() == pytest.approx(p[here].mean(), abs=0.07)


def test_noise_is_not_learned_by_heart():
    codes = rows(600)
    y = np.random.default_rng(5).integers(0, 2, 600)
    model = BoostedTrees(SIZES, random_state=0).fit_codes(codes, y)
    assert np.abs(model.log_odds(codes)).max() < 1.0
    assert len(model.trees_.values) < 100


def test_codes_and_one_hot_rows_are_the_same_to_it():
    codes = rows(800)
    y = labels(codes)
    one = BoostedTrees(SIZES, random_state=0).fit_codes(codes, y)
    other = BoostedTrees(SIZES, random_state=0).fit(one_hot(codes), y)
    np.testing.assert_array_equal(one.log_odds(codes), other.log_odds(codes))
    p = one.predict_proba(one_hot(codes))
    np.testing.assert_allclose(p[:, 1], expit(one.log_odds(codes)))
    np.testing.assert_array_equal(one.predict(one_hot(codes)), p[:, 1] >= 0.5)


def test_rows_that_were_held_out_were_not_seen():
    codes = rows(600)
    y = np.random.default_rng(5).integers(0, 2, 600)
    model = BoostedTrees(SIZES, random_state=0).fit_codes(codes, y)
    # Seen rows would come out on the right side more often than not.
    assert abs(((model.held_out_ > 0) == y).mean() - 0.5) < 0.08


def test_of_very_many_rows_the_rarer_class_is_kept_and_calibrated(monkeypatch):
    monkeypatch.setattr(boosted_trees, "MAX_ROWS", 600)
    monkeypatch.setattr(boosted_trees, "MAX_CELLS", 5000)
    codes = rows(6000)
    y = labels(codes) & (np.arange(6000) % 4 == 0)
    model = BoostedTrees(SIZES, random_state=0).fit_codes(codes, y)
    learned = np.isfinite(model.held_out_)
    assert learned.sum() == 600 and learned[y == 1].sum() == min(300, y.sum())
    assert expit(model.log_odds(codes)).mean() == pytest.approx(y.mean(), rel=0.2)


def test_a_column_of_rare_categories_only_does_not_stop_it():
    codes = np.arange(60)[:, None]
    y = (np.arange(60) % 3 == 0).astype(int)
    model = BoostedTrees((60,), random_state=0).fit_codes(codes, y)
    assert expit(model.log_odds(codes)) == pytest.approx(1 / 3, abs=0.1)
