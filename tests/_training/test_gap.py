"""A gap in the scores is found where there is one, and not where there is none."""

import warnings

import numpy as np
import pytest

from skanomaly._training import gap
from skanomaly.detectors import AutoEncoder


def find_gap(scores, n_folds=5):
    return gap.find_gap(scores, np.arange(len(scores)) % n_folds)


@pytest.mark.parametrize("share", [0.2, 0.35, 0.4])
def test_the_share_of_the_rows_beyond_it(share):
    rng = np.random.default_rng(0)
    n_anomalies = int(1000 * share)
    scores = np.append(
        rng.chisquare(5, size=1000 - n_anomalies),
        40 + 5 * rng.normal(size=n_anomalies),
    )
    assert find_gap(scores) == pytest.approx(share, abs=0.02)
    assert find_gap(1e6 * scores - 1e9) == pytest.approx(share, abs=0.02)


def test_few_anomalies_are_no_second_mode():
    rng = np.random.default_rng(0)
    scores = np.append(rng.chisquare(5, size=950), 40 + 5 * rng.normal(size=50))
    assert find_gap(scores) is None


@pytest.mark.parametrize("n_rows", [30, 100, 1000])
@pytest.mark.parametrize("kind", ["normal", "chisquare", "lognormal"])
def test_scores_of_one_mode_have_none(kind, n_rows):
    rng = np.random.default_rng(0)
    draw = {
        "normal": lambda: rng.normal(size=n_rows),
        "chisquare": lambda: rng.chisquare(3, size=n_rows),
        "lognormal": lambda: rng.lognormal(sigma=1.0, size=n_rows),
    }[kind]
    found = [find_gap(draw()) is not None for _ in range(200)]
    assert np.mean(found) < 0.05


def test_models_that_score_differently_are_no_two_modes():
    rng = np.random.default_rng(0)
    shifted = rng.chisquare(5, size=1000) + 40 * (np.arange(1000) % 5 == 0)
    assert find_gap(shifted) is None
    assert find_gap(shifted, n_folds=1) == pytest.approx(0.2, abs=0.01)


def test_equal_scores_have_none():
    assert find_gap(np.ones(100)) is None


def test_groups_of_equal_rows_are_no_modes():
    rng = np.random.default_rng(0)
    groups = rng.choice(
        [1.0, 1.1, 1.2, 9.0, 9.1], size=1000, p=[0.3, 0.2, 0.2, 0.2, 0.1]
    )
    assert find_gap(groups) is None
    assert find_gap(groups + 1e-3 * rng.normal(size=1000)) == pytest.approx(
        0.3, abs=0.05
    )


@pytest.fixture(scope="module")
def half_bad():
    rng = np.random.default_rng(0)
    far = rng.normal(size=(60, 4)) * 3 + 8 * rng.choice([-1, 1], size=(60, 4))
    return np.vstack([rng.normal(size=(140, 4)), far])


def test_fit_warns_where_a_tenth_is_clearly_wrong(half_bad):
    with pytest.warns(UserWarning, match=r"two modes.*contamination=0\.[23]"):
        AutoEncoder(max_epochs=20, random_state=0).fit(half_bad)


def test_it_does_not_warn_of_one_mode_nor_where_the_share_is_given(half_bad):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        AutoEncoder(max_epochs=20, random_state=0).fit(half_bad[:140])
        AutoEncoder(max_epochs=20, random_state=0, contamination=0.3).fit(half_bad)
