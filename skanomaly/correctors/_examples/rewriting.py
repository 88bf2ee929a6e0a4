"""Programs: what is done to one text, whatever the column."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from skanomaly.correctors._examples.pieces import Literal, Span, Word
from skanomaly.correctors._examples.tokens import tokens
from skanomaly.correctors._formats.numerals import read_numeral

__all__ = [
    "WHOLE",
    "Affix",
    "Constant",
    "Number",
    "Replace",
    "Taken",
    "Template",
    "Whole",
    "only_number",
    "write_number",
]


def _without_accents(text):
    parts = unicodedata.normalize("NFKD", text)
    return "".join(c for c in parts if not unicodedata.combining(c))


# What may be done to a whole text.
WHOLE: dict[str, Callable[[str], str]] = {
    "write in upper case": str.upper,
    "write in lower case": str.lower,
    "capitalize": str.capitalize,
    "capitalize each word": str.title,
    "strip blanks at the ends": str.strip,
    "collapse blanks": lambda text: " ".join(text.split()),
    "keep digits only": lambda text: re.sub(r"\D", "", text),
    "drop signs": lambda text: re.sub(r"[^\w\s]|_", "", text),
    "drop blanks": lambda text: re.sub(r"\s", "", text),
    "drop accents": _without_accents,
    "drop characters beyond ASCII": lambda text: re.sub(r"[^\x00-\x7f]", "", text),
}


class Program:
    """A rewriting of single texts: `rewrite` gives the text itself where it is none.

    `cost` is how much the program says: of two that do the same the cheaper is
    believed. `n_letters` counts the letters and digits that it writes by itself, which
    one example alone does not prove. `anywhere` says that its place is where it
    applies; others are for the patterns of their examples only. One that `settles` must
    leave alone what is right already.
    """

    anywhere: ClassVar[bool] = False
    settles: ClassVar[bool] = True

    @property
    def cost(self):
        """How much it says."""
        return 1.0

    @property
    def n_letters(self):
        """Letters and digits that it writes by itself."""
        return 0

    def rewrite(self, text):
        """Return the new text; what the program is not for stays.

        Subclasses write it.
        """
        raise NotImplementedError

    def written(self, source, old):
        """Return what a cell is to hold, given the text that it is made of."""
        return self.rewrite(old)


@dataclass(frozen=True)
class Whole(Program):
    """One of the functions of `WHOLE`."""

    what: str

    def __str__(self):
        return self.what

    def rewrite(self, text):
        """Return the text, rewritten."""
        return text if text is None else WHOLE[self.what](text)


@dataclass(frozen=True)
class Affix(Program):
    """Take something from the ends of a text, and put something there."""

    drop_before: str = ""
    drop_after: str = ""
    add_before: str = ""
    add_after: str = ""

    anywhere: ClassVar[bool] = True

    def __str__(self):
        said = {
            "drop {!r} at the start": self.drop_before,
            "drop {!r} at the end": self.drop_after,
            "put {!r} before": self.add_before,
            "put {!r} after": self.add_after,
        }
        return ", ".join(words.format(text) for words, text in said.items() if text)

    @property
    def cost(self):
        """How much it says."""
        n = len(self.drop_before + self.drop_after + self.add_before + self.add_after)
        return 2.0 + 0.1 * n + self.n_letters

    @property
    def n_letters(self):
        """Letters and digits that it adds, or writes something else for."""
        ends = (
            (self.drop_before, self.add_before), (self.drop_after, self.add_after),
        )  # fmt: skip
        changed = "".join(old + new for old, new in ends if new)
        return sum(map(str.isalnum, changed))

    def rewrite(self, text):
        """Return the text with other ends; one that has other ends stays."""
        before, after = len(self.drop_before), len(self.drop_after)
        if text is None or len(text) <= before + after:
            return text
        if not (text.startswith(self.drop_before) and text.endswith(self.drop_after)):
            return text
        inner = text[before : len(text) - after]
        if not before + after and self._has_affix(text):
            return text
        return self.add_before + inner + self.add_after

    def _has_affix(self, text):
        return text.startswith(self.add_before) and text.endswith(self.add_after)


@dataclass(frozen=True)
class Replace(Program):
    """Write one piece of text in the place of another, wherever it stands."""

    old: str
    new: str

    anywhere: ClassVar[bool] = True

    def __str__(self):
        if not self.new:
            return f"remove {self.old!r}"
        return f"replace {self.old!r} by {self.new!r}"

    @property
    def cost(self):
        """How much it says."""
        return 2.0 + 0.1 * len(self.old + self.new) + self.n_letters

    @property
    def n_letters(self):
        """Letters and digits that it writes, or takes away."""
        return sum(map(str.isalnum, self.old + self.new))

    def rewrite(self, text):
        """Return the text with the piece replaced."""
        return text if text is None else text.replace(self.old, self.new)


_NUMBER = re.compile(r"(?<![\d.,])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\d,]|\.\d)")


def only_number(text):
    """Return the only number of a text, its unit, and its digits as they are written.

    None if there is not just one.
    """
    cell = read_numeral(text)
    if cell is not None:
        digits = cell.sign.strip("+") + cell.digits.replace(",", "")
        return (cell.number, cell.unit, digits) if not cell.remark else None
    found = [digits.replace(",", "") for digits in _NUMBER.findall(text)]
    return (float(found[0]), "", found[0]) if len(found) == 1 else None


@dataclass(frozen=True)
class Number(Program):
    """Write the only number of a text, with so many decimals, and rescaled.

    `decimals` is None for the shortest form. `as_written` keeps the digits that are
    there, but for separators of thousands.
    """

    scale: float = 1.0
    decimals: int | None = None
    unit: str | None = None
    as_written: bool = False

    def __str__(self):
        said = ["keep the number" if self.as_written else "write the number short"]
        said += [f"of '{self.unit}'"] * (self.unit is not None)
        said += [f"times {self.scale:g}"] * (self.scale != 1)
        said += [f"with {self.decimals} decimals"] * (self.decimals is not None)
        return " ".join(said)

    @property
    def cost(self):
        """How much it says."""
        formed = 0.5 * (self.decimals is not None) + 0.2 * (not self.as_written)
        return 1.0 + (self.scale != 1) + formed

    def rewrite(self, text):
        """Return the number; what has none, several, or another unit, stays."""
        found = None if text is None else only_number(text)
        if found is None or (self.unit and found[1] != self.unit):
            return text
        if self.as_written:
            return found[2]
        return write_number(found[0] * self.scale, self.decimals)


def write_number(number, decimals):
    """Return a number as text, with so many decimals or as short as it can be."""
    if decimals is not None:
        return f"{number:.{decimals}f}"
    return f"{float(f'{number:.12g}'):.10f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Template(Program):
    """A text made of tokens of another one, in any order and form."""

    pieces: tuple[Span | Word | Literal, ...]

    settles: ClassVar[bool] = False

    def __str__(self):
        return "write " + " + ".join(map(str, self.pieces))

    @property
    def cost(self):
        """How much it says."""
        return 1.0 + sum(piece.cost for piece in self.pieces)

    @property
    def n_letters(self):
        """Letters and digits that it writes by itself."""
        return sum(getattr(piece, "n_letters", 0) for piece in self.pieces)

    def write(self, text):
        """Return the text made of the tokens of another; None if it lacks some."""
        parts = tokens(text) if text else ()
        written: list = (
            [piece.write(parts) for piece in self.pieces] if parts else [None]
        )
        return None if None in written else "".join(written)

    def rewrite(self, text):
        """Return the text made of its tokens; one that lacks some stays."""
        written = self.write(text)
        return text if written is None else written


@dataclass(frozen=True)
class Taken(Template):
    """A `Template` of the text in another column of the row."""

    column: str = ""

    def __str__(self):
        return f"take from '{self.column}': " + " + ".join(map(str, self.pieces))

    @property
    def cost(self):
        """How much it says: that it is another column, too."""
        return super().cost + 1.0

    def written(self, source, old):
        """Return the text made of the other column's, the old one if it lacks some."""
        text = self.write(source)
        return old if text is None else text


@dataclass(frozen=True)
class Constant(Program):
    """Write one value for another; None is a missing one."""

    old: str | None
    new: str | None

    anywhere: ClassVar[bool] = True

    def __str__(self):
        return f"write {self.new!r} for {self.old!r}"

    @property
    def cost(self):
        """More than any other program: it says nothing about other values."""
        return 8.0 + 0.1 * len(self.new or "")

    def rewrite(self, text):
        """Return the new value for the old one."""
        return self.new if text == self.old else text
