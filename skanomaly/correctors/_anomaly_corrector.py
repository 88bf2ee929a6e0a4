"""Choose rows, choose cells, choose values, verify: the correctors joined."""

from numbers import Integral, Real
from typing import Unpack

import numpy as np
from sklearn.base import clone

from skanomaly.correctors._base import BaseCorrector, propose_for, repair_of
from skanomaly.correctors._diffusion_inpainter import DiffusionInpainter
from skanomaly.correctors._inverse_gradient_repair import InverseGradientRepair
from skanomaly.correctors._search.beam import BeamSearch
from skanomaly.correctors._search.gradient import GradientSearch
from skanomaly.correctors._search.rules import repair_broken_rows
from skanomaly.correctors._search.search import SEARCHES, SearchLike
from skanomaly.correctors._table.codec import MISSING
from skanomaly.correctors._table.parameters import CorrectorParams
from skanomaly.correctors._table.records import RowModel
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._seeds import draw_seed, spawn_seeds
from skanomaly.utils._typing import Estimator, FloatArray, MatrixLike

__all__ = ["AnomalyCorrector"]


class AnomalyCorrector(BaseCorrector):
    """Repair what is wrong in a table, verify every repair, and keep a record.

    With labels, or with a detector, rows are judged as wholes: what the classifier
    finds anomalous is searched for the fewest cells whose change makes the row normal
    (`InverseGradientRepair`), and of the values that do, the likeliest win, by a
    diffusion model of normal rows (`DiffusionInpainter`). Every repair is verified on
    the repaired row itself; a row for which none is found is left as it is and marked
    "failed".

    Without either, the table is taken as it comes, mostly right with some wrong cells
    in it, and the diffusion model finds the cells by itself: those whose value is far
    less likely, given the rest of their row, than another one is. Each cell is judged
    by a model that did not learn from its row.

    In both cases rows that break one of the `constraints` are repaired as wholes, in
    the fewest cells after which all hold.

    Parameters
    ----------
    detector : estimator, default=None
        What chooses the rows: any detector or classifier, see the `classifier` of
        `InverseGradientRepair`. None trains a classifier on `y`, or, where there is no
        `y`, leaves the choice to the diffusion model.
    alpha : float, default=None
        Largest risk, in (0, 1), of a change that is kept; riskier ones are left alone
        and marked "abstained". The risk of a row is its probability of an anomaly after
        the repair; that of a single cell its probability that the new value is wrong.
        None keeps every repair that is verified, and of single cells those of the
        inpainter's own `alpha`.
    threshold : float, default=0.5
        Probability of an anomaly, in (0, 1), from which on a row is repaired.
    search : str, BeamSearch or GradientSearch, default="auto"
        How cells are searched, see `InverseGradientRepair`.
    max_epochs : int, default=None
        Passes over the rows for a network that is trained on `y`; None trains one, and
        boosted trees, and takes what is better on held-out rows.
    inpainter : DiffusionInpainter, default=None
        Model of normal rows, cloned; None takes one with default settings. What it
        shares with this corrector (locked columns, constraints, bins and so on) is
        taken from here. Rows that are judged as wholes keep their missing cells, unless
        filling one is part of a repair.
    {parameters}

    Attributes
    ----------
    repair_ : InverseGradientRepair or None
        What repairs rows; None where the diffusion model works alone.
    inpainter_ : DiffusionInpainter
        The model of normal rows.
    categories_ : list of ndarray
        Values of each column in the order of their codes.
    report_ : DataFrame
        Of the last `transform`, one row for each changed cell: ``row``, ``column``,
        ``old``, ``new``, ``p_new`` (probability of the new value), ``p_error``
        (probability that the old one was wrong; where rows are judged, that any other
        value stands there in the repaired row), ``p_anomaly_before`` and
        ``p_anomaly_after`` (of the row), ``n_edits``, ``status``.
    row_report_ : DataFrame
        Of the last `transform`, one row for each row: ``status`` ("untouched",
        "repaired", "abstained", "failed"), ``reason``, ``n_edits``, ``n_filled``,
        ``p_anomaly_before``, ``p_anomaly_after``, ``certified_min_edits``.
    {input_attributes}

    See Also
    --------
    InverseGradientRepair : The search for the fewest cells, alone.
    DiffusionInpainter : The model of normal rows, alone.

    Examples
    --------
    >>> from skanomaly.correctors import AnomalyCorrector
    >>> from skanomaly.datasets import make_no_repeats
    >>> X, y = make_no_repeats(1000, as_frame=True, random_state=0)
    >>> corrector = AnomalyCorrector(random_state=0).fit(X, y)
    >>> X_fixed = corrector.transform(X)
    >>> corrector.row_report_["status"].value_counts().to_dict() == {
    ...     "repaired": int(y.sum()),
    ...     "untouched": int((1 - y).sum()),
    ... }
    True
    >>> corrector.inverse_transform(X_fixed).equals(X)
    True
    """

    _parameter_constraints: dict = {
        "detector": "no_validation",
        "alpha": [Interval(Real, 0, 1, closed="neither"), None],
        "threshold": [Interval(Real, 0, 1, closed="neither")],
        "search": [StrOptions(set(SEARCHES)), BeamSearch, GradientSearch],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), None],
        "inpainter": [DiffusionInpainter, None],
    }

    repair_: InverseGradientRepair | None
    inpainter_: DiffusionInpainter

    def __init__(
        self,
        detector: Estimator | None = None,
        *,
        alpha: float | None = None,
        threshold: float = 0.5,
        search: SearchLike = "auto",
        max_epochs: int | None = None,
        inpainter: DiffusionInpainter | None = None,
        **params: Unpack[CorrectorParams],
    ) -> None:
        super().__init__(**params)
        self.detector = detector
        self.alpha = alpha
        self.threshold = threshold
        self.search = search
        self.max_epochs = max_epochs
        self.inpainter = inpainter

    def error_proba(self, X: MatrixLike) -> FloatArray:
        """Probability that each cell is wrong, where there are no labels.

        With labels or a detector, whole rows are judged, and this is an error unless
        `inpainter` was given with ``mask="auto"``.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows, with the columns of `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            In [0, 1]; NaN for missing cells.
        """
        self._rows(X)
        return self.inpainter_.error_proba(X)

    def _fit(self, codes, is_anomaly, frame):
        seeds = spawn_seeds(draw_seed(self.random_state), 2)
        by_rows = self.detector is not None or bool(
            is_anomaly is not None and is_anomaly.any()
        )
        y = None if is_anomaly is None else is_anomaly.astype(np.int64)
        shared = {name: getattr(self, name) for name in _SHARED}
        inpainter = self._make_inpainter(by_rows)
        inpainter.set_params(**shared, random_state=seeds[0])
        if by_rows:
            repair = self._make_repair(inpainter, random_state=seeds[1], **shared)
            self.repair_ = repair.fit(frame, y)
            self.inpainter_ = repair.inpainter_
        else:
            self.repair_, self.inpainter_ = None, inpainter.fit(frame, y)

    def _make_inpainter(self, by_rows):
        if self.inpainter is not None:
            inpainter = clone(self.inpainter)
        else:  # where rows are judged, single cells are not
            inpainter = DiffusionInpainter(mask="missing" if by_rows else "auto")
        if self.alpha is not None and not by_rows:
            inpainter.set_params(alpha=self.alpha)
        return inpainter

    def _make_repair(self, inpainter, **shared):
        return InverseGradientRepair(
            self.detector,
            search=self.search,
            max_epochs=self.max_epochs,
            threshold=self.threshold,
            inpainter=inpainter,
            **shared,
        )

    def _repair(self, rows):
        if self.repair_ is None:
            return self._repair_cells(rows)
        repair = repair_of(self.repair_, rows)
        changed = repair.codes != rows.codes
        self._assess_changes(repair, rows.codes, changed)
        if self.alpha is not None:
            unsure = changed.any(axis=1) & (repair.p_after > self.alpha)
            repair.revert(unsure, rows.codes, "abstained", "risk above alpha")
        return repair

    def _repair_cells(self, rows):
        """Repair by the diffusion model, but what breaks a constraint by search."""
        repair = repair_of(self.inpainter_, rows)
        if not self._rules():
            return repair
        model: RowModel = self.inpainter_.model_
        broken = repair_broken_rows(
            repair,
            rows,
            self._codec.n_categories,
            max_edits=self.max_edits,
            log_likelihood=model.log_likelihood,
        )
        changed = (repair.codes != rows.codes) & broken[:, None]
        self._assess_changes(repair, rows.codes, changed)
        return repair

    def _assess_changes(self, repair, before, changed):
        """Write how probable old and new values are in the repaired rows."""
        touched = np.flatnonzero(changed.any(axis=1))
        if not len(touched):
            return
        model: RowModel = self.inpainter_.model_
        logs = model.log_conditionals(repair.codes[touched])
        for j, log_p in enumerate(logs):
            at = np.flatnonzero(changed[touched, j])
            rows, p = touched[at], np.exp(log_p[at])
            old, new = before[rows, j], repair.codes[rows, j]
            index = np.arange(len(rows))
            repair.p_new[rows, j] = p[index, new]
            repair.p_error[rows, j] = np.where(
                old == MISSING, np.nan, 1 - p[index, old]
            )

    def _propose(self, rows, n_candidates):
        method = self.inpainter_ if self.repair_ is None else self.repair_
        return propose_for(method, rows, n_candidates)


# Parameters that the joined correctors take over.
_SHARED = (
    "immutable", "constraints", "max_edits", "categorical_features", "n_bins",
    "handle_unknown", "missing_values", "verbose",
)  # fmt: skip
