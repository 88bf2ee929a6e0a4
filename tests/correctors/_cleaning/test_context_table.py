"""Properties of what is counted for one context."""

import numpy as np
import pytest

from skanomaly.correctors._cleaning.context_table import ContextTable, Query
from skanomaly.correctors._cleaning.value_prior import ValuePrior, distinct

FREQUENT = "skanomaly.correctors._cleaning.context_table.FREQUENT"
N_CATEGORIES = (30, 4, 5)


@pytest.fixture
def counted():
    """A table whose last column depends on the others, with its weights and prior."""
    rng = np.random.default_rng(0)
    key = np.minimum(rng.geometric(0.1, 900) - 1, 29)
    value = np.where(rng.random(900) < 0.7, key % 5, rng.integers(0, 5, 900))
    codes = np.column_stack([key, rng.integers(0, 4, 900), value])
    codes[rng.random(codes.shape) < 0.05] = -1
    weight = np.where(codes[:, 2] >= 0, rng.uniform(0.5, 1, 900), 0)
    return codes, weight, ValuePrior(codes[:, 2], weight, np.full(5, 0.2))


def scores(columns, counted, weights):
    """Weighed ratios of all rows, each without itself, and the table they come from."""
    codes, weight, prior = counted
    own = codes[:, 2]
    table = ContextTable(columns, N_CATEGORIES, codes, own, weight, prior)
    query = Query.of(codes, own, weight, prior)
    out = np.tile(table.weigh(weights).base, (len(codes), 1))
    table.add(out, query, table.find(query))
    return out, table


def by_definition(columns, counted, weights, table, i):
    """Ratios of row `i` from counts of all other rows."""
    codes, weight, prior = counted
    others = (np.arange(len(codes)) != i) & (codes[:, 2] >= 0)
    known = others & (codes[:, columns] >= 0).all(axis=1)
    here = known & (codes[:, columns] == codes[i, columns]).all(axis=1)
    count = np.bincount(codes[here, 2], weight[here], minlength=5)
    value = np.bincount(codes[known, 2], weight[known], minlength=5)
    if not count.any():
        return np.zeros(5)
    p = np.exp(prior.log_p)
    own = codes[i, 2]
    if own >= 0:
        p[own] = prior.leave_one_out(own, weight[i])
    # The mass of the whole column keeps the row, which changes it by a thousandth.
    share = table.backward * count.sum() / table.total
    forward = np.log1p(count / (table.forward * p))
    backward = np.log1p(count / share) + np.log(
        table.backward / (value + table.backward)
    )
    return weights[0] * forward + weights[1] * backward


@pytest.mark.parametrize("columns", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize("weights", [(1.0, 0.0), (0.0, 1.0), (0.3, 0.6)])
def test_each_row_is_judged_by_the_counts_of_the_others(
    columns, weights, counted, monkeypatch
):
    monkeypatch.setattr(FREQUENT, np.inf)
    out, table = scores(columns, counted, weights)
    for i in range(0, 900, 7):
        expected = by_definition(columns, counted, weights, table, i)
        in_context = (counted[0][i, columns] >= 0).all()
        if in_context:
            np.testing.assert_allclose(out[i], expected, atol=1e-9)
        else:
            np.testing.assert_array_equal(out[i], 0)


def test_what_is_looked_up_of_frequent_contexts_is_nearly_the_same(
    counted, monkeypatch
):
    looked_up, table = scores((0,), counted, (0.5, 0.5))
    assert len(table.counts) == 3
    monkeypatch.setattr(FREQUENT, np.inf)
    exact, table = scores((0,), counted, (0.5, 0.5))
    assert not len(table.counts)
    differences = (looked_up - looked_up.max(axis=1, keepdims=True)) - (
        exact - exact.max(axis=1, keepdims=True)
    )
    assert 0 < np.abs(differences).max() < 0.02


def test_contexts_with_many_possible_keys_are_found_all_the_same(counted):
    codes, weight, prior = counted
    sizes = (30_000, 4, 5)
    far = np.where(codes < 0, -1, codes * np.array([1000, 1, 1]))
    few = ContextTable((0, 1), N_CATEGORIES, codes, codes[:, 2], weight, prior)
    many = ContextTable((0, 1), sizes, far, far[:, 2], weight, prior)
    assert few.numbers is not None
    assert many.numbers is None
    np.testing.assert_array_equal(few.index(codes), many.index(far))


@pytest.mark.parametrize("columns", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize("weights", [(1.0, 0.0), (0.0, 1.0), (0.3, 0.6)])
def test_rows_that_were_not_counted_hear_what_is_said_in_their_context(
    columns, weights, counted
):
    _, table = scores(columns, counted, weights)
    codes, _, prior = counted
    query = Query.of(codes, np.full(len(codes), -1), np.ones(len(codes)), prior)
    out = np.tile(table.base, (len(codes), 1))
    table.add(out, query, table.find(query))
    np.testing.assert_array_equal(out, table.base + table.said()[table.index(codes)])


def test_distinct_numbers_are_the_same_counted_or_sorted():
    numbers = np.random.default_rng(0).integers(0, 300, 200)
    for ours, theirs in zip(
        distinct(numbers, 300), distinct(numbers, 10**9), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_what_has_no_share_and_never_came_says_nothing(counted):
    _, table = scores((0,), counted, (0.3, 0.6))
    table.mass[0], table.lift[0] = 0.0, 0.0
    assert table._of_entries(np.array([0]), np.zeros(1)) == [0]
