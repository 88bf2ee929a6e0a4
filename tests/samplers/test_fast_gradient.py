"""Rows moved along the gradient: where to, how far, and what has no gradient."""

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skanomaly.detectors import VAE, AutoEncoder, NormalizingFlow
from skanomaly.samplers import fast_gradient_perturbation

FAST = {"max_epochs": 20, "random_state": 0, "contamination": 0.1}
MAKERS = {
    "AutoEncoder": lambda **p: AutoEncoder(**FAST, **p),
    "NormalizingFlow": lambda **p: NormalizingFlow(**FAST, **p),
}
# Units that differ: an epsilon in any other unit than that of X would show.
UNITS = np.array([1e-3, 1.0, 50.0, 1.0])


def table(seed, n_rows):
    rng = np.random.default_rng(seed)
    mix = np.array([[1.0, 1, -1, 0.5], [0.5, -1, 1, 1]])
    return (rng.normal(size=(n_rows, 2)) @ mix + rng.normal(size=(n_rows, 4))) * UNITS


@pytest.fixture(scope="module")
def X():
    return table(1, 80)


@pytest.fixture(scope="module", params=MAKERS)
def detector(request):
    return MAKERS[request.param]().fit(table(0, 300))


@pytest.mark.parametrize(("direction", "rises"), [("down", False), ("up", True)])
def test_the_score_goes_where_it_is_sent(detector, X, direction, rises):
    moved = fast_gradient_perturbation(
        detector, X, 1e-3 * UNITS, direction=direction, clip=None
    )
    change = detector.anomaly_score(moved) - detector.anomaly_score(X)
    assert ((change > 0) == rises).mean() > 0.9


def test_the_step_is_against_the_slope_of_the_score(detector, X):
    moved = fast_gradient_perturbation(detector, X[:5], 0.25 * UNITS, clip=None)
    for j in range(4):
        h = np.eye(4)[j] * 1e-4 * UNITS[j]
        slope = detector.anomaly_score(X[:5] + h) - detector.anomaly_score(X[:5] - h)
        clear = np.abs(slope) > 1e-5
        assert clear.any()
        expected = X[:5, j] - 0.25 * UNITS[j] * np.sign(slope)
        np.testing.assert_allclose(moved[clear, j], expected[clear])


def test_a_row_is_moved_as_if_it_were_alone(detector, X):
    together = fast_gradient_perturbation(detector, X, UNITS, clip=None)
    alone = [fast_gradient_perturbation(detector, x[None], UNITS, clip=None) for x in X]
    np.testing.assert_array_equal(together, np.vstack(alone))


def test_by_default_the_result_stays_in_the_range_of_the_rows(detector, X):
    moved = fast_gradient_perturbation(detector, X, 2 * UNITS)
    assert (moved >= X.min(axis=0)).all()
    assert (moved <= X.max(axis=0)).all()
    wide = fast_gradient_perturbation(detector, X, 2 * UNITS, clip=None)
    np.testing.assert_array_equal(moved, np.clip(wide, X.min(axis=0), X.max(axis=0)))
    assert (wide != moved).any()
    low, high = -UNITS, 0.5 * UNITS
    given = fast_gradient_perturbation(detector, X, 2 * UNITS, clip=(low, high))
    np.testing.assert_array_equal(given, np.clip(wide, low, high))


def test_of_images_the_range_is_that_of_all_pixels():
    X = np.random.default_rng(0).random((50, 16))
    X[:, 0] = 0.0  # a black corner may become grey
    detector = AutoEncoder(image_shape=(1, 4, 4), hidden_units=(4,), **FAST).fit(X)
    up, down = (
        fast_gradient_perturbation(detector, X, 0.3, direction=direction)
        for direction in ("up", "down")
    )
    assert max(up[:, 0].max(), down[:, 0].max()) == 0.3
    assert min(up.min(), down.min()) == X.min()
    assert max(up.max(), down.max()) == X.max()
    images = X.reshape(-1, 1, 4, 4)
    np.testing.assert_array_equal(
        fast_gradient_perturbation(detector, images, 0.3), down
    )


def test_the_variant_of_rich_latent_moves_noise_by_the_gradient_at_the_rows(
    detector, X
):
    def noise(epsilon):
        return fast_gradient_perturbation(
            detector, X, epsilon, variant="rich_latent", random_state=3
        )

    plain = fast_gradient_perturbation(detector, X, 0.3, clip=None)
    np.testing.assert_allclose(noise(0.3) - noise(0.0), plain - X, atol=1e-9)
    assert abs(noise(0.0).mean()) < 0.2
    assert noise(0.0).std() == pytest.approx(1.0, abs=0.15)
    assert np.abs(noise(0.3)).max() > 1.0  # not cut


def test_cells_without_a_slope_stay(X):
    X = np.column_stack([X, np.zeros(len(X))])
    detector = NormalizingFlow(**FAST).fit(X)
    for parameter in detector.net_.module_.model.flow.parameters():
        parameter.data.zero_()  # the density is normal: its slope is zero at 0
    np.testing.assert_array_equal(
        fast_gradient_perturbation(detector, X, 1.0, clip=None)[:, -1], 0.0
    )


def test_nothing_of_the_detector_or_the_rows_is_changed(detector, X):
    before, rows = detector.score_samples(X), X.copy()
    fast_gradient_perturbation(detector, X, 0.1)
    np.testing.assert_array_equal(detector.score_samples(X), before)
    np.testing.assert_array_equal(X, rows)
    assert all(p.requires_grad for p in detector.net_.module_.parameters())


def test_searches_and_pipelines_of_one_step_are_opened(X):
    detector = NormalizingFlow(**{**FAST, "max_epochs": 2})
    search = GridSearchCV(detector, {"noise": [0.1]}, cv=2)
    with pytest.raises(NotFittedError):
        fast_gradient_perturbation(search, X, 0.1)
    search.fit(X)
    expected = fast_gradient_perturbation(search.best_estimator_, X, 0.1)
    for outer in (search, make_pipeline(search.best_estimator_)):
        np.testing.assert_array_equal(
            fast_gradient_perturbation(outer, X, 0.1), expected
        )


def test_what_has_no_gradient_is_refused(X):
    with pytest.raises(NotFittedError):
        fast_gradient_perturbation(AutoEncoder(), X, 0.1)
    with pytest.raises(TypeError, match=r"IsolationForest.*no gradient"):
        fast_gradient_perturbation(IsolationForest().fit(X), X, 0.1)
    with pytest.raises(TypeError, match=r"epsilon='0\.1'"):
        fast_gradient_perturbation(NormalizingFlow(**FAST).fit(X), X, "0.1")
    pipeline = make_pipeline(StandardScaler(), NormalizingFlow(**FAST))
    with pytest.raises(TypeError, match=r"Pipeline.*pipeline\[-1\]"):
        fast_gradient_perturbation(pipeline, X, 0.1)


BAD = {
    "variant": ({"variant": "pgd"}, "variant='pgd'"),
    "direction": ({"direction": "left"}, "direction='left'"),
    "negative": ({"epsilon": -0.1}, "epsilon=-0.1 must not be negative"),
    "not a number": ({"epsilon": np.nan}, "epsilon=nan must be finite"),
    "a width too few": ({"epsilon": [0.1, 0.1, 0.1]}, "epsilon=.*4 columns"),
    "clip": ({"clip": "range"}, "clip='range' must be"),
    "one bound": ({"clip": 1.0}, "clip=1.0 must be"),
    "bounds": ({"clip": (1.0, 0.0)}, "low is above high"),
    "NaN bound": ({"clip": (0.0, np.nan)}, "clip=nan must be finite"),
    "one row": ({"X": np.zeros((1, 4))}, "range of X"),
    "columns": ({"X": np.zeros((3, 5))}, "5 features"),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_arguments_are_named(case, X):
    params, pattern = BAD[case]
    detector = NormalizingFlow(**{**FAST, "max_epochs": 1}).fit(X)
    params = {"X": X, "epsilon": 0.1, **params}
    with pytest.raises(ValueError, match=pattern):
        fast_gradient_perturbation(detector, **params)


@pytest.mark.parametrize("score_type", ["rate", "distortion"])
def test_a_score_chosen_after_the_fit_is_the_one_that_is_moved(score_type, X):
    params = {"max_epochs": 5, "contamination": 0.1, "random_state": 0}
    detector = VAE(**params).fit(X).set_params(score_type=score_type)
    from_the_start = VAE(score_type=score_type, **params).fit(X)
    moved = [fast_gradient_perturbation(d, X, 0.1) for d in (detector, from_the_start)]
    np.testing.assert_array_equal(*moved)
