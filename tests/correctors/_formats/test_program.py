"""What a column's program does as a whole: on real tables, on new values, pickled."""

import pickle

import numpy as np
import pytest

from skanomaly.correctors._formats.program import learn_program


def learn(name, cells):
    return learn_program(name, *np.unique(np.array(cells, object), return_counts=True))


def rewrite(program, *values):
    return program.apply(np.array(values, dtype=object))[0].tolist()


OUNCES = ["12.0 oz"] * 40 + ["12.0 oz."] * 30 + ["16.0 ounce"] * 30 + ["19.2 OZ."] * 9


def test_a_unit_that_the_name_says_is_dropped_where_no_spelling_is_the_rule():
    program = learn("ounces", OUNCES)
    assert str(program) == "ounces: drop the unit 'oz' or 'ounce', drop '.0' at the end"
    assert rewrite(program, "16.0 oz.", "19.2 OZ.", "8.0 ounces") == ["16", "19.2", "8"]


def test_values_never_seen_are_written_alike_and_others_stay():
    program = learn("ounces", OUNCES)
    assert rewrite(program, "99.0 oz", "12 ml", "a dozen") == ["99", "12 ml", "a dozen"]


def test_reasons_name_the_steps_and_unchanged_values_have_none():
    values = np.array(["12.0 oz", "a dozen"], dtype=object)
    program = learn("ounces", OUNCES)
    _, reasons = program.apply(values)
    assert reasons.tolist() == [
        "drop the unit 'oz' or 'ounce', drop '.0' at the end",
        "",
    ]
    p = program.probabilities(values)
    assert 0.5 < p[0] < 1 and np.isnan(p[1])


def test_a_program_is_the_same_after_pickling():
    program = learn("ounces", OUNCES)
    assert pickle.loads(pickle.dumps(program)) == program


def test_the_order_of_the_values_does_not_matter():
    values, counts = np.unique(np.array(OUNCES, object), return_counts=True)
    backwards = learn_program("ounces", values[::-1], counts[::-1])
    assert backwards == learn_program("ounces", values, counts)


def test_a_few_cells_show_nothing():
    assert not learn("price", ["$5"] + ["5"] * 10).steps


@pytest.mark.parametrize("cells", [[], ["a"] * 30, [" "] * 30, ["x" * 500] * 30])
def test_columns_without_anything_to_learn_have_no_steps(cells):
    assert learn("c", cells).steps == ()


CLEAN = {
    "zip codes": ["00100", "20100", "06000", "SW1A", "10115"],
    "two units": ["330 ml", "12 oz", "500 ml", "16 oz"],
    "one spelling": ["12 oz", "16 oz", "8 oz"],
    "percents and shares": ["5%", "0.05", "7%", "0.07", "0.08", "0.09"],
    "two currencies": ["$12", "$15", "€12", "€9"],
    "versions": ["1.0", "1.10", "2", "2.1", "3"],
    "thousands and units": ["74.0K", "740", "512", "9.5K"],
    "lists": ["French,English", "English", "English,French", "101,102"],
    "codes by case": ["BRCA1", "Brca1", "TP53", "Tp53"],
    "plurals": ["1 pack", "2 packs", "6 packs", "3 packs"],
    "flats": ["12", "12d", "14", "14d", "9"],
    "scores": ["5/10", "7/10", "50/100"],
    "places": ["Paris, France", "Paris, Texas", "London"],
    "doubtful dates": ["1/2/2007", "3/4/2007", "2007-05-06", "5/6/2007"],
    "two orders": ["13/2/2007", "14/2/2007", "2/13/2007", "2/15/2007", "15/2/2007"],
    "lost centuries": ["1/13/07", "1/14/07", "1/15/07", "1907-01-16", "2007-01-16"],
    "isbn": ["978-3-16-148410-0", "978-0-306-40615-7", "9783161484100"],
    "addresses": ["a@b.com", "A@b.com", "http://x.y/A", "http://x.y/a"],
    "prose": ["of the  blood", "of the heart ", "a trial. ", "the  trial of a drug"],
    "two-sided times": ["7:10 am", "7:10", "8:15", "8:15 pm"],
    "blanks everywhere": [" State-gov", " Private", " Never-worked"],
}


@pytest.mark.parametrize("name", CLEAN)
def test_clean_columns_stay_as_they_are(name):
    program = learn(name, CLEAN[name] * 30)
    assert program.steps == ()
