"""Answers that are abbreviated at times."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import AnomalyCorrector

WORDS = ["yes"] * 300 + ["no"] * 60
LETTERS = ["M"] * 100 + ["F"] * 120


@pytest.mark.parametrize(
    ("cells", "was", "becomes"),
    [
        ([*WORDS, *"YYYN"], ["Y", "n"], ["yes", "no"]),
        ([*WORDS, *"YN", "YES"], ["Y", "NO", "n"], ["yes", "no", "no"]),
        ([*LETTERS, "male", "Female"], ["male", "Female"], ["M", "F"]),
        ([*LETTERS, "male", "f"], ["male", "f"], ["M", "F"]),
        (["ja"] * 90 + ["nein"] * 30 + ["Ja"] * 3, ["Ja"], ["ja"]),
        (["si"] * 90 + ["no"] * 30 + [*"SSN"], ["S", "N"], ["si", "no"]),
        ([*WORDS, *["unknown"] * 9, "Y"], ["Y", "unknown"], ["yes", "unknown"]),
    ],
)
def test_answers_are_written_in_the_way_of_their_column(rewrite, cells, was, becomes):
    assert rewrite(cells, *was) == becomes


@pytest.mark.parametrize(
    "cells",
    [
        [*WORDS, *"YN", *["not asked"] * 30],  # more than two answers
        [*WORDS, *["N"] * 3],  # not asked: three "no" of three are unlikely
        [*WORDS, *["Y"] * 5],  # cut off
        [*WORDS, *"Y" * 5, *"N" * 15],  # of so many rows more would be "Y"
        ["male"] * 100 + ["female"] * 120 + ["M"] * 9,  # married
        [*LETTERS, "m", "f"],  # only letters: of what is not known
        ["N"] * 180 + ["S"] * 200 + ["NO"] * 8,  # of the wind
        ["NO"] * 120 + ["SI"] * 100 + [*"SSN"],  # Norway and Slovenia
        ["open"] * 90 + ["paid"] * 90 + ["P"] * 3,  # "P" may be partly
        [*WORDS, *["Y"] * 90, *["N"] * 18],  # mixed
        ["yes"] * 300 + ["no"] * 30 + [*"YYYYY"] * 5 + ["N"] * 9,  # one of them is
        ["yes"] * 90 + ["N"] * 80 + ["Y", "no"],  # no way of its own
        ["yes"] * 90 + ["NO"] * 80 + ["Y", "N"],  # nor a case
        ["yes"] * 90 + ["no"] * 5 + ["Y"],  # hardly another answer
    ],
)
def test_other_columns_keep_what_they_have(rewrite, cells):
    assert rewrite(cells, *cells) == cells


def test_the_report_says_how_answers_are_written():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"paid": rng.choice(WORDS, 400), "n": rng.integers(99, size=400)})
    X.loc[[3, 30], "paid"] = X.loc[[3, 30], "paid"].str[0].str.upper()
    corrector = AnomalyCorrector(random_state=0).fit(X)
    repaired = corrector.transform(X)
    assert set(repaired["paid"]) == {"yes", "no"}
    says = [
        "paid 'Y' is written as 'yes': write answers as 'yes' and 'no'",
        "paid 'N' is written as 'no': write answers as 'yes' and 'no'",
    ]
    assert corrector.report_["reason"].tolist() == says
    pd.testing.assert_frame_equal(corrector.inverse_transform(repaired), X)


def test_answers_that_another_column_tells_apart_stay():
    source = np.repeat(["web", "desk"], [380, 20])
    X = pd.DataFrame({"source": source, "paid": ["yes", "no"] * 190 + ["Y", "N"] * 10})
    dirty = X.copy()
    dirty.loc[[2, 40, 90], "paid"] = "YES"  # on the web, too
    repaired = AnomalyCorrector(random_state=0).fit_transform(dirty)
    pd.testing.assert_frame_equal(repaired, X)
