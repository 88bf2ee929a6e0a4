"""What a CSV file looks like: its delimiter, its header, what stands before it."""

import re
from dataclasses import dataclass
from itertools import count, pairwise

import numpy as np

from skanomaly._cli.csv_fields import UnclosedQuoteError, split_fields, unquote
from skanomaly._cli.errors import InputError

__all__ = ["Dialect", "decode_field", "find_dialect", "is_comment", "unique_names"]

DELIMITERS = b",;\t|"
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
# A table of one column has no delimiter: this one is hardly ever in a text.
NONE = 0x1F
SPACE = b" "[0]
DIRECTIVE = re.compile(rb'"?sep=(.)"?(\r\n|\r|\n)')  # the first line that Excel reads


@dataclass(frozen=True)
class Dialect:
    """Delimiter and header of a CSV file."""

    delimiter: int
    names: list  # one for each column, unique, as pandas would name them
    start: int  # offset of the first byte behind the header
    line: int  # number of the header's line

    @property
    def delimiter_name(self):
        """Name of the delimiter for people."""
        char = chr(self.delimiter)
        return "none" if self.delimiter == NONE else NAMES.get(char, repr(char))


def find_dialect(name, head, *, final, encoding, delimiter=None):
    """Find the dialect from the beginning of a file.

    Parameters
    ----------
    name : str
        What the file is called, for messages.
    head : bytes
        First bytes of it, without byte order mark.
    final : bool
        Whether that is all of it.
    encoding : str
        Encoding of these bytes.
    delimiter : str, default=None
        Delimiter that the user named.
    """
    directive = DIRECTIVE.match(head)
    skipped = directive.end() if directive else 0
    body = head[skipped:]
    if delimiter is not None:
        chosen = ord(delimiter)
    else:
        chosen = directive[1][0] if directive else _sniff(body, final)
    fields = _split(name, body, chosen, final)
    index = _header(body, fields)
    if index is None:
        raise InputError(f"{name}: the file is empty: there is no line of names.")
    first, last = fields.records[index], fields.records[index + 1]
    spans = zip(fields.starts[first:last], fields.ends[first:last], strict=True)
    names = unique_names([decode_field(body[s:e], encoding) for s, e in spans])
    end = fields.starts[last] if last < len(fields.starts) else fields.stop
    line = 1 + len(re.findall(rb"\r\n|\r|\n", head[: skipped + fields.starts[first]]))
    return Dialect(chosen, names, skipped + int(end), line)


def decode_field(raw, encoding):
    """Return the value of a field as text."""
    text = raw.decode(encoding)
    return unquote(text) if text.startswith('"') else text


def is_comment(data, fields, record, n_columns):
    """Whether a record is a line that begins with "#" and is no row of the table."""
    start = fields.starts[fields.records[record]]
    return data[start : start + 1] == b"#" and fields.counts[record] != n_columns


def _split(name, data, delimiter, final):
    try:
        return split_fields(data, delimiter, final=final)
    except UnclosedQuoteError:
        # A later line may be at fault; the header alone must be readable.
        cut = max(data.find(b"\n"), data.find(b"\r")) + 1
        if not cut:
            raise InputError(f"{name}, line 1: a quote is never closed.") from None
        return split_fields(data[:cut], delimiter, final=False)


def _sniff(data, final):
    """Delimiter with which most lines have as many fields as the header."""
    best, most = NONE, (0.0, 1)
    for delimiter in DELIMITERS:
        fields = _split("the file", data, delimiter, final)
        index = _header(data, fields)
        if index is None or fields.counts[index] < 2:
            continue
        agree = float(np.mean(fields.counts[index:] == fields.counts[index]))
        if (agree, int(fields.counts[index])) > most:
            best, most = delimiter, (agree, int(fields.counts[index]))
    return best


def _header(data, fields):
    """Index of the first record that is neither blank nor a comment, or None."""
    spans = [
        (i, data[fields.starts[first] : fields.ends[last - 1]].strip())
        for i, (first, last) in enumerate(pairwise(fields.records[:1000]))
    ]
    marked = None
    for i, text in spans:
        if text and not text.startswith(b"#"):
            # "#id,name" is a header, "# made on Monday, by Ann" is none.
            spaced = marked is None or data[fields.starts[fields.records[marked]] + 1]
            same = marked is not None and fields.counts[marked] == fields.counts[i]
            return marked if same and fields.counts[i] > 1 and spaced != SPACE else i
        marked = i if text else marked
    return marked


def unique_names(names):
    """Name columns as pandas does: "Unnamed: 2" without a name, "a.1" for a second."""
    named = [name or f"Unnamed: {j}" for j, name in enumerate(names)]
    taken, used, unique = set(named), set(), []
    for name in named:
        numbered = (f"{name}.{i}" for i in count(1))
        new = name
        if name in used:
            new = next(n for n in numbered if n not in taken and n not in used)
        used.add(new)
        unique.append(new)
    return unique
