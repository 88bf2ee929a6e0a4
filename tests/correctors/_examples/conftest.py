"""What the tests of learned programs share."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors._examples.listing import (
    RepairPrograms,
    listed,
    run_programs,
)
from skanomaly.correctors._examples.table import learn_table


@pytest.fixture
def taught():
    """Learn from the first rows of a table how to write the others."""

    def learn(dirty, clean, n):
        dirty, clean = (pd.DataFrame(t, dtype=object) for t in (dirty, clean))
        known = np.zeros(dirty.shape, bool)
        known[:n] = True
        right = dirty.copy()
        right.iloc[:n] = clean.iloc[:n]
        programs = RepairPrograms(listed(dirty, None, learn_table(dirty, known, right)))
        table, edits = run_programs(programs.entries, dirty)
        return programs, table, edits

    return learn
