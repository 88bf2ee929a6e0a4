"""Choose rows, choose cells, choose values, verify: the correctors joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Literal, Unpack

import numpy as np
import pandas as pd
from sklearn.base import clone

from skanomaly import correctors
from skanomaly.correctors import _search
from skanomaly.correctors._base import BaseCorrector, propose_for, repair_of
from skanomaly.correctors._cleaning.arguments import (
    key_columns,
    read_roles,
    require_rows,
    warn_of_abstention,
)
from skanomaly.correctors._cleaning.cleaner import CellCleaner, ErrorDetector
from skanomaly.correctors._cleaning.layers import CellLayers
from skanomaly.correctors._diffusion_inpainter import DiffusionInpainter
from skanomaly.correctors._examples.settling import write_known
from skanomaly.correctors._examples.teaching import TeachableMixin
from skanomaly.correctors._formats.table import TableFormats
from skanomaly.correctors._search.parameters import (
    SEARCHES,
    BeamSearch,
    GradientSearch,
    SearchLike,
)
from skanomaly.correctors._table.codec import MISSING
from skanomaly.correctors._table.parameters import CorrectorParams
from skanomaly.correctors._table.records import RowModel
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._seeds import draw_seed, spawn_seeds
from skanomaly.utils._state import of_one_fit
from skanomaly.utils._typing import Estimator, FloatArray, ListLike, MatrixLike

__all__ = ["AnomalyCorrector"]


class AnomalyCorrector(TeachableMixin, BaseCorrector):
    """Repair what is wrong in a table, verify every repair, and keep a record.

    Without labels, the table is taken as it comes, mostly right with some wrong cells
    in it. It is read (markers of missing values, numbers and dates as text), written in
    one way (units, signs, blanks, case), and each cell is judged by the rest of its
    row, see `NoisyChannelCorrector`. Numbers and dates are judged by what is possible
    in their column and by relations that hold between columns (sums, products, order of
    dates). Only a relation or a format writes a number; other wrong-looking ones are
    "flagged", and stay. In a column in which far more cells look wrong than
    `error_rate` allows, only typing errors are (see `column_report_`).

    With labels, or with a detector, rows are judged as wholes: what the classifier
    finds anomalous is searched for the fewest cells whose change makes the row normal
    (`InverseGradientRepair`), and of the values that do, the likeliest win, by a
    diffusion model of normal rows (`DiffusionInpainter`). Every repair is verified on
    the repaired row itself; a row for which none is found is left as it is and marked
    "failed".

    A few corrected rows teach more than any model: `fit` takes them as `corrections`,
    `suggest_rows` says which to correct, `programs_` what was learned.

    In both cases rows that break one of the `constraints` are repaired as wholes, in
    the fewest cells after which all hold; without labels no number or date is changed
    for that, and a row that would need it is "failed".

    Parameters
    ----------
    detector : estimator, default=None
        What chooses the rows: any detector or classifier, see the `classifier` of
        `InverseGradientRepair`. None trains a classifier on `y`, or, where there is no
        `y`, judges single cells.
    alpha : float, default=None
        Largest risk, in (0, 1), of a change that is kept; what is riskier is left
        alone. The risk of a row is its probability of an anomaly after the repair;
        `row_report_` marks riskier rows "abstained". That of a single cell is the
        probability that its new value is wrong; `report_` marks riskier ones "flagged".
        None keeps every repair of a row that is verified, and is 0.2 for single cells.
    error_rate : float, default=0.03
        Without labels: the share of wrong cells that you expect, in (0, 1). A table
        cannot always tell errors from rare truths; there this decides. Where more than
        twice as many cells of a column look wrong, only its typing errors are changed.
    roles : dict, default=None
        Without labels: what to do with columns, by name or position. "repair" is the
        default, "flag" only reports what looks wrong, "ignore" neither judges the
        column nor takes it for evidence.
    keys : "auto", None or list of str or int, default="auto"
        Without labels: the columns that together name the entity that a row describes,
        see `NoisyChannelCorrector`.
    fill : "auto" or bool, default="auto"
        Without labels: whether missing cells are filled too, where a value is sure
        enough. "auto" fills only what other rows say of the same entity (`keys`), at
        2.5 times the risk `alpha`, since nothing right is lost. True fills numbers,
        too, where a relation between columns determines them.
    formats : bool, default=True
        Without labels: whether different ways of writing are unified.
    numbers : bool, default=True
        Without labels: whether numbers and dates are judged.
    threshold : float, default=0.5
        Probability of an anomaly, in (0, 1), from which on a row is repaired.
    search : str, BeamSearch or GradientSearch, default="auto"
        How cells are searched, see `InverseGradientRepair`.
    max_epochs : int, default=None
        Passes over the rows for a network that is trained on `y`; None trains one, and
        boosted trees, and takes what is better on held-out rows.
    inpainter : DiffusionInpainter, default=None
        Model of normal rows, cloned. With labels, None takes one with default settings.
        Without, None is none, which is fast; a given one is asked about cells too, and
        should have ``n_folds=2``. What it
        shares with this corrector (locked columns, constraints, bins and so on) is
        taken from here. Rows that are judged as wholes keep their missing cells, unless
        filling one is part of a repair.
    {parameters}

    Attributes
    ----------
    repair_ : InverseGradientRepair or None
        What repairs rows; None without labels and detector.
    inpainter_ : DiffusionInpainter or None
        The model of normal rows, if there is one.
    programs_ : RepairPrograms
        Formats, and programs learned from corrections, as a list: readable, switched
        off one by one, saved, applied to other tables.
    relations_ : list of str
        What holds in most rows between numbers and dates, and which names stand for
        which ranges of them; empty with labels.
    column_report_ : DataFrame
        One row for each column: ``column``, ``reading`` (number, date,
        text and so on), ``role``, ``status`` ("judged", or why it is not), ``formats``
        (the steps that unify its ways of writing).
    categories_ : list of ndarray
        Values of each column in the order of their codes.
    report_ : DataFrame
        Of the last `transform`, one row for each cell that was changed or is flagged:
        ``row``, ``column``, ``old``, ``new`` (None where it stays), ``p_new``
        (probability that the new value is right), ``p_error``
        (probability that the old one was wrong; where rows are judged, that any other
        value stands there in the repaired row), ``p_anomaly_before`` and
        ``p_anomaly_after`` (of the row), ``n_edits``, ``status`` ("repaired", "flagged"
        or "failed"), ``kind`` (what changes of a column have in common) and ``reason``
        (a sentence); without labels also ``low`` and ``high`` (what is expected of a
        number or a date) and ``suggestion`` (what a flagged cell would most likely be).
    row_report_ : DataFrame
        Of the last `transform`, one row for each row: ``status`` ("untouched",
        "repaired", "abstained", "failed"), ``reason``, ``n_edits``, ``n_filled``,
        ``p_anomaly_before``, ``p_anomaly_after``, ``certified_min_edits``.
    {input_attributes}

    See Also
    --------
    NoisyChannelCorrector : Cells judged by the rest of their row, alone.
    InverseGradientRepair : The search for the fewest cells, alone.
    DiffusionInpainter : The model of normal rows, alone.

    Examples
    --------
    Without labels:

    >>> import numpy as np
    >>> import pandas as pd
    >>> from skanomaly.correctors import AnomalyCorrector
    >>> X = pd.DataFrame(
    ...     {
    ...         "city": np.tile(["Bern", "Rome", "Oslo"], 100),
    ...         "land": np.tile(["CH", "IT", "NO"], 100),
    ...     }
    ... )
    >>> X.loc[[1, 7, 34, 70], "city"] = ["Rmoe", "Roma", "Rme", "Rom"]
    >>> corrector = AnomalyCorrector(random_state=0).fit(X)
    >>> corrector.transform(X)["city"].unique().tolist()
    ['Bern', 'Rome', 'Oslo']

    With a few corrections, here of three of the rows that are suggested:

    >>> X["code"] = [f"{k:04d}" if k % 2 else f"no. {k}" for k in range(300)]
    >>> rows = corrector.suggest_rows(X, 8)
    >>> right = X.loc[rows].assign(code=[f"{k:04d}" for k in rows])
    >>> corrector = AnomalyCorrector(random_state=0).fit(X, corrections=right)
    >>> print(*corrector.programs_)
    code: write the last token (4 digits) (for like 'a. 9')
    >>> corrector.transform(X)["code"].tolist() == [f"{k:04d}" for k in range(300)]
    True

    With labels:

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

    _allow_empty = True
    _parameter_constraints: dict = {
        "detector": "no_validation",
        "alpha": [Interval(Real, 0, 1, closed="neither"), None],
        "error_rate": [Interval(Real, 0, 1, closed="neither")],
        "roles": [dict, None],
        "keys": [StrOptions({"auto"}), "array-like", None],
        "fill": [StrOptions({"auto"}), "boolean"],
        "formats": ["boolean"],
        "numbers": ["boolean"],
        "threshold": [Interval(Real, 0, 1, closed="neither")],
        "search": [StrOptions(set(SEARCHES)), BeamSearch, GradientSearch],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), None],
        "inpainter": [DiffusionInpainter, None],
    }

    repair_: correctors.InverseGradientRepair | None
    inpainter_: DiffusionInpainter | None
    relations_: list[str]
    _layers: Any
    column_report_: pd.DataFrame

    def __init__(
        self,
        detector: Estimator | None = None,
        *,
        alpha: float | None = None,
        error_rate: float = 0.03,
        roles: Mapping[Any, str] | None = None,
        keys: Literal["auto"] | ListLike | None = "auto",
        fill: bool | Literal["auto"] = "auto",
        formats: bool = True,
        numbers: bool = True,
        threshold: float = 0.5,
        search: SearchLike = "auto",
        max_epochs: int | None = None,
        inpainter: DiffusionInpainter | None = None,
        **params: Unpack[CorrectorParams],
    ) -> None:
        super().__init__(**params)
        self.detector = detector
        self.alpha = alpha
        self.error_rate = error_rate
        self.roles = roles
        self.keys = keys
        self.fill = fill
        self.formats = formats
        self.numbers = numbers
        self.threshold = threshold
        self.search = search
        self.max_epochs = max_epochs
        self.inpainter = inpainter

    @of_one_fit
    def error_proba(self, X: MatrixLike) -> FloatArray:
        """Probability that each cell is wrong, where there are no labels.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows, with the columns of `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            In [0, 1]; NaN for missing cells.

        Raises
        ------
        ValueError
            If `fit` had labels or a detector, so that whole rows are judged.
        """
        rows = self._rows(X)
        if self._layers is None:
            raise ValueError(
                "error_proba judges single cells, but this corrector was fitted with "
                "labels or a detector and judges rows: see p_anomaly_before in "
                "row_report_, or fit without labels."
            )
        return self._layers.p_error(rows)

    def _learn_formats(self, frame, is_anomaly):
        self._by_rows = self.detector is not None or bool(
            is_anomaly is not None and is_anomaly.any()
        )
        self._column_roles = read_roles(self.roles, frame.columns)
        kept = self._immutable_columns | (self._column_roles == "flag")
        used = self._column_roles != "ignore"
        self._immutable_columns = kept | ~used
        unified = self.formats and not self._by_rows
        formats = TableFormats(self.missing_values, used) if unified else None
        return self._teach(frame, formats, used & (not self._by_rows))

    def _fit(self, codes, is_anomaly, frame):
        seeds = spawn_seeds(draw_seed(self.random_state), 2)
        y = None if is_anomaly is None else is_anomaly.astype(np.int64)
        shared = {name: getattr(self, name) for name in _SHARED}
        self.repair_ = self.inpainter_ = None
        self._layers = None
        self.relations_ = []
        names = list(getattr(self, "feature_names_in_", range(codes.shape[1])))
        if self._by_rows:
            self.column_report_ = pd.DataFrame(
                {
                    "column": names,
                    "reading": self._codec.readings,
                    "role": self._column_roles,
                    "status": "rows are judged as wholes",
                    "formats": "",
                }
            )
            inpainter = self._make_inpainter().set_params(random_state=seeds[0])
            y = self._labels_after_correction(y)
            repair = self._make_repair(inpainter, random_state=seeds[1], **shared)
            self.repair_ = repair.fit(frame, y)
            self.inpainter_ = repair.inpainter_
            return
        require_rows(len(codes))
        if self.inpainter is not None:
            inpainter = self._make_inpainter().set_params(random_state=seeds[0])
            self.inpainter_ = inpainter.set_params(**shared).fit(frame)
        self._fit_layers(codes, frame, seeds[1])

    def _fit_layers(self, codes, frame, seed):
        used = self._column_roles != "ignore"
        seen = None
        if self.inpainter_ is None:  # which knows the values of the corrected table
            codes, seen = self._codes_with_errors(codes, frame)
        detector = ErrorDetector(
            columns=self._codec.columns,
            error_rate=self.error_rate,
            keys=key_columns(self.keys, self._columns_mask, self._codec.is_numeric),
            model=None if self.inpainter_ is None else self.inpainter_.model_,
            seed=seed,
            used=used,
            verbose=self.verbose,
        )
        self._layers = CellLayers(
            detector, self._codec, self._formats, used, self.numbers
        ).fit(frame, codes, self._known, seen)
        names = list(getattr(self, "feature_names_in_", range(codes.shape[1])))
        self.relations_ = self._layers.relations(names)
        self.column_report_ = self._layers.report(names, self._column_roles)
        warn_of_abstention(detector, names)

    def _labels_after_correction(self, y):
        """Labels with corrected rows as normal ones, unless no anomaly were left."""
        if y is None or self._known is None:
            return y
        left = np.where(self._known.any(axis=1), 0, y)
        return left if left.any() else y

    def _make_inpainter(self):
        inpainter = self.inpainter
        return DiffusionInpainter() if inpainter is None else clone(inpainter)

    def _make_repair(self, inpainter, **shared):
        return correctors.InverseGradientRepair(
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
        model: RowModel = self._row_model()
        self._assess_changes(repair, rows.codes, changed, model)
        if self.alpha is not None:
            unsure = changed.any(axis=1) & (repair.p_after > self.alpha)
            repair.revert(unsure, rows.codes, "abstained", "risk above alpha")
        write_known(repair, rows)
        return repair

    def _row_model(self):
        """What says how likely rows are."""
        if self.inpainter_ is not None:
            return self.inpainter_.model_
        return self._layers.detector

    def _repair_cells(self, rows):
        """Repair cell by cell, but what breaks a constraint by search."""
        alpha = ALPHA if self.alpha is None else self.alpha
        repair = self._layers.repair(
            rows, alpha=alpha, fill=self.fill, max_edits=self.max_edits
        )
        if not self._rules():
            return repair
        model: RowModel = self._layers.detector
        # A number that merely satisfies a constraint would be invented.
        broken = _search.rules.repair_broken_rows(
            repair,
            replace(rows, locked=rows.locked | self._codec.is_measured),
            self._codec.n_categories,
            max_edits=self.max_edits,
            log_likelihood=model.log_likelihood,
        )
        changed = (repair.codes != rows.codes) & broken[:, None]
        self._assess_changes(repair, rows.codes, changed, model)
        return repair

    def _assess_changes(self, repair, before, changed, model):
        """Write how probable old and new values are in the repaired rows."""
        touched = np.flatnonzero(changed.any(axis=1))
        if not len(touched):
            return
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
        if self.repair_ is not None:
            return propose_for(self.repair_, rows, n_candidates)
        alpha = ALPHA if self.alpha is None else self.alpha
        cleaner = CellCleaner(self._layers.detector, alpha, self.max_edits, self.fill)
        return cleaner.propose(rows).best(rows, n_candidates)


# Largest risk of the change of a single cell.
ALPHA = 0.2
# Parameters that the joined correctors take over.
_SHARED = (
    "immutable", "constraints", "max_edits", "categorical_features", "n_bins",
    "handle_unknown", "missing_values", "verbose",
)  # fmt: skip
