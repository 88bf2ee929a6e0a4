"""What a repair did to a table, compared with random repairs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from skanomaly.metrics._chance_repairs import repairs_by_chance, split_reference
from skanomaly.metrics._codes import check_tables, joint_codes
from skanomaly.metrics._distributions import joint_variation, pairwise_variation
from skanomaly.utils._typing import MatrixLike, VectorLike


def repair_report(
    X_before: MatrixLike,
    X_after: MatrixLike,
    *,
    y: VectorLike | None = None,
    mask: MatrixLike | None = None,
    is_anomaly: Callable[[Any], Any] | None = None,
    classifier: Callable[[Any], Any] | None = None,
    X_reference: MatrixLike | None = None,
    anomaly_label: int | str = 1,
    random_state: int = 0,
) -> pd.DataFrame:
    """Describe a repair without ground truth, with random baselines and a floor.

    A value alone says little about a repair. So the same values are given for two
    random baselines, which fill the same cells at random, and for real rows.

    Parameters
    ----------
    X_before, X_after : DataFrame or array-like of shape (n_samples, n_features)
        The rows before and after the repair.
    y : array-like of shape (n_samples,), default=None
        Labels of the rows before; rows equal to `anomaly_label` are anomalies.
    mask : array-like of bool of shape (n_samples, n_features), default=None
        Cells that the repair was allowed to change; the others are known. None leaves
        out what concerns known cells, and takes the changed cells for the mask.
    is_anomaly : callable, default=None
        The rule, if it is known: takes rows in the type of `X_before`, returns bool of
        shape (n_samples,).
    classifier : callable, default=None
        A classifier that the repair has not seen: takes rows in the type of `X_before`,
        returns bool or the probability of an anomaly, of shape (n_samples,). More than
        one half is an anomaly.
    X_reference : DataFrame or array-like of shape (n, n_features), default=None
        Real normal rows, best some that the repair has not seen. None takes the normal
        rows of `X_before` (by `y`, else by the rule) for the random baselines, and
        leaves out what compares with real rows.
    anomaly_label : int, str or bool, default=1
        The label of anomalies in `y`. Pass -1 for labels in scikit-learn's convention.
    random_state : int, default=0
        Seed of the random baselines and of the choice of real rows.

    Returns
    -------
    report : DataFrame
        One row for each metric, see Notes. Columns:

        - "repaired": the repair.
        - "marginals": random baseline. Every cell of the mask is taken from a random
          normal row, drawn separately for each cell.
        - "uniform": random baseline. Every cell of the mask gets one of the distinct
          values of its column in the normal rows, all equally likely.
        - "real": the floor. Real rows instead of repaired ones.

        What does not apply or cannot be known is NaN; columns that cannot be known are
        left out.

    See Also
    --------
    repair_scores : For repairs whose ground truth is known.

    Notes
    -----
    The judge is the rule, else the classifier. The rows are:

    - `rows`, `columns`, `cells_changed`, `rows_changed`: numbers.
    - `dissimilarity`: :func:`total_variation` between the rows before and after. It
      is no error: where every row was an anomaly and is repaired, it is 1.
    - `dissimilarity_to_reference`, `pairwise_dissimilarity_to_reference`: distances of
      the rows from real ones. In the column "real", those between held-out real rows,
      as many as there are repaired ones (or half of the reference, if it is short),
      and the rest of the reference, with which all columns are compared.
    - `anomalies_before`: by `y`, else by the judge.
    - `anomalies_remaining`: by the judge.
    - `percentage_change`: 100 (remaining - before) / before.
    - `percentage_change_by_judge`: the same, with the judge also for the count
      before. If labels and judge disagree, only this one measures the repair.
    - `correct_changes`, `wrong_changes`: rows that were anomalous before and are normal
      after, and the reverse, by the judge both times.
    - `percent_classified_before`, `percent_classified_after`: rows that the classifier
      calls anomalous, in percent.
    - `known_values`, `known_values_wrongly_modified`: cells outside the mask, and how
      many of them changed. `rows_wrongly_modified`: rows with such a cell.
    - `agreement_mean`, `agreement_median`, `agreement_std`: number of cells in a row
      that stay equal, over the rows (population standard deviation).

    Examples
    --------
    >>> from skanomaly.datasets import make_sum_limit
    >>> from skanomaly.metrics import repair_report
    >>> X, y = make_sum_limit(200, random_state=0)
    >>> X_after = X.copy()
    >>> X_after[y == 1, 0] = 0
    >>> report = repair_report(
    ...     X, X_after, y=y, is_anomaly=lambda X: X.sum(axis=1) > 10.5
    ... )
    >>> report.loc[["anomalies_before", "anomalies_remaining"], "repaired"].tolist()
    [24.0, 5.0]
    """
    tables = {"X_before": X_before, "X_after": X_after}
    before, after = check_tables(tables, same_rows=True)
    functions = {"is_anomaly": is_anomaly, "classifier": classifier}
    judge = partial(_decisions, functions, X_before)
    known = None if mask is None else ~_check_mask(mask, before.shape)
    label = None if y is None else _check_labels(y, len(before), anomaly_label)
    rng = np.random.default_rng(random_state)
    first = judge(before)
    anomalous = first[0] if label is None else label
    normal, sample, rest = _real_rows(before, X_before, X_reference, anomalous, rng)
    candidates = {"repaired": after}
    if normal is not None:
        (a, b), _ = joint_codes([before, after])
        open_cells = a != b if known is None else ~known
        candidates |= repairs_by_chance(before, open_cells, normal, rng)
    columns = {
        name: _transition(before, table, known)
        | _by_judges(first, judge(table), label)
        | _distances(table, rest)
        for name, table in candidates.items()
    }
    if rest is not None:
        columns["real"] = _distances(sample, rest) | _share_of(judge(sample))
    return pd.DataFrame(columns, index=LINES, dtype=np.float64)


LINES = [
    "rows",
    "columns",
    "rows_changed",
    "cells_changed",
    "dissimilarity",
    "dissimilarity_to_reference",
    "pairwise_dissimilarity_to_reference",
    "anomalies_before",
    "anomalies_remaining",
    "percentage_change",
    "percentage_change_by_judge",
    "correct_changes",
    "wrong_changes",
    "percent_classified_before",
    "percent_classified_after",
    "known_values",
    "known_values_wrongly_modified",
    "rows_wrongly_modified",
    "agreement_mean",
    "agreement_median",
    "agreement_std",
]


def _decisions(functions, X, frame):
    """Return what rule and classifier say of rows (bool), None without one."""
    return [
        None if function is None else _ask(name, function, X, frame)
        for name, function in functions.items()
    ]


def _ask(name, function, X, frame):
    """Call a rule or a classifier with rows in the type of `X`."""
    if not isinstance(X, pd.DataFrame):
        frame = frame.to_numpy(dtype=np.asarray(X).dtype)
    answer = np.asarray(function(frame))
    if answer.shape != (len(frame),):
        raise ValueError(
            f"{name} returned shape {answer.shape}; expected one value for each "
            f"of {len(frame)} rows."
        )
    answer = answer.astype(np.float64)
    if not ((answer >= 0) & (answer <= 1)).all():
        raise ValueError(
            f"{name} returned values outside [0, 1]; expected True for anomalies, "
            "or their probability."
        )
    return answer > 0.5


def _check_mask(mask, shape):
    mask = np.asarray(mask)
    if mask.shape != shape or mask.dtype != bool:
        raise ValueError(
            f"mask has shape {mask.shape} and dtype {mask.dtype}; expected "
            f"bool of shape {shape}."
        )
    return mask


def _check_labels(y, n_rows, anomaly_label):
    y = np.asarray(y)
    if y.shape != (n_rows,):
        raise ValueError(f"y has shape {y.shape}; ({n_rows},) is wanted.")
    return y == anomaly_label


def _real_rows(before, X_before, X_reference, anomalous, rng):
    """Return normal rows; with `X_reference` also a sample of it and the rest."""
    if X_reference is None:
        has_normal = anomalous is not None and not anomalous.all()
        return (before[~anomalous] if has_normal else None), None, None
    _, normal = check_tables({"X_before": X_before, "X_reference": X_reference})
    return normal, *split_reference(normal, len(before), rng)


def _transition(before, after, known):
    """Metrics of the cells that changed."""
    (a, b), n_values = joint_codes([before, after])
    changed = a != b
    agree = (~changed).sum(axis=1)
    lines = {
        "rows": len(before),
        "columns": before.shape[1],
        "rows_changed": changed.any(axis=1).sum(),
        "cells_changed": changed.sum(),
        "dissimilarity": joint_variation(a, b, n_values),
        "agreement_mean": agree.mean(),
        "agreement_median": np.median(agree),
        "agreement_std": agree.std(),
    }
    if known is not None:
        broken = changed & known
        lines["known_values"] = known.sum()
        lines["known_values_wrongly_modified"] = broken.sum()
        lines["rows_wrongly_modified"] = broken.any(axis=1).sum()
    return lines


def _by_judges(first, second, label):
    """Metrics of which rows are anomalous, before and after."""
    lines = _share_of(first, "percent_classified_before") | _share_of(second)
    if label is not None:
        lines["anomalies_before"] = label.sum()
    for was, stays in _judge(first, second):
        before = lines.setdefault("anomalies_before", was.sum())
        remaining = stays.sum()
        lines["anomalies_remaining"] = remaining
        lines["percentage_change"] = _percent_change(before, remaining)
        lines["percentage_change_by_judge"] = _percent_change(was.sum(), remaining)
        lines["correct_changes"] = (was & ~stays).sum()
        lines["wrong_changes"] = (~was & stays).sum()
    return lines


def _judge(first, second):
    """Return the decisions of the rule, before and after, else of the classifier."""
    return [pair for pair in zip(first, second, strict=True) if pair[0] is not None][:1]


def _percent_change(before, after):
    return 100 * (after - before) / before if before else np.nan


def _share_of(said, line="percent_classified_after"):
    return {} if said[1] is None else {line: 100 * said[1].mean()}


def _distances(table, rest):
    """Metrics of the distance from real rows."""
    if rest is None:
        return {}
    (a, b), n_values = joint_codes([table, rest])
    lines = {"dissimilarity_to_reference": joint_variation(a, b, n_values)}
    if len(n_values) > 1:
        distance = pairwise_variation(a, b, n_values)
        lines["pairwise_dissimilarity_to_reference"] = distance
    return lines
