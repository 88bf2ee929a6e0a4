"""UTF-8 that was read as Windows-1252."""

import pytest

from skanomaly.correctors._formats.encodings import ReadAsUtf8, learn_encoding


@pytest.mark.parametrize(
    "value",
    ["Zürich", "SÃO JOÃO", "«CAFÉ»", "Zurich", "25 Â", "Ø³ÙØ§Ù", "ÃÃ¼", "中文"],
)
def test_what_was_rightly_read_or_is_not_known_stays(value):
    assert ReadAsUtf8().rewrite(value) == value


@pytest.mark.parametrize("value", ["Zürich", "Šárka", "naïve “quoted” €5", "À"])
def test_what_was_misread_comes_back(value):
    data = value.encode("utf-8")
    misread = "".join(
        bytes([b]).decode(
            "latin-1" if b in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else "cp1252"
        )
        for b in data
    )
    assert ReadAsUtf8().rewrite(misread) == value


def test_the_column_must_show_the_right_form(column):
    right, misread = ["Zürich", "Köln", "Bern"] * 10, ["ZÃ¼rich", "KÃ¶ln"] * 3
    assert learn_encoding(column(right + misread)) == [ReadAsUtf8()]
    assert learn_encoding(column(right)) == []
    assert learn_encoding(column(["Bern"] * 30 + misread)) == []
    assert learn_encoding(column(["Zürich"] * 5 + ["Bern"] * 30 + misread)) == []
