"""Properties of scales."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.scales import Scale

RNG = np.random.default_rng(0)
SAMPLES = {
    "prices": RNG.lognormal(3, 1, 500),
    "both signs": RNG.standard_cauchy(500),
    "normal": RNG.normal(5, 1, 500),
}


@pytest.mark.parametrize("values", SAMPLES.values(), ids=SAMPLES)
def test_back_undoes_forward(values):
    scale = Scale.of(values)
    np.testing.assert_allclose(scale.back(scale.forward(values)), values, rtol=1e-9)


def test_long_tails_are_read_by_their_logarithm_and_normal_columns_as_they_are():
    kinds = {name: Scale.of(values).kind for name, values in SAMPLES.items()}
    assert kinds == {"prices": "log", "both signs": "log", "normal": "plain"}


def test_a_few_negative_prices_do_not_change_the_scale():
    values = SAMPLES["prices"].copy()
    values[:5] *= -1
    assert Scale.of(values).kind == "log"


def test_dates_are_read_as_they_are():
    assert Scale.of(RNG.lognormal(3, 1, 500), "date").kind == "plain"


def test_what_is_not_skewed_to_the_right_is_read_as_it_is():
    ages = RNG.integers(1, 94, 1000).astype(float)
    assert Scale.of(ages).kind == Scale.of(100 - SAMPLES["normal"] ** 2).kind == "plain"
    assert Scale.of(RNG.exponential(30, 1000)).kind == "log"
