"""Far values that come again: impossible ones, and those that have a meaning."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.columns import Column
from skanomaly.correctors._numbers.constants import find_constants, is_dense
from skanomaly.correctors._numbers.grids import Grid
from skanomaly.correctors._numbers.scales import Scale
from skanomaly.correctors._numbers.slips import Slips
from skanomaly.correctors._numbers.tails import EXPECTED

WHOLE = Grid(1.0, 0)


def ages(n=1700, seed=0, wrong=()):
    """Ages up to about 100, fewer and fewer, the first of them wrong."""
    rng = np.random.default_rng(seed)
    values = np.floor(100 * rng.beta(1, 1.3, n))
    values[: len(wrong)] = wrong
    return values


def constants(values, most=0.06):
    slips = Slips(WHOLE, np.sort(values))
    return find_constants(values, Scale(), most, slips).tolist()


def odd(values):
    column = Column.of(values, "age", "number", 0.03)
    return set(np.unique(values[column.alone(values) <= EXPECTED]).tolist())


REACHING_OUT = [111, 117, 119] + [150] * 2 + [187] * 8 + [230] * 9 + [999] * 6


def test_impossible_ages_that_reach_out_step_by_step_do_not_hide_each_other():
    values = ages(wrong=REACHING_OUT)
    assert constants(values) == [150, 187, 230, 999]
    assert odd(values) == {150, 187, 230, 999}


@pytest.mark.parametrize("share", [0.003, 0.008, 0.015, 0.025])
def test_impossible_ages_are_odd_whatever_their_share(share):
    rng, n = np.random.default_rng(1), 4000
    wrong = rng.choice([150, 187, 230, 999], int(share * n))
    assert odd(ages(n, wrong=wrong)) == set(wrong.tolist())


def test_the_other_end_is_judged_in_the_same_way():
    values = ages(wrong=REACHING_OUT)
    mirrored = Column.of(-values, "age", "number", 0.03)
    assert sorted(-mirrored.constants) == [150, 187, 230, 999]


def test_impossible_ages_are_odd_that_do_not_come_again():
    values = ages(wrong=[130, 142, 150, 171, 187, 203, 230])
    assert {150, 171, 187, 203, 230} <= odd(values)
    assert min(odd(values)) > 101


def test_what_is_made_from_the_others_is_no_constant():
    values = np.random.default_rng(0).integers(18, 80, 6000).astype(float)
    values[:150] *= 10
    assert constants(values) == []
    assert odd(values) == set(values[:150].tolist())


def test_zero_and_what_many_rows_have_mean_something():
    shares = np.random.default_rng(0).integers(500, 600, 1500).astype(float)
    shares[:20] = 0
    assert constants(shares) == []
    assert constants(ages(wrong=[300] * 90)) == [300]
    assert constants(ages(wrong=[300] * 110)) == []


def test_bulks_with_favourites_or_with_gaps_are_not_dense():
    rng = np.random.default_rng(0)
    even = rng.integers(1, 100, 3000).astype(float)
    assert is_dense(even, WHOLE)
    prices = np.where(rng.random(3000) < 0.5, np.ceil(even / 10) * 10 - 1, even)
    assert not is_dense(prices, WHOLE)
    assert not is_dense(3 * even, WHOLE)
    assert not is_dense(even[even < 25], WHOLE)
    assert not is_dense(rng.random(3000), Grid(0.0, 6))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["pareto", "lognormal", "waits", "topcode", "prices"])
def test_long_tails_have_no_constants(kind, seed):
    rng, n = np.random.default_rng(seed), 3000
    listed = [9, 12, 15, 19, 24, 29, 39, 49, 59, 79, 99, 149, 199, 499, 999]
    values = {
        "pareto": lambda: 20 * (1 + rng.pareto(2, n)),
        "lognormal": lambda: np.exp(rng.normal(3, 1, n)),
        "waits": lambda: rng.exponential(40, n),
        "topcode": lambda: np.minimum(rng.gamma(2, 15, n), 120),
        "prices": lambda: rng.choice(listed, n, p=np.arange(15, 0, -1) / 120),
    }[kind]()
    column = Column.of(np.round(values), kind, "number", 0.03)
    assert not len(column.constants)
    assert (column.alone(np.round(values)) > EXPECTED).all()
