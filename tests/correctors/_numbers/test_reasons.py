"""How numbers are written in reasons."""

import numpy as np
import pytest

from skanomaly.correctors._numbers.columns import Column
from skanomaly.correctors._numbers.reasons import write


@pytest.mark.parametrize(
    ("value", "text"), [(-0.0, "0"), (-1e-12, "0"), (15.0, "15"), (-3.0, "-3")]
)
def test_zero_has_no_sign(value, text):
    column = Column.of(np.repeat(np.arange(-5.0, 20), 4), "commission", "number", 0.05)
    assert write(column, value) == text


def test_zero_of_a_column_without_a_grid_has_no_sign_either():
    values = np.random.default_rng(0).normal(size=100)
    assert write(Column.of(values, "score", "number", 0.05), -0.0) == "0"
