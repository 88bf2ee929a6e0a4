"""What is thought of numbers where a relation fails in many rows."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.model import NumberModel


def samples(n_wrong, n=150):
    """Boiling points in two units, of which some were read off wrongly."""
    rng = np.random.default_rng(0)
    celsius = np.round(rng.normal(140, 60, n), 1)
    kelvin = np.round(celsius + 273.15, 2)
    wrong = rng.choice(n, n_wrong, replace=False)
    kelvin[wrong] += rng.choice(np.arange(2, 40), n_wrong, replace=False)
    return np.column_stack([celsius, kelvin]), np.sort(wrong)


def judged(x):
    model = NumberModel().fit(x, ["number"] * 2, ["celsius", "kelvin"])
    return model, model.judge(x)


def test_a_relation_that_fails_in_many_rows_flags_and_writes_nothing():
    x, wrong = samples(9)
    model, found = judged(x)
    assert not model.arithmetic_ and len(model.doubtful_) == 1
    rows = np.flatnonzero((found.p_error >= 0.5).any(axis=1))
    np.testing.assert_array_equal(rows, wrong)
    assert (found.p_new == 0).all() and found.p_error.max() <= 0.6
    assert found.reasons[wrong[0], 1].startswith("kelvin ")


@pytest.mark.parametrize("n_wrong", [3, 30])
def test_a_proved_relation_is_not_doubtful_and_one_that_often_fails_is_none(n_wrong):
    model, _ = judged(samples(n_wrong)[0])
    assert model.doubtful_ == []
    assert len(model.arithmetic_) == (n_wrong == 3)
