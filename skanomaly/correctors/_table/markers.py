"""Texts that stand for "no value".

Some are never anything else ("", "N/A", "null"). Others are values in some columns:
"NA" is Namibia, "-" is the opposite of "+", "none" is less than "mild". For these the
other values of the column decide.
"""

from dataclasses import dataclass
from numbers import Number

import numpy as np

__all__ = ["Markers", "own_markers", "possible_markers"]

SURE = frozenset(
    {
        "", "n/a", "#n/a", "#n/a n/a", "#na", "<na>", "n.a.", "n.a", "nan", "-nan",
        "nat", "<nat>", "null", "(null)", "<null>", "#null!", "(none)", "<none>",
        "\\n", "\\\\n", "#value!", "#ref!", "#div/0!", "#name?", "#num!",
    }
)  # fmt: skip
MARKS = frozenset(
    {"-", "--", "---", "?", "??", "???", ".", "..", "...", "_", "\u2013", "\u2014"}
)
UNKNOWN = frozenset(
    {
        "unknown", "missing", "undefined", "unspecified", "not specified",
        "not available", "not known", "no data", "tbd",
    }
)  # fmt: skip
NOTHING = frozenset({"none", "nil", "not applicable"})
NAMES = frozenset({"Nan", "Null"})  # people are called so
POSSIBLE = SURE | MARKS | UNKNOWN | NOTHING | {"na"}

# A word for "unknown" in more of the cells than this is a category like any other.
RARE = 0.2
# A column with more other values is an open list (names, towns) and no scale, on which
# "none" could be the lowest step.
OPEN_LIST = 20


@dataclass(frozen=True)
class Markers:
    """What stands for a missing value in one column.

    `texts` are in lower case and without outer blanks, `numbers` are the user's own.
    `names` says whether "Nan" and "Null" are names here.
    """

    texts: frozenset = frozenset()
    numbers: frozenset = frozenset()
    names: bool = False

    def marks(self, values):
        """Which of the distinct values stand for none."""
        if not self.numbers and set(map(type, values)) == {float}:
            return np.zeros(len(values), bool)
        return np.array([self._is_marker(value) for value in values], dtype=bool)

    def _is_marker(self, value):
        if isinstance(value, str):
            text = value.strip()
            return _plain(text) in self.texts and not (self.names and text in NAMES)
        if isinstance(value, Number) and not isinstance(value, bool | np.bool_):
            return value in self.numbers
        return False

    @classmethod
    def of_text(cls, possible, own, values, counts):
        """Choose among the possible markers by the other values of a column of text."""
        own_texts, own_numbers = own
        marks = possible.marks(values)
        others = [v for v, m in zip(values, marks, strict=True) if not m]
        shares: dict = {}  # of several spellings together
        for text, count in zip(values[marks], counts[marks], strict=True):
            word = _plain(text) if isinstance(text, str) else ""
            shares[word] = shares.get(word, 0) + count / counts.sum()
        kept = _values_here(others, shares)
        names = len(others) > OPEN_LIST
        return cls((possible.texts - kept) | own_texts, own_numbers, names)


def own_markers(missing_values):
    """Texts and numbers that the user names."""
    if missing_values is None or isinstance(missing_values, str):
        return frozenset(), frozenset()
    texts = frozenset(_plain(m) for m in missing_values if isinstance(m, str))
    return texts, frozenset(m for m in missing_values if not isinstance(m, str))


def possible_markers(missing_values):
    """All that may stand for a missing value; what it is depends on the column."""
    if missing_values is None:
        return Markers()
    texts, numbers = own_markers(missing_values)
    return Markers(POSSIBLE | texts, numbers)


def _values_here(others, shares):
    """Possible markers that are values in a column of text; `shares` are theirs."""
    if not others:  # a column of nothing but "unknown" says that, and no more
        return POSSIBLE - SURE
    kept = {w for w in UNKNOWN if shares.get(w, 0) > RARE}
    if _many(others, _is_code):
        kept.add("na")
    if any(_is_mark(v) for v in others):
        kept |= MARKS
    closed = len(others) <= OPEN_LIST
    kept |= {w for w in NOTHING if shares.get(w, 0) > (0 if closed else RARE)}
    return frozenset(kept)


def _many(others, test):
    """Whether two or more of the other values, and most of them, pass a test."""
    passed = sum(map(test, others))
    return passed >= 2 and 2 * passed > len(others)


def _is_code(value):
    """Two letters, as in the codes of countries and of chemical elements."""
    return isinstance(value, str) and len(value) == 2 and value.isalpha()


def _is_mark(value):
    """Signs alone, such as "+" beside "-"."""
    return isinstance(value, str) and not any(c.isalnum() for c in value)


def _plain(text):
    return text.strip().lower()
