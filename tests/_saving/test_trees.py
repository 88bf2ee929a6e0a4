"""Boosters come back with their trees, and trees that lead nowhere are refused."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.ensemble import HistGradientBoostingRegressor

from skanomaly._saving.trees import booster_of, parts_of


def _rows():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 4))
    x[:, 1], x[:, 3] = rng.integers(5, size=300) * 2, rng.integers(3, size=300)
    x[rng.random(x.shape) < 0.1] = np.nan
    return x, np.nan_to_num(x) @ [1.0, 0.5, -1.0, 2.0]


@pytest.fixture(
    params=[None, [False, True, False, True]], ids=["numbers", "categories"]
)
def booster(request):
    x, y = _rows()
    return HistGradientBoostingRegressor(
        max_iter=10, min_samples_leaf=5, categorical_features=request.param,
        random_state=0,
    ).fit(x, y)  # fmt: skip


def test_a_booster_predicts_as_before(booster):
    x, _ = _rows()
    unknown = np.full((1, 4), 77.0)
    back = booster_of(*parts_of(booster))
    assert_array_equal(back.predict(x), booster.predict(x))
    assert_array_equal(back.predict(unknown), booster.predict(unknown))
    assert back.get_params() == booster.get_params()
    assert back.n_iter_ == booster.n_iter_


FORGED = {
    "left": -1, "right": 10**6, "feature_idx": 4, "bitset_idx": 10**6,
}  # fmt: skip


@pytest.mark.parametrize("field", FORGED)
def test_a_tree_that_leads_nowhere_is_refused(field, booster):
    params, categories, trees, guess = parts_of(booster)
    nodes = trees[0][0].copy()
    if field == "bitset_idx":
        nodes["is_categorical"] = 1
    nodes[field] = np.array(FORGED[field]).astype(nodes[field].dtype)
    with pytest.raises(ValueError, match="leads to where nothing is"):
        booster_of(params, categories, [(nodes, *trees[0][1:])], guess)


def test_a_tree_that_goes_in_a_circle_is_refused(booster):
    params, categories, trees, guess = parts_of(booster)
    nodes = trees[0][0].copy()
    nodes["left"] = 0
    with pytest.raises(ValueError, match="leads to where nothing is"):
        booster_of(params, categories, [(nodes, *trees[0][1:])], guess)
