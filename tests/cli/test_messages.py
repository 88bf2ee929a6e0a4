"""What is said, and where the progress bar is shown."""

import io
import sys

import pytest

from skanomaly._cli.messages import Messages, listed, plural


class Terminal(io.StringIO):
    def isatty(self):
        return True


def bar_of(monkeypatch, file, *, quiet):
    monkeypatch.setattr(sys, "stderr", file)
    monkeypatch.setenv("COLUMNS", "80")
    messages = Messages(quiet=quiet, piped=False)
    chunks = list(messages.progress([[1, 2], [3]], 3, "repairing"))
    assert chunks == [[1, 2], [3]]
    return file.getvalue()


def test_a_terminal_gets_a_bar(monkeypatch):
    text = bar_of(monkeypatch, Terminal(), quiet=False)
    assert "repairing:   0%" in text
    assert "0.00/3.00" in text


@pytest.mark.parametrize("file, quiet", [(io.StringIO, False), (Terminal, True)])
def test_others_get_none(monkeypatch, file, quiet):
    assert bar_of(monkeypatch, file(), quiet=quiet) == ""


def test_counts_as_text():
    assert [plural(n, "row") for n in (0, 1, 2000)] == ["0 rows", "1 row", "2,000 rows"]
    assert listed({"a": 2, "b": 1000}) == "b 1,000, a 2"
    assert listed({"a": 3, "b": 2, "c": 1}, limit=2) == "a 3, b 2, 1 more column"
    assert listed(dict.fromkeys("abcd", 1), limit=2) == "a 1, b 1, 2 more columns"
