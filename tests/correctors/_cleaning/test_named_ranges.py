"""Age groups, price bands and grades, and rows that contradict them."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import AnomalyCorrector
from skanomaly.correctors._cleaning.foretelling import ValueCounts
from skanomaly.correctors._cleaning.named_ranges import find_ranges

N = 1000
GROUPS = np.array(["child", "teen", "adult", "senior"])


def numbers_and_names(seed=0, n_names=4):
    """Ages, and codes of the bins and of the groups that they make."""
    age = np.random.default_rng(seed).integers(1, 95, N).astype(float)
    name = np.digitize(age, [13, 20, 65][: n_names - 1])
    return age, np.column_stack([age.astype(int), name])


def found(x, codes, error_rate=0.03):
    """Ranges of the number in column 0 that column 1 names."""
    table = ValueCounts(codes, codes.max(axis=0) + 1)
    return find_ranges(x, codes, 0, 1, table, error_rate)


def test_ranges_are_found_and_what_contradicts_them():
    x, codes = numbers_and_names()
    wrong = np.arange(0, N, 50)
    codes[wrong, 1] = (codes[wrong, 1] + 2) % 4
    ranges = found(x, codes)
    assert ranges.below.tolist() == [-np.inf, 12, 19, 64]
    assert ranges.above.tolist() == [13, 20, 65, np.inf]
    assert np.flatnonzero(ranges.breaks(x, codes)).tolist() == wrong.tolist()


def test_a_number_between_two_ranges_contradicts_neither():
    x, codes = numbers_and_names()
    ranges = found(x, codes)
    new = np.array([12.4, 12.6, np.nan, 12.5])
    assert not ranges.breaks(new, np.array([[0, 0], [0, 1], [0, 0], [0, -1]])).any()
    assert ranges.breaks(np.array([13.0, 12.0]), np.array([[0, 0], [0, 1]])).all()


@pytest.mark.parametrize("wrong", [0.1, 0.5])
def test_names_that_numbers_often_contradict_have_no_ranges(wrong):
    x, codes = numbers_and_names()
    rows = np.random.default_rng(1).random(N) < wrong
    codes[rows, 1] = np.random.default_rng(2).integers(4, size=rows.sum())
    assert found(x, codes) is None


def test_names_that_mean_no_ranges_have_none():
    x, codes = numbers_and_names()
    rare = np.random.default_rng(1).random(N) < 0.02  # and come anywhere
    assert found(x, np.column_stack([codes[:, 0], rare])) is None
    assert found(x, np.column_stack([codes[:, 0], codes[:, 1] % 2])) is None
    assert found(x[:100], codes[:100]) is None


def test_an_end_that_is_not_sharp_reaches_to_the_middle_of_the_neighbour():
    x, codes = numbers_and_names()
    near = np.flatnonzero(x == 64)[:6]  # a teacher's grace
    codes[near, 1] = 3
    far = np.flatnonzero(x == 30)[:1]
    codes[far, 1] = 3
    ranges = found(x, codes)
    assert np.flatnonzero(ranges.breaks(x, codes)).tolist() == far.tolist()


def test_rows_with_a_reason_follow_another_rule():
    x, codes = numbers_and_names()
    school = np.random.default_rng(3).permutation(N) % 40
    codes = np.column_stack([codes, school])
    other = school == 7  # calls everybody a child
    codes[other, 1] = 0
    ranges = found(x, codes)
    assert ranges.reasons == ((2, 7),)
    assert not ranges.breaks(x, codes).any()
    assert ranges.ends[0] == (1, 12)
    assert ranges.support == N - (other & (x >= 13)).sum()


def test_a_name_of_other_rows_too_has_no_range():
    x, codes = numbers_and_names()
    codes[np.flatnonzero(x > 20)[::50], 1] = 0  # one ticket for a child's price
    ranges = found(x, codes)
    assert ranges.reasons == ((1, 0),)
    assert not ranges.breaks(x, codes).any()


def test_a_number_of_other_rows_too_is_in_no_range():
    x, codes = numbers_and_names()
    x[::50] = 0.0  # not asked for
    ranges = found(x, codes)
    assert ranges.excepted == (0.0,)
    assert not ranges.breaks(x, codes).any()


def test_many_rows_in_the_next_range_belong_there():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 120, N).astype(float)
    name = (x // 10).astype(int)
    repeats = rng.random(N) < 0.02
    codes = np.column_stack([x.astype(int), np.maximum(name - repeats, 0)])
    ranges = found(x, codes)
    assert not ranges.breaks(x, codes).any()
    codes[5, 1] = (name[5] + 6) % 12
    assert found(x, codes).breaks(x, codes).nonzero()[0].tolist() == [5]


@pytest.fixture
def people():
    """Ages and their groups, prices and theirs, and places that say nothing."""
    rng = np.random.default_rng(0)
    age = rng.integers(1, 95, N)
    price = np.round(rng.lognormal(3, 1, N), 2)
    weight = np.round(price * 3 + rng.normal(0, 1, N) ** 2, 1)
    return pd.DataFrame(
        {
            "age": age,
            "group": GROUPS[np.digitize(age, [13, 20, 65])],
            "price": price,
            "weight": weight,
            "band": np.array(["low", "mid", "high"])[np.digitize(price, [10, 40])],
            "city": rng.choice(["Bern", "Rome", "Oslo"], N),
        }
    )


def dirty_of(people):
    """Some wrong names, and some ages that may be wrong as well."""
    dirty, at = people.copy(), []
    for row, old in ((5, "senior"), (100, "adult"), (333, "senior"), (700, "teen")):
        row = people.index[(people["group"] == old) & (people.index >= row)][0]
        dirty.loc[row, "group"] = "child"
        at.append(row)
    return dirty, at


def test_both_cells_are_flagged_and_nothing_is_changed(people):
    dirty, at = dirty_of(people)
    corrector = AnomalyCorrector(random_state=0).fit(dirty)
    pd.testing.assert_frame_equal(corrector.transform(dirty), dirty)
    report = corrector.report_
    report = report[report["reason"].str.contains("comes with", na=False)]
    assert sorted(zip(report["row"], report["column"], strict=True)) == sorted(
        (row, column) for row in at for column in ("age", "group")
    )
    assert (report["status"] == "flagged").all()
    assert (report["kind"] == "group by age").all()
    one = report[report["column"] == "age"].iloc[0]
    assert one["reason"] == (
        f"group 'child' comes with age 1 to 12, not with {one['old']}; "
        "one of them is wrong"
    )
    ages = report.loc[report["column"] == "age", ["low", "high"]]
    assert ages.to_numpy().tolist() == [[1, 12]] * len(at)
    names = report[report["column"] == "group"]
    right = dict(zip(people.index, people["group"], strict=True))
    assert [right[row] for row in names["row"]] == names["suggestion"].tolist()
    p = corrector.error_proba(dirty)
    assert (np.asarray(p)[at, :2] >= 0.5).all()
    said = "group by age: 'child' 1 to 12, 'teen' 13 to 19, 'adult' 20 to 64, 'senior'"
    assert any(text.startswith(said) for text in corrector.relations_)


def test_a_clean_table_has_nothing_to_flag(people):
    corrector = AnomalyCorrector(random_state=0).fit(people)
    corrector.transform(people)
    assert not corrector.report_["reason"].str.contains("comes with").any()
    assert sum(" by " in text for text in corrector.relations_) >= 2


def test_what_holds_elsewhere_in_the_row_is_not_the_wrong_one(people):
    table = people.assign(tax=np.where(people["price"] < 10, "exempt", "full"))
    at = people.index[people["band"] == "low"][:4]
    dirty = table.copy()
    dirty.loc[at, "band"] = "high"  # where the tax still goes with the price
    corrector = AnomalyCorrector(random_state=0).fit(dirty)
    corrector.transform(dirty)
    report = corrector.report_
    told = report[report["kind"].isin(["band by price", "band by weight"])]
    assert set(told["column"]) <= {"band"}
    suspected = report[report["column"] == "band"]
    assert set(suspected["row"]) == set(at)


def test_a_cell_in_another_way_of_writing_is_written(people):
    dirty, at = dirty_of(people)
    dirty.loc[at[0], "group"] = "CHILD"
    repaired = AnomalyCorrector(random_state=0).fit_transform(dirty)
    assert repaired.at[at[0], "group"] == "child"


def test_what_a_person_confirmed_is_not_the_wrong_one(people):
    dirty, at = dirty_of(people)
    right = pd.DataFrame({"row": at, "column": "group", "value": "child"})
    corrector = AnomalyCorrector(random_state=0).fit(dirty, corrections=right)
    corrector.transform(dirty)
    report = corrector.report_
    assert "group" not in set(report.loc[report["row"].isin(at), "column"])


def test_a_column_that_is_ignored_names_no_ranges(people):
    dirty, at = dirty_of(people)
    corrector = AnomalyCorrector(roles={"age": "ignore"}, random_state=0).fit(dirty)
    corrector.transform(dirty)
    assert not any(text.startswith("group by age") for text in corrector.relations_)
    assert not set(at) & set(corrector.report_["row"])
