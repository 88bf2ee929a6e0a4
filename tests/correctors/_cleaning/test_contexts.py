"""Properties of conditionals that are counted from a table."""

import numpy as np
import pytest
from scipy.special import log_softmax

from skanomaly.correctors._cleaning.context_table import ContextTable, concentration
from skanomaly.correctors._cleaning.contexts import ColumnConditional, pool_weights
from skanomaly.correctors._cleaning.value_prior import ValuePrior

N_CATEGORIES = (6, 6, 3)


@pytest.fixture
def table():
    """Column 1 copies column 0, column 2 is independent."""
    rng = np.random.default_rng(0)
    key = rng.integers(0, 6, 300)
    return np.column_stack([key, key, rng.integers(0, 3, 300)])


class Conditionals:
    """A `ColumnConditional` of each column."""

    def __init__(self, **params):
        self.params = params

    def fit(self, codes, n_categories, *, weights=None, like=None):
        weights = np.ones(codes.shape) if weights is None else weights
        self.columns = [
            ColumnConditional(j=j, n_categories=n_categories, **self.params).fit(
                codes,
                codes[:, j],
                weights[:, j],
                base=np.full(k, 1 / max(k, 1)),
                like=None if like is None else like.columns[j],
            )
            for j, k in enumerate(n_categories)
        ]
        return self

    def log_conditionals(self, codes, mask=None, leave_one_out=None):
        evidence = codes if mask is None else np.where(mask, -1, codes)
        own = np.full(codes.shape, -1)
        if leave_one_out is not None:
            own = np.where(leave_one_out[:, None], codes, -1)
        return [c.log_proba(evidence, own[:, j]) for j, c in enumerate(self.columns)]


def everyone(codes):
    return np.ones(len(codes), dtype=bool)


def test_conditionals_are_normalized_and_have_one_column_for_each_value(table):
    model = Conditionals().fit(table, N_CATEGORIES)
    conditionals = model.log_conditionals(table)
    assert [c.shape for c in conditionals] == [(300, 6), (300, 6), (300, 3)]
    for log_p in conditionals:
        np.testing.assert_allclose(np.exp(log_p).sum(axis=1), 1)


def test_a_copied_column_is_predicted_and_an_independent_one_is_not(table):
    model = Conditionals().fit(table, N_CATEGORIES)
    _, copy, free = model.log_conditionals(table)
    assert (copy.argmax(axis=1) == table[:, 1]).all()
    assert np.exp(copy.max(axis=1)).min() > 0.95
    assert np.exp(free).max() < 0.6


def test_a_pair_of_columns_predicts_what_neither_does_alone():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, (2, 400))
    codes = np.column_stack([a, b, a ^ b])
    model = Conditionals().fit(codes, (2, 2, 2))
    log_p = model.log_conditionals(codes, leave_one_out=everyone(codes))[2]
    assert (log_p.argmax(axis=1) == codes[:, 2]).all()


def test_pairs_are_formed_from_the_columns_that_know_most():
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 3, (2, 2000))
    target = (one + other) % 3
    target = np.where(rng.random(2000) < 0.3, one, target)  # each knows a part alone
    target = np.where(rng.random(2000) < 0.2, other, target)
    noise = rng.integers(0, 3, (4, 2000))
    hints = np.where(rng.random((4, 2000)) < 0.9, noise, target)
    codes = np.column_stack([target, one, other, *hints])
    model = Conditionals(max_pair_columns=2).fit(codes, (3,) * 7)
    pairs = [c for c in model.columns[0].contexts_ if len(c) == 2]
    assert pairs == [(1, 2)]


def test_the_cell_itself_is_no_evidence(table):
    model = Conditionals().fit(table, N_CATEGORIES)
    changed = table.copy()
    changed[:, 1] = (changed[:, 1] + 1) % 6
    np.testing.assert_array_equal(
        model.log_conditionals(changed)[1], model.log_conditionals(table)[1]
    )


def test_masked_and_missing_cells_are_no_evidence(table):
    model = Conditionals().fit(table, N_CATEGORIES)
    mask = np.zeros(table.shape, dtype=bool)
    mask[:, 0] = True
    missing = np.where(mask, -1, table)
    masked = model.log_conditionals(table, mask)[1]
    np.testing.assert_array_equal(masked, model.log_conditionals(missing)[1])
    assert np.exp(masked).max() < 0.5


def test_without_its_own_row_a_lonely_value_has_no_support(table):
    lonely = table.copy()
    lonely[0, 1] = 6
    model = Conditionals().fit(lonely, (6, 7, 3))
    with_own = model.log_conditionals(lonely)[1][0]
    without = model.log_conditionals(lonely, leave_one_out=everyone(lonely))[1][0]
    assert without[6] < with_own[6] - 1
    assert without.argmax() == table[0, 1]


def test_leaving_a_row_out_is_like_never_having_counted_it(table):
    model = Conditionals().fit(table, N_CATEGORIES)
    out = model.log_conditionals(table[:1], leave_one_out=everyone(table[:1]))
    others = Conditionals().fit(table[1:], N_CATEGORIES, like=model)
    for mine, theirs in zip(out, others.log_conditionals(table[:1]), strict=True):
        np.testing.assert_allclose(np.exp(mine), np.exp(theirs), atol=0.02)


def test_a_frequent_value_that_never_met_the_context_is_ruled_out():
    key = np.repeat([0, 1], [200, 40])
    value = np.where(key == 0, 0, 1 + np.arange(240) % 40)
    codes = np.column_stack([key, value])
    model = Conditionals().fit(codes, (2, 41))
    log_p = model.log_conditionals(codes, leave_one_out=everyone(codes))[1]
    assert np.exp(log_p[200:, 0]).max() < 0.05


def test_weights_of_rows_count(table):
    codes, weights = table.copy(), np.ones(table.shape)
    codes[::3, 1] = 5
    weights[::3, 1] = 0.0
    model = Conditionals().fit(codes, N_CATEGORIES, weights=weights)
    assert (model.log_conditionals(table)[1].argmax(axis=1) == table[:, 1]).all()


def test_rows_do_not_depend_on_their_batch_and_fits_repeat(table, monkeypatch):
    model = Conditionals(max_rows=50).fit(table, N_CATEGORIES)
    whole = model.log_conditionals(table)
    again = Conditionals(max_rows=50).fit(table, N_CATEGORIES)
    monkeypatch.setattr("skanomaly.utils._chunks.CHUNK_CELLS", 40)
    for j, log_p in enumerate(again.log_conditionals(table)):
        np.testing.assert_array_equal(log_p, whole[j])
        np.testing.assert_array_equal(
            model.log_conditionals(table[7:8])[j][0], log_p[7]
        )


def test_many_values_take_part_in_learning_only_where_they_occur(monkeypatch):
    monkeypatch.setattr(
        "skanomaly.correctors._cleaning.contexts.MAX_POOL_CELLS", 20_000
    )
    key = np.arange(600) % 200
    codes = np.column_stack([key, key])
    model = Conditionals(max_rows=100).fit(codes, (200, 200))
    log_p = model.log_conditionals(codes, leave_one_out=everyone(codes))[1]
    assert (log_p.argmax(axis=1) == key).all()


def test_a_sample_to_learn_the_weights_from_holds_no_row_twice(table):
    conditional = ColumnConditional(j=1, n_categories=N_CATEGORIES, max_rows=100)
    rows, _ = conditional._sample(table[:, 1], np.ones(300), n_ratios=2)
    assert len(np.unique(rows)) == 100


def test_a_row_takes_itself_out_of_the_evidence_for_its_context_and_not_its_twin():
    key = np.arange(150) % 50
    target = np.where(np.arange(150) < 100, key, 0)  # of three rows one is different
    weight = np.ones(150)
    prior = ValuePrior(target, weight, np.full(50, 0.02))
    codes = np.column_stack([key, target])
    table = ContextTable((0,), (50, 50), codes, target, weight, prior)
    assert table.backward < 1.0


def test_empty_columns_and_constant_columns_are_harmless():
    codes = np.column_stack([np.full(20, -1), np.zeros(20, int), np.arange(20) % 2])
    model = Conditionals().fit(codes, (3, 1, 2))
    for log_p in model.log_conditionals(codes):
        assert np.isfinite(log_p).all()


@pytest.mark.parametrize("true", [1.0, 3.0, 9.0])
def test_concentrations_are_tried_finely_enough(true, monkeypatch):
    rng = np.random.default_rng(0)
    keys = np.repeat(np.arange(200), 15)
    shares = rng.dirichlet(np.full(4, true / 4), size=200)
    target = (rng.random((3000, 1)) > shares.cumsum(axis=1)[keys]).sum(axis=1)
    weight = np.ones(3000)
    prior = ValuePrior(target, weight, np.full(4, 0.25))
    coarse = concentration(keys, 200, target, weight, prior)[0]
    fine = 2.0 ** np.arange(-7, 15, 0.1)[:, None]
    monkeypatch.setattr("skanomaly.correctors._cleaning.value_prior.GRID", fine)
    best = concentration(keys, 200, target, weight, prior)[0]
    assert 0.55 < coarse / best < 1.8
    assert 0.5 < best / true < 2.0


def test_weights_of_the_ratios_are_those_of_the_highest_posterior_on_a_grid():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2, 200, 3))
    scores = features[0] + 0.4 * features[1] + rng.gumbel(size=(200, 3))
    chosen, row_weight = scores.argmax(axis=1), rng.uniform(0.5, 1.0, 200)

    def log_posterior(weight):
        log_p = log_softmax(features[0] + weight * features[1], axis=1)
        return log_p[np.arange(200), chosen] @ row_weight - 0.5 * weight**2

    grid = np.linspace(0, 1, 101)
    best = grid[np.argmax([log_posterior(weight) for weight in grid])]
    assert 0.1 < best < 0.9
    learned = pool_weights(features, chosen, row_weight, np.array([1.0]))
    assert learned[0] == pytest.approx(best, abs=0.01)


@pytest.mark.parametrize("offset", [0, 50])
@pytest.mark.parametrize("start", [0.02, 0.5])
def test_rounding_does_not_mislead_the_search_for_the_weights(start, offset):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(21, 2000, 8)) * 3
    scores = features[0] + np.tensordot(np.linspace(0, 0.4, 20), features[1:], 1)
    chosen = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    features += offset  # which no share of a value depends on
    start = np.full(20, start)
    learned = pool_weights(features, chosen, np.ones(2000), start)
    log_p = log_softmax(features[0] + np.tensordot(learned, features[1:], 1), axis=1)
    error = -np.exp(log_p)
    error[np.arange(2000), chosen] += 1
    slope = (features[1:] * error).sum(axis=(1, 2)) - learned
    # At the best weights, nothing is gained by any step but out of the bounds.
    assert slope[learned > 0] == pytest.approx(0, abs=0.5)
    assert (slope[learned == 0] < 0.5).all()


def test_weights_that_stood_still_are_kept(table, monkeypatch):
    first = Conditionals().fit(table, N_CATEGORIES)
    assert not any(column.is_still_ for column in first.columns)
    second = Conditionals().fit(table, N_CATEGORIES, like=first)
    assert all(column.is_still_ for column in second.columns)
    monkeypatch.setattr(ColumnConditional, "_learn", None)  # not asked again
    third = Conditionals().fit(table, N_CATEGORIES, like=second)
    for a, b in zip(second.columns, third.columns, strict=True):
        np.testing.assert_array_equal(a.weights_, b.weights_)


def test_contexts_without_weight_are_forgotten_until_contexts_are_chosen_again(table):
    rng = np.random.default_rng(1)
    codes = np.column_stack([table, table[:, :1], rng.integers(0, 2, (300, 3))])
    sizes = (6, 6, 3, 6, 2, 2, 2)
    model = Conditionals().fit(codes, sizes).columns[1]
    assert model.weights_.any(axis=1).all()
    assert len(model.contexts_) == len(model.tables_) == len(model.weights_)
    again = Conditionals().fit(codes, sizes, like=Conditionals().fit(codes, sizes))
    assert set(again.columns[1].contexts_) <= set(model.contexts_)


def test_the_sample_to_learn_from_stays_small_however_many_values_there_are():
    codes = np.column_stack([np.arange(3000) % 900] * 2)
    conditional = ColumnConditional(j=1, n_categories=(900, 900))
    rows, values = conditional._sample(codes[:, 1], np.ones(3000), n_ratios=48)
    assert 100 < len(rows)
    assert len(rows) * len(values) * 49 <= 2**21
    assert set(values) == set(codes[rows, 1])
