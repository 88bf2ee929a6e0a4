"""Relations that are broken again and again in one form, and nothing tells why."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.model import NumberModel

N = 800


def sold():
    """Return quantity, price and total."""
    rng = np.random.default_rng(0)
    quantity, price = rng.integers(1, 12, N), np.round(rng.lognormal(3, 0.5, N), 2)
    return np.column_stack([quantity, price, np.round(quantity * price, 2)])


def judged(x):
    """Judge a table by a model of it."""
    names = ["quantity", "price", "total"]
    return NumberModel().fit(x, ["number"] * 3, names).judge(x)


@pytest.mark.parametrize("factor", [0.0, -1.0, 0.75])
def test_totals_of_one_form_are_doubted_and_not_repaired(factor):
    x = sold()
    rows = np.flatnonzero(x[:, 0] == 7)[:4]
    x[rows, 2] = np.round(factor * x[rows, 2], 2)
    result = judged(x)
    assert (result.p_new[rows] <= 0.5).all()
    assert (result.p_error[rows].max(axis=1) >= 0.5).all()
    assert result.p_error[rows].max() < 0.9


@pytest.mark.parametrize("rule", ["offset", "factor"])
@pytest.mark.parametrize("n_rows, said", [(8, True), (48, False)])
def test_few_rows_that_miss_by_the_same_are_flagged_and_many_are_a_rule(
    rule, n_rows, said
):
    x = sold()
    rows = np.random.default_rng(1).permutation(N)[:n_rows]
    other = x[rows, 2] + 50 if rule == "offset" else 0.8 * x[rows, 2]
    x[rows, 2] = np.round(other, 2)
    result = judged(x)
    assert (result.p_new[rows] <= 0.5).all()
    flagged = (result.p_error[rows] >= 0.5).any(axis=1)
    assert flagged.all() if said else not flagged.any()
    told = ["other rows miss it in the same way" in "".join(r) for r in result.reasons]
    assert np.flatnonzero(told).tolist() == (sorted(rows) if said else [])


def test_a_list_of_prices_does_not_overrule_rows_that_miss_alike():
    rng = np.random.default_rng(0)
    item = rng.integers(48, size=3 * N)
    points = 110 + 7.0 * item
    x = np.column_stack([points, np.round(0.89 * points, 2)])
    rows = np.flatnonzero(item == 13)[:8]
    x[rows, 1] = np.round(0.86 * x[rows, 0], 2)
    given = {"codes": item[:, None], "sizes": [48], "code_names": ["item"]}
    model = NumberModel().fit(x, ["number"] * 2, ["points", "cost"], **given)
    result = model.judge(x, item[:, None])
    assert (result.p_new[rows] <= 0.5).all()
    assert (result.p_error[rows].max(axis=1) >= 0.5).all()


def test_signs_that_are_lost_in_prices_too_are_errors():
    clean = sold()
    x = clean.copy()
    x[10:14, 2] *= -1
    x[20:24, 1] *= -1
    result = judged(x)
    assert (result.p_new[10:14, 2] > 0.9).all()
    assert (result.new[20:24, 1] == clean[20:24, 1]).all()


@pytest.mark.parametrize("are_discounts", [True, False])
def test_what_always_misses_on_one_side_is_no_error_by_chance(are_discounts):
    x = sold()
    rng = np.random.default_rng(1)
    rows = rng.permutation(N)[:14]
    ratios = rng.uniform(0.5, 0.95, len(rows))
    if not are_discounts:
        ratios[::2] = 1 / ratios[::2]
    x[rows, 2] = np.round(ratios * x[rows, 2], 2)
    result = judged(x)
    changed = (result.p_new[rows] > 0.9).any(axis=1)
    assert changed.sum() == 0 if are_discounts else changed.sum() >= 4
    assert (result.p_error[rows].max(axis=1) >= 0.5).mean() > 0.9
