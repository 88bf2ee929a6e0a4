"""Far values that another column explains, and those that nothing explains."""

import numpy as np

from skanomaly.correctors._numbers.kinds import (
    find_explained,
    find_kinds,
    is_of_kind,
    levels_of,
)
from skanomaly.correctors._numbers.model import NumberModel

LEVELS = np.array([1400, 90, 9000])
CAR, BIKE, LORRY = range(3)


def vehicles(n=1000, n_lorries=20, seed=0):
    """Weights that the kind of vehicle explains, and columns that explain nothing."""
    rng = np.random.default_rng(seed)
    kind = rng.permutation(
        np.r_[np.full(n_lorries, 2), rng.integers(0, 2, n - n_lorries)]
    )
    kg = LEVELS[kind] + rng.integers(-20, 20, n)
    x = np.column_stack([kg, rng.integers(0, 30, n)]).astype(float)
    return x, np.column_stack([kind, rng.integers(0, 2, n)])


def judge(x, codes):
    names = ["kg", "age"], ["kind", "colour"]
    sizes = (codes.max(axis=0) + 1).tolist()
    model = NumberModel().fit(x, ["number"] * 2, names[0], codes, sizes, names[1])
    return model.judge(x, codes)


def test_a_category_whose_rows_are_all_far_is_a_second_kind():
    for n, n_lorries in ((600, 15), (1000, 20), (3000, 40), (3000, 60)):
        judged = judge(*vehicles(n, n_lorries))
        assert (judged.p_error < 0.5).all()


def test_single_impossible_values_beside_a_second_kind_are_flagged():
    x, codes = vehicles()
    cars, lorry = np.flatnonzero(codes[:, 0] == CAR)[:6], codes[:, 0].tolist().index(2)
    x[cars, 0] = [9001, 9002, 13990, 14050, -1, 5000]  # some weigh what lorries weigh
    x[lorry, 0], x[7, 1] = 99999, 199
    flagged = judge(x, codes)
    assert set(zip(*np.nonzero(flagged.p_error >= 0.5), strict=True)) == {
        *((i, 0) for i in cars), (lorry, 0), (7, 1),
    }  # fmt: skip
    reason = "kg 99999 is far from every other value (-1 to 1419; 8315 to 9737)"
    assert flagged.reasons[lorry, 0] == reason


def test_a_typing_error_in_the_category_makes_no_number_wrong():
    x, codes = vehicles()
    typo = (
        np.flatnonzero(codes[:, 0] == LORRY)[:2],
        np.flatnonzero(codes[:, 0] == CAR)[:2],
    )
    codes[np.concatenate(typo), 0] = [3, 4, 5, 5]
    assert (judge(x, codes).p_error < 0.5).all()


def test_markers_of_missing_values_are_no_second_kind():
    x, codes = vehicles(n_lorries=0)
    broken = np.arange(12)
    codes[broken, 0], x[broken, 0] = LORRY, 99999
    assert (judge(x, codes).p_error[broken, 0] >= 0.5).all()


def test_few_or_mixed_rows_make_no_kind():
    scaled = np.r_[np.zeros(97), 50, 51, 52]
    far = scaled > 9
    groups = [97, 98, 99], [97, 98], [95, 96, 97, 98, 99]  # all far, too few, mixed
    codes = np.zeros((100, 3), int)
    for c, rows in enumerate(groups):
        codes[rows, c] = 1
    for columns, expected in (([0], True), ([1], False), ([2], False), ([], False)):
        kinds = find_kinds(scaled, far, codes[:, columns])
        assert is_of_kind(kinds, scaled)[97:].all() == expected
        assert not is_of_kind(kinds, scaled)[:97].any()


def visits(n=1500, seed=0):
    """Minutes of visits and their doctors; one of these has visits of four hours."""
    rng = np.random.default_rng(seed)
    minutes = np.clip(rng.gamma(9, 5, n).round(), 5, 110)
    doctor = rng.integers(0, 10, n)
    long = (doctor == 9) & (rng.random(n) < 0.15)
    minutes[long] = 240
    return minutes, doctor, long


def judged_minutes(columns, doctor):
    names = ["minutes", "fee"][: columns.shape[1]]
    kinds, sizes = ["number"] * len(names), [10]
    model = NumberModel().fit(columns, kinds, names, doctor[:, None], sizes, ["doctor"])
    return model.judge(columns, doctor[:, None]).p_error[:, 0] >= 0.5


def test_constants_that_only_one_category_has_are_a_second_kind():
    minutes, doctor, long = visits()
    assert not judged_minutes(minutes[:, None], doctor).any()
    anybody = np.random.default_rng(1).integers(0, 10, len(doctor))
    flagged = judged_minutes(minutes[:, None], anybody)
    np.testing.assert_array_equal(flagged, long)


def test_constants_that_another_number_explains_are_a_second_kind():
    minutes, _, long = visits()
    rng = np.random.default_rng(1)
    doctor = rng.integers(0, 10, len(minutes))
    fee = 2 * minutes + rng.integers(0, 9, len(minutes))
    assert not judged_minutes(np.column_stack([minutes, fee]), doctor)[long].any()
    fee = rng.permutation(fee)
    assert judged_minutes(np.column_stack([minutes, fee]), doctor)[long].all()


def test_markers_are_no_second_kind_though_one_category_has_them_all():
    minutes, doctor, long = visits()
    minutes[long] = 999
    flagged = judged_minutes(minutes[:, None], doctor)
    np.testing.assert_array_equal(flagged, long)


def test_rows_that_share_something_by_chance_explain_nothing():
    rng = np.random.default_rng(0)
    scaled, levels = rng.normal(size=1000), rng.integers(0, 5, (1000, 20))
    few, many = np.arange(1000) < 2, np.arange(1000) < 8
    assert not len(find_explained(scaled, [few, many], levels))
    levels[:8, 3] = 2
    assert len(find_explained(scaled, [many], levels)) == 1
    levels[:, 3] = 2
    assert not len(find_explained(scaled, [many], levels))


def test_levels_are_tenths_and_what_is_far():
    values = np.r_[np.arange(100.0), np.nan, 500]
    levels = levels_of(values, values > 200)
    assert levels[[0, 9, 10, 99]].tolist() == [0, 0, 1, 9]
    assert levels[100:].tolist() == [-1, 10]
    assert levels_of(np.full(3, np.nan), np.zeros(3, bool)).tolist() == [-1] * 3
