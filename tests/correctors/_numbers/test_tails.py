"""Properties of tails: what stands out, and what must not."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.tails import EXPECTED, Tails


def n_odd(values, **params):
    return int(np.sum(Tails.of(values, 0.03, **params).expected(values) <= EXPECTED))


@pytest.mark.parametrize("n", [60, 300, 3000])
@pytest.mark.parametrize("kind", ["normal", "uniform", "exponential", "poisson", "t"])
def test_clean_samples_have_no_odd_values(n, kind):
    draw = {
        "normal": lambda rng: rng.normal(size=n),
        "uniform": lambda rng: rng.random(n),
        "exponential": lambda rng: rng.exponential(size=n),
        "poisson": lambda rng: rng.poisson(3, n).astype(float),
        "t": lambda rng: rng.standard_t(4, n),
    }[kind]
    assert sum(n_odd(draw(np.random.default_rng(s))) for s in range(20)) <= 2


def test_ages_that_cannot_be_stand_out_and_the_others_do_not():
    ages = np.random.default_rng(0).integers(18, 80, 1000).astype(float)
    ages[:4] = [-5, 0, 230, 999]
    odd = Tails.of(ages, 0.03).expected(ages) <= EXPECTED
    assert odd[:4].all() and not odd[4:].any()


def test_wrong_values_do_not_hide_one_another():
    values = np.random.default_rng(0).normal(size=1000)
    values[:20] = np.linspace(30, 300, 20)
    assert n_odd(values) == 20


def test_more_odd_values_than_there_can_be_are_another_kind_of_right_ones():
    values = np.random.default_rng(0).normal(size=1000)
    values[:100] += 1000
    tails = Tails.of(values, 0.03)
    assert tails.abstains or not tails.upper.wild
    assert n_odd(values) == 0


def test_a_wrong_value_is_off_by_a_good_part_of_the_bulk():
    values = np.random.default_rng(0).random(1000)
    near, far = values.copy(), values.copy()
    near[0], far[0] = 1.2, 1.4
    assert (n_odd(near), n_odd(far)) == (0, 1)


def test_what_is_judged_does_not_depend_on_the_sign():
    values = np.random.default_rng(0).normal(size=500)
    values[:3] = 40, 50, -60
    right, left = (Tails.of(v, 0.03).expected(v) for v in (values, -values))
    np.testing.assert_allclose(right, left)


def test_wrong_values_of_a_dense_sample_that_reach_out_do_not_hide_each_other():
    ages = np.random.default_rng(0).integers(18, 91, 1500).astype(float)
    ages[:6] = [104, 117, 143, 176, 216, 260]
    odd = Tails.of(ages, 0.03, dense=True).expected(ages) <= EXPECTED
    assert odd[3:6].all() and not odd[6:].any()


@pytest.mark.parametrize("kind", ["normal", "exponential", "t", "pareto"])
def test_clean_samples_have_no_more_odd_values_for_being_dense(kind):
    draw = {
        "normal": lambda rng: rng.normal(50, 15, 2000),
        "exponential": lambda rng: rng.exponential(40, 2000),
        "t": lambda rng: 50 + 10 * rng.standard_t(4, 2000),
        "pareto": lambda rng: 20 * (1 + rng.pareto(3, 2000)),
    }[kind]
    samples = [np.round(draw(np.random.default_rng(s))) for s in range(20)]
    n_more = sum(n_odd(values, dense=True) - n_odd(values) for values in samples)
    assert n_more <= 1
