"""What a reader does not see."""

import pytest

CITIES = ["Rome", "New York", "Saint-Denis", "Oslo"] * 90


@pytest.mark.parametrize(
    "value",
    [" Rome", "Rome  ", "New  York", "New\u00a0York", "Ro\u200bme", "\uff32\uff4fme"],
)
def test_what_a_reader_does_not_see_is_removed(value, rewrite):
    right = {"N": "New York", "O": "Oslo"}.get(value[0], "Rome")
    assert rewrite([*CITIES, value], value) == [right]


def test_blanks_that_lead_to_no_known_value_stay(rewrite):
    assert rewrite([*CITIES, "Bern "], "Bern ") == ["Bern "]


def test_blanks_around_numbers_go(rewrite):
    assert rewrite(["1250", "13.5", "7"] * 20 + [" 99"], " 99", "8 ") == ["99", "8"]
