"""Cells that a corrector changed, the effect on rows, and calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

import pandas as pd

from skanomaly.displays import _repair_charts as charts
from skanomaly.displays._drawing import Axes, import_pyplot, last_step
from skanomaly.displays._row_images import rows_at_detector, unit_note
from skanomaly.utils._typing import BoolArray, MatrixLike, Transformer

KINDS = ("cells", "scores", "calibration")
NEEDED = ("row", "column", "old", "new", "p_new", "p_anomaly_before", "p_anomaly_after")


@dataclass(kw_only=True, eq=False, repr=False)
class RepairDisplay:
    """Cells that a corrector changed, with probabilities.

    Use :meth:`from_estimator` or :meth:`from_predictions` to make one. There are three
    kinds:

    - "cells": a heat map of some rows and columns with changes. A changed cell shows
      its old value and, below it, the new one with its probability. All changes are in
      the report.
    - "scores": the probability that a row is an anomaly, before and after its repair,
      for all rows with changes.
    - "calibration": among the changes with a probability of about 0.8, how many are
      right? On the diagonal 80 percent are. Needs the clean table.

    Parameters
    ----------
    report : DataFrame of shape (n_changes, n_columns)
        One row for each changed cell: the `report_` of a corrector, without the cells
        that it only flags. Columns "row" and
        "column" (labels), "old", "new", "p_new", "p_anomaly_before" and
        "p_anomaly_after"; probabilities that are not known are NaN.
    X : DataFrame of shape (n_samples, n_features), default=None
        The rows before the repair, for the cells that did not change.
    correct : ndarray of bool of shape (n_changes,), default=None
        Whether each new value is right.
    threshold : float, default=None
        Probability from which a row is called anomalous. None draws no threshold.
    name : str, default=None
        Name of the corrector, for the title.
    note : str, default=None
        A remark on the values, written below "cells".

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    image_ : matplotlib AxesImage or None
        The heat map.
    points_ : list of matplotlib artists
        Of "scores": the points before and after. Of "calibration": the curve with its
        intervals.
    legend_ : matplotlib Legend or None
        The legend. For "calibration" its title holds the expected calibration error,
        the number of changes, and how many are right.

    See Also
    --------
    ScoreDistributionDisplay : Histogram of anomaly scores.

    Examples
    --------
    >>> import pandas as pd
    >>> from skanomaly.displays import RepairDisplay
    >>> report = pd.DataFrame(
    ...     {
    ...         "row": [3, 8],
    ...         "column": ["city", "zip"],
    ...         "old": ["Boon", "5311x"],
    ...         "new": ["Bonn", "53111"],
    ...         "p_new": [0.9, 0.7],
    ...         "p_anomaly_before": [0.8, 0.9],
    ...         "p_anomaly_after": [0.1, 0.2],
    ...     }
    ... )
    >>> display = RepairDisplay.from_predictions(report)
    >>> [text.get_text() for text in display.ax_.get_yticklabels()]
    ['3', '8']
    """

    report: pd.DataFrame
    X: pd.DataFrame | None = None
    correct: BoolArray | None = None
    threshold: float | None = None
    name: str | None = None
    note: str | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Transformer,
        X: MatrixLike,
        X_clean: MatrixLike | None = None,
        *,
        kind: Literal["cells", "scores", "calibration"] = "cells",
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Repair rows and draw what changed.

        Parameters
        ----------
        estimator : estimator
            Fitted corrector with `transform` and `report_`, or a Pipeline or a search
            that ends in one. In a Pipeline, rows and values are those that reach the
            corrector, which is written below them.
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows to repair.
        X_clean : DataFrame or array-like of shape (n_samples, n_features), default=None
            The same rows without errors.
        kind : {"cells", "scores", "calibration"}, default="cells"
            What to draw.
        name : str, default=None
            Name for the title. None takes the name of the corrector's class.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : RepairDisplay
            The display, drawn.
        """
        import_pyplot()
        corrector = last_step(estimator)
        estimator.transform(X)
        if not hasattr(corrector, "report_"):
            raise TypeError(
                f"estimator={corrector!r} has no report_: give a corrector."
            )
        if X_clean is not None:
            X_clean = rows_at_detector(estimator, X_clean)[1]
        return cls.from_predictions(
            corrector.report_,
            X=rows_at_detector(estimator, X)[1],
            X_clean=X_clean,
            threshold=getattr(corrector, "threshold", None),
            name=type(corrector).__name__ if name is None else name,
            note=unit_note(estimator),
            kind=kind,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        report: pd.DataFrame,
        *,
        X: MatrixLike | None = None,
        X_clean: MatrixLike | None = None,
        threshold: float | None = None,
        name: str | None = None,
        note: str | None = None,
        kind: Literal["cells", "scores", "calibration"] = "cells",
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw a given report of changes.

        Parameters
        ----------
        report : DataFrame of shape (n_changes, n_columns)
            One row for each changed cell, as in the parameters of the class.
        X : DataFrame or array-like of shape (n_samples, n_features), default=None
            The rows before the repair. None draws the columns with changes alone.
        X_clean : DataFrame or array-like of shape (n_samples, n_features), default=None
            The rows without errors, with the row and column labels of `report`.
        threshold : float, default=None
            Probability from which a row is called anomalous. None draws no threshold.
        name : str, default=None
            Name for the title. None leaves it out.
        note : str, default=None
            A remark on the values, written below "cells".
        kind : {"cells", "scores", "calibration"}, default="cells"
            What to draw.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : RepairDisplay
            The display, drawn.
        """
        _check_report(report)
        report = _changes(report)
        X = None if X is None else charts.as_frame(X)
        correct = None if X_clean is None else charts.is_right(report, X_clean)
        display = cls(
            report=report,
            X=X,
            correct=correct,
            threshold=threshold,
            name=name,
            note=note,
        )
        return display.plot(ax=ax, kind=kind, **kwargs)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        kind: Literal["cells", "scores", "calibration"] = "cells",
        max_rows: int = 8,
        max_columns: int = 5,
        n_bins: int = 10,
        **kwargs: Any,
    ) -> Self:
        """Draw the changes.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        kind : {"cells", "scores", "calibration"}, default="cells"
            What to draw.
        max_rows : int, default=8
            For "cells": draw at most this many rows, in the order of the report.
        max_columns : int, default=5
            For "cells": draw at most this many columns, those with the most changes in
            the rows that are drawn; columns without one only where there is room.
        n_bins : int, default=10
            For "calibration": number of bins of equal width.
        **kwargs : dict
            Arguments of matplotlib: of ``Axes.imshow`` for "cells", of ``Axes.plot``
            for the points of the other kinds.

        Returns
        -------
        display : RepairDisplay
            The display itself.
        """
        if not isinstance(kind, str) or kind not in KINDS:
            raise ValueError(f"kind={kind!r}: give one of {', '.join(KINDS)}.")
        self.image_, self.points_, self.legend_ = None, [], None
        if kind == "cells":
            parts = charts.changed_rows(self.report, self.X, max_rows, max_columns)
            self.ax_, self.image_ = charts.draw_cells(ax, parts, self.note, kwargs)
        elif kind == "scores":
            drawn = charts.draw_scores(ax, self.report, self.threshold, kwargs)
            self.ax_, self.points_, self.legend_ = drawn
        else:
            drawn = charts.draw_calibration(
                ax, self.report, self.correct, n_bins, kwargs
            )
            self.ax_, self.points_, self.legend_ = drawn
        self.figure_ = self.ax_.figure
        self.ax_.set_title(self.name)
        return self


def _changes(report):
    """Cells that were changed; a flagged one stays as it is."""
    stays = report.get("status", pd.Series("", index=report.index))
    return report[~stays.isin(["flagged", "failed"])]


def _check_report(report):
    if not isinstance(report, pd.DataFrame):
        raise TypeError(
            f"report has type {type(report).__name__}: give a DataFrame, the report_ "
            "of a corrector."
        )
    missing = [name for name in NEEDED if name not in report]
    if missing:
        raise ValueError(f"report has no column {missing[0]!r}.")
