"""Spellings that differ by case, separators or marks."""

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
