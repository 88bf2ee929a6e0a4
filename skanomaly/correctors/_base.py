"""What a corrector is: a table in, the same table out with few cells changed."""

from abc import abstractmethod
from typing import Any, Self, TypeVar, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skanomaly._saving.mixin import SavingMixin
from skanomaly.correctors._review.mixin import ReviewMixin
from skanomaly.correctors._review.undo import undone
from skanomaly.correctors._table.arguments import anomaly_labels, column_mask, holds
from skanomaly.correctors._table.codec import (
    MISSING,
    TableCodec,
    cells_of,
    label_keys,
    to_frame,
    write_cells,
)
from skanomaly.correctors._table.parameters import INPUT_ATTRIBUTES, CorrectorParams
from skanomaly.correctors._table.records import (
    Log,
    Record,
    Repaired,
    Rows,
    Written,
    cell_report,
    proposal_report,
    row_report,
)
from skanomaly.correctors._table.writing import cannot_hold, try_write_cells
from skanomaly.utils._compat import validate_data
from skanomaly.utils._params import SharedParamsMixin
from skanomaly.utils._shown import shown
from skanomaly.utils._state import all_or_nothing, of_one_fit
from skanomaly.utils._typing import (
    ListLike,
    MatrixLike,
    NestedLists,
    RandomStateLike,
    SupportsArray,
    VectorLike,
)

__all__ = ["BaseCorrector", "propose_for", "repair_of"]

Table = TypeVar("Table", bound=SupportsArray)


class BaseCorrector(
    SavingMixin,
    ReviewMixin,
    OneToOneFeatureMixin,
    TransformerMixin,
    SharedParamsMixin,
):
    """A transformer that repairs rows, and keeps a record of every change.

    Subclasses write `_fit(codes, is_anomaly, frame)`, which learns, `_repair(rows)`,
    which decides, and `_propose(rows, n_candidates)`, all on integer codes. What is
    promised to the user is enforced here, on what they return: locked cells keep their
    value, changed rows satisfy the constraints, no row changes in more than `max_edits`
    cells, and a cell that does not change is the very object that came in.

    Think twice before adding anything to this class.
    """

    _params = CorrectorParams
    _shared_docstrings = {"input_attributes": INPUT_ATTRIBUTES}
    # Whether columns without any value are left as they are, or refused.
    _allow_empty = False

    immutable: ListLike
    constraints: Any
    max_edits: int | None
    categorical_features: Any
    n_bins: int
    handle_unknown: str
    missing_values: Any
    ignore_y: bool
    random_state: RandomStateLike
    verbose: int
    categories_: list[NDArray[Any]]
    n_features_in_: int
    feature_names_in_: NDArray[Any]

    def __init__(self, **params: Any) -> None:
        self._store_params(params)

    @abstractmethod
    def _fit(self, codes, is_anomaly, frame):
        """Learn from codes of shape (n, d); `is_anomaly` is None without labels."""

    @abstractmethod
    def _repair(self, rows):
        """Decide about `Rows` and return a `Repair`."""

    @abstractmethod
    def _propose(self, rows, n_candidates):
        """Return the ranked `Candidates` of the rows."""

    @all_or_nothing
    def fit(self, X: MatrixLike, y: VectorLike | None = None) -> Self:
        """Learn what right rows look like.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows: strings, integers, booleans, categories, numbers, dates;
            missing cells are allowed.
        y : array-like of shape (n_samples,), default=None
            1 for anomalies and 0 for normal rows (or -1 and +1, as scikit-learn's
            detectors say it). Anything else is ignored with a warning, and all of it
            with `ignore_y`.

        Returns
        -------
        self : object
            The fitted corrector. When anything fails, an earlier fit is kept.
        """
        self._validate_params()
        self._check_rules()
        frame = self._open(X, reset=True)
        y = None if self.ignore_y else y
        is_anomaly = anomaly_labels(y, len(frame), type(self).__name__)
        self._immutable_columns = self._columns_mask(self.immutable, "immutable")
        frame = self._learn_formats(frame, is_anomaly)
        numeric = self._numeric_columns(frame)
        self._codec = TableCodec.fit(
            frame,
            numeric=numeric,
            n_bins=self.n_bins,
            missing_values=self.missing_values,
            allow_empty=self._allow_empty,
        )
        self.categories_ = [column.values for column in self._codec.columns]
        if self._immutable_columns.all():
            raise ValueError("Every column is immutable: nothing could be repaired.")
        self._log = Log()
        self._fit(self._codec.encode(frame)[0], is_anomaly, frame)
        return self

    @overload
    def transform(self, X: Table) -> Table: ...

    @overload
    def transform(self, X: NestedLists) -> NDArray[Any]: ...

    @of_one_fit
    def transform(self, X: MatrixLike) -> Any:
        """Repair a table.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows to repair, with the columns of `fit`.

        Returns
        -------
        DataFrame or ndarray of shape (n_samples, n_features)
            A copy of `X` of the same type, columns, dtypes and index. `report_` says
            which cells differ and why, `row_report_` what became of each row.
        """
        repaired, undo = self._run(X)
        self._log.last = Record(repaired.report, repaired.row_report, undo)
        return repaired.table

    @of_one_fit
    def repair(self, X: MatrixLike) -> Repaired:
        """Repair a table, and return it together with its reports.

        It changes nothing in the corrector, so that several threads may call it, each
        with a table of its own. `transform` does the same and keeps the reports as
        `report_` and `row_report_`, those of the last call.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows to repair, with the columns of `fit`.

        Returns
        -------
        Repaired
            A named tuple of ``table`` (what `transform` returns), ``report`` and
            ``row_report``.
        """
        return self._run(X)[0]

    @of_one_fit
    def propose(self, X: MatrixLike, n_candidates: int = 5) -> pd.DataFrame:
        """List alternatives for each row that should change, best first.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows, with the columns of `fit`.
        n_candidates : int, default=5
            Most candidates a row.

        Returns
        -------
        DataFrame
            One row for each cell that a candidate changes: ``row``, ``rank`` (0 is the
            best), ``column``, ``old``, ``new``, ``p_candidate`` (share of the
            candidate among those of its row), ``p_anomaly_after``, ``n_edits``.
        """
        if not isinstance(n_candidates, int | np.integer) or n_candidates < 1:
            raise ValueError(f"n_candidates must be 1 or more, got {n_candidates!r}.")
        rows = self._rows(X)
        return proposal_report(self._propose(rows, n_candidates), rows, X, self._codec)

    @overload
    def inverse_transform(
        self, X: Table, *, cells: pd.DataFrame | None = None
    ) -> Table: ...

    @overload
    def inverse_transform(
        self, X: NestedLists, *, cells: pd.DataFrame | None = None
    ) -> NDArray[Any]: ...

    @of_one_fit
    def inverse_transform(
        self, X: MatrixLike, *, cells: pd.DataFrame | None = None
    ) -> Any:
        """Undo the last `transform` or `apply`, all of it or single cells.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            What the last `transform` or `apply` returned; cells that it did not change
            may have been edited since.
        cells : DataFrame, default=None
            The cells to undo, with the columns ``row`` (index label) and ``column``
            (name), such as rows of `report_`. None undoes all.

        Returns
        -------
        DataFrame or ndarray of shape (n_samples, n_features)
            A copy of `X` whose repaired cells hold their old values again.

        Raises
        ------
        ValueError
            If `X` is not the table that was returned, or a cell was not changed.
        """
        check_is_fitted(self)
        if self._log.last is None:
            raise ValueError("There is nothing to undo: call transform first.")
        return write_cells(X, *undone(X, self._log.last.undo, cells))

    @property
    def report_(self) -> pd.DataFrame:
        """DataFrame of the last `transform`, a row for each changed or flagged cell."""
        return self._last("report")

    @property
    def row_report_(self) -> pd.DataFrame:
        """DataFrame of the last `transform`, one row for each row of its table."""
        return self._last("rows")

    def _last(self, name):
        log = self.__dict__.get("_log")
        if log is None or getattr(log.last, name, None) is None:
            raise AttributeError(
                f"{type(self).__name__} has no report yet: transform writes it."
            )
        return getattr(log.last, name)

    def _open(self, X, *, reset):
        """Table as a pandas frame whose columns are those of `fit`."""
        frame = to_frame(X)
        if not frame.columns.is_unique:  # a name could not say which column it means
            twice = frame.columns[frame.columns.duplicated()][0]
            raise ValueError(f"X has more than one column named {shown(twice)}.")
        validate_data(self, X, reset=reset, skip_check_array=True)
        return frame

    def _learn_formats(self, frame, is_anomaly):
        """Table in one way of writing, and learn what it takes to write it so."""
        return frame

    def _formatted(self, frame):
        """Table in the learned way of writing, and what is to be said about that."""
        return frame, None

    def _run(self, X):
        """Return the `Repaired` table, and what it takes to undo it."""
        rows = self._rows(X)
        repair = self._repair(rows)
        self._enforce(repair, rows)
        return self._write(X, rows, repair)

    def _rows(self, X):
        """Table as codes, with the cells that must stay."""
        check_is_fitted(self)
        frame, formats = self._formatted(self._open(X, reset=False))
        codes, unseen = self._codec.encode(frame)
        if unseen.any() and self.handle_unknown == "error":
            # "3x5" among numbers is an error of its cell, not of the table, and another
            # quantity is no new kind of value.
            new = unseen & ~self._codec.unreadable(frame) & ~self._codec.is_measured
            if new.any():
                raise ValueError(self._unseen_message(frame, new))
        fixed = locked = np.broadcast_to(self._immutable_columns, codes.shape)
        if self.handle_unknown != "repair":
            locked = locked | unseen
        empty = (codes == MISSING) & ~unseen
        allowed = self._allowed(frame, codes)
        return Rows(codes, locked, empty, frame, allowed, label_keys(X), formats, fixed)

    def _unseen_message(self, frame, unseen):
        row, column = np.argwhere(unseen)[0]
        return (
            f"Column {self._codec.columns[column].name} holds "
            f"{shown(frame.iat[row, column])}, a value that fit never saw "
            f"({int(unseen.sum())} such cell(s) in all). Fit to this table; or write "
            "handle_unknown='keep' to leave such cells alone, 'repair' to treat them "
            "as missing."
        )

    def _allowed(self, frame, before):
        """Say for candidate codes whether every constraint accepts them."""
        rules = self._rules()

        def allowed(codes, rows):
            if not rules or not len(codes):
                return np.ones(len(codes), bool)
            table = self._codec.decode(codes, frame.iloc[rows], before[rows])
            return np.logical_and.reduce([holds(rule, table) for rule in rules])

        return allowed

    def _rules(self):
        rules = self.constraints
        return [rules] if callable(rules) else list(rules)

    def _check_rules(self):
        for rule in self._rules():
            if not callable(rule):
                raise TypeError(f"constraints must be callables, got {rule!r}.")

    def _enforce(self, repair, rows):
        """Undo whatever breaks a promise; the record says so."""
        changed = repair.changed(rows.codes)
        edited = (changed & ~rows.empty).sum(axis=1)
        touched = np.flatnonzero(changed.any(axis=1))
        broken = np.zeros(len(rows), bool)
        broken[touched] = ~self._accepted(repair, rows, touched)
        broken |= (changed & rows.role_locked).any(axis=1)
        broken |= ((repair.codes != rows.codes) & rows.locked).any(axis=1)
        if self.max_edits is not None:
            repair.revert(edited > self.max_edits, rows.codes, "abstained", "max_edits")
            broken &= edited <= self.max_edits
        repair.revert(broken, rows.codes, "failed", "constraints")

    def _accepted(self, repair, rows, touched):
        """Whether the constraints accept the rows as they will be written."""
        if not self._rules() or not len(repair.written.rows):
            return rows.allowed(repair.codes[touched], touched)
        table = self._codec.decode(repair.codes, rows.frame, rows.codes)
        table = try_write_cells(table, *repair.written.parts)[0].iloc[touched]
        return np.logical_and.reduce([holds(rule, table) for rule in self._rules()])

    def _write(self, X, rows, repair):
        """Write what changed; what X cannot hold fails and stays."""
        result, changed, failed = self._written(X, rows, repair)
        if failed.any():
            self._give_up(X, rows, repair, changed.where(failed))
            result, changed, _ = self._written(X, rows, repair)
        cells, columns, _ = changed.parts
        old, new = cells_of(X, cells, columns), cells_of(result, cells, columns)
        undo = (rows.codes.shape, cells, columns, old, new)
        report = self._report(X, rows, repair, Written(cells, columns, new))
        return Repaired(result, report, row_report(repair, rows)), undo

    def _report(self, X, rows, repair, changed):
        """One row for each cell that was changed or is flagged, in their order."""
        if repair.notes is not None:
            noted = repair.notes.flagged.copy()
            noted[changed.rows, changed.columns] = False
            cells, columns = np.nonzero(noted)
            stays = np.full(len(cells), None, dtype=object)
            changed = (changed + Written(cells, columns, stays)).ordered()
        cells, columns, new = changed.parts
        old = cells_of(X, cells, columns)
        readings = self._codec.readings
        return cell_report(repair, rows, cells, columns, old, new, readings)

    def _written(self, X, rows, repair):
        """Table, its changed cells, and which of them it could not hold."""
        by_code = repair.codes != rows.codes
        by_code[repair.written.rows, repair.written.columns] = False
        cells, columns = np.nonzero(by_code)
        codes = repair.codes[cells, columns]
        new = self._codec.cells(codes, columns, rows.frame)
        changed = (Written(cells, columns, new) + repair.written).ordered()
        result, failed = try_write_cells(X, *changed.parts)
        return result, changed, failed

    def _give_up(self, X, rows, repair, failed):
        """Leave cells that cannot be written; with rules, or labels, their rows."""
        reasons = [cannot_hold(X, j, v) for _, j, v in zip(*failed.parts, strict=True)]
        if repair.notes is None or self._rules():
            first = pd.Series(reasons, index=failed.rows, dtype=object)
            first = first.groupby(level=0).first()
            repair.revert(first.index, rows.codes, "failed", first.to_numpy())
            return
        repair.fail_cells(failed.rows, failed.columns, rows.codes, reasons)

    def _numeric_columns(self, frame):
        """One entry a column: True to bin it, False for categories, None to decide."""
        if isinstance(self.categorical_features, str):
            return [None] * frame.shape[1]
        mask = self._columns_mask(self.categorical_features, "categorical_features")
        return [not categorical for categorical in mask]

    def _columns_mask(self, columns, parameter):
        names = getattr(self, "feature_names_in_", np.arange(self.n_features_in_))
        return column_mask(columns, [str(name) for name in names], parameter)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32", "int64"]
        return tags


def repair_of(corrector, rows):
    """What another corrector, fitted on the same table, decides about `Rows`."""
    return corrector._repair(rows)


def propose_for(corrector, rows, n_candidates):
    """Return the candidates of another corrector, fitted on the same table."""
    return corrector._propose(rows, n_candidates)
