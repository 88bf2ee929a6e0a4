"""Where the fields of a CSV text begin and end, in bytes.

The rules are those of pandas' parser: a quote opens a field only where it stands at its
beginning, two of them are one inside it, and a line ends with LF, CR LF or CR.
"""

import re
from typing import NamedTuple

import numpy as np

__all__ = ["Fields", "UnclosedQuoteError", "line_number", "split_fields", "unquote"]

QUOTE, LF, CR = b'"'[0], b"\n"[0], b"\r"[0]


class UnclosedQuoteError(Exception):
    """A quoted field has no end; `offset` is the byte at which it begins."""

    def __init__(self, offset):
        super().__init__(offset)
        self.offset = offset


class Fields(NamedTuple):
    """Fields of complete records, in the order of the text."""

    starts: np.ndarray  # (n_fields,) offsets in bytes, quotes included
    ends: np.ndarray  # (n_fields,)
    records: np.ndarray  # (n_records + 1,) index of the first field of each record
    stop: int  # offset behind the last complete record

    @property
    def counts(self):
        """Number of fields of each record."""
        return np.diff(self.records)


def split_fields(data, delimiter, *, final):
    """Split the complete records of a text.

    Parameters
    ----------
    data : bytes
        Text in an encoding in which ASCII characters are single bytes. It begins where
        a record begins.
    delimiter : int
        Byte between fields.
    final : bool
        Whether the text ends with `data`, so that its last record is complete.

    Returns
    -------
    Fields
        What is behind `stop` belongs to a record whose end is not in `data`.
    """
    text = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(text == QUOTE)
    if _opens_inside(text, quotes[::2], delimiter):
        return _fields(data, *_ends_one_by_one(data, delimiter, final))
    if final and len(quotes) % 2:
        raise UnclosedQuoteError(int(quotes[-1]))
    ends = np.flatnonzero((text == delimiter) | (text == LF) | (text == CR))
    if len(quotes):
        ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
    is_line = text[ends] != delimiter
    return _fields(data, *_whole_records(text, ends, is_line, final))


def unquote(field):
    """Return the value of a field that begins with a quote, as text."""
    if field.endswith('"') and len(field) > 1:
        inside = field[1:-1]
        if '"' not in inside.replace('""', ""):
            return inside.replace('""', '"')
    # What stands behind the closing quote belongs to the value. Splitting has seen that
    # the quote is closed, so that the pattern always matches.
    inside, rest = re.fullmatch(r'"((?:[^"]++|"")*+)"(.*)', field, re.DOTALL).groups()  # type: ignore[union-attr]
    return inside.replace('""', '"') + rest


def line_number(data, offset):
    """Number of the line of a text in which this byte stands, from 1."""
    before = data[:offset]
    return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")


def _opens_inside(text, openings, delimiter):
    """Whether an opening quote stands neither at the start of a field nor doubled."""
    openings = openings[1:] if len(openings) and openings[0] == 0 else openings
    before = text[openings - 1]
    return not np.isin(before, np.array([delimiter, LF, CR, QUOTE], np.uint8)).all()


def _whole_records(text, ends, is_line, final):
    """Keep the ends of fields that belong to complete records."""
    second = is_line & (ends > 0) & (text[ends] == LF) & (text[ends - 1] == CR)
    ends, is_line = ends[~second], is_line[~second]  # CR LF is one end
    if final and len(text) and text[-1] not in (LF, CR):
        # An empty last field counts, an empty last line does not.
        return np.append(ends, len(text)), np.append(is_line, True)
    if not final and len(ends) and ends[-1] == len(text) - 1 and text[-1] == CR:
        is_line[-1] = False  # LF may come next
    last = np.flatnonzero(is_line)[-1:]
    keep = int(last[0]) + 1 if len(last) else 0
    return ends[:keep], is_line[:keep]


def _fields(data, ends, is_line):
    if not len(ends):
        none = np.zeros(0, np.int64)
        return Fields(none, none, np.zeros(1, np.int64), 0)
    text = np.frombuffer(data, np.uint8)
    after = np.minimum(ends + 1, len(text))
    ahead = text[np.minimum(after, len(text) - 1)]
    here = text[np.minimum(ends, len(text) - 1)]
    after += (after < len(text)) & (here == CR) & (ahead == LF)
    starts = np.concatenate([[0], after[:-1]])
    records = np.concatenate([[0], np.flatnonzero(is_line) + 1])
    return Fields(starts, ends, records, int(after[-1]))


def _ends_one_by_one(data, delimiter, final):
    """Ends of fields where quotes stand inside of fields; fifty times slower."""
    d = re.escape(bytes([delimiter]))
    field = re.compile(
        rb'(?:"(?:[^"]++|"")*+"[^%b\r\n]*+|(?!")[^%b\r\n]*+)(%b|\r\n|[\r\n]|\Z)'
        % (d, d, d)
    )
    ends, is_line, at = [], [], 0
    while at < len(data) and (found := field.match(data, at)):
        ends.append(found.start(1))
        is_line.append(found[1] != bytes([delimiter]))
        at = found.end()
    return _trim(data, ends, is_line, at, final)


def _trim(data, ends, is_line, at, final):
    """Leave out the record that the text breaks off in, unless it is the last one."""
    if final and at < len(data):
        raise UnclosedQuoteError(at)
    ends, is_line = np.array(ends, np.int64), np.array(is_line, bool)
    if final:
        if len(ends) and not is_line[-1]:  # a delimiter is the last character
            ends, is_line = np.append(ends, len(data)), np.append(is_line, True)
        return ends, is_line
    broken = (ends >= len(data)) | ((ends == len(data) - 1) & data.endswith(b"\r"))
    is_line &= ~broken
    last = np.flatnonzero(is_line)[-1:]
    keep = int(last[0]) + 1 if len(last) else 0
    return ends[:keep], is_line[:keep]
