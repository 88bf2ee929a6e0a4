"""The file of the review page, as far as it can be judged without a browser."""

import html
import json
import os
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from skanomaly.correctors._review.page import MAX_PLAIN
from tests.contract.check_corrector import TABLES
from tests.contract.mode_corrector import ModeCorrector
from tests.correctors._review.tables import HOSTILE, hostile_table, long_table


class Tags(HTMLParser):
    """All tags of a page, by the rules of HTML."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def page_of(table, path):
    ModeCorrector().fit(table).review(table, path)
    return path.read_text(encoding="utf-8")


def data_of(text):
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])


def test_the_page_needs_nothing_else(tmp_path):
    text = page_of(hostile_table(), tmp_path / "page.html")
    found = Tags(text)
    assert not {"link", "iframe", "img"} & set(found.tags)
    assert not [value for name, value in found.attributes if name in ("src", "href")]
    assert "http://" not in text and "https://" not in text
    assert "default-src 'none'" in text


def test_no_cell_becomes_a_tag(tmp_path):
    text = page_of(hostile_table(), tmp_path / "page.html")
    assert Tags(text).tags.count("script") == 2
    assert text.count("</script>") == 2
    assert "<img" not in text
    assert html.escape(HOSTILE[0]) in text


def test_every_text_arrives(tmp_path):
    table = hostile_table()
    data = data_of(page_of(table, tmp_path / "page.html"))
    rows = zip(data["row"], data["column"], strict=True)
    old = [data["values"][j][data["cells"][i][j]] for i, j in rows]
    assert old == list(HOSTILE)
    assert data["new"] == ["usual"] * len(HOSTILE)
    assert data["labels"] == table.index[: len(HOSTILE)].tolist()
    assert data["columns"] == table.columns.tolist()


def test_without_javascript_the_first_changes_are_listed(tmp_path):
    text = page_of(long_table(MAX_PLAIN + 5), tmp_path / "page.html")
    assert f"These are the first 1,000 of {MAX_PLAIN + 5:,}" in text
    assert text.count("<tr><td>") == MAX_PLAIN
    text = page_of(long_table(5), tmp_path / "page.html")
    assert "These are all of them." in text and text.count("<tr><td>") == 5


@pytest.mark.parametrize("name", TABLES)
def test_every_kind_of_table_has_a_page(name, tmp_path):
    table = TABLES[name][0]
    data = data_of(page_of(table, tmp_path / "page.html"))
    assert len(data["row"]) == len(ModeCorrector().fit(table).review(table)) > 0


def test_a_table_without_changes_has_a_page_too(tmp_path):
    table = pd.DataFrame({"a": ["x"] * 5, "b": [1, 2, 1, 2, 1]})
    text = page_of(table, tmp_path / "page.html")
    assert "Review of 0 changes and 0 flags" in text


def test_decisions_of_another_table_are_not_taken_for_those_of_this_one(tmp_path):
    table = long_table(5)
    ids = {data_of(page_of(t, tmp_path / "p.html"))["id"] for t in (table, table)}
    other = data_of(page_of(long_table(6), tmp_path / "p.html"))["id"]
    assert len(ids) == 1 and other not in ids


def test_half_a_character_does_no_harm(tmp_path):
    table = pd.DataFrame({"a": ["x", "x", "\ud83d"], "b": [1, 2, 3]}, dtype=object)
    data = data_of(page_of(table, tmp_path / "page.html"))
    assert data["values"][0] == ["\ud83d"]


def test_a_path_that_cannot_be_written_is_refused_before_the_work(tmp_path):
    unfitted = ModeCorrector()
    table = hostile_table()
    with pytest.raises(FileNotFoundError, match=r"there is no folder '.*nodir'"):
        unfitted.review(table, tmp_path / "nodir" / "r.html")
    with pytest.raises(IsADirectoryError, match="is a folder; name a file in it"):
        unfitted.review(table, tmp_path)


def test_a_page_that_cannot_be_written_leaves_the_one_before(tmp_path, monkeypatch):
    table = long_table(20)
    path = tmp_path / "page.html"
    corrector = ModeCorrector().fit(table)
    corrector.review(table, path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        corrector.review(table, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]
