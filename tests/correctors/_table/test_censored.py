"""Numbers of which only a bound is known."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import AnomalyCorrector
from skanomaly.correctors._table.censored import bound_forms, is_bound


def test_forms_of_several_cells_are_a_way_of_writing():
    values = np.array(["<0.5", "< 2", ">9", "100+", "7", "<x", 3.0, "<5+"], object)
    forms = bound_forms(values, [2, 1, 2, 3, 50, 9, 9, 9])
    assert forms == {("<", ""), ("", "+")}
    assert is_bound(values, forms).tolist() == [True] * 2 + [False, True] + [False] * 4


@pytest.mark.parametrize(
    ("cells", "flagged"),
    [
        (["<0.5"] * 8, []),
        (["\u2264 1", "\u2264 2", "\u22641.5"], []),
        (["100+"] * 3, []),
        ([">20", "<0.5"], [0, 1]),
        (["3x5"] * 4, [0, 1, 2, 3]),
        (["<0.5"] * 3 + ["<o.5"], [3]),
    ],
)
def test_bounds_among_measurements_are_no_errors(cells, flagged):
    rng = np.random.default_rng(0)
    measured = [f"{v:.1f}" for v in rng.lognormal(1, 0.75, 600)]
    measured[: len(cells)] = cells
    table = pd.DataFrame({"lab": rng.choice(["x", "y"], 600), "ug_l": measured})
    corrector = AnomalyCorrector(random_state=0).fit(table)
    assert corrector.transform(table).equals(table)
    report = corrector.report_
    assert report.row[report.kind == "cannot be read"].tolist() == flagged
    wrong = corrector.error_proba(table)[: len(cells), 1] >= 0.5
    assert np.flatnonzero(wrong).tolist() == flagged
