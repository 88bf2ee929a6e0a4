"""Labels of rows, in either of the two codings that are in use."""

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length, column_or_1d

from skanomaly.utils._warn import warn_user

__all__ = ["anomaly_labels"]


def anomaly_labels(y, n_rows, name):
    """Which rows are anomalies; None when `y` does not say so.

    1 marks anomalies and 0 normal rows, or -1 and +1. Other values are the target of a
    later step of a Pipeline, say: they are no business of a corrector.

    Raises
    ------
    ValueError
        If `y` has another length than the table, or no row is normal.
    """
    if y is None:
        return None
    y = column_or_1d(y, warn=False)
    check_consistent_length(np.empty(n_rows), y)
    if pd.isna(y).any():
        raise ValueError("y holds missing values; label every row, or leave y out.")
    if y.dtype == object:
        y = pd.Series(y).infer_objects().to_numpy()
    found = set(pd.unique(y).tolist())
    if found <= {0, 1}:
        is_anomaly = y == 1
    elif found <= {-1, 1}:
        is_anomaly = y == -1
    else:
        warn_user(
            f"{name} ignores y: labels are 0 (normal) and 1 (anomaly), or +1 and -1, "
            f"but y holds {sorted(found, key=str)[:5]}.",
        )
        return None
    if is_anomaly.all():
        raise ValueError(
            f"All {n_rows} rows are labelled as anomalies; {name} learns what is right "
            "from normal rows and needs some (label 0)."
        )
    return is_anomaly
