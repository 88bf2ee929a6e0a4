"""Messages name labels without the types of numpy."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.utils._shown import shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.int64(9), "9"),
        (np.str_("a"), "'a'"),
        (np.float64(0.5), "0.5"),
        (np.bool_(True), "True"),
        (("a", np.int64(2)), "('a', 2)"),
        (np.datetime64("2024-01-02", "ns"), "'2024-01-02T00:00:00.000000000'"),
        (pd.Index([7])[0], "7"),
        ("Köln", "'Köln'"),
        (None, "None"),
    ],
)
def test_labels_are_shown_as_a_person_types_them(value, text):
    assert shown(value) == text
