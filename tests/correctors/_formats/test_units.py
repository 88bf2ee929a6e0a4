"""Spellings of units."""

from skanomaly.correctors._formats.units import canonical_unit, named_units


def test_spellings_of_one_unit_are_one_and_capitals_that_count_are_kept():
    assert {canonical_unit(u) for u in ("oz", "OZ.", "ounce", "Ounces")} == {"oz"}
    assert canonical_unit("M") != canonical_unit("m")
    assert canonical_unit("mW") != canonical_unit("MW")
    assert "kg" in named_units("netWeight_kg") and "oz" in named_units("ounces")
