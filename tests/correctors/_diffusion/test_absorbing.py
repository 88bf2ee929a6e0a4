"""The absorbing diffusion, against the exact probabilities of a small table."""

import itertools
import pickle

import numpy as np
import pytest
import torch

from skanomaly._training.double import float64_copy
from skanomaly.correctors._diffusion.absorbing import (
    AbsorbingDiffusion,
    confident_first,
)
from skanomaly.correctors._table.codec import MISSING

SIZES, LIMIT = (2, 3, 5, 7, 11), 15
FAST = {"hidden_units": (32, 32), "n_steps": 60}


def all_rows(sizes):
    return np.array(list(itertools.product(*map(range, sizes))))


def normal_rows(n_rows, seed):
    """Rows of evenly drawn categories whose sum does not exceed the limit."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, SIZES, size=(2 * n_rows, len(SIZES)))
    return rows[rows.sum(axis=1) <= LIMIT][:n_rows]


def exact_conditional(row, j):
    """p(category of column j | the others, normal): even over what stays normal."""
    rest = row.sum() - row[j]
    possible = np.arange(SIZES[j]) <= LIMIT - rest
    return possible / possible.sum()


@pytest.fixture(scope="module")
def sums():
    return AbsorbingDiffusion(hidden_units=(128, 128), n_steps=1000, lr=1e-2).fit(
        normal_rows(20_000, 0), SIZES
    )


@pytest.fixture(scope="module")
def small():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 3, size=300)
    codes = np.column_stack([first, (first + 1) % 3, rng.integers(0, 4, size=300)])
    codes[::7, 1] = MISSING
    return codes, AbsorbingDiffusion(**FAST).fit(codes, (3, 3, 4))


def test_conditionals_are_those_of_the_enumeration(sums):
    rows = normal_rows(300, 1)
    distances = []
    for j, log_p in enumerate(sums.log_conditionals(rows)):
        exact = np.array([exact_conditional(row, j) for row in rows])
        distances.append(0.5 * np.abs(np.exp(log_p) - exact).sum(axis=1))
    assert np.mean(distances) < 0.08


def test_conditionals_with_hidden_cells_are_those_of_the_enumeration(sums):
    table = all_rows(SIZES)
    table = table[table.sum(axis=1) <= LIMIT]
    row = np.array([[1, 2, 4, 3, 5]])
    mask = np.array([[False, True, False, False, True]])
    log_p = sums.log_conditionals(np.where(mask, MISSING, row))
    known = (table[:, [0, 2, 3]] == row[0, [0, 2, 3]]).all(axis=1)
    for j in (1, 4):
        exact = np.bincount(table[known, j], minlength=SIZES[j]) / known.sum()
        assert 0.5 * np.abs(np.exp(log_p[j][0]) - exact).sum() < 0.08
    others = (table[:, [2, 3]] == row[0, [2, 3]]).all(axis=1)
    exact = np.bincount(table[others, 0], minlength=2) / others.sum()
    assert 0.5 * np.abs(np.exp(log_p[0][0]) - exact).sum() < 0.08


def test_filling_the_largest_column_of_anomalies_beats_its_marginal(sums):
    rows = np.random.default_rng(2).integers(0, SIZES, size=(4000, len(SIZES)))
    rows = rows[rows.sum(axis=1) > LIMIT]
    mask = np.arange(len(SIZES)) == rows.argmax(axis=1)[:, None]
    filled = sums.fill(rows, mask)[0]
    assert (filled == rows)[~mask].all()
    # Drawing the column from the normal rows' marginal would leave 23.2 %.
    assert (filled.sum(axis=1) > LIMIT).mean() < 0.1


def test_new_rows_are_normal_and_not_drawn_column_by_column(sums):
    rows = sums.sample(2000, seed=3)
    # Independent columns would break the rule in 9.2 % of the rows.
    assert (rows.sum(axis=1) > LIMIT).mean() < 0.04
    real = normal_rows(5000, 4)
    assert rows.mean(axis=0) == pytest.approx(real.mean(axis=0), abs=0.2)


def test_a_cell_is_no_evidence_for_itself(small):
    codes, model = small
    changed = codes.copy()
    changed[:, 2] = (changed[:, 2] + 1) % 4
    before, after = model.log_conditionals(codes), model.log_conditionals(changed)
    assert (before[2] == after[2]).all()
    assert (before[0] != after[0]).any()


def test_unknown_and_missing_cells_are_no_evidence_and_the_same(small):
    codes, model = small
    mask = np.zeros(codes.shape, dtype=bool)
    mask[:, 0] = True
    hidden = np.where(mask, MISSING, codes)
    expected = model.log_conditionals(hidden)
    masked = model.log_proba_masked(codes, mask)
    missing = model.log_proba_masked(hidden, np.zeros_like(mask))
    for got, want in zip(masked, missing, strict=True):
        np.testing.assert_array_equal(got, want)
    assert (masked[0] == expected[0]).all()
    known = hidden[:, 1] != MISSING
    assert np.isnan(masked[1][known]).all() and not np.isnan(masked[1][~known]).any()


def test_log_probabilities_are_normalised(small):
    codes, model = small
    for log_p in model.log_conditionals(codes):
        assert np.exp(log_p).sum(axis=1) == pytest.approx(1, abs=1e-6)


def test_rows_do_not_feel_their_neighbours(small):
    codes, model = small
    whole = model.log_conditionals(codes)
    alone = model.log_conditionals(codes[5:6])
    assert all((w[5] == a[0]).all() for w, a in zip(whole, alone, strict=True))
    assert model.log_likelihood(codes)[5] == model.log_likelihood(codes[5:6])
    mask = np.ones(codes.shape, dtype=bool)
    filled = model.fill(codes, mask, n_draws=3, seed=1)
    assert (filled[:, :20] == model.fill(codes[:20], mask[:20], 3, 1)).all()


def test_pseudo_likelihood_adds_up_the_known_cells(small):
    codes, model = small
    logs = model.log_conditionals(codes)
    row = next(r for r in range(len(codes)) if codes[r, 1] == MISSING)
    expected = logs[0][row, codes[row, 0]] + logs[2][row, codes[row, 2]]
    assert model.log_likelihood(codes)[row] == pytest.approx(expected)
    assert np.isnan(model.cell_log_proba(codes)[row, 1])


def test_what_is_learned_orders_rows_by_likelihood(small):
    codes, _ = small
    model = AbsorbingDiffusion(hidden_units=(32, 32), n_steps=400).fit(codes, (3, 3, 4))
    right, wrong = np.array([[1, 2, 0]]), np.array([[1, 1, 0]])
    gain = model.log_likelihood(right) - model.log_likelihood(wrong)
    assert gain[0] > 4


@pytest.mark.parametrize("order", ["confidence", "random"])
@pytest.mark.parametrize("mode", ["sample", "argmax"])
def test_filling_leaves_known_cells_and_leaves_no_hole(small, order, mode):
    codes, model = small
    mask = np.random.default_rng(1).random(codes.shape) < 0.4
    filled = model.fill(codes, mask, n_draws=2, seed=0, order=order, mode=mode)
    keep = ~mask & (codes != MISSING)
    assert (filled[:, keep] == codes[keep]).all()
    assert ((filled >= 0) & (filled < [3, 3, 4])).all()
    nothing_is_random = mode == "argmax" and order == "confidence"
    assert (filled[0] == filled[1]).all() == nothing_is_random


def test_nothing_to_fill_is_the_identity(small):
    codes, model = small
    whole = codes[(codes != MISSING).all(axis=1)]
    assert (model.fill(whole, np.zeros(whole.shape, dtype=bool))[0] == whole).all()


def test_draws_follow_the_conditional(small):
    codes, model = small
    row, mask = codes[1:2], np.array([[False, False, True]])
    p = np.exp(model.log_proba_masked(row, mask)[2][0])
    drawn = model.fill(np.repeat(row, 4000, axis=0), np.repeat(mask, 4000, axis=0))
    assert np.bincount(drawn[0, :, 2], minlength=4) / 4000 == pytest.approx(p, abs=0.03)


def test_the_same_seed_gives_the_same_model_and_the_global_generator_is_untouched():
    rows = normal_rows(200, 5)
    state = torch.random.get_rng_state()
    one, two = (AbsorbingDiffusion(**FAST, seed=7).fit(rows, SIZES) for _ in range(2))
    three = AbsorbingDiffusion(**FAST, seed=8).fit(rows, SIZES)
    assert (one.cell_log_proba(rows) == two.cell_log_proba(rows)).all()
    assert (one.sample(50, seed=1) == two.sample(50, seed=1)).all()
    assert (one.sample(50, seed=1) != one.sample(50, seed=2)).any()
    assert (one.cell_log_proba(rows) != three.cell_log_proba(rows)).any()
    assert (torch.random.get_rng_state() == state).all()


def test_models_survive_pickle(small):
    codes, model = small
    twin = pickle.loads(pickle.dumps(model))
    assert (twin.log_likelihood(codes) == model.log_likelihood(codes)).all()


def test_columns_of_one_category_or_none_do_no_harm():
    rng = np.random.default_rng(0)
    codes = np.column_stack(
        [rng.integers(0, 3, size=50), np.zeros(50, dtype=int), np.full(50, MISSING)]
    )
    model = AbsorbingDiffusion(**FAST).fit(codes, (3, 1, 0))
    sizes = [log_p.shape[1] for log_p in model.log_conditionals(codes)]
    assert sizes == [3, 1, 0]
    filled = model.fill(codes, np.ones(codes.shape, dtype=bool))[0]
    assert (filled[:, 1] == 0).all() and (filled[:, 2] == MISSING).all()


def test_masks_hide_a_known_cell_at_least_and_every_missing_one(small):
    _, model = small
    module = model.net_.module_
    known = torch.ones((2000, 3), dtype=torch.bool)
    known[:, 2] = False
    hidden = module.draw_mask(known)
    assert hidden[:, 2].all()
    assert hidden[:, :2].any(dim=1).all()
    # The share is even on [0, 1]: with two cells, one is hidden in two thirds.
    assert hidden[:, :2].all(dim=1).double().mean().item() == pytest.approx(
        1 / 3, abs=0.04
    )


def test_in_the_order_of_confidence_the_surest_cell_comes_first(small):
    codes = small[0]
    model = AbsorbingDiffusion(hidden_units=(32, 32), n_steps=300).fit(codes, (3, 3, 4))
    network = float64_copy(model.net_.module_)
    rows = torch.from_numpy(codes[1:7])  # whose second cell is known
    hidden = torch.tensor([[True, False, True]]).expand(6, 3)
    place = confident_first(network, network.features(rows, hidden), np.zeros((6, 3)))
    assert (place[:, 0] > place[:, 2]).all()  # it follows from the second one


@pytest.mark.parametrize("n_steps, n_passes", [(1, 1), (3, 1), (4, 2), (7, 3)])
def test_gradient_steps_are_rounded_up_to_whole_passes(n_steps, n_passes):
    codes = np.arange(120)[:, None] % SIZES[:3]
    model = AbsorbingDiffusion(hidden_units=(4,), n_steps=n_steps, batch_size=50)
    assert len(model.fit(codes, SIZES[:3]).net_.history) == n_passes
