"""Spellings that differ by case, separators or marks."""

import pytest

from skanomaly.correctors._formats.spelling import PreferSpelling

CITIES = ["Rome", "New York", "Saint-Denis", "Oslo"] * 90


def test_rare_spellings_follow_the_frequent_one(rewrite):
    cells = [*CITIES, "rome", "ROME", "Saint Denis", "Oslo."]
    assert rewrite(cells, "rome", "ROME", "OSLO") == ["Rome", "Rome", "Oslo"]
    assert rewrite(cells, "Saint Denis") == ["Saint-Denis"]


def test_a_column_of_mixed_styles_has_no_rule(rewrite):
    cells = ["eng"] * 460 + ["ENG"] * 23 + ["English"] * 95 + ["Eng"] * 2
    assert rewrite(cells, "ENG", "Eng") == ["ENG", "Eng"]


def test_the_reason_counts_values_in_good_english():
    assert str(PreferSpelling("case", {}, 1)) == "unify case (1 value)"
    assert str(PreferSpelling("case", {}, 2)) == "unify case (2 values)"


PEOPLE = [f"de Vries, {a}{b}" for a in ("Jan", "Eva") for b in "aeioustrnlkmp"] * 4


def test_many_values_of_few_rows_have_the_style_of_their_column(rewrite):
    slips = [name.upper() for name in PEOPLE[:6]]
    cells = [*PEOPLE * 2, *slips, "IBM DEUTSCHLAND"]
    assert rewrite(cells, slips[0], "IBM DEUTSCHLAND") == [PEOPLE[0], "IBM DEUTSCHLAND"]
    assert rewrite([*PEOPLE, *slips[:3]], slips[0]) == [slips[0]]
    # Where the capitals are the more frequent ones, they are the value's own way.
    brands = [brand for brand in ("BMW", "KIA", "GMC", "RAM", "VWG") for _ in range(4)]
    cells = [*PEOPLE * 4, *brands, *map(str.title, brands[::4])]
    assert rewrite(cells, "BMW") == ["BMW"]


def test_a_column_with_many_values_in_capitals_has_no_style(rewrite):
    names = [name.upper() for name in PEOPLE]
    assert rewrite(PEOPLE + names[: len(PEOPLE) // 4], names[0]) == [names[0]]
    cells = [*PEOPLE * 2, "ABB", "BMW", "IBM", "SAP", "VWG"]
    cells += [name.upper() for name in PEOPLE[:5]]
    assert rewrite(cells, PEOPLE[0].upper()) == [PEOPLE[0].upper()]


def test_a_blank_before_a_unit_and_its_word_follow_the_others(rewrite):
    cells = ["250 ml", "500 ml", "750 ml", "40 cl", "25 g"] * 60
    cells += ["250ml", "500ml", "40cl", "25 grams", "25 gramm", "Box 7", "7box"]
    assert rewrite(cells, "500ml", "25 grams") == ["500 ml", "25 g"]
    # What is no unit, and what nobody writes in another way, stays.
    assert rewrite(cells, "25 gramm", "7box", "99ml") == ["25 gramm", "7box", "99ml"]


def test_dots_of_abbreviations_follow_the_others(rewrite):
    cells = ["J Pediatr", "Nat Med", "Ann Intern Med", "BMJ Open"] * 50
    cells += ["J. Pediatr.", "Nat. Med.", "Ann. Intern. Med."]
    assert rewrite(cells, "J. Pediatr.", "Nat. Med.") == ["J Pediatr", "Nat Med"]
    cells = ["St. Mary", "St Mary", "J. Doe", "J Doe"] * 50
    assert rewrite(cells, "St Mary", "J. Doe") == ["St Mary", "J. Doe"]


LETTERS = ["n", "g", "e", "y", "w"] * 100


def test_letters_whose_case_slips_alike_are_one_code(rewrite):
    cells = LETTERS + ["N", "G", "E", "Y", "W"] * 5
    assert rewrite(cells, "N", "W", "y") == ["n", "w", "y"]


def test_capital_letters_of_their_own_frequency_are_other_codes(rewrite):
    cells = LETTERS + ["N"] * 2 + ["G"] * 25 + ["E"] * 3 + ["Y"] * 12
    assert rewrite(cells, "N", "G", "E", "Y") == ["N", "G", "E", "Y"]


def test_letters_among_words_show_too_little(rewrite):
    cells = ["y", "n"] * 200 + ["Y", "N"] * 10 + ["unknown"] * 80
    assert rewrite(cells, "Y", "N") == ["Y", "N"]


def test_a_mark_beside_letters_is_no_slip(rewrite):
    cells = ["A", "B", "C"] * 200 + ["A*", "B*", "C*"] * 10
    assert rewrite(cells, "A*", "B*") == ["A*", "B*"]


def test_answers_of_two_letters_have_one_case(rewrite):
    cells = ["ja"] * 300 + ["nein"] * 60
    assert rewrite([*cells, *["Ja"] * 9, "NEIN"], "Ja", "NEIN") == ["ja", "nein"]
    # One of them alone may be something else, where the words are no known answers.
    cells = ["an"] * 300 + ["aus"] * 60
    assert rewrite([*cells, *["An"] * 9, "AUS"], "An", "AUS") == ["an", "aus"]
    assert rewrite([*cells, *["An"] * 9], "An") == ["An"]


@pytest.mark.parametrize(
    "cells, kept",
    [
        (["mW"] * 300 + ["kW"] * 60 + ["MW"] * 9 + ["KW"], "MW"),
        (["mW"] * 300 + ["mWh"] * 60 + ["MW"] * 80 + ["MWh"], "MW"),
        (["GB"] * 300 + ["GBps"] * 60 + ["Gb"] * 9 + ["Gbps"], "Gb"),
        (["CO"] * 300 + ["CO2"] * 60 + ["Co"] * 9 + ["Co2"], "Co"),
        (["kB"] * 300 + ["mWh"] * 60 + ["KB"] * 9 + ["MWh"], "KB"),
        (["de"] * 300 + ["usa"] * 60 + ["DE"] * 9 + ["USA"] + [*"abcdefgh"] * 9, "DE"),
        (["AB*"] * 300 + ["CDE*"] * 60 + ["AB"] * 9 + ["CDE"], "AB"),
    ],
)
def test_short_codes_and_units_are_no_answers(rewrite, cells, kept):
    assert rewrite(cells, kept) == [kept]


def test_one_letter_in_both_cases_shows_too_little(rewrite):
    assert rewrite(["y", "n"] * 200 + ["Y"] * 10, "Y") == ["Y"]


def test_names_with_other_letters_are_other_names(rewrite):
    cells = ["Weiß", "Rome", "Oslo"] * 60 + ["Weiss"] * 6 + ["rome", "oslo", "weiß"] * 2
    assert rewrite(cells, "Weiss", "weiß", "rome") == ["Weiss", "Weiß", "Rome"]
