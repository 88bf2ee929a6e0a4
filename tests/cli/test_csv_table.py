"""Bytes that do not change stay, and changed fields are what pandas reads."""

import gzip
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from skanomaly._cli import csv_encoding, csv_fields
from skanomaly._cli.csv_table import CsvTable
from skanomaly._cli.errors import InputError

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
        st.lists(
            st.lists(CELLS, min_size=len(names), max_size=len(names)), max_size=6
        )
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


@pytest.fixture(params=[1 << 22, 7], ids=["one chunk", "many chunks"])
def block(request, monkeypatch):
    monkeypatch.setattr(csv_encoding, "BLOCK", request.param)
    return request.param


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
    starts, ends = next(iter(table.chunks()))._starts, next(iter(table.chunks()))._ends
    if encoding == "utf-8":  # the bytes around the field are the old ones
        at, end = starts[row, column], ends[row, column]
        assert after.startswith(data[:at])
        assert after.endswith(data[end:])
