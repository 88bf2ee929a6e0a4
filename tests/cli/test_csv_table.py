"""Bytes that do not change stay, and changed fields are what pandas reads."""

import csv
import io
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from skanomaly._cli import csv_encoding, csv_fields
from skanomaly._cli.csv_dialect import unique_names
from skanomaly._cli.csv_fields import UnclosedQuoteError, split_fields, unquote
from skanomaly._cli.csv_table import CsvTable

NOTHING = (np.zeros(0, int), np.zeros(0, int), [])

CELLS = st.one_of(
    st.sampled_from(
        ["", "a", "00123", "1.50", "é", "=1+1", "#", "x,y", "N/A", 'say "hi"', "b\nc"]
    ),
    st.text(
        st.characters(blacklist_categories=["Cs", "Cc"], max_codepoint=0x3000),
        max_size=6,
    ),
)
NAMES = st.lists(
    st.sampled_from(["", "a", "b", "x y", "é", "1"]), min_size=1, max_size=4
)


@st.composite
def files(draw):
    """Draw a CSV file in one of many styles, as (bytes, encoding, delimiter)."""
    delimiter = draw(st.sampled_from(",;\t|"))
    names = draw(NAMES)
    assume(len(names) > 1 or names[0])  # a blank line is no header
    rows = draw(
        st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)), max_size=6)
    )
    ends = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\n  \n"])
    text = ""
    for row in [names, *rows]:
        fields = [draw(fields_of(cell, delimiter)) for cell in row]
        if not "".join(fields).strip(" ") or fields[0].startswith("#"):
            fields[0] = f'"{row[0]}"'.replace('""', '" "')
        text += delimiter.join(fields) + draw(ends)
    if draw(st.booleans()):
        text = text.rstrip("\r\n ")
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]))
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    return (mark + text).encode(encoding), encoding, delimiter


def fields_of(cell, delimiter):
    """Ways to write a cell."""
    quoted = '"' + cell.replace('"', '""') + '"'
    if any(special in cell for special in '"\n\r' + ",;\t|"):
        return st.just(quoted)
    return st.sampled_from([cell, quoted])


def table_of(tmp_path_factory, data, **options):
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    path.write_bytes(data)
    return CsvTable(str(path), name="table.csv", **options)


def rewritten(table, change=NOTHING):
    """Bytes of the whole file after a change (rows, columns, values) by row number."""
    rows, columns, values = change
    out = table.encoding.mark
    for chunk in table.chunks():
        here = [i for i, r in enumerate(rows) if r in chunk.labels]
        first = chunk.labels[0] if len(chunk) else 0
        out += chunk.written(
            np.array([rows[i] - first for i in here], int),
            np.array([columns[i] for i in here], int),
            [values[i] for i in here],
        )
    return out


def frame_of(table):
    return pd.concat([chunk.frame() for chunk in table.chunks()])


def by_pandas(data, encoding, delimiter):
    frame = pd.read_csv(
        io.BytesIO(data), encoding=encoding.replace("16-be", "16"), sep=delimiter,
        dtype=object, keep_default_na=False, na_values=[""], engine="c",
        index_col=False,
    )  # fmt: skip
    return frame.astype(object).where(frame.notna(), None)


@given(file=files())
@example(file=(b"a,b\n1,2", "utf-8", ","))
@example(file=(b"a\n", "utf-8", ","))
def test_a_file_without_changes_keeps_its_bytes(tmp_path_factory, file):
    data, _, delimiter = file
    table = table_of(tmp_path_factory, data, delimiter=delimiter, chunk=5)
    assert rewritten(table) == data


@given(file=files(), seed=st.integers(0, 9), new=CELLS)
def test_a_change_is_read_by_pandas_and_nothing_else_differs(
    tmp_path_factory, file, seed, new
):
    data, encoding, delimiter = file
    table = table_of(tmp_path_factory, data, delimiter=delimiter)
    before = frame_of(table)
    assume(len(before))
    pd.testing.assert_frame_equal(
        before, by_pandas(data, encoding, delimiter), check_column_type=False
    )
    rng = np.random.default_rng(seed)
    row, column = rng.integers(before.shape[0]), rng.integers(before.shape[1])
    after = rewritten(table, ([row], [column], [new]))
    expected = before.copy()
    expected.iat[row, column] = new or None
    pd.testing.assert_frame_equal(
        by_pandas(after, encoding, delimiter), expected, check_column_type=False
    )
    # The bytes around the field are the old ones.
    chunk, mark = next(iter(table.chunks())), table.encoding.mark
    fields = [chunk._data[: chunk._starts[row, column]],
              chunk._data[chunk._ends[row, column] :]]  # fmt: skip
    before, behind = map(table.encoding.to_file, fields)
    assert after.startswith(mark + before)
    assert after.endswith(behind)


@given(file=files())
def test_both_ways_to_cut_fields_agree(file):
    data, encoding, delimiter = file
    data = data.decode(encoding).encode()
    fast = split_fields(data, ord(delimiter), final=True)
    slow = csv_fields._fields(
        data, *csv_fields._ends_one_by_one(data, ord(delimiter), True)
    )
    assert [part.tolist() for part in fast[:3]] == [part.tolist() for part in slow[:3]]


@given(
    text=st.text(st.sampled_from('a"",;\n\r'), max_size=12),
    cut=st.integers(0, 12),
)
def test_text_of_any_kind_is_cut_as_by_python_and_at_any_place(text, cut):
    data = text.encode()
    try:
        whole = split_fields(data, ord(","), final=True)
    except UnclosedQuoteError:
        return
    values = [unquote(f) if f.startswith('"') else f for f in cut_out(text, whole)]
    records = [
        values[first:last] for first, last in itertools.pairwise(whole.records.tolist())
    ]
    # Its module takes the names of lines from the text, so CR LF is given as it is.
    expected = list(csv.reader(io.StringIO(text, newline="")))
    assert [r for r in records if r != [""]] == [
        r for r in expected if r not in ([], [""])
    ]
    first = split_fields(data[:cut], ord(","), final=False)
    rest = split_fields(data[first.stop :], ord(","), final=True)
    starts = np.concatenate([first.starts, rest.starts + first.stop])
    assert starts.tolist() == whole.starts.tolist()


def cut_out(text, fields):
    return [text[s:e] for s, e in zip(fields.starts, fields.ends, strict=True)]


def test_names_are_those_of_pandas():
    for names in (["a", "a", "a.1"], ["a", "", "b", ""], ["a.1", "a", "a"], ["é", " "]):
        read = pd.read_csv(io.StringIO(",".join(names) + "\n" + "," * (len(names) - 1)))
        assert unique_names(names) == read.columns.tolist()


@pytest.mark.parametrize(
    "data, delimiter, names",
    [
        (b"a;b\n1,5;2,5\n", "semicolon", ["a", "b"]),
        (b"a,b;c\n1,2\n3,4\n", "comma", ["a", "b;c"]),
        (b"name\nSmith, John\nDoe, Jane\n", "none", ["name"]),
        (b'"a\tb"\t"c"\n1\t2\n', "tab", ["a\tb", "c"]),
        (b"#id|name\n1|x\n", "bar", ["#id", "name"]),
        (b"# of Ann, 2024\n# and Bob, 2025\na,b\n1,2\n", "comma", ["a", "b"]),
        (b"sep=;\na,x;b\n1;2\n", "semicolon", ["a,x", "b"]),
    ],
)
def test_delimiter_and_names_are_found(tmp_path_factory, data, delimiter, names):
    table = table_of(tmp_path_factory, data)
    assert table.dialect.delimiter_name == delimiter
    assert table.names == names
    assert rewritten(table) == data


def test_the_encoding_is_found_and_said(tmp_path_factory, monkeypatch):
    monkeypatch.setattr(csv_encoding, "BLOCK", 3)
    table = table_of(tmp_path_factory, "a,b\nxé,ü\n".encode())
    assert str(table) == "UTF-8, delimiter comma"
    table = table_of(tmp_path_factory, "a,b\nxé,€\n".encode("cp1252"))
    assert str(table) == (
        "cp1252, delimiter comma (it is not UTF-8 at byte 5; --encoding says another)"
    )
    assert frame_of(table).loc[0].tolist() == ["xé", "€"]
    table = table_of(tmp_path_factory, b"a,b\n\x81\xe9,1\n")
    assert str(table).startswith("latin-1, ")
    table = table_of(tmp_path_factory, "a,b\nж,1\n".encode("cp1251"), encoding="cp1251")
    assert frame_of(table).loc[0].tolist() == ["ж", "1"]


def test_a_new_value_is_quoted_only_where_it_must_be(tmp_path_factory):
    table = table_of(tmp_path_factory, b'a,b\n1,"2"\n3,4\n')
    change = ([0, 0, 1, 1], [0, 1, 0, 1], ["=1+1", "x", "#4", 'a"b'])
    assert rewritten(table, change) == b'a,b\n=1+1,"x"\n"#4","a""b"\n'
    one = table_of(tmp_path_factory, b"a\n1\n2\n")
    assert rewritten(one, ([0, 1], [0, 0], [None, "x,y"])) == b'a\n""\n"x,y"\n'
