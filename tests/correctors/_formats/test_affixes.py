"""Units, currencies and percent signs."""

import numpy as np

from skanomaly.correctors._formats.affixes import learn_affixes, several_units
from skanomaly.correctors._formats.column import TextColumn


def test_the_majority_decides_whether_the_unit_is_written(column, written):
    without = learn_affixes(column(["5", "6", "7"] * 20 + ["6 kg", "5kg"] * 3))
    assert written(without, "7 kilograms") == "7"
    with_unit = learn_affixes(column(["5 kg", "6 kg"] * 20 + ["6", "5 Kg."] * 2))
    assert written(with_unit, "7") == "7 kg" and written(with_unit, "7KG") == "7 kg"


def test_another_scale_is_another_meaning(column, written):
    percents = column(["5%", "6%", "7%"] * 4 + ["0.05", "0.06", "0.07"] * 20)
    assert learn_affixes(percents) == []
    shares = column(["0.05%", "0.06%", "0.07%"] * 4 + ["0.05", "0.06", "0.07"] * 20)
    assert written(learn_affixes(shares), "0.06%") == "0.06"


def test_remarks_are_dropped_only_where_the_name_says_the_unit(column, written):
    cells = ["12 oz", "16 oz."] * 20 + ["12 ounce"] * 15 + ["12 oz Silo Can"] * 3
    assert written(learn_affixes(column(cells, "ounces")), "12 oz Silo Can") == "12"
    steps = learn_affixes(column(cells, "size"))
    assert written(steps, "12 oz Silo Can") == "12 oz Silo Can"


def test_bare_numbers_are_the_rule_where_no_other_form_comes_near(column, written):
    cells = ["5", "6"] * 20 + ["5 kg", "6 kg"] * 9 + ["5kg", "6kg"] * 8 + ["5 Kg."] * 9
    assert written(learn_affixes(column(cells)), "7 kg") == "7"
    even = ["5", "6"] * 20 + ["5 kg", "6 kg"] * 20 + ["5kg", "6kg"] * 5
    assert learn_affixes(column(even)) == []


def test_a_column_of_several_units_says_which():
    assert several_units(make(["180 cm", "175 cm", "1.8 m"])) == ("cm", "m")
    assert several_units(make(["180 cm", "175cm", "177"])) == ()
    assert several_units(make(["flat 3", "12 b", "x"])) == ()


def make(cells):
    return TextColumn("length", np.array(cells, dtype=object), np.full(len(cells), 9))


def test_a_unit_is_called_as_the_cells_write_it(column):
    (euros,) = learn_affixes(
        column(["5", "6", "7"] * 20 + ["6 EUR", "5 EUR", "7 eur"] * 3)
    )
    assert str(euros) == "drop the unit 'EUR'"
    (both,) = learn_affixes(column(["5", "6", "7"] * 20 + ["6 EUR", "5€", "7€"] * 3))
    assert str(both) == "drop the unit '€' or 'EUR'"
