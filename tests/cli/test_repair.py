"""`skanomaly repair`, as a user runs it."""

import gzip
import io
import os
import sys

import pandas as pd
import pytest

from skanomaly._cli import csv_encoding, csv_table


def repaired_text(rows):
    """Text of the table as it should come out."""
    text = "town,zip,note\n" + "".join(",".join(row) + "\n" for row in rows)
    return text.replace("Brn", "Bern").replace("Olso", "Oslo")


def test_only_the_wrong_cells_differ(run, dirty, rows):
    status, out, err = run("repair", "dirty.csv", "-o", "clean.csv")
    assert (status, err) == (0, "")
    assert (dirty.parent / "clean.csv").read_text() == repaired_text(rows)
    assert "dirty.csv: 240 rows, 3 columns, UTF-8, delimiter comma" in out
    assert "changed 2 cells in 2 rows: town 2" in out
    assert "wrote clean.csv in" in out
    assert sorted(os.listdir()) == ["clean.csv", "dirty.csv"]


def test_the_report_says_what_was_done(run, dirty):
    assert run("repair", "dirty.csv", "--report", "changes.csv", "--quiet") == (
        0,
        "",
        "",
    )
    report = pd.read_csv("changes.csv")
    assert report["row"].tolist() == [3, 8]
    assert report["old"].tolist() == ["Brn", "Olso"]
    assert report["new"].tolist() == ["Bern", "Oslo"]
    assert {"column", "p_new", "p_error", "status", "reason"} <= set(report.columns)


def test_without_an_output_it_says_what_would_change(run, dirty):
    out = run("repair", "dirty.csv", "--report", "changes.csv")[1]
    assert "would change 2 cells in 2 rows: town 2" in out
    arguments = ["--report", "none.csv", "--flag", "town"]
    assert "would change nothing" in run("repair", "dirty.csv", *arguments)[1]


def test_chunks_change_nothing_in_the_result(run, dirty, rows, monkeypatch):
    monkeypatch.setattr(csv_encoding, "BLOCK", 100)
    monkeypatch.setattr(csv_table, "CHUNK", 700)
    run("repair", "dirty.csv", "-o", "clean.csv", "--report", "changes.csv")
    assert (dirty.parent / "clean.csv").read_text() == repaired_text(rows)
    assert pd.read_csv("changes.csv")["row"].tolist() == [3, 8]


def test_a_large_table_is_learned_from_a_sample(run, dirty, rows):
    status, out, _ = run("repair", "dirty.csv", "-o", "clean.csv", "--fit-rows", "200")
    assert status == 0
    assert "learned from 200 rows" in out
    # A typing error that is not in the sample stays.
    clean = (dirty.parent / "clean.csv").read_text()
    assert clean in {
        repaired_text(rows).replace("Oslo,00150,no. 8\n", f"{b},00150,no. 8\n")
        .replace("Bern,03011,no. 3\n", f"{a},03011,no. 3\n")
        for a in ("Bern", "Brn")
        for b in ("Oslo", "Olso")
    }  # fmt: skip


def lines(rows, delimiter=",", end="\n"):
    return "".join(delimiter.join(row) + end for row in rows)


def semicolon_in_cp1252(rows):
    text = "Ort;PLZ;Größe\r\n" + lines(
        [[a, b, f"{c[4:]},5 €"] for a, b, c in rows], ";"
    )
    return text.encode("cp1252"), "cp1252"


def utf16_with_tabs(rows):
    return ("\ufeff" + "tøwn\tzip\tnote\n" + lines(rows, "\t")).encode("utf-16-le"), (
        "UTF-16-LE with byte order mark, delimiter tab"
    )


def all_quoted_with_mark(rows):
    quoted = [[f'"{cell}"' for cell in row] for row in [["town", "zip", "x"], *rows]]
    return lines(quoted, ",", "\r\n").encode("utf-8-sig"), "UTF-8 with byte order mark"


def mixed_line_ends(rows):
    ends = ["\n", "\r\n", "\r"]
    text = "".join(",".join(row) + ends[i % 3] for i, row in enumerate(rows))
    return ("town,zip,note\r\n" + text).encode(), "UTF-8"


def no_final_line_end(rows):
    return ("town,zip,note\n" + lines(rows)).rstrip().encode(), "UTF-8"


def comments_and_blank_lines(rows):
    text = "# made on Monday, by Ann\n\n#\ntown,zip,note\n\n" + lines(rows[:9])
    return (
        text + "   \n# half of it\n" + lines(rows[9:]) + "\n\n"
    ).encode(), "240 rows"


def lines_in_cells(rows):
    cells = [[a, b, f'"{c},\nsaid ""Ann"""'] for a, b, c in rows]
    return ("town,zip,note\n" + lines(cells)).encode(), "240 rows"


def names_missing_and_twice(rows):
    wide = [[*row, "x", "y"] for row in rows]
    return ("town,zip,,town,town\n" + lines(wide)).encode(), "5 columns"


def delimiter_for_excel(rows):
    return ("sep=|\ntown|zip|a;b;c\n" + lines(rows, "|")).encode(), "delimiter bar"


def quotes_inside_of_cells(rows):
    cells = [[a, b, f'{c} 5" pipe'] for a, b, c in rows]
    return ("town,zip,note\n" + lines(cells)).encode(), "240 rows"


def formulas(rows):
    cells = [[a, b, f"=1+{i}"] for i, (a, b, _) in enumerate(rows)]
    return ("town,zip,@note\n" + lines(cells)).encode(), "240 rows"


def empty_column(rows):
    cells = [[*row, ""] for row in rows]
    return (
        "town,zip,note,empty\n" + lines(cells)
    ).encode(), "empty: not judged: no value"


UGLY = [
    semicolon_in_cp1252, utf16_with_tabs, all_quoted_with_mark, mixed_line_ends,
    no_final_line_end, comments_and_blank_lines, lines_in_cells,
    names_missing_and_twice, delimiter_for_excel, quotes_inside_of_cells, formulas,
    empty_column,
]  # fmt: skip


@pytest.mark.parametrize("write", UGLY)
def test_an_ugly_file_keeps_its_style(run, tmp_path, rows, write):
    data, said = write(rows)
    (tmp_path / "in.csv").write_bytes(data)
    status, out, err = run("repair", "in.csv", "-o", "out.csv")
    assert (status, err) == (0, "")
    assert said in out
    wide = "utf-16-le" if "UTF-16" in out else "ascii"
    for old, new in [("Brn", "Bern"), ("Olso", "Oslo")]:
        data = data.replace(old.encode(wide), new.encode(wide))
    assert (tmp_path / "out.csv").read_bytes() == data


def test_a_packed_file_is_read_and_written(run, dirty, rows):
    with gzip.open("dirty.csv.gz", "wb") as file:
        file.write(dirty.read_bytes())
    assert run("repair", "dirty.csv.gz", "-o", "clean.csv.gz", "--quiet")[0] == 0
    assert gzip.open("clean.csv.gz").read().decode() == repaired_text(rows)


def test_standard_input_and_output(run, dirty, rows, monkeypatch):
    piped = io.TextIOWrapper(io.BytesIO(dirty.read_bytes()))
    monkeypatch.setattr(sys, "stdin", piped)
    status, out, err = run("repair", "-", "-o", "-")
    assert (status, out) == (0, repaired_text(rows))
    assert "standard input: 240 rows" in err


def test_columns_are_flagged_or_ignored(run, dirty):
    status, out, _ = run("repair", "dirty.csv", "-o", "a.csv", "--flag", "town")
    assert status == 0
    assert "changed nothing" in out
    assert "flagged 2 cells, as they were: town 2" in out
    _, out, _ = run("repair", "dirty.csv", "-o", "b.csv", "--ignore", "town")
    assert "changed nothing" in out
    assert "flagged" not in out
