"""A CSV file as chunks of text columns, written back with single fields replaced."""

import contextlib
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import pandas as pd

from skanomaly._cli.csv_dialect import find_dialect, is_comment
from skanomaly._cli.csv_encoding import find_encoding, read_blocks
from skanomaly._cli.csv_fields import (
    UnclosedQuoteError,
    line_number,
    split_fields,
    unquote,
)
from skanomaly._cli.errors import InputError
from skanomaly._cli.outputs import create

__all__ = ["CsvTable"]

CHUNK = 1 << 23  # bytes
HEAD = 1 << 20  # bytes in which header and delimiter are found
# A quote that is not closed would take the rest of the file for one field.
LONGEST_RECORD = 1 << 26


class CsvTable:
    """A CSV file whose cells are read as text, and whose bytes are kept.

    Parameters
    ----------
    path : str
        File, may be packed by gzip.
    name : str
        What it is called in messages.
    encoding, delimiter : str, default=None
        What the user says of the file; None finds it.
    chunk : int, default=None
        Bytes that are held at a time; None is `CHUNK`.
    """

    def __init__(self, path, *, name, encoding=None, delimiter=None, chunk=None):
        self.path, self.name = path, name
        self.chunk = chunk or CHUNK
        self.encoding = find_encoding(path, name, encoding)
        head, final = self._head()
        self.dialect = find_dialect(
            name,
            head,
            final=final,
            encoding=self.encoding.inner,
            delimiter=delimiter,
        )
        self.names = self.dialect.names
        self.left_out: dict[str, str] = {}  # columns that cannot be judged: why

    def __str__(self):
        text = f"{self.encoding}, delimiter {self.dialect.delimiter_name}"
        return text + (f" ({self.encoding.note})" if self.encoding.note else "")

    def chunks(self):
        """Yield the table from top to bottom, as `CsvChunk`.

        A piece of the file grows until it ends with a complete record.
        """
        place = Place(self.name, start=self.dialect.start)
        rest = b""
        for block in read_blocks(self.path, self.encoding):
            rest += block
            if len(rest) < self.chunk:
                continue
            fields = self._split(rest, place, final=False)
            if len(fields.starts):
                stop = place.start + fields.stop
                chunk = CsvChunk(self, rest[:stop], fields, place)
                yield chunk
                rest, place = rest[stop:], chunk.next_place
            elif len(rest) > LONGEST_RECORD:
                place.refuse(rest, place.start, "more than 64 MB; is a quote open?")
        yield CsvChunk(self, rest, self._split(rest, place, final=True), place)

    @contextlib.contextmanager
    def writer(self, path):
        """Yield what writes a chunk with some cells replaced, after those before it."""
        with create(path) as file:
            file.write(self.encoding.mark)
            yield lambda chunk, *changes: file.write(chunk.written(*changes))

    def _head(self):
        head = b""
        for block in read_blocks(self.path, self.encoding):
            if b"\0" in block:
                raise InputError(
                    f"{self.name}: holds NUL bytes, so it is no text in "
                    f"{self.encoding}; --encoding says another, such as utf-16-le."
                )
            head += block
            if len(head) > HEAD:
                return head, False
        return head, True

    def _split(self, data, place, *, final):
        body = data[place.start :]
        try:
            return split_fields(body, self.dialect.delimiter, final=final)
        except UnclosedQuoteError as error:
            place.refuse(data, place.start + error.offset, "a quote is never closed")


@dataclass(frozen=True)
class Place:
    """Where in a file a piece of it begins."""

    name: str
    start: int = 0  # offset in the piece of the first record; the header is before
    row: int = 0  # number of its first row
    line: int = 1  # number of its first line

    def refuse(self, data: bytes, offset: int, problem: str) -> NoReturn:
        """Say what is wrong with the file at this byte of the piece."""
        line = self.line - 1 + line_number(data, int(offset))
        raise InputError(f"{self.name}, line {line:,}: {problem}.")


class CsvChunk:
    """Some records of a `CsvTable`, and all bytes between them."""

    def __init__(self, table, data, fields, place):
        self.table = table
        self._data = data
        self._place = place
        self._starts, self._ends = self._spans(fields)

    def __len__(self):
        return len(self._starts)

    @property
    def next_place(self):
        """Where the next chunk begins."""
        line = self._place.line - 1 + line_number(self._data, len(self._data))
        return Place(self._place.name, 0, self._place.row + len(self), line)

    @property
    def labels(self):
        """Index labels of the rows: their numbers from 0, as pandas would count."""
        return self._place.row + np.arange(len(self))

    def frame(self, rows=None):
        """Return the cells as text, None where there is none; all rows or some."""
        rows = np.arange(len(self)) if rows is None else rows
        starts, ends = self._starts[rows], self._ends[rows]
        cells = self._cells(starts.ravel(), ends.ravel()).reshape(starts.shape)
        return pd.DataFrame(
            cells, columns=self.table.names, index=self.labels[rows], dtype=object
        )

    def written(self, rows, columns, values):
        """Return the bytes of this part of the file with some cells replaced."""
        order = np.lexsort((columns, rows))
        pieces, done = [], 0
        for i in order:
            start = self._starts[rows[i], columns[i]]
            end = self._ends[rows[i], columns[i]]
            new = self._field(rows[i], columns[i], values[i])
            pieces += [self._data[done:start], new]
            done = end
        pieces.append(self._data[done:])
        return self.table.encoding.to_file(b"".join(pieces))

    def _spans(self, fields):
        """Offsets of the fields of all rows, of shape (n_rows, n_columns)."""
        body = self._data[self._place.start :]
        n_columns = len(self.table.names)
        is_row = fields.counts == n_columns
        for record in np.flatnonzero(~is_row):
            self._check_no_row(body, fields, record)
        is_row &= ~_blank_lines(body, fields, n_columns)
        first = fields.records[:-1][is_row]
        index = first[:, None] + np.arange(n_columns)
        start = self._place.start
        return fields.starts[index] + start, fields.ends[index] + start

    def _check_no_row(self, body, fields, record):
        """Refuse a record of another length that is neither blank nor a comment."""
        n_fields, n_columns = fields.counts[record], len(self.table.names)
        first = fields.records[record]
        text = body[fields.starts[first] : fields.ends[first]]
        if n_fields == 1 and not text.strip():
            return
        if not is_comment(body, fields, record, n_columns):
            offset = self._place.start + fields.starts[first]
            self._place.refuse(
                self._data,
                offset,
                f"{n_fields} field{'s' if n_fields > 1 else ''}, but the header has "
                f"{n_columns} (delimiter {self.table.dialect.delimiter_name}; "
                "--delimiter says another)",
            )

    def _cells(self, starts, ends):
        """Cut the fields out, and take off their quotes."""
        encoding = self.table.encoding.inner
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        cells = np.empty(len(starts), dtype=object)
        if self._data.isascii():  # then bytes and characters have the same offsets
            text = self._data.decode("ascii")
            cells[:] = [text[s:e] for s, e in spans]
        else:
            cells[:] = [self._data[s:e].decode(encoding) for s, e in spans]
        opening = np.frombuffer(self._data, np.uint8)[np.minimum(starts, ends - 1)]
        quoted = np.flatnonzero((opening == b'"'[0]) & (ends > starts))
        cells[quoted] = [unquote(cell) for cell in cells[quoted]]
        cells[cells == ""] = None
        return cells

    def _field(self, row, column, value):
        """Write a value in the style of the field that it replaces."""
        text = "" if value is None or value is pd.NA or value != value else str(value)
        old = self._data[self._starts[row, column] : self._ends[row, column]]
        if old.startswith(b'"') or self._needs_quotes(text, column):
            text = '"' + text.replace('"', '""') + '"'
        try:
            return text.encode(self.table.encoding.inner)
        except UnicodeEncodeError as error:
            raise InputError(
                f"row {self._place.row + row}, column {self.table.names[column]!r}: "
                f"{text[error.start : error.end]!r} cannot be written in "
                f"{self.table.encoding}; convert the file to UTF-8 first."
            ) from None

    def _needs_quotes(self, text, column):
        delimiter = chr(self.table.dialect.delimiter)
        special = {'"', "\n", "\r", delimiter}
        if len(self.table.names) == 1:  # readers take a blank line for no row
            special |= set(",;\t|")
            if not text.strip():
                return True
        return not special.isdisjoint(text) or (column == 0 and text.startswith("#"))


def _blank_lines(body, fields, n_columns):
    """Records that are blank lines although they have as many fields as columns."""
    blank = np.zeros(len(fields.counts), bool)
    if n_columns == 1:
        first = fields.records[:-1]
        starts, ends = fields.starts[first].tolist(), fields.ends[first].tolist()
        blank[:] = [not body[s:e].strip() for s, e in zip(starts, ends, strict=True)]
    return blank
