"""Few rows with a rule of their own stay as they are; errors in other rows do not."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.correctors._cleaning.deviations import (
    concentrated_kinds,
    is_another_name,
    own_kinds,
)

WARDS = {"Ivanova": ("A1", "1"), "Brown": ("B2", "2"), "Ito": ("C3", "3")}


def kinds_of(groups, cells, deviates, explained, votes, others, *more):
    """Find kinds of their own where all groups that lean vote."""
    found = own_kinds(groups, cells, deviates, explained, votes, votes, others, *more)
    return found[0]


def hospital(n, n_emergencies, seed=0):
    """Doctors decide the ward, but for emergencies."""
    rng = np.random.default_rng(seed)
    doctor = rng.choice(list(WARDS), n)
    ward, floor = np.array([WARDS[each] for each in doctor]).T
    shift = rng.choice(["early", "late"], n).astype(object)
    ward, floor = ward.astype(object), floor.astype(object)
    at = rng.choice(n, n_emergencies, replace=False)
    shift[at], ward[at], floor[at] = "emergency", "ER", "0"
    columns = {"doctor": doctor, "shift": shift, "ward": ward, "floor": floor}
    return pd.DataFrame(columns)


@pytest.mark.parametrize("n_emergencies", [1, 2, 3, 9, 10, 25])
@pytest.mark.parametrize("n", [300, 900])
def test_few_rows_with_a_rule_of_their_own_stay(n, n_emergencies):
    X = hospital(n, n_emergencies)
    assert_frame_equal(NoisyChannelCorrector().fit(X).transform(X), X)


def test_errors_beside_them_are_repaired():
    X = hospital(900, 9)
    dirty, rng = X.copy(), np.random.default_rng(1)
    usual = np.flatnonzero(X["ward"] != "ER")
    for i in rng.choice(usual, 8, replace=False):
        dirty.loc[i, "ward"] = next(w for w, _ in WARDS.values() if w != X.ward[i])
    assert_frame_equal(NoisyChannelCorrector().fit(dirty).transform(dirty), X)


@pytest.mark.parametrize("n_rows", [3, 5, 9])
def test_a_value_that_nothing_tells_and_that_comes_again_is_no_sure_error(n_rows):
    X = hospital(900, 0)
    X.loc[np.random.default_rng(2).choice(900, n_rows, replace=False), "ward"] = "X9"
    corrector = NoisyChannelCorrector().fit(X)
    assert_frame_equal(corrector.transform(X), X)
    assert (corrector.report_["p_error"] < 0.9).all()


def test_a_word_is_not_replaced_by_a_value_of_few_rows():
    rng = np.random.default_rng(0)
    minutes = rng.integers(300, 1300, 400)
    ride = rng.choice([17, 23], 400)
    X = pd.DataFrame(
        {
            "line": np.where(ride == 17, "U1", "U2"),
            "departs": [f"{m // 60:02d}:{m % 60:02d}" for m in minutes],
            "arrives": [f"{m // 60:02d}:{m % 60:02d}" for m in minutes + ride],
        }
    )
    X.loc[[5, 9], "departs"] = ["25:31", "25:10"]
    repaired = NoisyChannelCorrector().fit(X).transform(X)
    changed = (repaired != X).any(axis=1)
    assert set(np.flatnonzero(changed)) <= {5, 9}


@pytest.mark.parametrize(
    ("n_rows", "explained", "is_own"),
    [
        (2, 0, False),
        (3, 0, True),
        (9, 0, True),
        (12, 0, False),
        (12, 7, True),
        (19, 0, False),
        (20, 0, True),  # so often the same mistake is not made
    ],
)
def test_a_kind_is_a_rule_where_it_repeats_or_has_a_reason(n_rows, explained, is_own):
    groups = np.arange(4000) % 3
    cells, deviates, has_reason = groups.copy(), *np.zeros((2, 4000), bool)
    at = np.linspace(0, 3999, n_rows).astype(int)
    cells[at], deviates[at], has_reason[at[:explained]] = 7, True, True
    found = kinds_of(
        groups, cells, deviates, has_reason, np.arange(3), np.zeros((4000, 0), int)
    )
    assert bool(found) == is_own


def test_a_value_that_is_right_in_another_group_is_no_rule_of_its_own():
    groups = np.arange(600) % 3
    cells, deviates = groups.copy(), np.zeros(600, bool)
    at = [0, 150, 300, 450]
    cells[at], deviates[at] = 2, True
    at = np.arange(1, 600, 30)  # and as many errors of other kinds
    cells[at], deviates[at] = (groups[at] + 1) % 3, True
    none = np.zeros(600, bool)
    assert (
        kinds_of(groups, cells, deviates, none, np.arange(3), np.zeros((600, 0), int))
        == []
    )


def test_exceptions_in_groups_that_do_not_vote_count():
    groups = np.arange(600) % 3
    cells, deviates = groups.copy(), np.zeros(600, bool)
    at = [0, 300]
    cells[at], deviates[at] = 7, True
    cells[1:40:3] = 7  # in a group that has too many for a vote
    votes, none, others = np.arange(3), np.zeros(600, bool), np.zeros((600, 0), int)
    leaning, votes[1] = votes.copy(), -1
    found = own_kinds(groups, cells, deviates, none, votes, leaning, others)
    every, doubtful, frequent = found
    assert every == frequent == [(0, 7)]
    assert doubtful == []  # 15 of 600 rows are too many for one mistake


def test_what_only_its_number_of_rows_excuses_is_doubtful():
    groups = np.arange(3000) % 3
    cells, deviates = groups.copy(), np.zeros(3000, bool)
    rows = np.arange(5, 3000, 149)
    cells[rows], deviates[rows] = 7, True
    votes, none, others = np.arange(3), np.zeros(3000, bool), np.zeros((3000, 0), int)
    every, doubtful, _ = own_kinds(groups, cells, deviates, none, votes, votes, others)
    assert every == doubtful == [(0, 7), (1, 7), (2, 7)]
    found = own_kinds(groups, cells, deviates, deviates, votes, votes, others)
    assert found == (every, [], [])  # all of them have a reason


def test_a_new_value_in_one_group_of_many_is_a_rule_of_its_own():
    groups = np.arange(600) % 20
    cells, deviates = groups.copy(), np.zeros(600, bool)
    cells[[0, 20]], deviates[[0, 20]] = 33, True
    none = np.zeros(600, bool)
    assert kinds_of(
        groups, cells, deviates, none, np.arange(20), np.zeros((600, 0), int)
    ) == [(0, 33)]


def scattered(n_rows, n=1000):
    """Rows all over a table."""
    rows = np.zeros(n, bool)
    rows[np.linspace(0, n - 1, n_rows).astype(int)] = True
    return rows


def test_a_few_of_one_kind_among_many_kinds_of_errors_are_errors():
    groups = np.arange(1000) % 5
    cells, deviates = groups.copy(), scattered(20)
    cells[deviates] = (groups[deviates] + 1 + np.arange(20) % 4) % 5
    none, others = np.zeros(1000, bool), np.zeros((1000, 0), int)
    assert kinds_of(groups, cells, deviates, none, np.arange(5), others) == []
    deviates = scattered(8) & (groups == groups[0])
    deviates[np.flatnonzero(groups == 0)[[20, 90, 150]]] = True
    cells = np.where(deviates, 3, groups)
    found = kinds_of(groups, cells, deviates, none, np.arange(5), others)
    assert found == [(0, 3)]


@pytest.mark.parametrize("n_other, n_found", [(0, 1), (8, 0)])
def test_two_rows_alone_that_deviate_alike_are_a_kind_of_their_own(n_other, n_found):
    rng = np.random.default_rng(0)
    votes = np.arange(10)
    groups, cells = rng.integers(10, size=700), np.zeros(700, int)
    cells[:] = groups
    cells[:2], groups[:2] = 9, 3
    cells[2 : 2 + n_other] = (groups[2 : 2 + n_other] + 4) % 10
    others = np.arange(700)[:, None]
    found = concentrated_kinds(groups, cells, cells != groups, votes, others)
    assert found == [(3, 9)] * n_found
    # Copies of one row are one row.
    same = np.zeros((700, 1), int)
    assert concentrated_kinds(groups, cells, cells != groups, votes, same) == []


@pytest.mark.slow
def test_the_only_two_exceptions_of_a_column_stay():
    rng = np.random.default_rng(0)
    teams = np.array([f"team {k}" for k in range(10)], dtype=object)
    home, n = rng.integers(10, size=760), np.arange(760)
    X = pd.DataFrame({"home": teams[home], "away": teams[(home + 1 + n % 9) % 10]})
    X["place"] = np.array([f"place {k}" for k in range(10)], dtype=object)[home]
    X["goals"] = rng.poisson(2, 760).astype(str)
    X.loc[np.flatnonzero(home == 7)[:12], "place"] = "national"
    X.loc[np.flatnonzero(home == 3)[[5, 40]], "place"] = "national"
    assert_frame_equal(NoisyChannelCorrector().fit(X).transform(X), X)


def deliveries(n=900, n_late=12, seed=0):
    """Suppliers decide the days that a delivery takes, but for some late ones."""
    rng = np.random.default_rng(seed)
    supplier = rng.choice(["Festo", "Bosch", "Esto"], n)
    days = np.array([{"Festo": 14, "Bosch": 7, "Esto": 30}[each] for each in supplier])
    days[rng.choice(n, n_late, replace=False)] = 90
    columns = {"supplier": supplier, "days": days, "size": rng.choice(list("SML"), n)}
    return pd.DataFrame(columns)


@pytest.mark.slow
def test_an_amount_that_comes_again_everywhere_is_no_error():
    X = deliveries()
    assert_frame_equal(NoisyChannelCorrector().fit(X).transform(X), X)


@pytest.mark.parametrize("is_amount", [True, False])
def test_a_name_that_often_comes_where_none_has_it_may_be_an_error(is_amount):
    X = deliveries(n=4000, seed=1)
    groups, cells = (pd.factorize(X[c])[0] for c in ("supplier", "days"))
    late = (X["days"] == 90).to_numpy()
    votes = np.array([cells[(groups == g) & ~late][0] for g in range(3)])
    none, others = np.zeros(len(X), bool), np.zeros((len(X), 0), int)
    found = kinds_of(groups, cells, late, none, votes, others, is_amount)
    assert bool(found) is is_amount


@pytest.mark.slow
def test_no_model_of_whole_rows_overrules_exceptions_in_one_place():
    """The first flats of a postcode lie in another district, and are right."""
    rng = np.random.default_rng(0)
    codes = ["8001", "8005", "8050", "8051"]
    code = rng.choice(codes, 900, p=[0.35, 0.25, 0.35, 0.05])
    district = dict(zip(codes, ["K1", "K5", "K11", "K12"], strict=True))
    X = pd.DataFrame({"zip": code, "district": [district[each] for each in code]})
    X["rooms"] = rng.choice(["2", "3", "4"], len(X))
    X.loc[X.index[code == "8050"][:10], "district"] = "K12"
    assert_frame_equal(NoisyChannelCorrector().fit(X).transform(X), X)


def test_one_value_is_another_name_of_one_other():
    makes = np.repeat(np.arange(5), 200)
    assert is_another_name(np.full(12, 3), makes)
    assert not is_another_name(np.arange(12) % 2, makes)  # of two values
    assert not is_another_name(np.full(9, 3), makes)  # of few rows
    assert not is_another_name(np.zeros(12, int), np.zeros(1000, int))  # by chance


def test_a_slip_of_what_its_group_says_is_no_rule_of_its_own_without_a_reason():
    groups = np.arange(600) % 30
    cells, deviates = groups.copy(), np.zeros(600, bool)
    at = [60, 300, 450]
    cells[at], deviates[at] = 77, True
    slips, none = cells == 77, np.zeros(600, bool)
    others = np.zeros((600, 0), int)

    def found(explained, slips):
        args = groups, cells, deviates, explained, np.arange(30), np.arange(30), others
        return own_kinds(*args, slips=slips)[0]

    assert found(none, none) == [(0, 77)]
    assert found(none, slips) == []
    assert found(slips, slips) == [(0, 77)]
