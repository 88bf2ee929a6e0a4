"""What stands for a missing value, and where the same text is a value."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import AnomalyCorrector, DiffusionInpainter
from skanomaly.correctors._table.codec import MISSING, TableCodec
from tests.contract.mode_corrector import ModeCorrector

TOWNS = ["Rome", "Oslo", "Bern", "Kyiv", "Nice"] * 8


def missing(texts, missing_values="auto"):
    """Which of the texts are missing cells, as a set."""
    X = pd.DataFrame({"x": texts})
    codec = TableCodec.fit(X, numeric=[None], n_bins=8, missing_values=missing_values)
    codes, unseen = codec.encode(X)
    return set(X["x"][(codes == MISSING)[:, 0] & ~unseen[:, 0]])


@pytest.mark.parametrize(
    "marker",
    [
        "", " ", "\t", "N/A", "n/a", "NA", "na", "NaN", "nan", "null", "NULL", "Null",
        "-", "--", "?", "unknown", "Unknown", "UNKNOWN", "#N/A", "<NA>", "NaT",
        " n/a ", "missing", "#DIV/0!", "\\N",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "others",
    [
        TOWNS,
        [f"{i}.5" for i in range(40)],
        ["2020-01-01", "2020-02-01"] * 20,
        ["true", "false"] * 20,
    ],
)
def test_markers_are_missing_cells_in_columns_of_all_kinds(marker, others):
    assert missing([*others, marker]) == {marker}
    assert missing([*others, marker], None) == set()


@pytest.mark.parametrize("others", [list(map(str, range(40))), ["1.5", "2.5"] * 20])
def test_none_among_numbers_is_missing(others):
    assert missing([*others, "None", "none", "nil"]) == {"None", "none", "nil"}


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (["none", "mild", "severe"] * 10, "none"),
        ([*["mild", "severe"] * 20, "none"], "none"),
        (["NA", "DE", "FR", "IT", "ZA"] * 8, "NA"),
        ([*["DE", "FR", "IT", "ZA"] * 9, "NA"], "NA"),
        (["Na", "K", "Cl", "Mg", "Fe"] * 8, "Na"),
        (["+", "-"] * 10, "-"),
        (["unknown", "yes", "no"] * 10, "unknown"),
        (["unknown"] * 10, "unknown"),
        ([*["yes", "no"] * 15, *["unknown", "Unknown"] * 4], "Unknown"),
        (["empty", "full"] * 10, "empty"),
        (["A", "B", "C-", "x?"] * 10, "C-"),
        (["no", "yes"] * 10, "no"),
    ],
)
def test_the_other_values_say_where_a_word_is_a_value(values, kept):
    assert kept not in missing(values)


def test_names_are_no_markers():
    names = [f"{first}{last}" for first in "ABCDEFGH" for last in ("nn", "da", "ra")]
    assert missing([*names * 2, "Null", "Nan", "null", "nan"]) == {"null", "nan"}


def test_what_is_surely_a_marker_is_one_among_codes_and_signs():
    assert missing([*["+", "-"] * 9, "n/a", ""]) == {"n/a", ""}
    assert missing([*["DE", "FR", "IT"] * 9, "n/a", "null"]) == {"n/a", "null"}
    assert missing([*["none", "mild", "severe"] * 9, "null"]) == {"null"}
    # One-letter marks are no codes of two letters.
    assert missing([*["A", "B", "C", "D"] * 9, "NA"]) == {"NA"}


def test_a_list_names_more_markers():
    assert missing([*TOWNS, "tba", "TBA ", "-"], ["tba"]) == {"tba", "TBA ", "-"}
    assert missing([*["none", "mild"] * 9], ["none"]) == {"none"}
    assert missing([*map(str, range(40)), "-999"], [-999]) == {"-999"}
    assert missing([1.5, 2.5, -999.0] * 9, [-999]) == {-999.0}
    assert missing([1.5, 2.5, -999.0] * 9) == set()


@pytest.mark.parametrize("dtype", [object, "str", "category"])
def test_a_marker_is_filled_or_stays_as_it_was(dtype):
    X = pd.DataFrame({"a": TOWNS, "b": [*TOWNS[:-2], "N/A ", "?"]}, dtype=dtype)
    corrector = ModeCorrector().fit(X)
    out = corrector.transform(X)
    assert out["b"].tolist() == [*TOWNS[:-2], *corrector.report_["new"].tail(2)]
    assert {"N/A ", "?"} <= set(corrector.report_["old"])
    rows = corrector.row_report_
    assert rows["n_filled"].tolist() == [0] * 38 + [1] * 2
    assert corrector.inverse_transform(out).equals(X)
    locked = ModeCorrector(immutable=["b"]).fit(X).transform(X)
    assert locked["b"].tolist() == X["b"].tolist()
    assert "N/A " not in corrector.categories_[1]


def test_what_fit_never_saw_may_be_a_marker():
    corrector = ModeCorrector().fit(pd.DataFrame({"a": TOWNS}))
    new = pd.DataFrame({"a": ["Rome", "n/a", "none"]})
    assert (corrector._rows(new).codes[:, 0] >= 0).tolist() == [True, False, False]
    assert corrector._rows(new).empty[:, 0].tolist() == [False, True, True]


def test_a_joined_corrector_reads_as_the_outer_one():
    X = pd.DataFrame({"a": TOWNS, "b": TOWNS})
    quick = DiffusionInpainter(n_steps=4, mask="missing")
    corrector = AnomalyCorrector(missing_values=["Rome"], inpainter=quick).fit(X)
    assert "Rome" not in corrector.inpainter_.categories_[0]
    np.testing.assert_array_equal(
        corrector.inpainter_._codec.encode(X)[0], corrector._codec.encode(X)[0]
    )


@pytest.mark.parametrize("wrong", ["none", 3, True])
def test_other_values_of_the_parameter_are_errors(wrong):
    with pytest.raises(ValueError, match="missing_values"):
        ModeCorrector(missing_values=wrong).fit(pd.DataFrame({"a": TOWNS}))
