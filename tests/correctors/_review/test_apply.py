"""Decisions applied to the table that they were made for, and to no other one."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skanomaly.correctors._review.texts import as_text
from skanomaly.utils._spreadsheet import for_spreadsheet
from tests.contract.mode_corrector import ModeCorrector

X = pd.DataFrame(
    {
        "a": ["x", "x", "y", "x", "=z"],
        "n": [1, 1, 2, 2, -5],
        "c": pd.Categorical(["u", "u", None, "v", "u"]),
        "when": pd.to_datetime(["2024-01-01"] * 5).tz_localize("Europe/Rome"),
        "f": [0.5, np.nan, 1.5, 0.25, -2.0],
    },
    index=["r0", "r1", "r2", "r3", "=r4"],
)


def fitted(table=X):
    return ModeCorrector().fit(table)


def edits(*entries, table=X):
    """A frame of edits, (row, column, value) each, about the table as it is."""
    return pd.DataFrame(
        {
            "row": [row for row, _, _ in entries],
            "column": [column for _, column, _ in entries],
            "old": pd.Series([table.at[r, c] for r, c, _ in entries], dtype=object),
            "new": None,
            "decision": "edit",
            "value": pd.Series([value for _, _, value in entries], dtype=object),
        }
    )


def as_csv(decisions, path):
    """Write decisions as the page does."""
    texts = decisions.map(lambda cell: for_spreadsheet(as_text(cell)))
    texts.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return path


def test_review_without_a_path_returns_the_decisions_to_be_made():
    corrector = fitted()
    decisions = corrector.review(X)
    cells = decisions[["row", "column", "new"]].to_numpy().tolist()
    assert cells[1:] == [["r2", "a", "x"], ["r2", "c", "u"], ["=r4", "a", "x"]]
    assert decisions["decision"].eq("").all()
    assert not hasattr(corrector, "report_")


def test_what_is_accepted_is_what_transform_writes():
    corrector = fitted()
    decisions = corrector.review(X).assign(decision="accept")
    table, log = corrector.apply(X, decisions)
    pd.testing.assert_frame_equal(table, corrector.transform(X))
    assert log["new"].map(as_text).tolist() == decisions["new"].map(as_text).tolist()


def test_undecided_changes_are_not_made_unless_asked_for():
    corrector = fitted()
    decisions = corrector.review(X)
    decisions.loc[0, "decision"] = "reject"
    table, log = corrector.apply(X, decisions)
    pd.testing.assert_frame_equal(table, X)
    assert log["decision"].tolist() == ["reject"]
    assert log["old"].tolist() == log["new"].tolist()
    table, log = corrector.apply(X, decisions, undecided="accept")
    assert len(log) == len(decisions)
    stays = table.loc[decisions["row"][0], decisions["column"][0]]
    assert as_text(stays) == as_text(log["old"][0])
    assert not table.equals(X)
    with pytest.raises(ValueError, match="undecided must be 'keep' or 'accept'"):
        corrector.apply(X, decisions, undecided="all")


def test_without_a_decision_the_table_stays_and_a_warning_says_so():
    corrector = fitted()
    with pytest.warns(UserWarning, match="hold no decision"):
        table, log = corrector.apply(X, corrector.review(X))
    pd.testing.assert_frame_equal(table, X)
    assert log.empty


@pytest.mark.parametrize("by", ["frame", "csv", "parquet"])
def test_every_dtype_takes_a_typed_value(by, tmp_path):
    given = edits(
        ("r0", "a", "@new"),
        ("r1", "n", "-7"),
        ("r2", "c", "v"),
        ("r3", "when", "2024-07-01 12:00"),
        ("=r4", "f", "0.1"),
        ("=r4", "a", None),
        ("r0", "f", None),
    )
    given.loc[given["value"].isna(), "decision"] = "empty"
    if by == "csv":
        given = as_csv(given, tmp_path / "d.csv")
    if by == "parquet":
        texts = {name: [as_text(cell) for cell in given[name]] for name in given}
        pl.DataFrame(texts).write_parquet(tmp_path / "d.parquet")
        given = tmp_path / "d.parquet"
    table, log = ModeCorrector().apply(X, given)
    want = X.copy()
    want.loc["r0", "a"], want.loc["r1", "n"], want.loc["r2", "c"] = "@new", -7, "v"
    want.loc["r3", "when"] = pd.Timestamp("2024-07-01 12:00", tz="Europe/Rome")
    want.loc["=r4", "f"], want.loc["r0", "f"] = 0.1, np.nan
    want.loc["=r4", "a"] = None
    pd.testing.assert_frame_equal(table, want)
    assert log["decision"].tolist() == ["edit"] * 5 + ["empty"] * 2
    assert log["value"].map(as_text).tolist() == log["new"].map(as_text).tolist()


@pytest.mark.parametrize("value", [None, np.nan, ""])
@pytest.mark.parametrize("column", ["a", "f", "when"])
def test_an_edit_without_a_value_is_refused(column, value):
    given = edits(("r1", column, "x"), ("r0", column, value)).iloc[1:]
    message = f"edit row 'r0', column '{column}', but 'value' is empty.*'empty' if"
    with pytest.raises(ValueError, match=message):
        ModeCorrector().apply(X, given)


def test_an_emptied_cell_is_as_the_empty_ones_of_its_column():
    table = pd.DataFrame({"a": ["x", "", "y"], "b": ["x", None, "y"]})
    given = edits((0, "a", None), (0, "b", None), table=table)
    cleaned, _ = ModeCorrector().apply(table, given.assign(decision="Empty"))
    assert cleaned.loc[0, "a"] == "" and pd.isna(cleaned.loc[0, "b"])


def test_other_kinds_of_tables_stay_what_they_are():
    array = np.array([[1, 2], [3, 4]])
    given = pd.DataFrame(
        {"row": [1], "column": [0], "old": [3], "decision": ["edit"], "value": ["9"]}
    )
    table, _ = ModeCorrector().apply(array, given)
    assert table.tolist() == [[1, 2], [9, 4]] and table.dtype == array.dtype
    frame = pl.DataFrame({"a": ["x", None], "n": [1, 2]})
    given = given.assign(column="n", old=2)
    table, _ = ModeCorrector().apply(frame, given)
    assert table.equals(pl.DataFrame({"a": ["x", None], "n": [1, 9]}))


def test_columns_and_rows_may_be_named_by_numbers_dates_and_pairs():
    for index in (
        pd.Index([10, 20]),
        pd.to_datetime(["2024-01-01", "2024-01-02"]),
        pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]),
    ):
        table = pd.DataFrame({0: ["x", "y"], 1: [1, 2]}, index=index)
        for label in (index[1], as_text(index[1])):
            given = pd.DataFrame(
                {
                    "row": pd.Series([label], dtype=object),
                    "column": [1],
                    "old": [2],
                    "decision": "edit",
                    "value": 5,
                }
            )
            assert ModeCorrector().apply(table, given)[0][1].tolist() == [1, 5]


BAD = {
    "another table": (edits(("r0", "n", 3)).assign(old=8), "another table.*holds 1 in"),
    "unknown row": (edits(("r0", "n", 3)).assign(row="r9"), "the row 'r9'"),
    "no such number": (edits(("r0", "n", 3)).assign(row=99), "the row 99, which"),
    "unknown column": (edits(("r0", "n", 3)).assign(column="q"), "the column 'q'"),
    "twice": (edits(("r0", "n", 3), ("r0", "n", 3)), "row 'r0', column 'n' 2 times"),
    "contradiction": (
        edits(("r0", "n", 3), ("r0", "n", 4)).assign(decision=["edit", "reject"]),
        r"\(edit, reject\)",
    ),
    "dtype": (edits(("r0", "n", "many")), "'many', which its dtype int64 cannot hold"),
    "too large": (edits(("r0", "n", 2**70)), "dtype int64, which cannot hold"),
    "no integer": (
        edits(("r0", "n", None)).assign(decision="empty"),
        "dtype int64, which cannot hold",
    ),
    "category": (edits(("r0", "c", "w")), "'w', which its dtype category cannot hold"),
    "no date": (edits(("r0", "when", "soon")), "'soon', which its dtype datetime64"),
    "word": (edits(("r0", "n", 3)).assign(decision="yes"), "'yes' is no decision"),
    "nothing to accept": (
        edits(("r0", "n", 3)).assign(decision="accept"),
        "was flagged and has no new value",
    ),
    "lost column": (edits(("r0", "n", 3)).drop(columns="old"), "lack the column 'old'"),
    "lost value": (edits(("r0", "n", 3)).drop(columns="value"), "the column 'value'"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_decisions_are_refused_and_name_the_first_cell(case):
    decisions, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        ModeCorrector().apply(X, decisions)


def test_bad_files_are_refused(tmp_path):
    apply = ModeCorrector().apply
    with pytest.raises(TypeError, match="a DataFrame or the path"):
        apply(X, [("r0", "a", "x")])
    with pytest.raises(FileNotFoundError, match="no file"):
        apply(X, tmp_path / "none.csv")
    text = tmp_path / "text.parquet"
    text.write_text("row,column\n")
    with pytest.raises(ValueError, match=r"text.parquet' is no Parquet file"):
        apply(X, text)
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    with pytest.raises(ValueError, match="is empty"):
        apply(X, empty)
    empty.write_bytes("row,column,old,decision\nr0,a,Zürich,reject\n".encode("latin-1"))
    with pytest.raises(ValueError, match="no UTF-8 text"):
        apply(X, empty)


def test_labels_and_columns_must_tell_cells_apart():
    twice = X.set_axis(["r0"] * 5)
    with pytest.raises(ValueError, match="'r0' of X comes more than once"):
        ModeCorrector().apply(twice, edits(("r0", "n", 3)))
    with pytest.raises(ValueError, match="reset_index"):
        fitted().review(twice)
    with pytest.raises(ValueError, match="label 0 of X comes more than once"):
        fitted().review(X.set_axis([0] * 5))
    same = X.set_axis(["a", "a", "c", "when", "f"], axis=1)
    with pytest.raises(ValueError, match="more than one column named 'a'"):
        ModeCorrector().apply(same, edits(("r0", "n", 3)))


def test_a_text_must_not_mean_two_labels():
    table = pd.DataFrame({"a": ["x", "x"], "n": [1, 2]}, index=[1, "1"])
    given = pd.DataFrame(
        {"row": ["1"], "column": "n", "old": 2, "decision": "edit", "value": 5}
    )
    with pytest.raises(ValueError, match="'1' could be two of X"):
        ModeCorrector().apply(table, given)
    assert ModeCorrector().apply(table, given.assign(row=1, old=1))[0]["n"][1] == 5


def test_a_file_may_come_back_from_a_spreadsheet(tmp_path):
    """With another separator, and words in other case."""
    path = tmp_path / "d.csv"
    path.write_text("row;column;old;new;decision;value\nr0;n;1;;Edit;12\nr1;a;x;y;;\n")
    table, log = ModeCorrector().apply(X, path)
    assert table.loc["r0", "n"] == 12 and len(log) == 1


def test_a_report_with_decisions_is_as_good_as_the_page(tmp_path):
    """Dates and numbers have other texts there."""
    given = edits(("r0", "when", "2024-07-01"), ("=r4", "f", 1))
    path = tmp_path / "d.csv"
    given.to_csv(path, index=False)
    table, _ = ModeCorrector().apply(X, path)
    assert table.loc["r0", "when"] == pd.Timestamp("2024-07-01", tz="Europe/Rome")
    assert table.loc["=r4", "f"] == 1.0


def test_apply_is_undone_as_transform_is():
    corrector = fitted()
    table, log = corrector.apply(X, edits(("r0", "n", 3), ("r3", "f", 9)))
    pd.testing.assert_frame_equal(corrector.inverse_transform(table), X)
    pd.testing.assert_frame_equal(
        pickle.loads(pickle.dumps(corrector)).inverse_transform(table), X
    )
    assert not hasattr(corrector, "report_")
    one = corrector.inverse_transform(table, cells=log.iloc[[1]])
    assert one.loc["r0", "n"] == 3 and one.loc["r3", "f"] == 0.25
    pd.testing.assert_frame_equal(corrector.inverse_transform(one), X)


def test_single_changes_of_transform_are_undone():
    corrector = fitted()
    out = corrector.transform(X)
    report = corrector.report_
    for chosen in (report.iloc[[0]], report[["row", "column"]].iloc[1:]):
        back = corrector.inverse_transform(out, cells=chosen)
        cells = set(zip(chosen["row"], chosen["column"], strict=True))
        for row, column in zip(report["row"], report["column"], strict=True):
            want = X if (row, column) in cells else out
            pair = back.loc[row, column], want.loc[row, column]
            assert as_text(pair[0]) == as_text(pair[1])


def test_only_what_was_changed_can_be_undone():
    corrector = fitted()
    out = corrector.transform(X)
    other = pd.DataFrame({"row": ["r0"], "column": ["n"]})
    with pytest.raises(ValueError, match="'n', which was not changed"):
        corrector.inverse_transform(out, cells=other)
    with pytest.raises(ValueError, match="cells name the row 'r9'"):
        corrector.inverse_transform(out, cells=other.assign(row="r9"))
    with pytest.raises(ValueError, match="with the columns 'row' and 'column'"):
        corrector.inverse_transform(out, cells=["r0"])
    with pytest.raises(ValueError, match="not the table"):
        corrector.inverse_transform(X, cells=corrector.report_)
