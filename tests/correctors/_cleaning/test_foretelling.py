"""Values of other columns that foretell some rows."""

import numpy as np
import pytest

from skanomaly.correctors._cleaning.foretelling import (
    ValueCounts,
    rare_reasons,
    reasons_for,
)


def test_a_reason_is_a_value_that_foretells_the_rows():
    rng = np.random.default_rng(0)
    codes = rng.integers(4, size=(1000, 3))
    rows = rng.random(1000) < 0.05
    assert reasons_for(rows, ValueCounts(codes, (4, 4, 4))) == []
    codes[rows, 1] = 3
    codes[~rows & (codes[:, 1] == 3), 1] = 0
    assert reasons_for(rows, ValueCounts(codes, (4, 4, 4))) == [(1, 3)]


def test_columns_may_be_left_out_and_rows_compared_with_a_part_of_the_table():
    rng = np.random.default_rng(0)
    codes = rng.integers(4, size=(1000, 3))
    rows = rng.random(1000) < 0.05
    codes[:, 1] = np.where(rows, 3, rng.integers(3, size=1000))
    table = ValueCounts(codes, (4, 4, 4))
    assert reasons_for(rows, table, but_for=[1]) == []
    # Among the rows that all have the value it tells none apart.
    assert reasons_for(rows, table, among=codes[:, 1] == 3) == []


def test_a_value_that_foretells_a_group_does_not_foretell_its_rows():
    rng = np.random.default_rng(0)
    groups = rng.integers(2, size=2000)
    rows = (groups == 1) & (rng.random(2000) < 0.2)
    table = ValueCounts(np.column_stack([groups, rng.integers(3, size=2000)]), (2, 3))
    assert reasons_for(rows, table, groups) == []
    rare = ValueCounts(np.column_stack([rows * 1, groups]), (2, 2))
    assert reasons_for(rows, rare, groups) == [(0, 1)]


@pytest.mark.parametrize("columns", [slice(None), np.array([0]), np.array([1])])
def test_values_are_counted_as_one_by_one(columns):
    rng = np.random.default_rng(0)
    codes = rng.integers(-1, 3, size=(50, 2))
    rows, weight = rng.random(50) < 0.5, rng.random(50)
    table = ValueCounts(codes, (3, 3))
    n, mass = table.of(rows, columns), table.of(slice(None), columns, weight)
    asked = np.isin(np.arange(2), np.arange(2)[columns])
    for j, k in np.ndindex(2, 3):
        here = (codes[:, j] == k) & asked[j]
        assert n[3 * j + k] == (here & rows).sum()
        assert mass[3 * j + k] == pytest.approx(weight[here].sum())


def test_a_rare_value_is_a_reason_where_all_its_rows_deviate():
    codes = np.zeros((400, 2), int)
    codes[:3, 0], codes[3:5, 0], codes[200:, 1] = 1, 2, 1
    deviates = np.zeros(400, bool)
    deviates[[0, 1, 2, 3]] = True
    judged = np.ones(400, bool)
    assert rare_reasons(deviates, judged, ValueCounts(codes, (3, 2))) == [(0, 1)]
    assert rare_reasons(deviates, judged, ValueCounts(codes, (3, 2)), but_for=[0]) == []


def test_rare_values_are_no_reason_where_many_cells_have_one():
    codes = (np.arange(400) % 60)[:, None]  # each in six or seven rows
    deviates, judged = codes[:, 0] == 5, np.ones(400, bool)
    assert rare_reasons(deviates, judged, ValueCounts(codes, (60,))) == []
