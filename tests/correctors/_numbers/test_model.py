"""What is flagged, what is proposed, and what is left as it is."""

import pickle

import numpy as np
import pytest

from skanomaly.correctors._numbers.model import NumberModel
from tests.correctors._numbers.shop import KINDS, NAMES, dirty_orders, orders


def fit(x, codes=None, kinds=None, names=None, **params):
    kinds = ["number"] * x.shape[1] if kinds is None else kinds
    names = [f"x{j}" for j in range(x.shape[1])] if names is None else names
    sizes = [] if codes is None else (codes.max(axis=0) + 1).tolist()
    labels = [f"c{j}" for j in range(len(sizes))]
    return NumberModel(**params).fit(x, kinds, names, codes, sizes, labels)


@pytest.fixture(scope="module")
def table():
    return dirty_orders()


@pytest.fixture(scope="module")
def model(table):
    x, _, codes, _ = table
    return NumberModel().fit(x, KINDS, NAMES, codes, [4], ["product"])


@pytest.fixture(scope="module")
def judged(model, table):
    return model.judge(table[0], table[2])


@pytest.mark.parametrize(
    "kind", ["age", "sign", "x10", "total", "quantity", "early", "1970"]
)
def test_every_kind_of_error_is_flagged(judged, table, kind):
    assert (judged.p_error[table[3][kind]] >= 0.5).all()


@pytest.mark.parametrize("kind", ["sign", "x10", "total", "quantity"])
def test_what_a_relation_determines_is_proposed_to_the_last_digit(judged, table, kind):
    _, clean, _, cells = table
    np.testing.assert_array_equal(judged.new[cells[kind]], clean[cells[kind]])
    assert (judged.p_new[cells[kind]] > 0.9).all()


def test_nothing_else_is_proposed_and_only_the_other_date_is_doubted(judged, table):
    x, clean, _, cells = table
    right = x == clean
    assert np.isnan(judged.new[right]).all()
    rows, columns = np.nonzero(right & (judged.p_error >= 0.5))
    assert set(rows) == set(cells["early"][0]) and set(columns) == {4}
    assert (judged.p_error[rows, columns] == 0.5).all()


def test_the_date_that_its_own_column_finds_odd_is_the_wrong_one(judged, table):
    rows = table[3]["1970"][0]
    assert (judged.p_error[rows, 4] > 0.9).all()
    assert (judged.p_error[rows, 5] < 0.1).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_clean_table_stays_as_it_is(seed):
    x, codes = orders(seed=seed)
    judged = fit(x, codes, KINDS, NAMES).judge(x, codes)
    assert (judged.p_error < 0.5).all()
    assert np.isnan(judged.new).all()
    assert (judged.reasons == "").all()


def test_relations_say_what_holds_and_in_how_many_rows(model):
    assert [str(relation) for relation in model.relations_] == [
        "total = quantity x price (to 2 decimals), 1,480 of 1,500 rows",
        "shipped - ordered in [1, 7] days, 1,490 of 1,500 rows",
    ]
    assert model.status_ == ["judged"] * 6


def test_reasons_are_sentences_with_the_numbers(judged, table):
    cells = table[3]
    assert judged.reasons[cells["age"]][1] == (
        "age -5 is below every other value (18 to 79)"
    )
    assert "total 0.00 is not quantity x price = " in judged.reasons[cells["total"]][0]
    assert "price x10" not in judged.reasons[cells["x10"]][0]
    early = judged.reasons[cells["early"]][0]
    assert " is before ordered 2022-" in early and "one of them is wrong" in early


def test_slips_of_the_pen_are_named(judged, table):
    reasons = judged.reasons[table[3]["x10"]]
    assert all(reason.endswith("(10 times too large)") for reason in reasons)


def test_kinds_name_the_relation_or_how_a_value_is_odd(judged, table):
    kinds = {name: set(judged.kinds[at]) for name, at in table[3].items()}
    assert kinds["age"] == {"beyond all other values"}
    assert kinds["total"] == {"total = quantity x price"}
    assert ((judged.kinds == "") == (judged.reasons == "")).all()


def test_a_row_is_judged_alike_by_itself_and_by_a_copy_of_the_model(
    model, judged, table
):
    x, _, codes, cells = table
    copy = pickle.loads(pickle.dumps(model))
    for rows, _ in cells.values():
        alone = copy.judge(x[rows[:1]], codes[rows[:1]])
        np.testing.assert_array_equal(alone.p_error[0], judged.p_error[rows[0]])
        np.testing.assert_array_equal(alone.new[0], judged.new[rows[0]])
        np.testing.assert_array_equal(alone.low[0], judged.low[rows[0]])
        assert alone.reasons[0].tolist() == judged.reasons[rows[0]].tolist()


def test_the_same_seed_gives_the_same_and_the_global_generator_is_left_alone(table):
    x, _, codes, _ = table
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    one, two = (fit(x, codes, KINDS, NAMES, seed=5).judge(x, codes) for _ in range(2))
    np.testing.assert_array_equal(one.p_error, two.p_error)
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002


def test_a_price_far_from_those_of_its_product_is_flagged_with_their_range():
    x, codes = orders()
    x = x[:, [0, 2]]
    rows = np.flatnonzero(codes[:, 0] == 1)[:3]
    x[rows, 1] *= 10
    judged = fit(x, codes).judge(x, codes)
    assert (judged.p_error[rows, 1] > 0.5).all()
    assert (judged.p_error >= 0.5).sum() == 3
    assert np.isnan(judged.new).all()
    assert "times what is usual for this c0" in judged.reasons[rows[0], 1]
    assert (judged.low[rows, 1] > 15).all() and (judged.high[rows, 1] < 40).all()


def test_two_cells_that_nothing_tells_apart_have_one_half_each():
    rng = np.random.default_rng(0)
    a, b = rng.integers(100, 900, (2, 800))
    x = np.column_stack([a, b, a + b]).astype(float)
    x[0] = 300, 400, 790
    judged = fit(x).judge(x)
    assert np.isnan(judged.new).all()
    np.testing.assert_allclose(judged.p_error[0].sum(), 1)
    assert judged.p_error[0].max() <= 0.5


def test_an_odd_number_that_fits_its_relation_is_believed():
    x, codes = orders()
    x[0, [1, 3]] = 40, np.round(40 * x[0, 2], 2)
    judged = fit(x, codes, KINDS, NAMES).judge(x, codes)
    assert (judged.p_error[0] < 0.5).all()


def test_a_heavy_tail_is_no_error():
    rng = np.random.default_rng(0)
    x = np.column_stack(
        [
            rng.pareto(1.1, 2000) * 100,
            rng.lognormal(9, 2, 2000) * (rng.random(2000) < 0.1),
            rng.standard_cauchy(2000),
        ]
    )
    assert (fit(x).judge(x).p_error >= 0.5).sum() == 0


@pytest.mark.parametrize(
    ("x", "status"),
    [
        (np.arange(20.0)[:, None], "not judged: fewer than 30 values"),
        (np.full((50, 1), np.nan), "not judged: fewer than 30 values"),
        (np.ones((50, 1)), "not judged: one value only"),
        (np.empty((0, 1)), "not judged: fewer than 30 values"),
    ],
)
def test_columns_that_cannot_be_judged_say_so(x, status):
    model = fit(x)
    assert model.status_ == [status]
    assert (model.judge(np.array([[5.0], [np.nan]])).p_error == 0).all()


def test_missing_cells_are_no_errors_and_unknown_categories_no_harm(model):
    x = np.full((2, 6), np.nan)
    judged = model.judge(x, np.array([[-1], [99]]))
    assert (judged.p_error == 0).all() and np.isnan(judged.new).all()


def test_cells_are_vouched_for_where_another_number_would_break_the_relation():
    rng = np.random.default_rng(0)
    qty, price = rng.integers(1, 9, 400).astype(float), rng.normal(20, 2, 400).round(2)
    qty[5], price[6] = 2.0, 0.0
    x = np.column_stack([qty, price, (qty * price).round(2), rng.normal(size=400)])
    x[7, 2] += 5
    model = NumberModel().fit(x, ["number"] * 4, list("abcd"))
    vouched = model.judge(x).vouched
    assert vouched[5].tolist() == [True, True, True, False]
    assert not vouched[6, 0]  # of nothing, any number of pieces costs nothing
    assert not vouched[7].any()


def test_a_waived_fine_does_not_make_its_many_days_zero():
    rng = np.random.default_rng(1)
    days = np.maximum(np.round(rng.gamma(3, 8, 1000)) - 27, 0)
    fine = np.round(0.2 * days, 2)
    longest = np.argsort(days)[-1:]  # so many days are rare, and so is their fine
    fine[longest] = 0
    x = np.column_stack([days, fine])
    judged = fit(x, names=["days", "fine"]).judge(x)
    assert np.isnan(judged.new[longest]).all()
    assert (judged.p_error[longest].max(axis=1) >= 0.5).all()


def test_a_wrong_total_of_a_discounted_bill_is_set_right():
    rng = np.random.default_rng(0)
    price, days = rng.choice([12.5, 19.5, 32.0], 900), rng.integers(1, 9, 900)
    off = rng.choice([0, 0, 0, 10, 20], 900)
    right = np.column_stack([price, days, off, price * days * (1 - off / 100)])
    x = right.round(2)
    x[:12, 3] = np.round(x[:12, 3] * 10, 2)
    model = fit(x, names=["price", "days", "off", "total"])
    judged = model.judge(x)
    (formula,) = [r.formula for r in model.relations_]
    assert formula == "total = price x days x (1 - off / 100)"
    wrong = x != right.round(2)
    assert (judged.p_error[wrong] >= 0.5).mean() > 0.8
    changed = judged.p_new >= 0.9
    assert changed[wrong].sum() > 6 and not changed[~wrong].any()
    np.testing.assert_array_equal(judged.new[changed], right.round(2)[changed])
