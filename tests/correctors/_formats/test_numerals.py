"""Cells that hold a number."""

import pytest

from skanomaly.correctors._formats.numerals import read_numeral


@pytest.mark.parametrize(
    "value", ["12", "-$5.20", "12 oz", "1,250.50", "USD 7", "5 %", "3 fl. oz."]
)
def test_a_cell_is_put_together_as_it_was(value):
    assert read_numeral(value).write() == value


@pytest.mark.parametrize("value", ["", "1,2", "10x20 cm", "5-6 kg", "$5 EUR", "1.2.3"])
def test_what_is_no_number_is_not_read(value):
    assert read_numeral(value) is None
