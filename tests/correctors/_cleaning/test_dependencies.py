"""Columns that determine others."""

import numpy as np

from skanomaly.correctors._cleaning.dependencies import Dependencies


def table(n=2000, seed=0):
    """City, zip (one a city), land (two cities each) and something else."""
    rng = np.random.default_rng(seed)
    city = rng.integers(8, size=n)
    return np.column_stack([city, (city + 3) % 8, city // 2, rng.integers(5, size=n)])


SIZES = (8, 8, 4, 5)
ALL = np.ones(4, bool)


def test_what_determines_what_is_found():
    found = Dependencies(SIZES).fit(table(), ALL)
    pairs = {(each.source, each.target) for each in found.found}
    assert pairs == {(0, 1), (1, 0), (0, 2), (1, 2)}
    assert found.determined.tolist() == [True, True, True, False]


def test_votes_contradict_a_wrong_land_however_often_it_comes():
    codes = table()
    there = np.flatnonzero(codes[:, 0] == 2)
    wrong = there[:: len(there) // 10][:10]
    codes[wrong, 2] = 3
    votes = Dependencies(SIZES).fit(codes, ALL).votes(codes)
    assert (votes[wrong, 2] == 1).all()
    right = np.setdiff1d(np.arange(len(codes)), wrong)
    assert (votes[right, 2] == codes[right, 2]).all()
    assert (votes[:, 3] == -1).all()


def test_small_groups_vote_by_the_majority_that_chance_leaves_them():
    rng = np.random.default_rng(0)
    group = rng.permutation(np.repeat(np.arange(80), 25))
    codes = np.column_stack([group, group % 4])
    for one, n in ((0, 2), (1, 5)):  # of 25 rows; 1 % are wrong elsewhere
        rows = np.flatnonzero(group == one)[:n]
        codes[rows, 1] = (codes[rows, 1] + 1 + np.arange(n) % 3) % 4
    rows = rng.choice(np.flatnonzero(group > 1), 20, replace=False)
    codes[rows, 1] = (codes[rows, 1] + rng.integers(1, 4, 20)) % 4
    votes = Dependencies((80, 4)).fit(codes, ALL[:2]).votes(codes)
    assert (votes[group == 0, 1] == 0).all()
    assert (votes[group == 1, 1] == -1).all()


def test_small_groups_of_a_table_with_many_exceptions_need_more_rows_for_a_vote():
    rng = np.random.default_rng(1)
    group = rng.permutation(np.repeat(np.arange(80), 25))
    codes = np.column_stack([group, group % 4])
    rows = rng.choice(np.flatnonzero(group > 0), 120, replace=False)  # 6 %
    rows = np.append(rows, np.flatnonzero(group == 0)[:4])
    codes[rows, 1] = (codes[rows, 1] + rng.integers(1, 4, len(rows))) % 4
    found = Dependencies((80, 4)).fit(codes, ALL[:2])
    assert found.determined.tolist() == [False, True]
    assert (found.votes(codes)[group == 0, 1] == -1).all()


def test_few_rows_speak_against_the_only_one_that_differs():
    codes = np.repeat(np.arange(300), 6)[:, None] * [1, 1, 0] + [0, 0, 1]
    codes[:, 1] //= 3
    codes[7, 1], codes[[18, 19], 1] = 99, 99  # one of six rows, two of six
    found = Dependencies((300, 100, 2)).fit(codes, ALL[:3])
    assert (found.votes(codes)[:30] == -1).all()
    few = found.few_against(codes)
    against = (few >= 0) & (few != codes)
    assert np.argwhere(against).tolist() == [[7, 1]]
    assert few[7, 1] == 0


def test_two_cells_that_contradict_each_other_have_no_vote():
    codes = table()
    codes[0, 1] = (codes[0, 1] + 1) % 8
    votes = Dependencies(SIZES).fit(codes, ALL).votes(codes)
    assert votes[0, 0] == votes[0, 1] == -1


def test_of_two_cells_neither_is_blamed_where_no_third_one_tells():
    codes = table()
    codes[0, :3] = [2, 6, 1]  # city 3 has zip 6, and is of the same land as city 2
    codes[1, :3] = [2, 7, 1]  # city 4 has zip 7, and is of another one
    even = Dependencies(SIZES).fit(codes, ALL).one_to_one(codes)
    assert even[0].tolist() == [True, True, False, False]
    assert not even[1:].any()


def test_a_rare_value_speaks_against_the_column_that_contradicts_it():
    codes = table()
    codes[np.flatnonzero(codes[:, 1] == 6)[7:], :3] = 0, 3, 0
    codes[0, :3] = [2, 6, 1]  # seven other rows, which have no vote, have city 3
    found = Dependencies(SIZES).fit(codes, ALL)
    assert found.one_to_one(codes)[0, 1]


def test_many_rows_that_disagree_alike_are_no_two_cells():
    codes = table()
    codes[np.flatnonzero(codes[:, 0] == 2)[:12], 1] = 6
    assert not Dependencies(SIZES).fit(codes, ALL).one_to_one(codes).any()


def test_exceptions_with_a_reason_are_no_errors():
    codes = table()
    some = np.flatnonzero(codes[:, 0] == 2)[:10]
    codes[some, 2] = 3
    codes[codes[:, 3] == 4, 3] = 0
    codes[some, 3] = 4  # all of them, and no others
    votes = Dependencies(SIZES).fit(codes, ALL).votes(codes)
    assert (votes[some, 2] == -1).all()


def test_loose_dependences_have_no_vote():
    codes = table()
    rng = np.random.default_rng(1)
    loose = rng.random(len(codes)) < 0.2
    codes[loose, 2] = rng.integers(4, size=loose.sum())
    found = Dependencies(SIZES).fit(codes, ALL)
    assert not found.determined[2]


def wards(n=3000):
    """Chapters decide wards, but in canton 1 those of chapter 0 go to another's."""
    rng = np.random.default_rng(0)
    chapter, canton = rng.integers(4, size=n), rng.integers(3, size=n)
    codes = np.column_stack([chapter, canton, chapter, rng.integers(5, size=n)])
    both = np.flatnonzero((chapter == 0) & (canton == 1))
    codes[both[15:], 1] = 0
    codes[both[:15], 2] = 1
    return codes, both[:15]


def test_what_has_a_reason_in_one_column_has_it_in_the_other():
    codes, moved = wards()
    found = Dependencies((4, 3, 4, 5)).fit(codes, ALL)
    assert (found.votes(codes)[moved][:, [0, 2]] == -1).all()
    by_rule = found.own_rules(codes)
    assert np.flatnonzero(by_rule[:, 0]).tolist() == moved.tolist()
    assert np.flatnonzero(by_rule[:, 2]).tolist() == moved.tolist()


def test_one_mistake_that_is_made_again_is_told_from_exceptions_of_all_kinds():
    codes = table()
    there = np.flatnonzero(codes[:, 0] == 2)
    wrong = there[:: len(there) // 10][:10]
    codes[wrong, 2] = 3
    repeated = Dependencies(SIZES).fit(codes, ALL).repeated(codes)
    assert np.array_equal(np.flatnonzero(repeated[:, 2]), np.sort(wrong))
    others = np.random.default_rng(1).choice(2000, 40, replace=False)
    codes[others, 2] = (codes[others, 2] + 1) % 4
    assert not Dependencies(SIZES).fit(codes, ALL).repeated(codes).any()


def test_the_same_slip_in_a_number_is_voted_against_and_a_second_number_is_not():
    """A postcode with two digits exchanged twice, and the next one of another town."""
    rng = np.random.default_rng(0)
    city = rng.permutation(np.repeat(np.arange(40), 50))
    codes = np.column_stack([city, city])
    texts = [str(10123 + 1000 * k) for k in range(40)]
    slip, second = (np.flatnonzero(city == one)[:2] for one in (3, 5))
    codes[slip, 1], codes[second, 1] = 40, 41
    for k, row in enumerate(rng.choice(np.flatnonzero(city > 5), 12, replace=False)):
        codes[row, 1] = (city[row] + 1 + k) % 40
    values = np.array([*texts, "13132", "15124"], object)
    votes = Dependencies((40, 42), texts=[None, values]).fit(codes, ALL[:2])
    votes = votes.votes(codes)[:, 1]
    assert (votes[slip] == 3).all()
    assert (votes[second] == -1).all()


def test_a_slip_made_twice_and_no_other_error_is_no_rule():
    city = np.random.default_rng(0).permutation(np.repeat(np.arange(40), 50))
    codes = np.column_stack([city, city, np.arange(len(city)) % 7])
    twice = np.flatnonzero(city == 3)[:2]
    codes[twice, 1] = 40
    numbers = [str(10123 + 1000 * k) for k in range(40)]
    for text, is_rule in (("13132", False), ("13124", True)):
        values = np.array([*numbers, text], object)
        found = Dependencies((40, 41, 7), texts=[None, values, None])
        found.fit(codes, ALL[:3])
        assert (found.own_rules(codes)[twice, 1] == is_rule).all()
