"""Say in a sentence why a cell was changed, or looks wrong.

The layers know why, and write it where they know it. What only a whole change tells,
the old and the new spelling or the row around it, is put into words here.
"""

import numpy as np
import pandas as pd

from skanomaly.correctors._table.values import TEXT, family_of, key_text, keys_of

__all__ = ["BROKEN", "MISSING_CELL", "quoted", "readable_bounds", "sentences"]

# What row reports say of rows that a constraint forbids, or that a person corrected.
BROKEN, BY_HAND = "breaks a constraint", "judged by hand"
MISSING_CELL = "missing cell"
# Longer texts are cut: a sentence is to be read.
MAX_LENGTH = 60
SECONDS_A_DAY = 86_400
DATES = ("date", "date with zone")


def quoted(value):
    """A value as a sentence shows it: texts in quotes, others plainly."""
    family = family_of(value)
    if isinstance(value, str):
        cut = value if len(value) <= MAX_LENGTH else value[: MAX_LENGTH - 1] + "…"
        return f"'{cut}'"
    if family == TEXT or pd.isna(value):
        return str(value)
    return key_text(family, keys_of(family, np.array([value], dtype=object))[0])


def sentences(repair, cells, columns, names, old, new):
    """Reason and kind of each change or flag, two arrays of str.

    Parameters
    ----------
    repair : Repair
    cells, columns : int arrays of shape (m,)
        Where the cells stand.
    names : sequence of str
        Names of all columns.
    old, new : object arrays of shape (m,)
        The values; `new` is None where the old one stays.
    """
    reasons, kinds = _noted(repair.notes, cells, columns)
    n_changes = np.bincount(cells, [value is not None for value in new])
    for i in np.flatnonzero(reasons == ""):
        name, row = names[columns[i]], cells[i]
        if kinds[i]:
            reasons[i] = _of_format(name, old[i], new[i], kinds[i])
        elif new[i] is None:
            kinds[i], reasons[i] = "unsure", f"{name} {quoted(old[i])} looks wrong"
        else:
            before, after = repair.p_before[row], repair.p_after[row]
            what = _change(name, old[i], new[i])
            if n_changes[row] > 1:
                what += f" and {n_changes[row] - 1:.0f} more"
            kinds[i], reasons[i] = _of_row(what, repair.reason[row], before, after)
    return reasons, kinds


def _noted(notes, cells, columns):
    if notes is None:
        nothing = np.full(len(cells), "", dtype=object)
        return nothing, nothing.copy()
    return notes.reason[cells, columns], notes.kind[cells, columns]


def _of_format(name, old, new, steps):
    if pd.isna(old) or (isinstance(old, str) and not old.strip()):
        gets = "" if new is None else f" and gets {quoted(new)}"
        return f"{name} is empty{gets}: {steps}"
    if new is None:
        return f"{name} {quoted(old)} is written in another way: {steps}"
    return f"{name} {quoted(old)} is written as {quoted(new)}: {steps}"


def _change(name, old, new):
    """The change of a cell as a part of a sentence."""
    instead = "missing" if pd.isna(old) else quoted(old)
    return f"{name} {quoted(new)} instead of {instead}"


def _of_row(what, said, before, after):
    """Kind and sentence of a change that made a whole row acceptable."""
    if BROKEN in said:
        return "constraint", f"the row {BROKEN}; with {what} all hold"
    if said == BY_HAND:
        return BY_HAND, f"{what}: a person corrected the row"
    if np.isfinite(before) and np.isfinite(after):
        return "anomalous row", (
            f"the row is an anomaly with probability {_share(before)}; "
            f"with {what} it is one with {_share(after)}"
        )
    if what.endswith("instead of missing"):
        return MISSING_CELL, f"{what}: the likeliest value given the rest of the row"
    return "redrawn cell", f"{what}: likely given the rest of the row"


def _share(p):
    """A probability in words that never say certainty."""
    return f"{min(max(p, 0.001), 0.999):.3f}"


def readable_bounds(bounds, columns, readings):
    """Bounds of numbers, those of dates as timestamps and of durations as such.

    Without either they stay floats.
    """
    bounds = np.asarray(bounds, dtype=float)
    readings = np.asarray(readings, dtype=object)[columns]
    moments = np.isin(readings, (*DATES, "duration")) & np.isfinite(bounds)
    if not moments.any():
        return bounds
    out = bounds.astype(object)
    for i in np.flatnonzero(moments):
        out[i] = _moment(bounds[i], readings[i])
    return out


def _moment(days, reading):
    seconds = round(days * SECONDS_A_DAY)
    try:
        if reading not in DATES:
            return pd.Timedelta(seconds, unit="s")
        zone = None if reading == DATES[0] else "UTC"
        return pd.Timestamp(seconds, unit="s", tz=zone)
    except (ValueError, OverflowError):  # beyond what pandas can say
        return days
