"""What a person says: three forms of it, and what is wrong with some."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skanomaly.correctors._examples.corrections import read_corrections
from skanomaly.correctors._table.frames import to_frame


@pytest.fixture
def X():
    return pd.DataFrame(
        {
            "city": ["Rmoe", "Bern", "Oslo", "Bern"],
            "size": [1, 2, 3, 4],
            "rate": [0.5, np.nan, 0.7, 0.8],
            "when": pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-03", None]),
            "kind": pd.Categorical(["a", "b", "a", "b"]),
            "ok": [True, False, True, True],
        },
        index=["k", "l", "m", "n"],
    )


def _entries(*entries):
    return pd.DataFrame(entries, columns=["row", "column", "value"])


def _changes(known, X):
    rows, columns = np.nonzero(known.known)
    cells = zip(rows, columns, strict=True)
    return {
        (known.labels[i], X.columns[j]): known.new[i, j]
        for i, j in cells
        if known.new[i, j] is not known.old[i, j] and known.new[i, j] == known.new[i, j]
    }


def test_entries_make_their_rows_known_as_wholes(X):
    given = _entries(("m", "city", "Bergen"), ("k", "city", "Rome"), ("n", None, None))
    known = read_corrections(given, X)
    assert known.labels.tolist() == ["k", "m", "n"]
    assert known.known.all()
    assert known.new[:, 0].tolist() == ["Rome", "Bergen", "Bern"]
    assert known.new[2].tolist()[:2] == ["Bern", 4]


def test_whole_rows_in_any_order_of_columns(X):
    given = X.loc[["l", "k"], X.columns[::-1]].astype(object)
    given.loc["k", "city"] = "Rome"
    known = read_corrections(given, X)
    assert known.labels.tolist() == ["k", "l"]
    assert known.new[:, 0].tolist() == ["Rome", "Bern"]
    assert known.known.all()


def test_polars_and_positions():
    X = to_frame(pl.DataFrame({"city": ["Rmoe", "Bern"], "size": [1, 2]}))
    given = pl.DataFrame({"row": [0], "column": ["city"], "value": ["Rome"]})
    assert read_corrections(given, X).new.tolist() == [["Rome", 1]]
    given = pd.DataFrame({"row": [1], "column": [0], "value": ["Genf"]})
    known = read_corrections(given, pd.DataFrame(np.array([["a", "b"], ["c", "d"]])))
    assert known.new.tolist() == [["Genf", "d"]]


def test_a_review_makes_only_decided_cells_known(X):
    given = pd.DataFrame(
        {
            "row": ["k", "l", "m", "n", "n"],
            "column": ["city", "city", "city", "size", "city"],
            "old": ["Rmoe", "Bern", "Oslo", 4, "Bern"],
            "new": ["Rome", "Berne", "Osla", 5, None],
            "decision": ["accept", "reject", "", "edit", "accept"],
            "value": [None, None, None, 6, None],
        }
    )
    known = read_corrections(given, X)
    assert known.labels.tolist() == ["k", "l", "n"]
    assert known.known.sum() == 3
    assert [known.new[0, 0], known.new[1, 0], known.new[2, 1]] == ["Rome", "Bern", 6]
    given["decision"] = [None, "", np.nan, " ", ""]
    assert read_corrections(given, X) is None


def test_a_review_empties_a_cell_only_by_its_word(X):
    given = pd.DataFrame(
        {"row": ["l", "k"], "column": "city", "decision": "edit", "value": ["Genf", ""]}
    )
    message = "edit row 'k', column 'city', but 'value' is empty.*decision 'empty'"
    for edits in (given, given.iloc[1:].drop(columns="value")):
        with pytest.raises(ValueError, match=message):
            read_corrections(edits, X)
    known = read_corrections(given.assign(decision=["edit", "empty"]), X)
    assert known.new[:, 0].tolist() == [None, "Genf"]


def test_messages_name_numbered_rows_as_they_are_typed(X):
    X.index = [10, 11, 12, 13]
    with pytest.raises(ValueError, match=r"row 9, which .* \(the first is 10\)"):
        read_corrections(_entries((9, "city", "Rome")), X)
    with pytest.raises(ValueError, match="row 11, column 'city' with different values"):
        read_corrections(_entries((11, "city", "Rome"), (11, "city", "Genf")), X)


def test_what_a_file_made_of_values_and_labels_is_undone(X):
    X.index = [10, 11, 12, 13]
    given = pd.DataFrame(
        {
            "row": ["10", "10", "11", "12", "13"],
            "column": ["size", "when", "rate", "ok", "kind"],
            "value": ["7", "2021-05-06", "2.5", "false", "a"],
        }
    )
    known = read_corrections(given, X)
    assert known.new[0, 1] == 7
    assert known.new[0, 3] == pd.Timestamp("2021-05-06")
    assert known.new[1, 2] == 2.5
    assert known.new[2, 5] is False
    assert known.new[3, 4] == "a"


def test_text_stays_text_and_empty_stays_empty():
    X = pd.DataFrame({"zip": ["1", "2", ""], "b": ["x", None, "y"]})
    given = _entries((0, "zip", 12.0), (1, "zip", np.nan), (0, "b", np.nan))
    known = read_corrections(given, X)
    assert known.new[:, 0].tolist() == ["12", ""]
    assert pd.isna(known.new[:, 1]).all()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (_entries(("z", "city", "Rome")), "row 'z'"),
        (_entries(("k", "town", "Rome")), "'town'"),
        (_entries(("k", "city", "Rome"), ("k", "city", "Rome")), "twice"),
        (_entries(("k", "city", "Rome"), ("k", "city", "Bern")), "different values"),
        (_entries(("k", "size", "many")), "'many' into column 'size'"),
        (_entries(("k", "size", 1.5)), "1.5 into column 'size'"),
        (_entries(("k", "rate", "inf")), "'rate'"),
        (_entries(("k", "when", "soon")), "'when'"),
        (_entries(("k", "kind", "c")), "'kind'"),
        (_entries(("k", "ok", "maybe")), "'ok'"),
        (_entries(), "empty"),
        (pd.DataFrame(), "empty"),
        (
            pd.DataFrame({"row": ["k"], "column": ["city"]}),
            r"corrections have the columns \['row', 'column'\]; they need 'row'",
        ),
        (
            pd.DataFrame({"row": ["k"], "column": ["city"], "decision": ["yes"]}),
            "'yes'",
        ),
        (
            pd.DataFrame(
                {"row": ["k"], "column": ["city"], "old": ["Paris"], "new": ["Rome"],
                 "decision": ["accept"]}
            ),
            "another table",
        ),
    ],
)  # fmt: skip
def test_errors_say_what_is_wrong(X, given, message):
    with pytest.raises(ValueError, match=message) as error:
        read_corrections(given, X)
    assert "correction" in str(error.value)


def test_whole_rows_twice_and_labels_that_are_not_unique(X):
    with pytest.raises(ValueError, match="row 'k' twice"):
        read_corrections(X.loc[["k", "k"]], X)
    X.index = ["k", "k", "m", "n"]
    with pytest.raises(ValueError, match="several rows of X"):
        read_corrections(_entries(("k", "city", "Rome")), X)
    assert read_corrections(_entries(("m", "city", "Rome")), X).new[0, 0] == "Rome"


@pytest.mark.parametrize("given", ["c.csv", [("k", "city", "Rome")], {"row": ["k"]}])
def test_other_things_than_frames(X, given):
    with pytest.raises(TypeError, match="corrections must be a DataFrame"):
        read_corrections(given, X)


def test_rows_are_found_again_as_they_were_and_as_they_should_be(X):
    known = read_corrections(_entries(("k", "city", "Rome"), ("m", "", "")), X)
    mask, values = known.find(X)
    assert mask.any(axis=1).tolist() == [True, False, True, False]
    assert values[[0, 6]].tolist() == ["Rome", "Oslo"]
    done = X.replace("Rmoe", "Rome").iloc[::-1]
    mask, values = known.find(done)
    assert mask.any(axis=1).tolist() == [False, True, False, True]
    assert values[[0, 6]].tolist() == ["Oslo", "Rome"]
    other = X.assign(size=9)
    assert not known.find(other)[0].any()
