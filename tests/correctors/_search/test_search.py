"""Searches of the fewest changes, against brute force over whole small tables."""

import itertools
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from skanomaly.correctors import BeamSearch
from skanomaly.correctors._search import beam as _beam
from skanomaly.correctors._search import search as _search
from skanomaly.correctors._search.log_odds import TorchModel
from skanomaly.correctors._search.problem import CellEdits, top_edits
from skanomaly.correctors._search.search import search_repairs
from tests.correctors._search.rule_model import RuleModel

SIZES = (2, 3, 4, 3)


def all_rows(sizes):
    return np.array(list(itertools.product(*[range(size) for size in sizes])))


def rule_model(is_anomaly, sizes):
    return RuleModel(lambda c: np.where(is_anomaly(c), 3.0, -3.0), sizes)


def linear_model(sizes, limit):
    """An anomaly is a row whose codes sum to more than the limit."""
    linear = nn.Linear(sum(sizes), 1).double().requires_grad_(False)
    linear.weight.copy_(torch.cat([torch.arange(float(size)) for size in sizes])[None])
    linear.bias.fill_(-limit - 0.5)
    net = nn.Sequential(linear, nn.Identity())
    return TorchModel(
        lambda p: net(p)[:, 0], sizes, split=(linear, lambda hidden: hidden[:, 0])
    )


def no_repeats(codes):
    ordered = np.sort(codes, axis=1)
    return (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)


def random_rule(sizes, seed, rate=0.7):
    """Every row of the table is an anomaly or not, at random."""
    table = np.random.default_rng(seed).random(sizes) < rate
    return lambda codes: table[tuple(codes.T)]


def least_cost(row, normal, locked, costs):
    """Brute force: the least cost to any normal row that keeps the locked cells."""
    reachable = normal[(normal[:, locked] == row[locked]).all(axis=1)]
    return np.min((reachable != row) @ costs, initial=np.inf)


def n_edits(result, codes):
    """Changed cells of the best candidate of each row."""
    return (result.codes != codes).sum(axis=1)


def rows_of_status(result, status):
    return np.flatnonzero(result.status == status)


@pytest.mark.parametrize("method", ["exact", "beam", "auto"])
def test_every_row_above_a_sum_gets_the_least_change(method):
    sizes = (4,) * 5
    codes = all_rows(sizes)
    normal = codes[codes.sum(axis=1) <= 10]
    result = search_repairs(linear_model(sizes, 10), codes, search=method)
    anomalous = codes.sum(axis=1) > 10
    assert (result.status == np.where(anomalous, "repaired", "normal")).all()
    assert (result.codes.sum(axis=1) <= 10).all()
    free, ones = np.zeros(5, bool), np.ones(5)
    least = [least_cost(row, normal, free, ones) for row in codes[anomalous]]
    assert np.array_equal(n_edits(result, codes)[anomalous], least)
    assert (result.codes[~anomalous] == codes[~anomalous]).all()
    if method != "beam":
        assert result.certified[anomalous].all()


@pytest.mark.parametrize("method", ["exact", "beam", "auto"])
def test_an_estimator_that_can_only_be_asked_gets_the_least_change_too(method):
    sizes = (5,) * 4
    codes = all_rows(sizes)
    result = search_repairs(rule_model(no_repeats, sizes), codes, search=method)
    normal, anomalous = codes[~no_repeats(codes)], no_repeats(codes)
    free, ones = np.zeros(4, bool), np.ones(4)
    least = np.array([least_cost(row, normal, free, ones) for row in codes[anomalous]])
    edits = n_edits(result, codes)[anomalous]
    solved = result.status[anomalous] == "repaired"
    assert np.array_equal(solved, (least <= 2) | (method != "exact"))
    assert np.array_equal(edits[solved], least[solved])
    assert not no_repeats(result.codes[anomalous][solved]).any()


@pytest.mark.parametrize("seed", range(8))
def test_locks_costs_and_constraints_are_kept_and_the_cost_is_least(seed, monkeypatch):
    monkeypatch.setattr(_search, "MAX_CELLS", 4)
    rng = np.random.default_rng(seed)
    rule, codes = random_rule(SIZES, seed, rate=0.9), all_rows(SIZES)
    locked = rng.random(codes.shape) < 0.25
    costs = rng.integers(1, 5, 4) / 4
    forbidden = rng.random(SIZES) < 0.3

    def allowed(candidates, rows):
        return ~forbidden[tuple(candidates.T)]

    result = search_repairs(
        rule_model(rule, SIZES),
        codes,
        search="exact",
        locked=locked,
        costs=costs,
        allowed=allowed,
    )
    good = codes[~rule(codes) & ~forbidden[tuple(codes.T)]]
    anomalous = np.flatnonzero(rule(codes))
    least = [least_cost(codes[i], good, locked[i], costs) for i in anomalous]
    cost = np.nan_to_num(result.cost[anomalous, 0], nan=np.inf)
    assert np.allclose(cost, least)
    assert ((result.codes == codes) | ~locked).all()
    repaired = result.codes[rows_of_status(result, "repaired")]
    assert not rule(repaired).any() and allowed(repaired, None).all()


def test_a_certificate_is_never_wrong_and_two_cells_are_always_certified(monkeypatch):
    monkeypatch.setattr(_search, "beam_search", partial(_beam.beam_search, width=1))
    rule, codes = random_rule(SIZES, 3, rate=0.93), all_rows(SIZES)
    result = search_repairs(rule_model(rule, SIZES), codes)
    normal, costs = codes[~rule(codes)], np.ones(4)
    rows = rows_of_status(result, "repaired")
    least = [least_cost(codes[i], normal, np.zeros(4, bool), costs) for i in rows]
    proved = result.certified[rows]
    assert np.array_equal(result.cost[rows, 0][proved], np.array(least)[proved])
    assert proved[np.array(least) <= 2].all()


def test_one_cell_is_not_certified_where_two_dearer_ones_were_not_ruled_out(
    monkeypatch,
):
    # One change costs 3, two others together 2: with one cell tried, nothing is proved.
    model, row = linear_model((4, 2, 2), 3), np.array([[3, 1, 1]])
    options = {"costs": [3.0, 1.0, 1.0], "search": "exact"}
    two = search_repairs(model, row, **options)
    assert two.cost[0, 0] == 2.0 and two.certified[0]
    assert two.codes[0].tolist() == [3, 0, 0]
    monkeypatch.setattr(_search, "MAX_CELLS", 1)
    one = search_repairs(model, row, **options)
    assert one.cost[0, 0] == 3.0 and not one.certified[0]


def test_all_least_changes_come_back_the_likeliest_first():
    model, row = linear_model((4,) * 3, 4), np.array([[3, 2, 1], [2, 2, 2]])
    weights = np.array([5.0, -1.0, 0.3])
    result = search_repairs(
        model, row, n_candidates=20, log_likelihood=lambda codes: codes @ weights
    )
    found = [tuple(c) for c in result.candidates[0][result.p_after[0] < 0.5]]
    expected = {(0, 2, 1), (1, 2, 1), (3, 0, 1)}
    assert set(found) == expected and len(found) == 3
    assert found == sorted(expected, key=lambda c: -(np.array(c) @ weights))
    assert np.isnan(result.cost[0, 3:]).all()
    assert (result.candidates[0, 3:] == row[0]).all()


def test_where_pairs_are_too_many_there_is_no_certificate(monkeypatch):
    sizes = (6, 6, 6)
    model, rows = linear_model(sizes, 4), np.array([[5, 5, 0], [5, 4, 1]])
    complete = search_repairs(model, rows, search="exact")
    assert complete.certified.all()
    monkeypatch.setattr(_search, "MAX_JOINT", 20)
    monkeypatch.setattr(_search, "N_TOP", 2)
    cut = search_repairs(model, rows, search="exact")
    assert not cut.certified.any()
    assert np.array_equal(cut.cost, complete.cost)
    assert search_repairs(model, np.array([[5, 1, 0]]), search="exact").certified[0]


def test_pairs_are_joined_from_the_values_that_promise_most(monkeypatch):
    # Only the two lowest values of a column together bring the sum down to 1.
    monkeypatch.setattr(_search, "MAX_JOINT", 3)
    monkeypatch.setattr(_search, "N_TOP", 2)
    model, rows = linear_model((9, 9), 1), np.array([[8, 8], [7, 8]])
    result = search_repairs(model, rows, search="exact")
    assert (result.status == "repaired").all()
    assert (result.codes.sum(axis=1) <= 1).all()


def test_auto_goes_on_where_two_cells_are_not_enough():
    model, row = linear_model((4,) * 5, 6), np.array([[3, 3, 3, 3, 3]])
    assert search_repairs(model, row, search="exact").status[0] == "failed"
    result = search_repairs(model, row)
    assert n_edits(result, row)[0] == 3
    assert result.certified[0]  # two cells were ruled out, so three are least
    assert search_repairs(model, row, max_edits=2).status[0] == "failed"
    assert (search_repairs(model, row, max_edits=2).codes == row).all()


def test_auto_goes_on_where_more_cells_would_cost_less_than_what_was_found():
    # One change costs 9; three others, which only the beam tries, cost 3 together.
    model, row = linear_model((5, 2, 2, 2), 4), np.array([[4, 1, 1, 1]])
    options = {"costs": [9.0, 1.0, 1.0, 1.0]}
    assert search_repairs(model, row, search="exact", **options).cost[0, 0] == 9.0
    result = search_repairs(model, row, **options)
    assert result.cost[0, 0] == 3.0
    assert result.codes[0].tolist() == [4, 0, 0, 0]


@pytest.mark.parametrize("n_cells", [3, 4, 5])
def test_the_beam_may_change_as_many_cells_as_are_allowed(n_cells):
    model, row = linear_model((2,) * n_cells, 0), np.ones((1, n_cells), dtype=int)
    whole = search_repairs(model, row, search="beam")
    assert whole.status[0] == "repaired" and not whole.codes.any()
    options = {"search": "beam", "max_edits": n_cells - 1}
    assert search_repairs(model, row, **options).status[0] == "failed"


def test_a_missing_cell_may_be_filled_and_locked_cells_may_not():
    sizes = (3, 4)
    model = rule_model(lambda c: (c == -1).any(axis=1) | (c.sum(axis=1) != 5), sizes)
    rows = np.array([[-1, 3], [2, -1], [2, 3]])
    result = search_repairs(model, rows, n_candidates=3)
    assert result.codes.tolist() == [[2, 3], [2, 3], [2, 3]]
    assert result.status.tolist() == ["repaired", "repaired", "normal"]
    # The first category is an alternative like any other.
    zero = rule_model(lambda c: (c != 0).any(axis=1), sizes)
    assert search_repairs(zero, rows[:1], max_edits=2).codes.tolist() == [[0, 0]]
    kept = search_repairs(model, rows, locked=rows == -1)
    assert kept.status.tolist() == ["failed", "failed", "normal"]
    assert np.array_equal(kept.codes, rows)


@pytest.mark.parametrize("method", ["exact", "beam", "auto"])
def test_columns_with_one_or_no_category_never_change(method):
    sizes = (1, 0, 4)
    model = RuleModel(lambda c: c[:, 2] - 1.5, sizes)
    rows = np.array([[0, -1, 3], [-1, -1, 2], [0, -1, 0]])
    result = search_repairs(model, rows, search=method)
    assert np.array_equal(result.codes[:, :2], rows[:, :2])
    assert result.status.tolist() == ["repaired", "repaired", "normal"]


@pytest.mark.parametrize("method", ["exact", "beam", "auto", "gradient"])
def test_no_rows_and_only_normal_rows_are_fine(method):
    model = linear_model((3, 3), 2)
    for rows in (np.empty((0, 2), dtype=int), np.array([[0, 1], [1, 1]])):
        result = search_repairs(model, rows, search=method)
        assert np.array_equal(result.codes, rows)
        assert (result.status == "normal").all() and not result.certified.any()


def random_network(sizes, seed=0):
    """A network whose decisions follow no rule."""
    generator = torch.Generator().manual_seed(seed)
    net = nn.Sequential(nn.Linear(sum(sizes), 16), nn.Tanh(), nn.Linear(16, 1)).double()
    for weight in net.parameters():
        weight.data = torch.randn(
            weight.shape, generator=generator, dtype=torch.float64
        )
    net.requires_grad_(False)
    split = net[0], lambda hidden: net[1:](hidden)[:, 0]
    return TorchModel(lambda p: net(p)[:, 0], sizes, split=split)


def random_rows(sizes, n, seed=0, missing=0.0):
    rng = np.random.default_rng(seed)
    codes = np.stack([rng.integers(size, size=n) for size in sizes], axis=1)
    return np.where(rng.random(codes.shape) < missing, -1, codes)


def test_adding_the_change_of_a_cell_gives_what_evaluating_the_row_gives():
    sizes = (5, 2, 7, 3)
    rows = random_rows(sizes, 40, missing=0.2)
    split = random_network(sizes)
    whole = TorchModel(split.score, sizes)
    for model in (split, whole):
        result = search_repairs(model, rows, n_candidates=30, threshold=0.2)
        there = ~np.isnan(result.cost)
        expected = whole.logits(result.candidates[there])
        p = 1.0 / (1.0 + np.exp(-expected))
        assert np.allclose(result.p_after[there], p, rtol=1e-5)
    one, other = (
        search_repairs(model, rows, threshold=0.2) for model in (split, whole)
    )
    assert np.array_equal(one.codes, other.codes)


@pytest.mark.parametrize("method", ["exact", "beam", "auto", "gradient"])
def test_a_row_does_not_feel_its_neighbours(method):
    sizes = (5, 2, 7, 3, 4)
    model, rows = random_network(sizes), random_rows(sizes, 60, missing=0.02)
    options = {"search": method, "threshold": 0.05, "n_candidates": 3}
    together = search_repairs(model, rows, **options)
    for part in (slice(0, 1), slice(7, 20), np.arange(60)[::-1]):
        alone = search_repairs(model, rows[part], **options)
        for name in ("candidates", "status", "certified", "cost", "p_after"):
            expected, got = getattr(together, name)[part], getattr(alone, name)
            assert np.array_equal(got, expected, equal_nan=name in ("cost", "p_after"))


def test_constraints_are_asked_about_the_row_that_a_candidate_is_for():
    # Equal rows, of which only the third may be repaired, and only in column 0.
    rows = np.array([[0, 0], [3, 2], [3, 2], [3, 2]])

    def allowed(codes, numbers):
        return (numbers == 0) | (numbers == 2) & (codes[:, 1] == 2)

    for method in ("auto", "beam"):
        result = search_repairs(
            linear_model((4, 4), 3), rows, allowed=allowed, search=method
        )
        assert result.status.tolist() == ["normal", "failed", "repaired", "failed"]
        assert result.codes[2, 1] == 2


@pytest.mark.parametrize("search", ["auto", "exact", "beam", "gradient"])
def test_rows_that_break_a_rule_are_repaired_though_the_model_finds_them_normal(search):
    rows = np.array([[1, 1], [0, 0], [0, 1], [3, 3]])
    allowed = lambda codes, _: codes[:, 0] == codes[:, 1]  # noqa: E731
    model = linear_model((4, 4), 3)
    result = search_repairs(model, rows, allowed=allowed, search=search)
    assert result.broken.tolist() == [False, False, True, False]
    assert result.status.tolist()[:3] == ["normal", "normal", "repaired"]
    assert (result.codes[2] != rows[2]).sum() == 1 and result.certified[2]
    assert result.codes[2, 0] == result.codes[2, 1]


def test_the_beam_proposes_by_gradient_among_many_categories(monkeypatch):
    monkeypatch.setattr(_beam, "N_PROPOSALS", 1)
    # One of 200 values of one column is the way out; the gradient points at it.
    sizes = (200, 200)
    weight = torch.zeros(400, dtype=torch.float64)
    weight[137] = -9.0
    model = TorchModel(lambda p: p @ weight + 4.0, sizes)
    rows = random_rows(sizes, 5)
    result = search_repairs(model, rows, search="beam")
    assert (result.codes[:, 0] == 137).all()
    assert np.array_equal(result.codes[:, 1], rows[:, 1])


def test_a_beam_of_width_one_is_greedy_and_a_wider_one_is_not():
    # Greedily the first change goes astray: (1, 0, 0) looks best and leads nowhere.
    scores = {(0, 0, 0): 3.0, (1, 0, 0): 1.0, (0, 1, 1): -1.0}

    def decide(codes):
        return np.array([scores.get(tuple(code), 2.0) for code in codes])

    model = RuleModel(decide, (2, 2, 2))
    row = np.array([[0, 0, 0]])
    narrow = search_repairs(model, row, search=BeamSearch(width=1))
    wide = search_repairs(model, row, search=BeamSearch(width=3))
    assert narrow.status[0] == "failed"
    assert wide.codes[0].tolist() == [0, 1, 1]


def test_two_orders_of_the_same_changes_take_one_place_in_the_beam():
    scores = {(1, 0, 0, 0): 1.0, (0, 1, 0, 0): 1.1, (1, 1, 0, 0): 0.5}
    scores |= {(1, 0, 1, 0): 0.6, (1, 0, 1, 1): -1.0}

    def decide(codes):
        return np.array([scores.get(tuple(code), 2.0) for code in codes])

    model = RuleModel(decide, (2,) * 4)
    row = np.array([[0, 0, 0, 0]])
    result = search_repairs(model, row, search=BeamSearch(width=2))
    assert result.codes[0].tolist() == [1, 0, 1, 1]


def test_the_beam_proposes_by_gradient_for_more_rows_than_there_are_categories(
    monkeypatch,
):
    monkeypatch.setattr(_beam, "N_PROPOSALS", 1)
    weight = torch.zeros(20, dtype=torch.float64)
    weight[7] = -9.0
    model = TorchModel(lambda p: p @ weight + 4.0, (10, 10))
    rows = all_rows((10, 10))[:60]
    result = search_repairs(model, rows, search="beam")
    assert (result.codes[:, 0] == 7).all()
    assert np.array_equal(result.codes[:, 1], rows[:, 1])


@pytest.mark.parametrize("method", ["exact", "beam", "auto"])
def test_rows_in_which_nothing_can_be_changed_have_no_repair(method):
    model = RuleModel(lambda c: np.ones(len(c)), (1, 3))
    rows = np.array([[0, 2], [0, 1]])
    locked = np.array([[False, True], [False, True]])
    result = search_repairs(model, rows, search=method, locked=locked)
    assert np.array_equal(result.codes, rows)
    assert (result.status == "failed").all()


def test_of_each_column_the_edits_of_highest_merit_are_kept():
    edits = CellEdits(
        np.array([0, 0, 0, 1]),
        np.array([[1, 2, 3, 1]]),
        np.array([[True, True, False, True]]),
    )
    kept = top_edits(edits, np.array([[0.1, 0.5, 0.9, -1.0]]), 1)
    assert kept.columns.tolist() == [0, 1]
    assert kept.values.tolist() == [[2, 1]] and kept.valid.all()
