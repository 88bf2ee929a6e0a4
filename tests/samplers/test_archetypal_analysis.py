"""Archetypes are corners, mixtures lie on the simplex, and the loss never rises."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from skanomaly.samplers import ArchetypalAnalysis
from skanomaly.samplers._simplex import mixtures, nearest_in_hull, project_to_simplex

CORNERS = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]])


def rows(n_rows=200):
    return np.random.default_rng(0).normal(size=(n_rows, 5)) ** 3


@pytest.fixture(scope="module")
def triangle():
    inside = np.random.default_rng(0).dirichlet(np.ones(3), size=300) @ CORNERS
    return np.vstack([inside, CORNERS])


@parametrize_with_checks([ArchetypalAnalysis(), ArchetypalAnalysis(1)])
def test_scikit_learn_contract(estimator, check):
    check(estimator)


# What it finds


@pytest.mark.parametrize("seed", range(5))
def test_three_archetypes_are_the_corners_of_a_triangle(triangle, seed):
    analysis = ArchetypalAnalysis(3, random_state=seed).fit(triangle)
    found = analysis.archetypes_[np.lexsort(analysis.archetypes_.T[::-1])]
    assert_allclose(found, CORNERS[[0, 2, 1]], atol=1e-6)
    assert analysis.loss_ < 1e-9
    assert_allclose(
        analysis.inverse_transform(analysis.transform(triangle)), triangle, atol=1e-4
    )


def test_one_archetype_is_the_mean():
    X = rows()
    analysis = ArchetypalAnalysis(1).fit(X)
    assert_allclose(analysis.archetypes_, X.mean(axis=0, keepdims=True))
    assert_allclose(analysis.loss_, np.square(X - X.mean(axis=0)).sum())
    assert_array_equal(analysis.transform(X), np.ones((200, 1)))


@pytest.mark.parametrize("n_archetypes", [2, 4, 10])
def test_the_loss_never_rises(n_archetypes):
    X, _ = load_digits(return_X_y=True)
    analysis = ArchetypalAnalysis(n_archetypes, random_state=0).fit(X[:500])
    curve = analysis.loss_curve_
    assert len(curve) == analysis.n_iter_ + 1 > 2
    assert (np.diff(curve) <= 1e-12 * curve[0]).all()
    assert curve[-1] < curve[0]


def test_the_loss_falls_with_the_number_of_archetypes():
    losses = [
        ArchetypalAnalysis(k, random_state=0).fit(rows(60)).loss_ for k in range(1, 7)
    ]
    assert (np.diff(losses) < 0.0).all()


def test_as_many_archetypes_as_rows_explain_everything():
    X = rows(6)
    assert ArchetypalAnalysis(6, random_state=0).fit(X).loss_ < 1e-12


def test_the_loss_is_that_of_the_fitted_mixtures():
    X = rows()
    analysis = ArchetypalAnalysis(4, random_state=0).fit(X)
    errors = X - analysis.inverse_transform(analysis.transform(X))
    assert_allclose(np.square(errors).sum(), analysis.loss_, rtol=1e-6)


def test_archetypes_are_mixtures_of_rows_and_rows_of_archetypes():
    X = rows()
    analysis = ArchetypalAnalysis(4, random_state=0).fit(X)
    for weights in (analysis.archetype_weights_, analysis.transform(X)):
        assert (weights >= 0.0).all()
        assert_allclose(weights.sum(axis=1), 1.0)
    assert_allclose(analysis.archetype_weights_ @ X, analysis.archetypes_)


def test_no_archetype_can_be_moved_to_lower_the_loss():
    X = rows(60)
    analysis = ArchetypalAnalysis(3, tol=0.0, max_iter=2000, random_state=0).fit(X)
    A, Z = analysis.transform(X), analysis.archetypes_
    gradient = A.T @ (A @ Z - X) @ X.T  # by the weights of the rows, (k, n)
    slack = (gradient * analysis.archetype_weights_).sum(axis=1) - gradient.min(axis=1)
    assert slack.max() < 1e-5 * analysis.loss_


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_unit_and_the_origin_do_not_matter(scale):
    X = rows()
    A = ArchetypalAnalysis(3, random_state=0).fit(X).transform(X)
    moved = X * scale + 100.0 * scale
    other = ArchetypalAnalysis(3, random_state=0).fit(moved).transform(moved)
    assert_allclose(other, A, atol=1e-3)


def test_more_runs_are_not_worse():
    X = rows(60)
    one, five = (
        ArchetypalAnalysis(4, n_init=n, random_state=3).fit(X).loss_ for n in (1, 5)
    )
    assert five <= one


def test_the_same_seed_gives_the_same_archetypes():
    X = np.random.default_rng(0).normal(size=(80, 8))
    first, second, other = (
        ArchetypalAnalysis(4, random_state=seed).fit(X).archetypes_
        for seed in (0, 0, 1)
    )
    assert_array_equal(first, second)
    assert not np.allclose(first, other)


def test_a_row_does_not_feel_its_neighbours():
    X = rows()
    analysis = ArchetypalAnalysis(4, random_state=0).fit(X)
    together = analysis.transform(X)
    alone = np.vstack([analysis.transform(row[None]) for row in X[:20]])
    assert_allclose(alone, together[:20], atol=1e-9)


# Its parts


def test_projections_are_the_nearest_points_of_the_simplex():
    V = np.random.default_rng(0).normal(size=(100, 4)) * 3
    P = project_to_simplex(V)
    assert_allclose(P.sum(axis=1), 1.0)
    assert (P >= 0.0).all()
    # Nearest: no corner lies on the far side of the projection.
    assert (((V - P)[:, None] * (np.eye(4) - P[:, None])).sum(axis=2) < 1e-12).all()
    assert_allclose(project_to_simplex(P), P, atol=1e-12)


def test_mixtures_are_those_of_a_general_solver():
    rng = np.random.default_rng(0)
    X, Z = rng.normal(size=(5, 3)), rng.normal(size=(4, 3))
    for x, a in zip(X, mixtures(X, Z), strict=True):
        best = minimize(
            lambda b, x=x: np.square(x - b @ Z).sum(),
            np.full(4, 0.25),
            bounds=[(0, 1)] * 4,
            constraints={"type": "eq", "fun": lambda b: b.sum() - 1.0},
            options={"ftol": 1e-14},
        )
        assert np.square(x - a @ Z).sum() <= best.fun + 1e-7


@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_point_of_a_hull_has_no_row_beyond_it(seed):
    rng = np.random.default_rng(seed)
    X, target = rng.normal(size=(200, 6)), rng.normal(size=6) * 3
    start = rng.dirichlet(np.ones(200))
    weights = nearest_in_hull(X, target, start, gap=1e-12, max_iter=500)
    offset = weights @ X - target
    assert (weights >= 0.0).all()
    assert weights.sum() == pytest.approx(1.0)
    assert (X @ offset).min() >= (weights @ X) @ offset - 1e-8
    assert np.square(offset).sum() <= np.square(start @ X - target).sum()


# What goes wrong


def test_equal_rows_have_one_archetype_many_times():
    X = np.full((10, 3), 2.5)
    analysis = ArchetypalAnalysis(3).fit(X)
    assert_allclose(analysis.archetypes_, 2.5)
    assert analysis.loss_ == pytest.approx(0.0, abs=1e-20)


def test_rounds_that_run_out_are_a_warning():
    with pytest.warns(ConvergenceWarning, match=r"max_iter=1 rounds"):
        ArchetypalAnalysis(4, max_iter=1, tol=0.0, random_state=0).fit(rows())


@pytest.mark.parametrize(
    ("params", "pattern"),
    [
        ({"n_archetypes": 0}, "n_archetypes"),
        ({"n_archetypes": 2.5}, "n_archetypes"),
        ({"n_archetypes": 9}, "n_archetypes=9 must be at most n_samples=8"),
        ({"max_iter": 0}, "max_iter"),
        ({"tol": -1.0}, "tol"),
        ({"n_init": 0}, "n_init"),
    ],
)
def test_bad_parameters_are_named(params, pattern):
    with pytest.raises(ValueError, match=pattern):
        ArchetypalAnalysis(**params).fit(rows(8))


def test_bad_rows_are_refused_and_an_earlier_fit_is_kept():
    analysis = ArchetypalAnalysis(2, random_state=0).fit(rows())
    before = analysis.archetypes_
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["red", "blue"]})
    for bad, error in (
        (frame, ValueError),
        (np.array([[np.nan, 1.0]] * 5), ValueError),
    ):
        with pytest.raises(error, match=r"not numeric|NaN"):
            analysis.fit(bad)
    assert analysis.archetypes_ is before
    assert analysis.n_features_in_ == 5
    with pytest.raises(ValueError, match="5 features"):
        analysis.transform(rows()[:, :4])
    with pytest.raises(ValueError, match="3 columns, but 2 weights"):
        analysis.inverse_transform(np.ones((1, 3)))
    with pytest.raises(NotFittedError):
        clone(analysis).transform(rows())


def test_frames_keep_names_and_columns_get_some():
    frame = pd.DataFrame(rows(), columns=list("abcde"))
    analysis = ArchetypalAnalysis(2, random_state=0).fit(frame)
    assert list(analysis.feature_names_in_) == list("abcde")
    names = analysis.get_feature_names_out()
    assert list(names) == ["archetypalanalysis0", "archetypalanalysis1"]
