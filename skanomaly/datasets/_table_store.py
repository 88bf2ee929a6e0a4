"""Tables of strings: how they are read, and converted from downloads."""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from functools import cache
from html import unescape

from skanomaly.datasets._store import DataFile, check_copy, damaged, locate

# The characters that Raha collapses; no others, so that counts of errors agree.
BLANKS = "\t\n "


@dataclass(frozen=True)
class TableFile(DataFile):
    """A CSV file with a header, whose cells are strings, and its public origin."""

    def save(self, path, content):
        """Write the table that `convert` made."""
        content.to_csv(path, index=False)

    def digest(self, content):
        """Return the SHA-256 of the cells, without the header."""
        cells = content.to_csv(index=False, header=False, lineterminator="\n")
        return hashlib.sha256(cells.encode()).hexdigest()


def load_table(file, data_home=None, download_if_missing=True):
    """Return a :class:`TableFile` as a frame of strings, downloaded if necessary."""
    path = locate(file, data_home, download_if_missing)
    try:
        frame = read_strings(path)
    except (ValueError, MemoryError) as error:
        reason = f"no CSV file with a header: {error}"
        raise damaged(path, reason) from error
    check_copy(file, path, frame)
    return frame


def read_strings(path, **options):
    """Read a CSV file without guessing types: "007" stays, and "NA" is a value."""
    import pandas as pd

    return pd.read_csv(path, dtype=str, keep_default_na=False, **options)


def as_numbers(frame):
    """Return a frame of strings with fully numeric columns converted to numbers."""
    import pandas as pd

    return pd.read_csv(io.StringIO(frame.to_csv(index=False)), keep_default_na=False)


def normalize(frame):
    """Return strings as Raha compares them: entities resolved, blanks collapsed."""
    return frame.map(cache(_normalized))


def _normalized(value):
    words = unescape(value).translate(dict.fromkeys(map(ord, BLANKS), " ")).split(" ")
    return " ".join(word for word in words if word)


def read_pair_file(paths):
    """Return a dirty or a clean table of Raha."""
    return read_strings(paths[0])


def read_bank(paths):
    """Return "bank-additional-full" of UCI: an archive inside an archive."""
    import pandas as pd

    with zipfile.ZipFile(paths[0]) as archive:
        inner = io.BytesIO(archive.read("bank-additional.zip"))
    with zipfile.ZipFile(inner) as archive:
        content = archive.read("bank-additional/bank-additional-full.csv")
    # Types are guessed once, so that 5191 in a column of fractions becomes 5191.0.
    frame = pd.read_csv(io.BytesIO(content), sep=";", keep_default_na=False)
    return read_strings(io.StringIO(frame.to_csv(index=False)))


def reader_of_uci(names):
    """Return a function that reads a file of UCI, which has no header."""

    def convert(paths):
        options = {"header": None, "names": list(names), "skipinitialspace": True}
        return read_strings(paths[0], index_col=False, **options)

    return convert
