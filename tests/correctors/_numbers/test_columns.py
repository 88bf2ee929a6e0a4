"""Properties of single columns."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.columns import Column
from skanomaly.correctors._numbers.tails import EXPECTED

VALUES = 10 + np.random.default_rng(0).random(1000)


def odd(values):
    column = Column.of(values, "share", "number", 0.03)
    return column.p_wrong(values, column.alone(values), np.full(len(values), np.nan))


@pytest.mark.parametrize(("copies", "is_odd"), [(1, True), (20, False)])
def test_a_value_that_many_rows_have_is_a_second_kind_and_no_error(copies, is_odd):
    values = VALUES.copy()
    values[:copies] = 11.4
    assert ((odd(values) >= 0.5)[:copies] == is_odd).all()


def test_a_marker_far_from_everything_is_an_error_however_often_it_stands_there():
    values = VALUES.copy()
    values[:20] = 9999
    assert (odd(values) >= 0.5).tolist() == [True] * 20 + [False] * 980


def test_first_days_of_calendars_are_odd_beside_other_wrong_dates():
    rng = np.random.default_rng(0)
    days = rng.integers(14600, 17900, 2400).astype(float)  # 2009 to 2019
    days[:8] = 14600 - 365 * np.array([1, 1, 2, 3, 4, 7, 7, 9])
    days[8:40] = 0.0
    column = Column.of(days, "played", "date", 0.03)
    assert (column.alone(days)[8:40] <= EXPECTED).all()
    # So many have a meaning, and are a part of the sample.
    days[8:600] = 0.0
    column = Column.of(days, "played", "date", 0.03)
    assert (column.alone(days)[8:600] > EXPECTED).all()
    born = rng.integers(-9000, 9000, 2400).astype(float)
    born[:40] = 0.0
    column = Column.of(born, "born", "date", 0.03)
    assert (column.alone(born)[:40] > EXPECTED).all()


def test_a_column_of_mostly_one_value_is_judged_by_the_others():
    values = np.where(VALUES < 10.8, 0.0, 1000 * VALUES)
    values[0] = 1e6
    assert np.flatnonzero(odd(values) >= 0.5).tolist() == [0]


def test_what_the_rest_of_the_row_explains_is_right_however_rare():
    values = VALUES.copy()
    values[0] = 9999
    column = Column.of(values, "share", "number", 0.03)
    explained = np.full(len(values), 500.0)
    assert (column.p_wrong(values, column.alone(values), explained) < 0.5).all()


AGES = np.random.default_rng(0).integers(18, 80, 2000).astype(float)


@pytest.mark.parametrize("share", [0.01, 0.02, 0.03, 0.05])
@pytest.mark.parametrize("factor", [10, 1000, -1])
def test_slips_in_one_to_five_percent_of_the_cells_are_all_noticed(share, factor):
    values, n = AGES.copy(), int(share * len(AGES))
    values[:n] *= factor
    assert np.flatnonzero(odd(values) >= 0.5).tolist() == list(range(n))


def test_money_given_back_is_no_wrong_sign():
    rng = np.random.default_rng(0)
    values = np.round(rng.lognormal(3, 1, 2000) + 0.01, 2)
    values[:60] *= -1
    assert (odd(values) < 0.5).all()


def test_a_column_that_abstains_keeps_the_order_of_its_cells():
    values = VALUES.copy()
    values[:80] = 1000 + 100 * np.arange(80)
    column = Column.of(values, "share", "number", 0.03)
    column.abstain()
    p = column.p_undecided(values, np.full(len(values), np.nan))
    assert not column.is_judged
    assert (np.diff(p[:80]) > 0).all() and p[:80].min() > p[80:].max()
    assert p.max() < 0.5


@pytest.mark.parametrize("wrong", [[199] * 8, [187] * 8 + [230] * 9 + [999] * 6])
def test_impossible_ages_are_odd_though_they_come_again(wrong):
    ages = np.random.default_rng(0).integers(1, 94, 1700).astype(float)
    ages[: len(wrong)] = wrong
    column = Column.of(ages, "age", "number", 0.03)
    assert (column.alone(np.array(wrong, float)) < EXPECTED).all()
    assert (column.alone(np.arange(1.0, 94)) > EXPECTED).all()
