"""How far a cell that deviates is an error, and no rare truth."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.correctors._cleaning.trust import Trust


def trust_of(codes, expected, rates, error_rate=0.03, told_wrong=0.0, amounts=None):
    sizes = (codes.max(axis=0) + 1).tolist()
    n_rows = [np.bincount(column) for column in codes.T]
    never = np.zeros(len(sizes))
    trust = Trust(error_rate, sizes, n_rows, amounts=amounts)
    return trust.fit(codes, expected, rates, never, told_wrong)


def independent(n=1000):
    return np.random.default_rng(0).integers(5, size=(n, 3))


def test_the_more_cells_deviate_the_more_of_them_are_errors():
    codes, nothing = independent(), np.full((1000, 3), -1)
    trust = trust_of(codes, nothing, np.array([0.0005, 0.01, 0.04]))
    assert (np.diff(trust.alone) > 0).all()
    assert trust.alone[0] < 0.1 < 0.7 < trust.alone[2]
    assert not trust.abstains.any()


def test_far_more_than_expected_are_rare_truths():
    codes, nothing = independent(), np.full((1000, 3), -1)
    trust = trust_of(codes, nothing, np.array([0.03, 0.05, 0.2]))
    assert trust.abstains.tolist() == [False, False, True]
    # At most twice as many errors as are expected, which is not enough for a flag.
    assert trust.alone[2] <= 2 * 0.03 / 0.2 < 0.5
    assert trust.share.tolist() == pytest.approx([1, 1, 0.03 / 0.2])


def test_beside_typing_errors_what_deviates_is_flagged_and_not_changed():
    shop = np.arange(4000) % 20
    right = np.column_stack([shop, shop % 6])
    codes, wrong = right.copy(), np.arange(0, 4000, 40)  # 2.5 %
    codes[wrong, 1] = (codes[wrong, 1] + 1) % 6
    rates, never = (codes != right).mean(axis=0), np.array([0.0, 0.05])
    n_rows = [np.bincount(column) for column in codes.T]
    trust = Trust(0.03, [20, 6], n_rows).fit(codes, right, rates, never)
    assert trust.abstains.tolist() == [False, True]
    assert 0.5 < trust.in_votes[1] < 0.81  # 6 % of 7.5 % at most
    assert (trust.to_change(codes)[wrong, 1] < 0.5).all()


def test_errors_that_a_person_found_are_no_rare_truths():
    codes, nothing = independent(), np.full((1000, 3), -1)
    rates, told_wrong = np.array([0.03, 0.2, 0.2]), np.array([0, 0.2, 0.02])
    trust = trust_of(codes, nothing, rates, told_wrong=told_wrong)
    assert trust.abstains.tolist() == [False, False, True]
    assert trust.alone[1] > 0.8


def test_a_frequent_value_alone_decides_nothing():
    codes = independent()
    codes[:, 0] = np.arange(1000) % 50 == 0
    expected = np.full((1000, 3), -1)
    expected[:, 0] = 0  # sure of the frequent value, whatever the row says
    expected[:, 1] = codes[:, 1]
    trust = trust_of(codes, expected, np.full(3, 0.01))
    assert trust.pure.tolist() == [False, True, False]


def test_a_quantity_of_which_many_rows_are_not_sure_is_flagged_only():
    codes = independent()
    amounts = np.array([True, True, False])
    expected = codes.copy()
    expected[:80, [0, 2]] = -1
    trust = trust_of(codes, expected, np.full(3, 0.01), amounts=amounts)
    unsure = np.full(codes.shape, -1)
    assert trust.pure.all()
    assert (trust.flagged_only(codes, unsure) == [True, False, False]).all()
    codes[:, 2] = codes[:, 0]  # names determine the quantity
    trust = trust_of(codes, expected, np.full(3, 0.01), amounts=amounts)
    assert not trust.flagged_only(codes, unsure).any()


@pytest.mark.parametrize("told", [0.0, 0.01])
def test_what_deviates_from_a_value_that_is_often_not_taken_is_flagged_only(told):
    codes = independent(2000)
    expected = np.full((2000, 3), -1)
    expected[:, 2] = codes[:, 2] = np.arange(2000) % 10 == 0
    codes[:200:10, 2] = 0  # 10 % of those with a preference do not claim it
    codes[1:1001:250, 2] = 1
    trust = trust_of(codes, expected, np.full(3, 0.01), told_wrong=np.full(3, told))
    wanted = np.zeros(codes.shape, bool)
    wanted[:, 2] = (expected[:, 2] == 1) & (told == 0)  # a person knows them as errors
    assert (trust.flagged_only(codes, expected) == wanted).all()


def test_what_its_number_excuses_tells_that_a_column_has_exceptions():
    rng = np.random.default_rng(0)
    area, street = rng.integers(20, size=3000), rng.integers(30, size=3000)
    codes = np.column_stack([area, area % 6, street, street % 4])
    rows = rng.permutation(3000)
    codes[rows[:20], 1] = (codes[rows[:20], 1] + 1) % 6  # stand-ins
    before = _most(codes)[1]
    codes[rows[20:100], 1] = 6  # vacant
    assert _most(codes)[1] < 0.6 < before


def _most(codes):
    n_rows = [np.bincount(column, minlength=30) for column in codes.T]
    nothing, zero = np.full(codes.shape, -1), np.zeros(codes.shape[1])
    return Trust(0.03, [30] * 4, n_rows).fit(codes, nothing, zero, zero).most


@pytest.mark.parametrize("share", [0.005, 0.02, 0.05])
def test_rare_values_that_depend_on_nothing_stay(share):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.choice(["no", "yes"], (2000, 6), p=[1 - share, share]))
    corrector = NoisyChannelCorrector(random_state=0)
    assert corrector.fit_transform(X).equals(X)
    assert (corrector.error_proba(X) < 0.5).all()


def three_values(n=1000):
    """A column of two values that its rows are sure of, and a third one in a few."""
    codes = np.column_stack([np.arange(n) % 2, np.arange(n) // 2 % 5])
    expected = codes.copy()
    expected[:, 1] = -1
    return codes, expected


@pytest.mark.parametrize("n_rows, is_right", [(5, True), (12, False), (25, True)])
def test_a_third_value_that_comes_often_is_voted_down_by_no_row(n_rows, is_right):
    codes, expected = three_values(4000)
    rows = np.linspace(0, 3999, n_rows).astype(int)
    codes[rows, 0] = 2
    trust = trust_of(codes, expected, np.zeros(2))
    votes = trust.votes(codes, expected)[rows, 0]
    assert (votes < 0).all() == is_right


def test_what_rows_alone_vote_against_is_changed_as_far_as_it_is_beyond_chance():
    codes, expected = three_values()
    rows = np.random.default_rng(0).choice(1000, 16, replace=False)
    codes[rows, 0] = 1 - codes[rows, 0]
    trust = trust_of(codes, expected, np.array([0.002, 0.0]))
    assert trust.pure[0] and trust.in_votes[0] > 0.9 and trust.by_rows[0] < 0.7


@pytest.mark.parametrize("n_groups, is_chance", [(250, True), (20, False)])
def test_votes_of_small_groups_are_those_of_whole_rows(n_groups, is_chance):
    group = np.arange(1000) % n_groups
    codes = np.column_stack([group % 4, group])
    expected = codes.copy()
    expected[:, 1] = -1
    rows = np.random.default_rng(0).choice(1000, 8, replace=False)
    codes[rows, 0] = (codes[rows, 0] + 1) % 4
    trust = trust_of(codes, expected, np.array([0.0005, 0.0]))
    assert trust.dependencies.determined[0]
    assert ((trust.to_change(codes)[rows, 0] < 0.8) == is_chance).all()


@pytest.mark.slow
def test_a_title_beside_those_of_men_and_women_stays():
    rng = np.random.default_rng(0)
    names = np.array(["Anna", "Ben", "Chloe", "David", "Elena", "Farid"])
    who = rng.integers(6, size=1200)
    title = np.array(["Ms", "Mr"], object)[who % 2]
    title[rng.choice(1200, 25, replace=False)] = "Dr"
    city = rng.choice(["Bern", "Basel", "Chur"], 1200)
    X = pd.DataFrame({"title": title, "first": names[who], "city": city})
    corrector = NoisyChannelCorrector(random_state=0).fit(X)
    pd.testing.assert_frame_equal(corrector.transform(X), X)


def test_cells_stand_one_against_one_where_most_of_their_column_do():
    town = np.arange(2000) % 8
    codes = np.column_stack([town, (town + 3) % 8, town // 2])
    nothing, rates = np.full(codes.shape, -1), np.zeros(3)
    codes[0] = [2, 6, 1]  # towns 2 and 3 are of one land: nothing tells
    expected = codes.copy()
    expected[0] = -1
    expected[0, 1] = 5
    assert trust_of(codes, expected, rates).even(codes)[0, 1]
    codes[1:4, 1] = (codes[1:4, 1] + 2) % 8  # of these the land tells
    expected[1:4] = np.column_stack([codes[1:4, 0], (codes[1:4, 0] + 3) % 8, [0, 1, 1]])
    assert not trust_of(codes, expected, rates).even(codes).any()
    assert not trust_of(codes, nothing, rates).even(codes).any()


def test_what_nearly_all_rows_have_is_usual():
    codes = np.column_stack([np.arange(1000) % 2, np.arange(1000) < 990])
    nothing = np.full((1000, 2), -1)
    trust = trust_of(codes.astype(int), nothing, np.full(2, 0.01))
    asked = np.array([[0, 1], [1, 0], [-1, -1]])
    assert trust.is_usual(asked).tolist() == [[False, True], [False] * 2, [False] * 2]


def shops(n=4000, exceptions=0.04):
    """Five columns that follow from each other, the second one with exceptions."""
    rng = np.random.default_rng(0)
    shop = rng.integers(20, size=n)
    right = np.column_stack([shop, shop % 7, shop % 6, shop % 5, shop % 4])
    codes = right.copy()
    odd = rng.random(n) < exceptions
    codes[odd, 1] = rng.integers(7, size=odd.sum())
    return codes, right, rng


def trust_in(codes, right):
    sizes = (right.max(axis=0) + 1).tolist()
    trust = Trust(0.03, sizes, [np.bincount(c) for c in codes.T])
    rates = (codes != right).mean(axis=0)
    return trust.fit(codes, right, rates, np.zeros(len(sizes)))


def test_where_the_other_columns_are_exact_one_column_has_exceptions():
    codes, right, _ = shops()
    trust = trust_in(codes, right)
    assert 0.5 <= trust.in_votes[1] < 0.6
    assert (trust.most[[0, 2, 3, 4]] == 1).all()


@pytest.mark.parametrize("exceptions", [0.01, 0.04])
def test_a_column_with_twice_the_errors_of_the_others_has_exceptions(exceptions):
    codes, right, rng = shops(exceptions=exceptions)
    wrong = rng.random(right.shape) < 0.03
    wrong[:, 0] = False
    dirty = np.where(wrong, rng.integers(4, size=right.shape), codes)
    trust = trust_in(dirty, right).in_votes
    assert (trust[1] > 0.95) == (exceptions == 0.01)
    assert trust[1] > 0.95 or trust[1] < 0.8
    assert (trust[2:] > 0.95).all()


def test_few_rows_say_nothing_of_guests_and_of_columns_with_exceptions():
    home = np.repeat(np.arange(300), 6)
    codes = np.column_stack([home, home // 3])
    codes[7, 1], codes[19, 1] = 50, 100  # a value of other homes, and one of its own
    sizes, nothing = [300, 101], np.full(codes.shape, -1)
    trust = Trust(0.03, sizes, [np.bincount(c) for c in codes.T])
    trust.fit(codes, nothing, np.zeros(2), np.array([0.0, 0.01]))
    few = trust.few_against(codes)
    assert np.argwhere((few >= 0) & (few != codes)).tolist() == [[7, 1]]
    trust.most[1] = 0.8
    assert (trust.few_against(codes) == -1).all(axis=0).tolist() == [True, True]
    trust.most[1] = 1
    trust.fit(codes, nothing, np.zeros(2), np.zeros(2))  # nothing is surely wrong
    assert (trust.few_against(codes) == -1).all()


def test_a_column_that_deviates_far_more_than_the_others_has_exceptions():
    codes, right, rng = shops(20_000)
    few = rng.random(right.shape) < 0.006
    few[:, :2] = False
    trust = trust_in(np.where(few, rng.integers(4, size=right.shape), codes), right)
    assert 0.5 < trust.in_votes[1] < 0.8 < trust.in_votes[2]


def test_a_quantity_with_exceptions_is_flagged_and_not_changed():
    codes, right, _ = shops()
    sizes, amounts = (right.max(axis=0) + 1).tolist(), np.arange(5) == 1
    trust = Trust(0.03, sizes, [np.bincount(c) for c in codes.T], amounts=amounts)
    trust.fit(codes, right, (codes != right).mean(axis=0), np.zeros(5))
    assert trust.in_votes[1] > 0.9
    assert (trust.to_change(codes)[:, 1] < 0.8).all()
