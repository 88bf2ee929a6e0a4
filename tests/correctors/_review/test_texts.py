"""Cells as text and back, and files that a spreadsheet opens without running them."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skanomaly.correctors._review.texts import ColumnParser, as_text
from skanomaly.utils._spreadsheet import for_spreadsheet, from_spreadsheet

DAYS = pd.DatetimeIndex(["2024-01-31 00:00:00.00", "2024-02-01 07:05:00.25"])

COLUMNS = {
    "int8": pd.Series([-5, 100], dtype="int8"),
    "uint64": pd.Series([2**64 - 1, 0], dtype="uint64"),
    "Int64": pd.Series([2**62 + 1, 7], dtype="Int64"),
    "float64": pd.Series([0.1 + 0.2, -1e-300]),
    "float32": pd.Series([0.1, 3.5], dtype="float32"),
    "Float64": pd.Series([0.1, 3.0], dtype="Float64"),
    "bool": pd.Series([True, False]),
    "boolean": pd.Series([True, False], dtype="boolean"),
    "object": pd.Series(["00100", " x "], dtype=object),
    "string": pd.Series(["=1+1", "'"], dtype="string"),
    "category": pd.Series(["a", "b"], dtype="category"),
    "category of numbers": pd.Series([1.5, 2.0]).astype("category"),
    "dates": pd.Series(DAYS),
    "dates in seconds": pd.Series(DAYS[:1]).astype("datetime64[s]"),
    "zone": pd.Series(DAYS.tz_localize("Europe/Rome")),
    "duration": pd.Series(pd.to_timedelta([1.5, -3], unit="h")),
    "period": pd.Series(pd.period_range("2024-01", periods=2, freq="M")),
    "objects that are numbers": pd.Series([1, 2.5], dtype=object),
    "objects that are dates": pd.Series(list(DAYS), dtype=object),
    "objects of many types": pd.Series([1, "1x", True], dtype=object),
    "decimals": pd.Series([Decimal("1.10"), Decimal("2")], dtype=object),
    "days of a calendar": pd.Series([dt.date(2024, 1, 31)], dtype=object),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_cell_comes_back_from_its_text(name):
    cells = COLUMNS[name]
    parser = ColumnParser(cells)
    for cell in cells.astype(object):
        text = from_spreadsheet(for_spreadsheet(as_text(cell)))
        again = parser.parse(text)
        assert again == cell
        assert type(again) is type(cell) or not isinstance(cell, str)
    column = cells.copy()
    column.iloc[0] = parser.parse(as_text(column.astype(object).iloc[0]))
    pd.testing.assert_series_equal(column, cells)


@pytest.mark.parametrize("name", COLUMNS)
def test_nothing_is_a_missing_cell_where_the_column_can_hold_one(name):
    parser = ColumnParser(COLUMNS[name])
    for missing in (None, np.nan, pd.NA, pd.NaT):
        assert as_text(missing) is None
        assert as_text(parser.parse(missing)) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("int8", "1.5"),
        ("int8", "many"),
        ("float64", "inf"),
        ("float64", "1,5"),
        ("bool", "perhaps"),
        ("category", "c"),
        ("dates", "2024-02-31"),
        ("dates", "2024-02-01 00:00:00+01:00"),
        ("duration", "long"),
        ("period", "soon"),
    ],
)
def test_a_text_that_its_column_cannot_hold_is_refused(name, text):
    with pytest.raises((ValueError, KeyError)):
        ColumnParser(COLUMNS[name]).parse(text)


def test_a_new_value_is_read_as_its_column_is():
    assert ColumnParser(COLUMNS["int8"]).parse(" 7 ") == 7
    assert ColumnParser(COLUMNS["Int64"]).parse("5.0") == 5
    assert ColumnParser(COLUMNS["objects that are numbers"]).parse("7") == 7
    assert ColumnParser(COLUMNS["object"]).parse("7") == "7"
    assert ColumnParser(COLUMNS["bool"]).parse("TRUE") is True
    at = ColumnParser(COLUMNS["zone"]).parse("2024-07-01 12:00")
    assert at == pd.Timestamp("2024-07-01 12:00", tz="Europe/Rome")


def test_equal_cells_have_equal_texts_in_all_dtypes():
    assert as_text(5) == as_text(5.0) == as_text(np.int8(5)) == "5"
    assert as_text(pd.Timestamp("2024-01-31")) == as_text(dt.date(2024, 1, 31))
    assert as_text(True) == as_text(np.True_) == "True"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=12))
@example("")
@example("'")
@example("''=x")
@example("a;=1")
@example("a;'=1")
@example("\t=1\n-2")
@example("-5")
@example("=cmd|'/c calc'!A0")
def test_a_file_keeps_every_text(text):
    assert from_spreadsheet(for_spreadsheet(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-x",
        "@SUM(A1)",
        "\t=1",
        " =1",
        "\r=1",
        "\uff1d1",
        "=cmd|'/c calc'!A0",
    ],
)
def test_no_cell_of_a_file_is_a_formula(text):
    assert for_spreadsheet(text) == f"'{text}".replace("\t=", "\t'=").replace(
        "\r=", "\r'="
    )


def test_no_part_of_a_cell_is_a_formula_under_another_separator():
    assert for_spreadsheet("a;=1;b\t@c") == "a;'=1;b\t'@c"


@pytest.mark.parametrize(
    "text", ["00100", "2024-01-31", "1/2", "7:05 a.m.", "12.0", "1e5", "True", "Jan 5"]
)
def test_a_spreadsheet_does_not_rewrite_codes_dates_and_the_like(text):
    assert for_spreadsheet(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Rome", "12", "-5", "0.25", "A1", "x-1", "3M" * 0])
def test_plain_texts_and_numbers_stay_plain(text):
    assert for_spreadsheet(text) == (text or "'")
