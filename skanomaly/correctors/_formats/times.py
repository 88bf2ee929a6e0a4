"""Times of day: "7:10 AM", "07:10 a.m." and "7:10am" are one time."""

import re
from dataclasses import dataclass
from typing import ClassVar

from skanomaly.correctors._formats.column import Step

__all__ = ["WriteTimes", "learn_times"]

MIN_TIMES = 0.95
MIN_MAJORITY = 0.6
_TIME = re.compile(r"(\d{1,2}):(\d{2})(:\d{2})?( ?)([AaPp]\.?[Mm]\.?|)")
_HALVES = {"": "", "am": "a", "pm": "p"}


@dataclass(frozen=True)
class WriteTimes(Step):
    """Write the hour padded or not, and the halves of the day as `am` and `pm`."""

    padded: bool
    am: str
    pm: str

    # Less than for other steps: few tables were there to test it on.
    p_right: ClassVar[float] = 0.95

    def __str__(self):
        hour = "07" if self.padded else "7"
        return f"write times as in '{hour}:05{self.am}'"

    def rewrite(self, value):
        """Return the time as it should be; what is none, or lacks its half, stays."""
        match = _TIME.fullmatch(value)
        if match is None or bool(match[5]) != bool(self.am):
            return value
        hour = f"{int(match[1]):02d}" if self.padded else str(int(match[1]))
        half = self.am if match[5][:1].lower() == "a" else self.pm
        return f"{hour}:{match[2]}{match[3] or ''}{half}"


def learn_times(column):
    """Return the step that writes the times of a column as the majority is."""
    if not column.mostly(_TIME.fullmatch):
        return []
    read = [_TIME.fullmatch(value) for value in column.values]
    if column.share([m is not None for m in read]) < MIN_TIMES:
        return []
    halves = {bool(m[5]) for m in read if m is not None}
    if len(halves) > 1:
        # "7:10" beside "7:10 p.m.": nobody knows which half is meant.
        return []
    step = _majority_step(read, column.counts)
    changed = step.apply(column.values) != column.values
    return [step] if 0 < column.share(changed) <= 1 - MIN_MAJORITY else []


def _majority_step(read, counts):
    """Write hours and halves as most of the times do."""
    rows: dict = {}
    for m, n in zip(read, counts.tolist(), strict=True):
        if m is not None:
            half = m[4] + m[5]
            key = ("a" if "a" in half.lower() else "p", half)
            rows[key] = rows.get(key, 0) + n
            if int(m[1]) < 10:
                rows[len(m[1])] = rows.get(len(m[1]), 0) + n
    am, pm = _halves(rows)
    return WriteTimes(rows.get(2, 0) > rows.get(1, 0), am, pm)


def _halves(rows):
    """Return how most times write the two halves of the day, "" if none does."""
    forms = {k: n for k, n in rows.items() if isinstance(k, tuple) and k[1].strip()}
    if not forms:
        return "", ""
    letter, half = max(forms, key=lambda k: (forms[k], k))
    other = half.translate(str.maketrans("apAP", "paPA"))
    return (half, other) if letter == "a" else (other, half)
