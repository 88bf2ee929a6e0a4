"""What a repair did to a table whose right cells are known, counted by cell."""

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from benchmarks.repair.common import timed


def same_cells(left, right):
    """Which cells of two frames are equal, missing ones to each other; (n, d)."""
    columns = [_same(left.iloc[:, j], right.iloc[:, j]) for j in range(left.shape[1])]
    return np.column_stack(columns)


def _same(left, right):
    left, right = left.astype(object).to_numpy(), right.astype(object).to_numpy()
    return (left == right) | (pd.isna(left) & pd.isna(right))


def counts(dirty, repaired, clean, counted=True):
    """Cells that were wrong, changed, fixed and broken; precision, recall, F1.

    `counted` says which cells count; all but those are passed over.
    """
    wrong = ~same_cells(dirty, clean) & counted
    changed = ~same_cells(dirty, repaired) & counted
    right = same_cells(repaired, clean)
    n_wrong, n_changed = int(wrong.sum()), int(changed.sum())
    fixed = int((wrong & right).sum())
    return {
        "wrong": n_wrong,
        "changed": n_changed,
        "fixed": fixed,
        "broken": int((~wrong & changed).sum()),
        "P": fixed / n_changed if n_changed else np.nan,
        "R": fixed / n_wrong if n_wrong else np.nan,
        "F1": 2 * fixed / (n_changed + n_wrong) if n_wrong else np.nan,
    }


def noticed(corrector, dirty):
    """Cells that a corrector finds more likely wrong than right, (n, d)."""
    return np.nan_to_num(corrector.error_proba(dirty)) >= 0.5


def flagged_of_the_rest(p_error, dirty, repaired, clean):
    """Share of the cells that stay wrong which are at least called wrong."""
    left = ~same_cells(dirty, clean) & ~same_cells(repaired, clean)
    return (p_error >= 0.5)[left].mean() if left.any() else np.nan


def _noticed(p_error, dirty, repaired, clean):
    """Share of the wrong cells, and number of right ones, changed or called wrong."""
    wrong = ~same_cells(dirty, clean)
    found = ~same_cells(dirty, repaired) | (p_error >= 0.5)
    return {
        "noticed": found[wrong].mean() if wrong.any() else np.nan,
        "false alarms": int(found[~wrong].sum()),
    }


def risks(corrector, figures):
    """Share of wrong changes that the report promises, beside the actual one."""
    report = corrector.report_
    p_new = report.loc[report["status"] == "repaired", "p_new"].astype(float)
    actual = 1 - figures["P"] if figures["changed"] else np.nan
    return {"risk promised": 1 - p_new.mean(), "risk actual": actual}


def judge(corrector, dirty, clean, train=None):
    """Fit, repair, count: the figures that all tables of wrong cells have in common."""
    _, fit_s = timed(corrector.fit, dirty if train is None else train)
    repaired, seconds = timed(corrector.transform, dirty)
    p_error = np.nan_to_num(corrector.error_proba(dirty))
    figures = counts(dirty, repaired, clean)
    figures["flagged of the rest"] = flagged_of_the_rest(
        p_error, dirty, repaired, clean
    )
    figures |= _noticed(p_error, dirty, repaired, clean)
    figures |= risks(corrector, figures) | {"seconds": fit_s + seconds}
    return repaired, p_error, figures


def ranking(p_error, wrong):
    """Average precision of a score of cells; the share of wrong ones is its floor."""
    return average_precision_score(wrong.ravel(), p_error.ravel())
