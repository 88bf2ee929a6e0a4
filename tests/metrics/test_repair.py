import numpy as np
import pandas as pd
import pytest

from skanomaly.metrics import repair_scores

CLEAN = pd.DataFrame(
    {
        "city": ["Bonn", "Bonn", "Kiel", "Kiel", "Ulm"],
        "zip": ["53111", "53111", "24103", "24103", "89073"],
        "beds": [3, 3, 5, 5, None],
    }
)
# Wrong: cells (0, zip), (1, city), (2, city), (3, beds), (4, beds).
DIRTY = CLEAN.assign(
    city=["Bonn", "Boon", "Keil", "Kiel", "Ulm"],
    zip=["5311x", "53111", "24103", "24103", "89073"],
    beds=[3, 3, 5, 7, 1],
)
# Fixed: two of them. Changed for something else wrong: one. Left: two. Broken: one.
REPAIRED = DIRTY.assign(
    city=["Bonn", "Bonn", "Köln", "Kiel", "Bonn"],
    zip=["53111", "53111", "24103", "24103", "89073"],
)


def test_an_example_by_hand():
    assert repair_scores(DIRTY, REPAIRED, CLEAN) == {
        "precision": 2 / 4,
        "recall": 2 / 5,
        "f1": pytest.approx(2 / (4 / 2 + 5 / 2)),
        "detection_precision": 3 / 4,
        "detection_recall": 3 / 5,
        "detection_f1": pytest.approx(6 / 9),
        "correction_accuracy": 2 / 3,
        "n_errors": 5,
        "n_changed": 4,
        "n_fixed": 2,
        "clean_broken": 1,
        "clean_broken_rate": 1 / 10,
    }


def test_a_perfect_repair_and_none():
    perfect = repair_scores(DIRTY, CLEAN, CLEAN)
    assert perfect.precision == perfect.recall == perfect.detection_f1 == 1
    assert perfect.clean_broken == 0
    none = repair_scores(DIRTY, DIRTY, CLEAN)
    assert none.precision == none.recall == none.f1 == none.n_changed == 0
    assert none.n_errors == 5
    nothing_to_do = repair_scores(CLEAN, CLEAN, CLEAN)
    assert nothing_to_do.f1 == nothing_to_do.n_errors == 0


def test_a_missing_value_is_a_value_like_others():
    clean = np.array([[None, 1.5], ["a", np.nan]], dtype=object)
    dirty = np.array([["b", np.nan], ["a", 2.5]], dtype=object)
    scores = repair_scores(dirty, clean, clean)
    assert (scores.n_errors, scores.n_fixed, scores.clean_broken) == (3, 3, 0)
    lost = clean.copy()
    lost[1, 0] = pd.NA
    assert repair_scores(dirty, lost, clean).clean_broken == 1


def test_types_may_change_but_not_spelling():
    clean = pd.DataFrame({"a": ["1", "2"]})
    dirty = pd.DataFrame({"a": pd.Categorical(["1", "3"])})
    assert repair_scores(dirty, clean, clean).f1 == 1
    assert repair_scores(dirty, clean.astype(int), clean).n_fixed == 0
    numbers = clean.astype(int)
    assert repair_scores(numbers, numbers.astype(float), numbers).n_changed == 0


@pytest.mark.parametrize(
    "rows", [[0, 2], np.array([2, 0]), [True, False, True, False, False]]
)
def test_rows_that_were_labelled_can_be_left_out(rows):
    scores = repair_scores(DIRTY, REPAIRED, CLEAN, exclude_rows=rows)
    assert scores == repair_scores(
        *(t.iloc[[1, 3, 4]] for t in (DIRTY, REPAIRED, CLEAN))
    )
    assert scores.n_errors == 3
    assert repair_scores(DIRTY, REPAIRED, CLEAN, exclude_rows=[]).n_errors == 5


def test_arrays_stand_for_frames():
    arrays = [t.to_numpy(dtype=object) for t in (DIRTY, REPAIRED, CLEAN)]
    assert repair_scores(*arrays) == repair_scores(DIRTY, REPAIRED, CLEAN)
    assert repair_scores(DIRTY, arrays[1], CLEAN) == repair_scores(*arrays)


@pytest.mark.parametrize(
    ("repaired", "options", "message"),
    [
        (REPAIRED[:4], {}, "repaired has 4 rows, dirty has 5"),
        (REPAIRED[["city", "zip"]], {}, "repaired has 2 columns, dirty has 3"),
        (REPAIRED[["zip", "city", "beds"]], {}, "'zip' where dirty has 'city'"),
        (REPAIRED[::-1], {}, "repaired and dirty differ in their index"),
        (REPAIRED, {"exclude_rows": [5]}, "positions of rows, from 0 to 4"),
        (REPAIRED, {"exclude_rows": [-1]}, "positions of rows"),
        (REPAIRED, {"exclude_rows": ["a"]}, "positions of rows"),
        (REPAIRED, {"exclude_rows": [True]}, r"shape \(1,\)"),
    ],
)
def test_what_does_not_fit_is_named(repaired, options, message):
    with pytest.raises(ValueError, match=message):
        repair_scores(DIRTY, repaired, CLEAN, **options)
