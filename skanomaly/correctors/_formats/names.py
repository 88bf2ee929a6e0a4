"""Names in two orders, "Last, First" and "First Last", where both occur."""

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from skanomaly.correctors._formats.column import Step

__all__ = ["FlipNames", "learn_name_order"]

# So many different names must occur in both orders ...
MIN_PAIRS = 5
# ... and be this part of the names that are turned.
MIN_PROVED = 0.8
_LAST_FIRST = re.compile(r"([^,\d]+), ([^,\d]+)")


@dataclass(frozen=True)
class FlipNames(Step):
    """Write "Last, First" as "First Last"."""

    # Less than for other steps: few tables were there to test it on.
    p_right: ClassVar[float] = 0.95

    def __str__(self):
        return "write 'Last, First' as 'First Last'"

    def rewrite(self, value):
        """Return the name turned around; without exactly one comma it stays."""
        return (
            _LAST_FIRST.sub(r"\2 \1", value) if _LAST_FIRST.fullmatch(value) else value
        )


def learn_name_order(column):
    """Return the step if enough names of the column occur in both orders."""
    step = FlipNames()
    new = step.apply(column.values)
    changed = new != column.values
    if changed.sum() < MIN_PAIRS or column.share(changed) > 0.5:
        return []
    known = set(column.values[~changed])
    proved = np.array([value in known for value in new[changed]])
    rows = column.counts[changed]
    enough = proved.sum() >= MIN_PAIRS and rows[proved].sum() >= MIN_PROVED * rows.sum()
    return [step] if enough else []
