"""Numbers of a fixed length in groups: phone numbers, ISSN, cards."""

import re
from dataclasses import dataclass
from typing import ClassVar

from skanomaly.correctors._formats.column import Step
from skanomaly.correctors._formats.dates import read_layout

__all__ = ["WriteDigitGroups", "learn_digit_groups"]

MIN_SAME = 0.95
MIN_MAJORITY = 0.6
# Shorter numbers are amounts and years; from here on the groups are for the eye.
MIN_DIGITS = 7
_SEPARATORS = re.compile(r"[\d\s()/.+-]+")


@dataclass(frozen=True)
class WriteDigitGroups(Step):
    """Write the digits of a value into a frame in which each 9 stands for a digit."""

    frame: str
    sources: tuple[str, ...]

    # Less than for other steps: few tables were there to test it on.
    p_right: ClassVar[float] = 0.95

    def __str__(self):
        return f"write digits as in '{self.frame}'"

    def rewrite(self, value):
        """Return the same digits in the frame; other frames stay."""
        if _frame(value) not in self.sources:
            return value
        digits = iter(re.sub(r"\D", "", value))
        return re.sub("9", lambda _: next(digits), self.frame)


def learn_digit_groups(column):
    """Return the step that writes all numbers in the majority's groups."""
    if not column.mostly(_frame):
        return []
    rows = _rows_of_frames(column)
    if not rows or sum(rows.values()) < MIN_SAME * column.n_rows:
        return []
    target = max(rows, key=lambda f: (rows[f], f))
    sources = tuple(sorted(f for f in rows if f != target))
    if rows[target] < MIN_MAJORITY * column.n_rows or not _same_groups(rows):
        return []
    dates = [read_layout(value) is not None for value in column.values]
    own = sources and column.share(dates) <= 1 - MIN_SAME
    return [WriteDigitGroups(target, sources)] if own else []


def _rows_of_frames(column):
    """Rows of each frame that has as many digits as most."""
    rows: dict = {}
    for value, n in zip(column.values, column.counts.tolist(), strict=True):
        frame = _frame(value)
        if frame is not None:
            of_length = rows.setdefault(frame.count("9"), {})
            of_length[frame] = of_length.get(frame, 0) + n
    return max(rows.values(), key=lambda frames: sum(frames.values()), default={})


def _frame(value):
    """Return the value with 9 for each digit; None if it is no such number."""
    if _SEPARATORS.fullmatch(value) is None:
        return None
    frame = re.sub(r"\d", "9", value)
    # A point alone is a decimal point.
    decimal = re.fullmatch(r"[-+]?9*\.9+", frame)
    return None if decimal or frame.count("9") < MIN_DIGITS else frame


def _same_groups(frames):
    """Tell whether all that have groups have the same ones; a sign is no separator."""
    groups = {tuple(map(len, re.findall("9+", f))) for f in frames}
    signed = any(re.match(r"\s*[-+]", f) for f in frames)
    return not signed and len({g for g in groups if len(g) > 1}) <= 1
