"""What users do to tables: typing errors, wrong rows of a list, lost zeros, and more.

All of it happens to text, as in a CSV file. A kind is a function of the right cell, a
generator and the right cells of its column; where what it writes is what was there,
another row is tried.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

KEYBOARD = ("1234567890", "qwertzuiop", "asdfghjkl", "yxcvbnm")
MARKERS = ("", "", "", "N/A", "-", "?", "NULL", "unknown")
LAYOUTS = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y-%m-%d %H:%M", "%Y-%m",
           "%d-%b-%Y")  # fmt: skip
COPIED = 0.003  # share of the rows that are entered twice, one cell of the copy wrong
SWAPPED = 0.004  # share of the rows in which two cells changed places
BLOCK = 6  # rows in a row whose cells changed places
REPEATED = (0.01, 0.02)  # share of a group that has the same wrong value
SHARE = (0.02, 0.04)  # share of the cells of a column that are wrong


@dataclass(frozen=True)
class Plan:
    """What goes wrong in a table: kinds by column, columns that are taken for others.

    `repeated` is a column and the column whose most common values are its groups.
    """

    kinds: dict
    swaps: tuple = ()
    repeated: tuple = field(default=())


def _typo(cell, rng, _):
    """Drop, double, exchange or mishit one letter."""
    if len(cell) < 2:
        return cell + cell
    at, kind = rng.integers(len(cell)), rng.integers(4)
    if kind == 2:
        at = min(at, len(cell) - 2)
        return cell[:at] + cell[at + 1] + cell[at] + cell[at + 2 :]
    instead = {0: "", 1: 2 * cell[at], 3: _beside(cell[at], rng)}[kind]
    return cell[:at] + instead + cell[at + 1 :]


def _beside(letter, rng):
    """Key beside a key, in the same case."""
    for row in KEYBOARD:
        at = row.find(letter.lower())
        if at >= 0:
            near = row[max(at - 1, 0) : at] + row[at + 1 : at + 2]
            found = near[rng.integers(len(near))]
            return found.upper() if letter.isupper() else found
    return letter


def _case(cell, rng, _):
    return (cell.upper(), cell.lower(), cell.swapcase())[rng.integers(3)]


def _blanks(cell, rng, _):
    return (cell + " ", " " + cell, cell.replace(" ", "  ", 1) + " ")[rng.integers(3)]


def _foreign(cell, rng, cells):
    """Another cell of the column: by how often it is there, or any value."""
    pool = cells if rng.random() < 0.5 else pd.unique(cells)
    return pool[rng.integers(len(pool))]


def _missing(cell, rng, _):
    return MARKERS[rng.integers(len(MARKERS))]


def _cut(cell, rng, _):
    return cell[: max(3, int(0.6 * len(cell)))]


def _encoding(cell, rng, _):
    """UTF-8 that was read as Latin-1; rows without such letters are passed over."""
    return cell.encode().decode("latin-1")


def _zeros(cell, rng, _):
    return cell.lstrip("0") if cell.isdigit() else cell


def _times(factor):
    def wrong(cell, rng, _):
        digits = len(cell.partition(".")[2])
        return f"{float(cell) * factor:.{digits}f}"

    return wrong


def _sign(cell, rng, _):
    return cell.lstrip("-") if cell.startswith("-") else "-" + cell


def _comma(cell, rng, _):
    return cell.replace(".", ",")


def _layout(cells):
    """How the dates of a column are written; two hundred of them tell."""
    cells = cells[:200]
    for layout in LAYOUTS:
        if pd.to_datetime(cells, format=layout, errors="coerce").notna().all():
            return layout
    raise ValueError(f"No layout of dates fits {cells[:3]}.")


def _shift(cell, rng, cells):
    """Wrong month or year."""
    layout = _layout(cells)
    away = pd.DateOffset(
        **({"years": 1}, {"months": 1}, {"years": 10})[rng.integers(3)]
    )
    day = pd.to_datetime(cell, format=layout)
    return (day - away if rng.random() < 0.5 else day + away).strftime(layout)


def _epoch(cell, rng, cells):
    return pd.Timestamp("1970-01-01").strftime(_layout(cells))


def _day_month(cell, rng, cells):
    """Day and month exchanged, where that is a date."""
    layout = _layout(cells)
    other = layout.replace("%d", "%#").replace("%m", "%d").replace("%#", "%m")
    day = pd.to_datetime(cell, format=other, errors="coerce")
    return cell if day is pd.NaT else day.strftime(layout)


KINDS = {
    "typo": _typo, "case": _case, "blanks": _blanks, "foreign": _foreign,
    "missing": _missing, "cut": _cut, "encoding": _encoding, "zeros": _zeros,
    "x10": _times(10), "x100": _times(100), "sign": _sign, "comma": _comma,
    "shift": _shift, "1970": _epoch, "day-month": _day_month,
}  # fmt: skip
DATES = ("shift", "1970", "day-month")


def spoil(text, plan, rng):
    """Return the dirty table, the right one (with rows twice) and the planted cells."""
    right = _copied(text, rng)
    dirty = right.copy()
    planted = [*_swap(dirty, right, plan, rng), *_repeat(dirty, right, plan, rng)]
    for column in plan.kinds:
        planted += _spoil_column(dirty, right, column, plan.kinds[column], rng)
    planted += _spoil_copies(dirty, right, plan, len(text), rng)
    cells = pd.DataFrame(planted, columns=["row", "column", "kind"])
    cells = cells.drop_duplicates(["row", "column"], keep="last")
    at = cells["row"], right.columns.get_indexer(cells["column"])
    is_wrong = dirty.to_numpy()[at] != right.to_numpy()[at]
    return dirty, right, cells[is_wrong].reset_index(drop=True)


def _copied(text, rng):
    """Append some rows once more, as who enters a form twice does."""
    rows = rng.choice(len(text), max(3, int(COPIED * len(text))), replace=False)
    return pd.concat([text, text.iloc[rows]], ignore_index=True)


def _spoil_copies(dirty, right, plan, n_rows, rng):
    """One cell of each copied row, by a kind that its column is spoilt by."""
    dirty.iloc[n_rows:] = right.iloc[n_rows:]
    for row in range(n_rows, len(right)):
        column = rng.choice(list(plan.kinds))
        kind = rng.choice(plan.kinds[column])
        if _write(dirty, right, row, column, kind, rng):
            yield row, column, "copy, " + kind


def _spoil_column(dirty, right, column, kinds, rng):
    """Kinds in turn, in as many rows as they can be written into."""
    rows = iter(rng.permutation(len(right)))
    for k in range(round(rng.uniform(*SHARE) * len(right))):
        kind = kinds[k % len(kinds)]
        for row in rows:
            if _write(dirty, right, row, column, kind, rng):
                yield row, column, kind
                break


def _write(dirty, right, row, column, kind, rng):
    """Write a wrong cell; False where there is nothing to spoil."""
    cells = right[column].to_numpy()
    cell = cells[row]
    if not cell:
        return False
    wrong = KINDS[kind](cell, rng, cells[cells != ""] if kind in DATES else cells)
    dirty.iat[row, dirty.columns.get_loc(column)] = wrong
    return wrong != cell


def _swap(dirty, right, plan, rng):
    """Two cells of a row, in single rows and in some rows in a row."""
    for pair in plan.swaps:
        single = rng.choice(len(right), int(SWAPPED * len(right)), replace=False)
        block = rng.integers(len(right) - BLOCK) + np.arange(BLOCK)
        rows, at = np.union1d(single, block), right.columns.get_indexer(pair)
        dirty.iloc[rows, at] = right.iloc[rows, at[::-1]].to_numpy()
        yield from ((row, column, "swap") for row in rows for column in pair)


def _repeat(dirty, right, plan, rng):
    """One common value, in place of others in a part of one common group."""
    if not plan.repeated:
        return
    column, by = plan.repeated
    group = right[by].value_counts().index[rng.integers(2)]
    here = right[column].where(right[by] == group).dropna()
    others = right[column][right[column] != here.mode()[0]].value_counts().index
    value = others[rng.integers(min(3, len(others)))]
    rows = here.index[here != value]
    n_rows = max(5, round(rng.uniform(*REPEATED) * len(here)))
    rows = rng.choice(rows, min(n_rows, len(rows)), replace=False)
    dirty.loc[rows, column] = value
    yield from ((row, column, "repeated") for row in rows)
