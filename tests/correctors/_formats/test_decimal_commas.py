"""Decimal commas among decimal points."""

import pytest

from skanomaly.correctors._formats.decimal_commas import learn_decimal_commas

POINTS = [f"{n / 10}" for n in range(101, 160)]


def test_a_few_decimal_commas_become_points(column, written):
    steps = learn_decimal_commas(column([*POINTS, "12,5", "14,1"]))
    assert [written(steps, v) for v in ("12,5", "1,234", "1,2,3")] == [
        "12.5",
        "1,234",
        "1,2,3",
    ]
    with_unit = [f"{n} kg" for n in POINTS]
    steps = learn_decimal_commas(column([*with_unit, "12,5 kg"]))
    assert written(steps, "13,7 kg") == "13.7 kg"


@pytest.mark.parametrize(
    "cells",
    [
        [*POINTS, "125,5", "141,7"],  # another size
        [*POINTS, "12,5 kg"],  # another unit
        [*POINTS, "12,500", "14,100"],  # thousands, perhaps
        [*POINTS, *[n.replace(".", ",") for n in POINTS]],  # no majority
        [*POINTS, *["one", "two", "three"] * 5, "12,5"],  # no numbers
        [*POINTS, "12,55"],  # decimals that no other number has
    ],
)
def test_what_is_not_clear_stays(column, cells):
    assert learn_decimal_commas(column(cells)) == []
