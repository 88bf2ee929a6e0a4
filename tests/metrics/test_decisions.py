import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skanomaly.metrics import expected_calibration_error, usefulness


def test_the_published_example_of_usefulness():
    y = np.repeat([0, 1], [887, 113])
    guess = np.zeros(1000, dtype=int)
    assert usefulness(y, guess) == 0
    guess[-9:] = 1
    assert (guess == y).mean() == 0.896
    assert round(usefulness(y, guess), 4) == 0.0796


def test_usefulness_is_one_for_no_mistake_and_never_negative():
    y = ["red", "red", "blue"]
    assert usefulness(y, y) == 1
    assert usefulness(y, ["blue", "blue", "red"]) == 0


def test_one_class_is_no_use_by_definition():
    assert usefulness([1, 1, 1], [1, 1, 1]) == 0
    assert usefulness([1, 1, 1], [0, 1, 1]) == 0


def test_labels_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="inconsistent"):
        usefulness([0, 1], [0, 1, 1])
    with pytest.raises(ValueError, match="y_true is empty"):
        usefulness([], [])


def test_calibration_error_of_an_example_by_hand():
    # Bins (0, .5] and (.5, 1]: |1/2 - .3| and |2/3 - .8|.
    y, proba = [0, 1, 0, 1, 1], [0.1, 0.5, 0.6, 0.8, 1.0]
    expected = 2 / 5 * 0.2 + 3 / 5 * (0.8 - 2 / 3)
    error = expected_calibration_error(y, proba, n_bins=2)
    assert error == pytest.approx(expected)


def test_true_probabilities_have_a_small_error_and_bold_ones_a_large_one():
    rng = np.random.default_rng(0)
    proba = rng.random(20_000)
    y = rng.random(20_000) < proba
    assert expected_calibration_error(y, proba) < 0.015
    assert expected_calibration_error(y, proba > 0.5) == pytest.approx(0.25, abs=0.01)
    assert expected_calibration_error(y, np.full(20_000, 0.5)) < 0.01


@given(
    rows=st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1),
    n_bins=st.integers(1, 20),
)
def test_any_probabilities_have_an_error_between_0_and_1(rows, n_bins):
    y, proba = zip(*rows, strict=True)
    error = expected_calibration_error(y, proba, n_bins=n_bins)
    assert 0 <= error <= 1
    bias = abs(np.mean(y) - np.mean(proba))
    assert error >= bias - 1e-12
    if n_bins == 1:
        assert error == pytest.approx(bias)


@pytest.mark.parametrize(
    ("y", "proba", "n_bins", "message"),
    [
        ([0, 1], [0.5, 1.5], 10, "proba holds 1.5"),
        ([0, 1], [-0.5, 1], 10, "proba holds -0.5"),
        ([0, 1], [np.nan, 1], 10, "NaN"),
        ([-1, 1], [0.5, 0.5], 10, "y_true must hold 0 and 1"),
        ([0], [0.5, 0.5], 10, "inconsistent"),
        ([0, 1], [0.5, 0.5], 0, "n_bins=0"),
        ([], [], 10, "proba is empty"),
    ],
)
def test_what_is_wrong_is_named(y, proba, n_bins, message):
    with pytest.raises(ValueError, match=message):
        expected_calibration_error(y, proba, n_bins=n_bins)
