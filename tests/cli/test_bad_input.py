"""What is wrong is said in one line, with status 2, and nothing is written."""

import os

import pandas as pd
import pytest

from skanomaly._cli.csv_table import CsvTable
from skanomaly._cli.errors import InputError
from skanomaly._cli.main import main
from tests.cli.conftest import refused

FILES = {
    "empty": (b"", "x.csv: the file is empty."),
    "blank": (b"\n\n", "x.csv: the file is empty: there is no line of names."),
    "names only": (b"a,b\n", "x.csv: no rows below the line of names."),
    "short row": (b"a,b\n1,2\n\n3\n", "x.csv, line 4: 1 field, but the header has 2"),
    "long row": (b"a,b\n1,2\n3,4,5\n", "x.csv, line 3: 3 fields, but the header has 2"),
    "row after a cell of two lines": (
        b'a,b\n"1\n",2\n3,4,5\n',
        "x.csv, line 4: 3 fields, but the header has 2 (delimiter comma",
    ),
    "open quote": (b'a,b\n1,2\n"3,4\n5,6\n', "x.csv, line 3: a quote is never closed."),
    "open quote after a strange one": (
        b'a,b\n1" 2,2\n"3,4\n5,6\n',
        "x.csv, line 3: a quote is never closed.",
    ),
    "no text": (b"a\0,b\0\n1\0,2\0\n", "x.csv: holds NUL bytes, so it is no text"),
    "Excel": (b"PK\x03\x04....", "x.csv: this is an Excel or zip file; save"),
    "half a UTF-16": (b"\xff\xfea\0,\0b", "x.csv: not valid UTF-16-LE with byte"),
    "one row": (b"a,b\n1,2\n", "x.csv: one row is too few to learn from, it takes 2."),
    "no values": (b"a,b\n,\n,\n", "x.csv: no column has a value"),
}


@pytest.mark.parametrize("data, said", FILES.values(), ids=FILES)
def test_a_file_that_cannot_be_used(run, tmp_path, data, said):
    (tmp_path / "x.csv").write_bytes(data)
    line = refused(run, "repair", "x.csv", "-o", "y.csv")
    assert line.startswith(f"skanomaly: {said}")


ARGUMENTS = {
    "nothing to write": ([], "say what to write: -o, --report or --review."),
    "unknown column": (
        ["-o", "y.csv", "--ignore", "toown"],
        "--ignore: dirty.csv has no column 'toown'; did you mean 'town'?",
    ),
    "column in two roles": (
        ["-o", "y.csv", "--ignore", "zip", "--flag", "zip"],
        "--ignore and --flag: both name 'zip'.",
    ),
    "input as output": (["-o", "dirty.csv"], "this file is read; write to another"),
    "input as report": (["--report", "./dirty.csv", "--force"], "this file is read"),
    "the same twice": (["-o", "y.csv", "--report", "./y.csv"], "have the same name"),
    "no folder": (["-o", "no/y.csv"], "there is no folder"),
    "a folder": (["-o", "."], "this is a folder"),
    "another format": (
        ["-o", "y.b.parquet"],
        "the table keeps its format, UTF-8, delimiter comma; name it y.b.csv.",
    ),
    "decisions and corrections": (
        ["-o", "y.csv", "--decisions", "d.csv", "--corrections", "d.csv"],
        "give one",
    ),
    "decisions and a page": (
        ["--decisions", "d.csv", "--review", "y.html"],
        "--decisions are the answers to a --review: give one.",
    ),
    "unknown encoding": (["-o", "y.csv", "--encoding", "utf-9"], "'utf-9' is not an"),
    "wide encoding": (["-o", "y.csv", "--encoding", "gb18030"], "convert the file"),
    "no share": (["-o", "y.csv", "--alpha", "2"], "is not a number between 0 and 1"),
    "no count": (["-o", "y.csv", "--fit-rows", "1"], "is not a number of rows"),
    "no character": (["-o", "y.csv", "--delimiter", ",,"], "not a single ASCII"),
    "no corrections": (["-o", "y.csv", "--corrections", "c.csv"], "no such file"),
}  # fmt: skip


@pytest.mark.parametrize("arguments, said", ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments_that_cannot_be_used(run, dirty, arguments, said):
    assert said in refused(run, "repair", "dirty.csv", *arguments)


def test_a_table_that_is_not_there(run, tmp_path):
    line = refused(run, "repair", "no.csv", "-o", "y.csv")
    assert line == "skanomaly: no.csv: there is no such file."
    assert "this is a folder" in refused(run, "repair", ".", "-o", "y.csv")


def test_a_broken_parquet_file_is_not_read_as_text(run, tmp_path):
    (tmp_path / "t.parquet").write_text("a,b\n1,2\n3,4\n")
    for command in ("repair", "detect"):
        line = refused(run, command, "t.parquet", "-o", "y.parquet")
        assert line.startswith("skanomaly: t.parquet: its name says Parquet, but")


def test_an_existing_file_is_replaced_only_by_force(run, dirty):
    clean = dirty.parent / "clean.csv"
    clean.write_text("mine")
    line = refused(run, "repair", "dirty.csv", "-o", "clean.csv")
    assert line.endswith("clean.csv: it exists; --force replaces it.")
    assert clean.read_text() == "mine"
    assert run("repair", "dirty.csv", "-o", "clean.csv", "--force")[0] == 0
    assert clean.read_text().startswith("town,zip,note\n")


def test_an_existing_file_stays_when_a_run_fails(run, dirty, monkeypatch):
    clean = dirty.parent / "clean.csv"
    clean.write_text("mine")

    def broken(*_, **__):
        raise RuntimeError("something\nbroke")

    monkeypatch.setattr("skanomaly._cli.repair.changes_between", broken)
    status, _, err = run("repair", "dirty.csv", "-o", "clean.csv", "--force")
    assert status == 1
    assert err == (
        "skanomaly: failed: RuntimeError: something broke (--debug shows where)\n"
    )
    assert clean.read_text() == "mine"
    assert sorted(os.listdir()) == ["clean.csv", "dirty.csv"]
    assert "Traceback" in run("repair", "dirty.csv", "-o", "clean.csv", "--force",
                              "--debug")[2]  # fmt: skip


def test_an_interrupt_is_quiet(run, dirty, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("skanomaly._cli.repair.changes_between", interrupt)
    assert run("repair", "dirty.csv", "-o", "clean.csv") == (130, "", "")
    assert sorted(os.listdir()) == ["dirty.csv"]


@pytest.mark.parametrize("arguments", [[], ["mend"], ["repair"], ["detect", "x.csv"]])
def test_argparse_explains_usage(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("usage: skanomaly")


CORRECTIONS = {
    "no rows": ("column,value\ntown,Bern\n", "there is no column 'row'"),
    "no number": (
        "row,column,value\nx,town,Bern\n",
        "entry 1: row 'x' is not a row of",
    ),
    "no row": (
        "row,column,value\n3,town,Bern\n240,zip,1\n",
        "entry 2: row '240' is not",
    ),
    "no column": ("row,column,value\n3,toown,Bern\n", "'toown'; did you mean 'town'?"),
    "no cells": ("row,color\n3,red\n", "neither a column 'column', for cells"),
}


@pytest.mark.parametrize("text, said", CORRECTIONS.values(), ids=CORRECTIONS)
@pytest.mark.parametrize("option", ["--corrections", "--decisions"])
def test_answers_about_another_table(run, dirty, monkeypatch, option, text, said):
    (dirty.parent / "c.csv").write_text(text)
    # The method may be missing here; the file is looked at first.
    assert said in refused(run, "repair", "dirty.csv", "-o", "y.csv", option, "c.csv")


def test_a_value_that_the_encoding_lacks(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes("a,b\né,2\n".encode("cp1252"))
    chunk = next(iter(CsvTable(str(path), name="x.csv").chunks()))
    with pytest.raises(InputError, match="row 0, column 'b': 'ł' cannot be written"):
        chunk.written(*map(pd.array, ([0], [1])), ["ł"])
