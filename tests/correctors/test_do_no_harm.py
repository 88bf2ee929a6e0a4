"""Whole tables in which what looks odd is right."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from skanomaly.correctors import AnomalyCorrector

DOCTORS = np.array(["Kahn", "Patel", "Browne", "Chen", "Garcia", "Weiss"], dtype=object)


def visits(n=2400):
    """Patients with one sex and one fund, who see another doctor every 25th time."""
    rng = np.random.default_rng(0)
    patient = rng.integers(150, size=n)
    own = rng.integers(len(DOCTORS), size=150)
    doctor = np.where(rng.random(n) < 0.04, rng.integers(6, size=n), own[patient])
    drug = rng.integers(12, size=n)
    return pd.DataFrame(
        {
            "patient": [f"P{k:04}" for k in patient * 37],
            "sex": np.array(["f", "m"], dtype=object)[patient % 2],
            "fund": np.array(["AOK", "Barmer", "TK", "DAK"], dtype=object)[patient % 4],
            "drug": [f"drug {chr(65 + k)}{k}" for k in drug],
            "group": np.array(["pain", "heart", "lung"], dtype=object)[drug % 3],
            "doctor": DOCTORS[doctor],
        }
    )


def test_exceptions_of_one_column_stay():
    table = visits()
    corrector = AnomalyCorrector(random_state=0)
    assert_frame_equal(corrector.fit_transform(table), table)


@pytest.mark.slow
def test_exceptions_of_one_column_stay_beside_errors_in_others():
    right, rng = visits(), np.random.default_rng(1)
    dirty = right.copy()
    for name in ("fund", "group"):
        rows = rng.choice(len(dirty), 20, replace=False)
        dirty.loc[rows, name] = rng.permutation(dirty.loc[rows, name].to_numpy())
    repaired = AnomalyCorrector(random_state=0).fit_transform(dirty)
    assert_frame_equal(repaired[["doctor"]], right[["doctor"]])
    n_wrong, n_left = ((table != right).sum().sum() for table in (dirty, repaired))
    assert n_left < 0.5 * n_wrong
