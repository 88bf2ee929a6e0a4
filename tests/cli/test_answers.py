"""Corrections, review pages and decisions, by the contract of the corrector.

`Scribe` has the methods of the contract and writes down what it is given. The last
tests ask the corrector itself, where it has these methods.
"""

import warnings

import pandas as pd
import pytest

from skanomaly import correctors
from skanomaly._cli import csv_encoding, csv_table
from skanomaly.correctors import AnomalyCorrector
from tests.cli.conftest import refused

teachable = pytest.mark.skipif(
    not hasattr(AnomalyCorrector, "suggest_rows"),
    reason="this corrector takes no corrections yet",
)
reviewable = pytest.mark.skipif(
    not hasattr(AnomalyCorrector, "review"), reason="this corrector has no review yet"
)


class Scribe(AnomalyCorrector):
    """A corrector that changes nothing but what is decided, and remembers its calls."""

    calls: list = []

    def fit(self, X, y=None, *, corrections=None):
        self.calls.append(("fit", X, corrections))
        return super().fit(X, y)

    def suggest_rows(self, X, n=20):
        return list(X.index[:n])

    def review(self, X, path):
        self.calls.append(("review", X, None))
        with open(path, "w") as file:
            file.write("<html>")

    def apply(self, X, decisions):
        self.calls.append(("apply", X, decisions))
        table = X.copy()
        for cell in decisions[decisions["decision"] == "accept"].itertuples():
            table.loc[cell.row, cell.column] = cell.new
        return table, decisions


@pytest.fixture
def scribe(monkeypatch):
    monkeypatch.setattr(correctors, "AnomalyCorrector", Scribe)
    monkeypatch.setattr(Scribe, "calls", [])
    return Scribe


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(csv_encoding, "BLOCK", 100)
    monkeypatch.setattr(csv_table, "CHUNK", 700)


CELLS = "row,column,value\n3,town,Bern\n5,,\n8,note,\n"


def test_corrections_reach_the_fit(run, dirty, scribe):
    (dirty.parent / "c.csv").write_text(CELLS)
    assert run("repair", "dirty.csv", "-o", "o.csv", "--corrections", "c.csv")[0] == 0
    _, X, given = scribe.calls[0]
    assert len(X) == 240
    assert given.columns.tolist() == ["row", "column", "value"]
    assert given["row"].tolist() == [3, 5, 8]
    assert given["column"].tolist() == ["town", None, "note"]
    assert given["value"].tolist() == ["Bern", None, None]


def test_whole_corrected_rows_reach_the_fit(run, dirty, scribe):
    text = "row,town,zip,note\n8,Oslo,00150,no. 8\n"
    (dirty.parent / "c.csv").write_text(text)
    assert run("repair", "dirty.csv", "-o", "o.csv", "--corrections", "c.csv")[0] == 0
    given = scribe.calls[0][2]
    assert given.index.tolist() == [8]
    assert given.loc[8].to_dict() == {"town": "Oslo", "zip": "00150", "note": "no. 8"}


def test_corrected_rows_are_among_those_learned_from(run, dirty, scribe):
    (dirty.parent / "c.csv").write_text(CELLS)
    arguments = ["--corrections", "c.csv", "--fit-rows", "30"]
    assert run("repair", "dirty.csv", "-o", "o.csv", *arguments)[0] == 0
    X = scribe.calls[0][1]
    assert {3, 5, 8} <= set(X.index)
    assert 30 <= len(X) <= 33


def test_a_page_of_a_small_table_shows_all_of_it(run, dirty, scribe):
    status, out, _ = run("repair", "dirty.csv", "--review", "page.html")
    assert status == 0
    assert "wrote page.html" in out
    assert (dirty.parent / "page.html").read_text() == "<html>"
    assert len(scribe.calls[-1][1]) == 240


def test_a_page_of_a_large_table_shows_the_rows_it_is_about(
    run, dirty, scribe, small_chunks
):
    assert run("repair", "dirty.csv", "--review", "page.html")[0] == 0
    assert scribe.calls[-1][1].index.tolist() == [3, 8]


def test_a_page_of_very_many_rows_shows_the_first(
    run, dirty, scribe, small_chunks, monkeypatch
):
    monkeypatch.setattr("skanomaly._cli.repair.MOST_REVIEWED", 1)
    _, out, _ = run("repair", "dirty.csv", "--review", "page.html")
    assert "the page shows the first 1 of 2 rows with changes" in out
    assert scribe.calls[-1][1].index.tolist() == [3]


@pytest.mark.parametrize(
    "text, said",
    [
        ("row,column\n3,town\n", "d.csv: there is no column 'decision'."),
        ("row,column,decision\n3,town,\n", "d.csv: the column 'decision' is empty."),
    ],
)
def test_decisions_that_decide_nothing(run, dirty, scribe, text, said):
    (dirty.parent / "d.csv").write_text(text)
    line = refused(run, "repair", "dirty.csv", "-o", "o.csv", "--decisions", "d.csv")
    assert line == f"skanomaly: --decisions {said}"


def test_warnings_of_the_corrector_are_notes(run, dirty, scribe, monkeypatch):
    def fit(self, X, y=None, *, corrections=None):
        warnings.warn("two rows\ndisagree.", UserWarning, stacklevel=1)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return AnomalyCorrector.fit(self, X)

    monkeypatch.setattr(scribe, "fit", fit)
    status, _, err = run("repair", "dirty.csv", "-o", "o.csv")
    assert (status, err) == (0, "note: two rows disagree.\n")
    assert run("repair", "dirty.csv", "-o", "p.csv", "--quiet") == (0, "", "")


DECISIONS = (
    "row,column,old,new,decision,value\n"
    "3,town,Brn,Bern,accept,\n8,town,Olso,Oslo,reject,\n9,note,no. 9,'=1+1,accept,\n"
)


def test_decisions_are_done_and_nothing_else(run, dirty, scribe, small_chunks):
    before = dirty.read_text()
    (dirty.parent / "d.csv").write_text(DECISIONS)
    arguments = ["--decisions", "d.csv", "--report", "log.csv"]
    status, out, _ = run("repair", "dirty.csv", "-o", "o.csv", *arguments)
    assert status == 0
    assert "changed 2 cells in 2 rows: town 1, note 1" in out
    after = before.replace("Brn", "Bern").replace("no. 9\n", "=1+1\n")
    assert (dirty.parent / "o.csv").read_text() == after
    assert {call for call, *_ in scribe.calls} == {"apply"}
    assert (dirty.parent / "log.csv").read_text() == DECISIONS


def test_a_corrector_without_these_methods_is_named(run, dirty, monkeypatch):
    class Plain(AnomalyCorrector):
        suggest_rows = review = apply = property()  # raises AttributeError

    monkeypatch.setattr(correctors, "AnomalyCorrector", Plain)
    (dirty.parent / "c.csv").write_text(CELLS)
    (dirty.parent / "d.csv").write_text(DECISIONS)
    for option, file, method in [
        ("--corrections", "c.csv", "suggest_rows"),
        ("--decisions", "d.csv", "apply"),
        ("--review", "page.html", "review"),
    ]:
        line = refused(run, "repair", "dirty.csv", "-o", "o.csv", option, file)
        assert (
            line == f"skanomaly: {option}: this version of skanomaly has no {method}()"
        )


def test_a_report_holds_no_formula_and_is_read_again(run, dirty, rows, scribe):
    dirty.write_text(dirty.read_text().replace("Brn", "=Bern").replace("Olso", "'Oslo"))
    assert run("repair", "dirty.csv", "--report", "r.csv", "--flag", "town")[0] == 0
    text = (dirty.parent / "r.csv").read_text()
    assert "3,town,'=Bern,," in text
    report = pd.read_csv("r.csv", dtype=str).assign(decision="reject", new="x")
    report.to_csv("d.csv", index=False)
    assert run("repair", "dirty.csv", "-o", "o.csv", "--decisions", "d.csv")[0] == 0
    assert scribe.calls[-1][2]["old"].tolist() == ["=Bern", "'Oslo"]


@teachable
def test_the_corrector_learns_from_corrections(run, dirty):
    dirty.write_text(dirty.read_text().replace("no. ", "nr "))
    (dirty.parent / "c.csv").write_text("row,column,value\n3,town,Rome\n3,zip,00184\n")
    arguments = ["--corrections", "c.csv"]
    status, _, err = run("repair", "dirty.csv", "-o", "o.csv", *arguments)
    assert (status, err) == (0, "")
    assert (dirty.parent / "o.csv").read_text().splitlines()[4] == "Rome,00184,nr 3"


@reviewable
def test_page_decisions_and_second_run(run, dirty):
    status, _, err = run(
        "repair", "dirty.csv", "--review", "p.html", "--report", "r.csv"
    )
    assert (status, err) == (0, "")
    assert "Brn" in (dirty.parent / "p.html").read_text()
    report = pd.read_csv("r.csv", dtype=str).assign(decision=["accept", "edit"])
    report.assign(value=[None, "Rome"]).to_csv("d.csv", index=False)
    status, out, _ = run("repair", "dirty.csv", "-o", "o.csv", "--decisions", "d.csv")
    assert status == 0
    assert "changed 2 cells in 2 rows: town 2" in out
    lines = (dirty.parent / "o.csv").read_text().splitlines()
    assert (lines[4], lines[9]) == ("Bern,03011,no. 3", "Rome,00150,no. 8")
    line = refused(run, "repair", "o.csv", "-o", "p.csv", "--decisions", "d.csv")
    assert "made for another table" in line


@reviewable
def test_an_edit_without_a_value_empties_no_cell(run, dirty):
    decisions = dirty.parent / "d.csv"
    decisions.write_text("row,column,old,new,decision,value\n3,town,Brn,,edit,\n")
    line = refused(run, "repair", "dirty.csv", "-o", "o.csv", "--decisions", "d.csv")
    assert "edit row 3, column 'town', but 'value' is empty there" in line
    assert not (dirty.parent / "o.csv").exists()
    decisions.write_text(decisions.read_text().replace("edit", "empty"))
    assert run("repair", "dirty.csv", "-o", "o.csv", "--decisions", "d.csv")[0] == 0
    assert (dirty.parent / "o.csv").read_text().splitlines()[4].startswith(",")
