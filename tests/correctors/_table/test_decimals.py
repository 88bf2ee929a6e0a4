"""How many decimals a column of texts writes."""

import numpy as np
import pytest

from skanomaly.correctors._table.decimals import usual_decimals, write_number


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["3.20", "8.00", "25.00"], 2),
        ([f"{k / 4 + 1:.2f}" for k in range(1, 40)] + ["32.000", "57.4"], 2),
        ([str(k / 100) for k in range(100)], 1),  # 0.1, 0.11: no form of its own
        ([str(float(k)) for k in range(9)], 1),
        ([str(k) for k in range(9)] + ["2.5"], 0),
        (["<0.5", "1.50", "2.50"], 2),
        ([1.5, 2.0], None),
    ],
)
def test_decimals_that_nearly_all_cells_have_are_the_columns(texts, expected):
    values = np.array(texts, dtype=object)
    assert usual_decimals(values, np.ones(len(values), int)) == expected


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [
        (25, 2, "25.00"), (3.2, 2, "3.20"), (0.125, 2, "0.125"), (0.0, 2, "0.00"),
        (-3.5, 2, "-3.50"), (1e-7, 2, "0.0000001"), (25.0, 0, "25"), (2.5, None, "2.5"),
        (10**20, 2, "1" + 20 * "0"),
    ],
)  # fmt: skip
def test_no_digit_is_rounded_away(number, decimals, text):
    assert write_number(number, decimals) == text
