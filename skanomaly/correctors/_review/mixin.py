"""What a corrector offers to a person: changes to decide about, and to apply."""

from os import PathLike
from typing import Any, Literal

import numpy as np
import pandas as pd

from skanomaly.correctors._review.decisions import (
    check_decisions,
    read_decisions,
    require_labels,
)
from skanomaly.correctors._review.page import write_page
from skanomaly.correctors._review.texts import as_text
from skanomaly.correctors._table.codec import to_frame
from skanomaly.correctors._table.records import Record
from skanomaly.correctors._table.writing import cannot_hold, try_write_cells
from skanomaly.utils._files import check_target
from skanomaly.utils._state import of_one_fit
from skanomaly.utils._typing import MatrixLike
from skanomaly.utils._warn import warn_user

__all__ = ["ReviewMixin"]


class ReviewMixin:
    """Changes that a person decides about one by one."""

    @of_one_fit
    def review(
        self, X: MatrixLike, path: str | PathLike[str] | None = None
    ) -> pd.DataFrame:
        """Write a page on which a person decides about each change.

        The page is one file that needs no network and no server. It lists the changes
        and flags by column and reason, lets you accept, reject or type values, and
        hands out the decisions as a CSV file for `apply`. Nothing of the corrector
        changes.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            The table, with the columns of `fit` and labels that tell its rows apart.
        path : str or path, default=None
            Where to write the page, an HTML file. None writes none.

        Returns
        -------
        DataFrame
            The changes and flags, as in `report_`, with two more columns: ``decision``
            ("" until you write "accept", "reject", "edit" or "empty") and ``value`` (of
            an edit). "empty" takes the value away. Decisions written here are as good
            as those of the page.
        """
        require_labels(to_frame(X))
        if path is not None:  # repairing takes long: refuse the path before
            check_target(path)
        report = self.repair(X).report  # type: ignore[attr-defined]
        if path is not None:
            write_page(path, report, to_frame(X))
        return report.assign(decision="", value=None)

    @of_one_fit
    def apply(
        self,
        X: MatrixLike,
        decisions: pd.DataFrame | str | PathLike[str],
        *,
        undecided: Literal["keep", "accept"] = "keep",
    ) -> tuple[Any, pd.DataFrame]:
        """Repair a table as a person decided.

        Needs no fit. After a fit, `inverse_transform` takes it back.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            The table that the decisions were made for.
        decisions : DataFrame or path
            What `review` returns or its page hands out, with the columns ``row``,
            ``column``, ``old``, ``new``, ``decision`` and ``value``. A path is that of
            a CSV or Parquet file. In a CSV file a leading apostrophe is no part of a
            cell: it keeps spreadsheets from reading a formula or a date.
        undecided : {"keep", "accept"}, default="keep"
            What becomes of changes without a decision: the table keeps the old values,
            or gets the new ones. Flagged cells have none and always stay.

        Returns
        -------
        table : DataFrame or ndarray of shape (n_samples, n_features)
            A copy of `X`, of the same type, dtypes and index.
        log : DataFrame
            One row for each decision: ``row``, ``column``, ``old``, ``new`` (what
            stands there now), ``decision``, ``value``. It can be passed to `fit` as
            ``corrections``, where a corrector has these.

        Raises
        ------
        ValueError
            If the decisions are about another table, name a cell twice, edit one
            without a value, or have a value that its column cannot hold.
        """
        if undecided not in ("keep", "accept"):
            raise ValueError(
                f"undecided must be 'keep' or 'accept', got {undecided!r}."
            )
        decided = check_decisions(read_decisions(decisions), X, undecided)
        if not len(decided.rows):
            warn_user("decisions hold no decision: the table stays as it is.")
        table, log = _applied(X, decided)
        self._remember(X, decided)
        return table, log

    def _remember(self, X, decided):
        """Keep what it takes to undo; there is no such log before a fit."""
        log = self.__dict__.get("_log")
        if log is None:
            return
        undo = (to_frame(X).shape, *decided[:2], decided.old, decided.new)
        last = log.last or Record(None, None, undo)
        log.last = last._replace(undo=undo)


def _applied(X, decided):
    """Table with the decided cells, and the log."""
    rows, columns, old, new, words = decided
    texts = [[as_text(cell) for cell in cells] for cells in (old, new)]
    changed = np.array([a != b for a, b in zip(*texts, strict=True)], dtype=bool)
    at = np.flatnonzero(changed)
    table, failed = try_write_cells(X, rows[at], columns[at], new[at])
    if failed.any():
        i = at[int(np.argmax(failed))]
        raise ValueError(f"decisions: {cannot_hold(X, columns[i], new[i])}")
    frame = to_frame(X)
    values = np.where(words == "edit", new, None)
    log = {
        "row": frame.index[rows],
        "column": frame.columns[columns],
        "old": pd.Series(old, dtype=object),
        "new": pd.Series(new, dtype=object),
        "decision": words,
        "value": pd.Series(values, dtype=object),
    }
    return table, pd.DataFrame(log)
