"""Repaired tables against clean ones, cell by cell."""

from __future__ import annotations

import numpy as np
from sklearn.utils import Bunch

from skanomaly.metrics._codes import check_tables, joint_codes
from skanomaly.utils._typing import MatrixLike, VectorLike


def repair_scores(
    dirty: MatrixLike,
    repaired: MatrixLike,
    clean: MatrixLike,
    *,
    exclude_rows: VectorLike | None = None,
) -> Bunch:
    """Precision, recall and more of a repair whose ground truth is known.

    A cell is wrong if `dirty` and `clean` differ in it, changed if `dirty` and
    `repaired` do, and fixed if it was wrong and `repaired` has the clean value.

    Parameters
    ----------
    dirty, repaired, clean : DataFrame or array-like of shape (n_samples, n_features)
        The table before and after the repair, and without errors. Rows and columns
        correspond by position; frames must also agree in their column names.
    exclude_rows : array-like of int or of bool, default=None
        Positions of rows to leave out, or a mask of shape (n_samples,): those whose
        clean values the repair was given. None leaves out none, as Raha and Baran do.

    Returns
    -------
    scores : :class:`~sklearn.utils.Bunch`
        With attributes:

        - `precision` : fixed cells / changed cells.
        - `recall` : fixed cells / wrong cells, which is the accuracy on wrong cells.
        - `f1` : harmonic mean of the two.
        - `detection_precision` : changed wrong cells / changed cells.
        - `detection_recall` : changed wrong cells / wrong cells.
        - `detection_f1` : harmonic mean of the two.
        - `correction_accuracy` : fixed cells / changed wrong cells: how often the new
          value is right where the old one was wrong.
        - `n_errors`, `n_changed`, `n_fixed` : numbers of cells.
        - `clean_broken` : number of right cells that were changed.
        - `clean_broken_rate` : `clean_broken` / number of right cells.

        A quotient with denominator 0 is 0.

    See Also
    --------
    repair_report : For repairs without ground truth.
    skanomaly.datasets.fetch_repair_pair : Tables to try it on.

    Notes
    -----
    Values count as equal if Python calls them equal, without any tolerance in
    spelling; missing values are equal to each other. "12" and 12 differ: read tables
    as strings if their types could come out differently.

    References
    ----------
    M. Mahdavi et al., "Raha: a configuration-free error detection system", SIGMOD 2019,
    doi:10.1145/3299869.3324956.

    Examples
    --------
    >>> from skanomaly.metrics import repair_scores
    >>> dirty = [["Bonn", "53xx"], ["Boon", "5311x"], ["Kiel", "24103"]]
    >>> clean = [["Bonn", "53111"], ["Bonn", "53111"], ["Kiel", "24103"]]
    >>> mended = [["Bonn", "53111"], ["Bonn", "5311x"], ["Bonn", "24103"]]
    >>> scores = repair_scores(dirty, mended, clean)
    >>> scores.n_errors, scores.n_changed, scores.n_fixed, scores.clean_broken
    (3, 3, 2, 1)
    """
    tables = {"dirty": dirty, "repaired": repaired, "clean": clean}
    (before, after, right), _ = joint_codes(check_tables(tables, same_rows=True))
    kept = _kept_rows(exclude_rows, len(before))
    before, after, right = before[kept], after[kept], right[kept]
    wrong, changed, agrees = before != right, before != after, after == right
    n_errors, n_changed = int(wrong.sum()), int(changed.sum())
    n_found, n_fixed = int((wrong & changed).sum()), int((wrong & agrees).sum())
    n_broken = n_changed - n_found
    return Bunch(
        precision=_share(n_fixed, n_changed),
        recall=_share(n_fixed, n_errors),
        f1=_share(2 * n_fixed, n_changed + n_errors),
        detection_precision=_share(n_found, n_changed),
        detection_recall=_share(n_found, n_errors),
        detection_f1=_share(2 * n_found, n_changed + n_errors),
        correction_accuracy=_share(n_fixed, n_found),
        n_errors=n_errors,
        n_changed=n_changed,
        n_fixed=n_fixed,
        clean_broken=n_broken,
        clean_broken_rate=_share(n_broken, wrong.size - n_errors),
    )


def _share(part, whole):
    return part / whole if whole else 0.0


def _kept_rows(exclude_rows, n_rows):
    """Return which rows are not left out (bool)."""
    kept = np.ones(n_rows, dtype=bool)
    if exclude_rows is None:
        return kept
    excluded = np.asarray(exclude_rows)
    if excluded.dtype == bool:
        if excluded.shape != (n_rows,):
            raise ValueError(
                f"exclude_rows is a mask of shape {excluded.shape}; expected "
                f"({n_rows},)."
            )
        return ~excluded
    if not np.isin(excluded, np.arange(n_rows)).all():
        raise ValueError(
            f"exclude_rows must hold positions of rows, from 0 to {n_rows - 1}."
        )
    kept[excluded.astype(np.int64)] = False
    return kept
