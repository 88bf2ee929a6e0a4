"""Programs of a column: which are believed, for which cells, and how much."""

import numpy as np
import pytest


def _cells(*parts):
    return [cell for cells, n in parts for cell in cells * n]


def test_one_example_is_enough_where_the_column_shows_the_result(taught):
    dirty = {
        "size": ["12 oz", *(f"{k} oz" for k in range(20, 60)), *map(str, range(60))]
    }
    clean = {"size": [cell.removesuffix(" oz") for cell in dirty["size"]]}
    programs, table, edits = taught(dirty, clean, 1)
    assert table["size"].tolist() == clean["size"]
    assert 0.8 <= edits.p.min() < 0.9
    assert "size: " in str(programs[0])
    assert programs[0].n_examples == 1


def test_one_example_is_not_enough_where_nothing_shows_it(taught):
    dirty = {"size": [f"{k} oz" for k in range(10, 40)]}
    clean = {"size": [cell.removesuffix(" oz") for cell in dirty["size"]]}
    _, table, edits = taught(dirty, clean, 1)
    assert table["size"].tolist() == dirty["size"]
    assert 0.5 < edits.p.max() < 0.8
    _, table, edits = taught(dirty, clean, 4)
    assert table["size"].tolist() == clean["size"]
    assert edits.p.min() >= 0.8


@pytest.mark.parametrize(("n", "is_learned"), [(1, False), (3, True)])
def test_a_constant_takes_several_examples(taught, n, is_learned):
    dirty = {"grade": ["P"] * 10 + ["passed", "failed"] * 10}
    clean = {"grade": ["passed"] * 10 + ["passed", "failed"] * 10}
    _, table, _ = taught(dirty, clean, n)
    assert (table["grade"].tolist() == clean["grade"]) == is_learned


def test_a_constant_is_not_believed_where_others_were_right(taught):
    dirty = {"city": ["Rome", "Rome", "Rome", "Rome", "Bern"] * 8}
    clean = {"city": ["Milan", "Rome", "Milan", "Rome", "Bern", *dirty["city"][5:]]}
    _, table, edits = taught(dirty, clean, 5)
    assert table["city"].tolist() == dirty["city"]
    assert not len(edits.rows) or edits.p.max() < 0.8


def test_programs_that_agree_about_the_examples_only_are_doubted(taught):
    # "1/1/07" is "1/7/01" whether the first or the second number goes to the end.
    dirty = {"when": ["1/1/07"] * 3 + ["3/5/14", "6/6/12"]}
    clean = {"when": ["1/7/01"] * 3 + ["5/14/03", "6/12/06"]}
    programs, _, _ = taught(dirty, clean, 3)
    p = programs[0].program.apply(dirty["when"], dirty["when"])[1]
    assert p[3] < 0.6 * p[0]
    assert p[4] < p[0]


def test_dates_that_are_none_are_not_written(taught):
    right = ["1/7/01", "5/14/03", "9/30/12", "12/25/11"] * 3
    dirty = {"when": ["12/1/09", "3/5/14", "11/6/12", "1/2/03", *right, "5/15/11"]}
    clean = {"when": ["1/9/12", "5/14/03", "6/12/11", "2/3/01", *right, "5/15/11"]}
    _, table, _ = taught(dirty, clean, 4)
    assert table["when"].tolist()[-1] == "5/15/11"
    assert table["when"].tolist()[:4] == clean["when"][:4]


def test_right_cells_limit_a_program(taught):
    dirty = {
        "id": [
            "7",
            "12",
            "C7",
            "C12",
            *map(str, range(20, 40)),
            *(f"C{k}" for k in range(20)),
        ]
    }
    clean = {"id": [f"{int(c):04d}" if c.isdigit() else c for c in dirty["id"]]}
    _, table, _ = taught(dirty, clean, 8)
    assert table["id"].tolist() == clean["id"]


def test_what_another_column_has_is_taken_from_there(taught):
    town = ["Bern CH", "New York US", "Rome IT", "Oslo NO"]
    dirty = {"town": town * 10 + ["Paris"] * 40, "land": [""] * 40 + ["FR"] * 40}
    clean = {
        "town": ["Bern", "New York", "Rome", "Oslo"] * 10 + ["Paris"] * 40,
        "land": ["CH", "US", "IT", "NO"] * 10 + ["FR"] * 40,
    }
    _, table, _ = taught(dirty, clean, 4)
    assert table["land"].tolist() == clean["land"]
    assert table["town"].tolist() == clean["town"]


def test_a_copy_must_hold_in_the_rows_that_are_right(taught):
    rng = np.random.default_rng(0)
    planned = [
        f"{h}:{m:02d}"
        for h, m in zip(rng.integers(1, 9, 60), rng.integers(10, 59, 60), strict=True)
    ]
    actual = [
        f"{h}:{m:02d}"
        for h, m in zip(rng.integers(1, 9, 60), rng.integers(10, 59, 60), strict=True)
    ]
    actual[0], actual[1] = planned[0], planned[1]
    clean = {"planned": planned, "actual": actual}
    gaps = [""] * 2 + actual[2:40] + [""] * 20
    _, table, _ = taught({"planned": planned, "actual": gaps}, clean, 20)
    assert table["actual"].tolist()[40:] == [""] * 20


def test_nothing_is_learned_from_rows_that_are_right(taught):
    table = {"a": [f"{k} x" for k in range(30)], "b": ["u", "v", None] * 10}
    programs, out, edits = taught(table, table, 10)
    assert len(programs) == 0
    assert not len(edits.rows)
    assert out["a"].tolist() == table["a"]
