"""Programs that one example allows."""

import pytest

from skanomaly.correctors._examples.proposals import propose

# What was corrected, another cell of its kind, and what should become of this one.
GENERAL = [
    ("12.0 oz", "12", "8.5 oz", "8.5"),
    ("0.05%", "0.05", "0.061%", "0.061"),
    ("CHF 1,234.-", "1234.00", "CHF 834.-", "834.00"),
    ("3450 mV", "3.45", "2900 mV", "2.9"),
    ("12/1/09", "1/9/12", "3/5/14", "5/14/03"),
    ("Mar-22", "22-Mar", "Feb-14", "14-Feb"),
    ("Mar 2021", "2021-03", "Dec 1999", "1999-12"),
    ("03.04.2021", "2021-04-03", "31.12.1999", "1999-12-31"),
    ("7", "007", "42", "042"),
    ("Ann Miller", "Miller, Ann", "Bob Lopez", "Lopez, Bob"),
    ("a1.23", "A1.23", "c2.34", "C2.34"),
    ("(202) 555-0123", "2025550123", "(301) 555-9999", "3015559999"),
    ("6:45aDec 1", "6:45 a.m.", "7:15aDec 2", "7:15 a.m."),
    ("13h05", "13:05", "7h30", "7:30"),
]


@pytest.mark.parametrize(("old", "new", "other", "wanted"), GENERAL)
def test_some_program_generalizes(old, new, other, wanted):
    assert wanted in {program.rewrite(other) for program in propose(old, new)}


@pytest.mark.parametrize(
    ("old", "new"),
    [pair[:2] for pair in GENERAL] + [("a", ""), (None, "x"), ("", None)],
)
def test_every_program_makes_the_example_right(old, new):
    programs = propose(old, new)
    assert programs
    assert {program.rewrite(old) for program in programs} == {new}
    assert len({str(program) for program in programs}) == len(programs)
