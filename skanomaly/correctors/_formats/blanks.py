"""Blanks, invisible characters and Unicode forms: what a reader does not see."""

import re
import unicodedata
from dataclasses import dataclass

import numpy as np

from skanomaly.correctors._formats.column import Step
from skanomaly.correctors._formats.numerals import read_numeral, read_numerals

__all__ = ["CleanCharacters", "learn_blanks"]

# The majority of the rows must be free of what is taken away.
MIN_CLEAN = 0.5
# At least this part of the changed rows must become a value, or get a shape, that the
# column is known to have. Else the blanks may be meant, and prose stays as it is.
MIN_PROVED = 0.8
# A shape that this part of the clean rows has is the column's own.
MIN_SHAPE = 0.9

# Zero-width blanks and joiners within a word are meant in some scripts, so the column
# must prove them wrong like everything else here.
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
INNER = re.compile(r"(?<=\S) {2,}(?=\S)")
ODD_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\t\r\n\v\f]")


def _fold_width(value):
    """Write full-width letters, digits and signs as plain ones."""
    return "".join(
        unicodedata.normalize("NFKC", c) if "\uff01" <= c <= "\uff5e" else c
        for c in value
    )


CLEANERS = {
    "remove invisible characters": lambda value: value.translate(INVISIBLE),
    "write plain blanks": lambda value: ODD_BLANK.sub(" ", value),
    "strip blanks at the ends": str.strip,
    "collapse repeated blanks": lambda value: INNER.sub(" ", value),
    "write full-width characters as plain ones": _fold_width,
    "compose letters and accents (Unicode NFC)": lambda value: unicodedata.normalize(
        "NFC", value
    ),
}


@dataclass(frozen=True)
class CleanCharacters(Step):
    """Write values without characters that a reader does not see.

    `what` is a key of CLEANERS.
    """

    what: str

    def __str__(self):
        return self.what

    def rewrite(self, value):
        """Return the value, cleaned; a value of nothing but blanks stays."""
        return CLEANERS[self.what](value) or value


def learn_blanks(column):
    """Yield the cleaning steps that the column proves, each after those before it."""
    for what in CLEANERS:
        step = CleanCharacters(what)
        if _is_proved(step, column):
            yield step
            column = column.after(step)


def _is_proved(step, column):
    """Tell whether what the step changes becomes what most other rows look like."""
    new = step.apply(column.values)
    changed = new != column.values
    if not changed.any() or column.share(changed) > 1 - MIN_CLEAN:
        return False
    known = set(column.values[~changed])
    proved = np.array([value in known for value in new[changed]])
    if not proved.all() and read_numerals(column) is not None:
        proved |= np.array([read_numeral(value) is not None for value in new[changed]])
    elif not proved.all():
        shapes = _own_shapes(column, ~changed)
        proved |= np.array([_shape(value) in shapes for value in new[changed]])
    rows = column.counts[changed]
    return rows[proved].sum() >= MIN_PROVED * rows.sum()


def _own_shapes(column, clean):
    """Return the shape of nearly all clean rows, if there is one and it is strict."""
    rows: dict = {}
    for value, n in zip(column.values[clean], column.counts[clean], strict=True):
        shape = _shape(value)
        rows[shape] = rows.get(shape, 0) + n
    return {s for s, n in rows.items() if n >= MIN_SHAPE * column.counts[clean].sum()}


def _shape(value):
    """Return the kinds of characters: runs of digits as 9, runs of letters as a."""
    shape = re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", value))
    # Words say nothing about what else is a word.
    return value if "a" in shape else shape
