"""UTF-8 that was read as Windows-1252: "Zürich" that has become "ZÃ¼rich"."""

import re
from dataclasses import dataclass

import numpy as np

from skanomaly.correctors._formats.column import Step

__all__ = ["ReadAsUtf8", "learn_encoding"]

# Letters with marks, and signs that word processors put in: what comes out is nothing
# else. Of other scripts a few letters come out of rightly written text, too.
PLAUSIBLE = re.compile("[\u0000-\u007f\u00a0-\u017f\u2010-\u2026\u20ac\u2122]*")


@dataclass(frozen=True)
class ReadAsUtf8(Step):
    """Undo that the bytes of UTF-8 were taken for characters of Windows-1252."""

    def __str__(self):
        return "read misread UTF-8 again"

    def rewrite(self, value):
        """Return the text that was meant; what was not misread stays."""
        if value.isascii():
            return value
        try:
            text = b"".join(map(_byte, value)).decode("utf-8")
        except UnicodeError:
            return value
        return text if PLAUSIBLE.fullmatch(text) else value


def _byte(character):
    """The byte that was taken for a character; five of them have no letter."""
    if "\x80" <= character <= "\x9f":
        return character.encode("latin-1")
    return character.encode("cp1252")


def learn_encoding(column):
    """Return the step where most cells with such characters have them right."""
    step = ReadAsUtf8()
    new = step.apply(column.values)
    misread = (new != column.values).astype(bool)
    if not misread.any():
        return []
    right = set("".join(column.values[~misread]))
    marked = np.array([not value.isascii() for value in column.values]) & ~misread
    known = all(set(text) <= right | set(map(chr, range(128))) for text in new[misread])
    enough = column.share(marked) >= column.share(misread)
    return [step] if known and enough else []
