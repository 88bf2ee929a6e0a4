"""What the tests of formats share."""

import numpy as np
import pytest

from skanomaly.correctors._formats.column import TextColumn
from skanomaly.correctors._formats.program import learn_program


def make_column(cells, name="c"):
    values, counts = np.unique(np.array(cells, dtype=object), return_counts=True)
    return TextColumn(name, values, counts)


@pytest.fixture
def column():
    return make_column


@pytest.fixture
def rewrite():
    """Learn from some cells how to write some values."""

    def learn_and_apply(cells, *values):
        column = make_column(cells)
        program = learn_program(column.name, column.values, column.counts)
        return program.apply(np.array(values, dtype=object))[0].tolist()

    return learn_and_apply


@pytest.fixture
def written():
    """Apply steps to one value."""

    def apply_steps(steps, value):
        for step in steps:
            value = step.rewrite(value)
        return value

    return apply_steps
