"""Dates in several layouts."""

import pandas as pd
import pytest

DAYS = pd.date_range("2005-03-01", periods=200, freq="13D")
ISO = DAYS.strftime("%Y-%m-%d").tolist()


@pytest.mark.parametrize("form", ["%m/%d/%Y", "%d.%m.%Y", "%d %b %Y", "%B %d, %Y"])
def test_dates_follow_the_majority_where_day_and_month_are_sure(form, rewrite):
    other = DAYS[:60].strftime(form).tolist()
    assert rewrite(ISO + other, *other) == ISO[:60]


def test_two_digits_are_the_only_year_in_the_range(rewrite):
    other = DAYS[:60].strftime("%m/%d/%y").tolist()
    assert rewrite(ISO + other, *other) == ISO[:60]
    wide = [*ISO, "1901-01-01", "2099-01-01"]
    assert rewrite(wide + other, *other) == other


def test_zeros_follow_the_majority(rewrite):
    other = [f"{day.year}-{day.month}-{day.day}" for day in DAYS[:60]]
    assert rewrite(ISO + other, *other) == ISO[:60]


def test_impossible_dates_stay(rewrite):
    other = DAYS[:60].strftime("%m/%d/%Y").tolist()
    assert rewrite(ISO + other, "02/30/2007") == ["02/30/2007"]
