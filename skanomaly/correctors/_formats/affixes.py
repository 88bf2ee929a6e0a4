"""Units, currencies and percent signs that some cells have and others have not."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from skanomaly.correctors._formats.column import Step
from skanomaly.correctors._formats.numbers import DropPointZero, is_float_form
from skanomaly.correctors._formats.numerals import (
    read_numeral,
    read_numerals,
    same_scale,
)
from skanomaly.correctors._formats.units import UNITS, fold_unit, named_units

__all__ = ["DropRemark", "WriteUnit", "learn_affixes", "several_units"]

# Words after the number that are no unit that is known: more of them than this, and
# nobody knows what the column holds.
MAX_UNKNOWN = 0.05
# Remarks after the unit ("12 oz. Silo Can") are exceptions up to this share of cells.
MAX_REMARKS = 0.1
# ... if without it this part of them is known from other cells.
MIN_KNOWN = 0.8
# A unit is dropped where so many cells are without it, written in another way where so
# many have it so, and written into the cells that lack it where so many have it so.
MIN_BARE, MIN_SPELLED, MIN_WRITTEN = 0.5, 0.6, 0.75
# Without a majority, cells without the unit are the rule if they are so many times as
# many as those of any other form.
BARE_LEAD = 2.0


@dataclass(frozen=True)
class DropRemark(Step):
    """Drop the words after the unit, in a column whose name says the unit."""

    remarks: tuple[str, ...]
    # Less than for other steps: a remark says something, if not the quantity.
    p_right: ClassVar[float] = 0.9

    def __str__(self):
        words = ", ".join(map(repr, self.remarks))
        return f"drop {words} after the unit"

    def rewrite(self, value):
        """Return the number and its unit only."""
        cell = read_numeral(value)
        if cell is None or cell.remark not in self.remarks:
            return value
        return cell._replace(remark="").write()


@dataclass(frozen=True)
class WriteUnit(Step):
    """Write one unit in one way: `before` and `after` the number, "" to drop it.

    `written` are the words for it in the cells of the column, the most frequent first.
    """

    unit: str
    before: str
    after: str
    written: tuple[str, ...] = ()

    def __str__(self):
        if self.before or self.after:
            return f"write the unit as in '{self.before}1{self.after}'"
        words = self.written or (self.unit,)
        kind = "the unit " if any(word[:1].isalpha() for word in words) else ""
        return f"drop {kind}" + " or ".join(f"'{word}'" for word in words)

    def rewrite(self, value):
        """Return the number with the unit as it should be; other units stay."""
        cell = read_numeral(value)
        if cell is None or cell.remark or cell.unit not in ("", self.unit):
            return value
        if self.after and _plural(cell) == self.after:
            return value
        return cell._replace(before=self.before, after=self.after).write()


def _plural(cell):
    """Return the text after the number as it would be for two: "1 hour" is right."""
    singular = abs(cell.number) <= 1 and cell.after[-1:].isalpha()
    return cell.after + "s" if singular else cell.after


def learn_affixes(column):
    """Return the steps that write the column's only unit in one way, or none at all."""
    cells = read_numerals(column)
    unit = None if cells is None else _only_unit(cells, column)
    if unit is None:
        return []
    named = unit in named_units(column.name)
    steps: list[Step] = _drop_remarks(cells, column) if named else []
    for step in steps:
        column = column.after(step)
    cells = [read_numeral(value) for value in column.values]
    form = _target(cells, column.counts, unit, named)
    if form is None:
        return []
    words = _words_for(unit, cells, column.counts)
    return [*steps, WriteUnit(unit, form[0], form[1], words), *_shorten(cells, form)]


def _words_for(unit, cells, counts):
    """How the cells write a unit, most frequent first; case and a dot are no matter."""
    rows: dict = {}
    for cell, n in zip(cells, counts.tolist(), strict=True):
        if cell is not None and cell.unit == unit:
            word = (cell.after or cell.before).strip()
            rows.setdefault(word.rstrip(".").casefold(), Counter())[word] += n
    most = sorted(rows.values(), key=lambda each: -each.total())
    return tuple(each.most_common(1)[0][0] for each in most)


def _shorten(cells, form):
    """Return the step that drops ".0" where no cell shows how a bare number looks."""
    all_units = all(cell is None or cell.unit for cell in cells)
    short = form == ("", "") and all_units and is_float_form(cells)
    return [DropPointZero()] if short else []


def _drop_remarks(cells, column):
    """Return the step, in a list, if other cells have the same without a remark."""
    has_remark = np.array([cell is not None and bool(cell.remark) for cell in cells])
    if not 0 < column.share(has_remark) <= MAX_REMARKS:
        return []
    bare = {_quantity(value) for value in column.values[~has_remark]}
    known = np.array([_quantity(value) in bare for value in column.values[has_remark]])
    rows = column.counts[has_remark]
    words = {cell.remark for cell in cells if cell is not None and cell.remark}
    enough = rows[known].sum() >= MIN_KNOWN * rows.sum()
    return [DropRemark(tuple(sorted(words)))] if enough else []


def _quantity(value):
    cell = read_numeral(value)
    return None if cell is None else cell.number


def several_units(column):
    """Return the known units of a column that has more than one, the usual one first.

    Which numbers are meant alike nobody says, so that none of them is converted.
    """
    cells = read_numerals(column)
    rows = {} if cells is None else _rows_of_units(cells, column)
    known = sorted((u for u in rows if fold_unit(u) in UNITS), key=lambda u: -rows[u])
    return tuple(known) if len(known) > 1 else ()


def _rows_of_units(cells, column):
    rows: dict = {}
    for cell, n in zip(cells, column.counts.tolist(), strict=True):
        if cell is not None and cell.unit:
            rows[cell.unit] = rows.get(cell.unit, 0) + n
    return rows


def _only_unit(cells, column):
    """Return the one unit that the cells have; None if there is none or another too."""
    rows = _rows_of_units(cells, column)
    if not rows:
        return None
    unit = max(rows, key=lambda u: (rows[u], u))
    others = {u: n for u, n in rows.items() if u != unit}
    known = [u for u in others if fold_unit(u) in UNITS]
    if known or sum(others.values()) > MAX_UNKNOWN * column.n_rows:
        return None
    return unit


def _target(cells, counts, unit, named):
    """Return the form (before, after) that the majority has; None: nothing to unify."""
    own = np.array(
        [c is not None and not c.remark and c.unit in ("", unit) for c in cells]
    )
    of_unit = [cell for cell, ok in zip(cells, own, strict=True) if ok]
    rows = _rows_of_forms(of_unit, counts[own])
    bare = rows.get(("", ""), 0)
    if len(rows) < 2 or (bare and not _same_scale(cells, counts, own)):
        return None
    if bare and not (named or _is_plain_unit(unit, rows)):
        return None
    return _majority(rows, named)


def _is_plain_unit(unit, forms):
    """Tell whether it is a unit for sure; "12d" beside "12" may be a flat."""
    written = {before + after for before, after in forms}
    return fold_unit(unit) in UNITS and not any(
        len(text) == 1 and text.isalpha() for text in written
    )


def _rows_of_forms(cells, counts):
    """Rows of each form; the singular after 1 is the form of the plural elsewhere."""
    there = {cell.form for cell in cells}
    rows: dict = {}
    for cell, n in zip(cells, counts.tolist(), strict=True):
        plural = cell.before, _plural(cell)
        form = plural if plural in there else cell.form
        rows[form] = rows.get(form, 0) + n
    return rows


def _majority(rows, named):
    """Return the form that enough cells have.

    If no form has half of them and the name of the column says the unit, nothing
    is lost without it.
    """
    form, *others = sorted(
        rows, key=lambda f: (rows[f], f == ("", ""), f), reverse=True
    )
    share = rows[form] / sum(rows.values())
    if form == ("", ""):
        leads = rows[form] >= BARE_LEAD * rows[others[0]]
        return form if leads or named or share >= MIN_BARE else None
    if share >= (MIN_WRITTEN if ("", "") in rows else MIN_SPELLED):
        return form
    return ("", "") if named and share < MIN_BARE else None


def _same_scale(cells, counts, own):
    """Tell whether numbers with the unit and without it are of the same kind.

    "5%" beside "0.05", or "0.5 kg" beside "500", are not.
    """
    number = np.array(
        [c.number if ok else np.nan for c, ok in zip(cells, own, strict=True)]
    )
    has_unit = np.array([bool(ok and c.unit) for c, ok in zip(cells, own, strict=True)])
    with_unit, without = own & has_unit, own & ~has_unit
    if counts[with_unit].sum() > counts[without].sum():
        with_unit, without = without, with_unit
    few = np.repeat(number[with_unit], counts[with_unit])
    many = np.repeat(number[without], counts[without])
    return same_scale(few, many)
