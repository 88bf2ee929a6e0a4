"""Arguments that all correctors take, checked and read."""

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length, column_or_1d

from skanomaly.utils._shown import shown
from skanomaly.utils._warn import warn_user

__all__ = ["anomaly_labels", "column_mask", "holds"]

_BOOLEAN = (bool, np.bool_)


def column_mask(columns, names, parameter):
    """Names, positions or a boolean mask of columns as a mask."""
    columns = list(columns)
    n_columns = len(names)
    if columns and all(isinstance(c, _BOOLEAN) for c in columns):
        if len(columns) != n_columns:
            raise ValueError(
                f"{parameter} is a mask of {len(columns)} columns; X has {n_columns}."
            )
        return np.array(columns)
    mask = np.zeros(n_columns, bool)
    for column in columns:
        if isinstance(column, int | np.integer) and -n_columns <= column < n_columns:
            mask[column] = True
        elif str(column) in names:
            mask[names.index(str(column))] = True
        else:
            raise ValueError(
                f"{parameter} names {shown(column)}, no column of X: {names}."
            )
    return mask


def holds(rule, table):
    """Ask one constraint; its answer must be one boolean a row."""
    answer = rule(table)
    if hasattr(answer, "fillna"):  # nullable booleans: what is not known is not true
        answer = answer.fillna(False)
    answer = np.asarray(answer)
    if answer.shape != (len(table),) or answer.dtype.kind not in "bO":
        raise ValueError(
            f"The constraint {getattr(rule, '__name__', rule)!r} must return one "
            f"boolean for each of {len(table)} rows, got {answer.dtype} of shape "
            f"{answer.shape}."
        )
    return answer.astype(bool)


def anomaly_labels(y, n_rows, name):
    """Which rows are anomalies; None when `y` does not say so.

    1 marks anomalies and 0 normal rows, or -1 and +1. Other values, such as the target
    of a later step of a Pipeline, are ignored.

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
    values = set(pd.unique(y).tolist())
    if values <= {0, 1}:
        is_anomaly = y == 1
    elif values <= {-1, 1}:
        is_anomaly = y == -1
    else:
        warn_user(
            f"{name} ignores y: labels are 0 (normal) and 1 (anomaly), or +1 and -1, "
            f"but y holds {sorted(values, key=str)[:5]}.",
        )
        return None
    if is_anomaly.all():
        raise ValueError(
            f"All {n_rows} rows are labelled as anomalies; {name} learns what is right "
            "from normal rows and needs some (label 0)."
        )
    return is_anomaly
