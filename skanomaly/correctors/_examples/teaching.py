"""Correctors that learn from corrections: the part that they share."""

from typing import Any, Self

import numpy as np
import pandas as pd

from skanomaly.correctors._examples.corrections import read_corrections
from skanomaly.correctors._examples.formats import TaughtFormats
from skanomaly.correctors._examples.listing import RepairPrograms
from skanomaly.correctors._examples.suggesting import suggest
from skanomaly.correctors._table.frames import to_frame
from skanomaly.utils._state import all_or_nothing, of_one_fit
from skanomaly.utils._typing import MatrixLike, VectorLike

__all__ = ["TeachableMixin"]


class TeachableMixin:
    """Take `corrections` in `fit`, say which rows to correct next, list programs."""

    _formats: TaughtFormats | None
    programs_: RepairPrograms
    _immutable_columns: Any
    # Only while `fit` runs: what it was given, and which cells that makes known.
    _given: Any = None
    _known: Any = None
    _found: Any = None
    _codec: Any
    categories_: Any

    @all_or_nothing
    def fit(
        self,
        X: MatrixLike,
        y: VectorLike | None = None,
        *,
        corrections: pd.DataFrame | None = None,
    ) -> Self:
        """Learn what right rows look like, and from what a person corrected.

        Corrected cells are taken over, and stay as they are, in `X` and wherever their
        row comes again. Of the corrections of a column programs are learned (affixes,
        numbers, order and form of tokens, month names, what another column has), with
        the patterns of values that they are for; cells that were right limit them. A
        program that one example alone proves only rewrites; what it writes by itself
        takes two.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows: strings, integers, booleans, categories, numbers, dates;
            missing cells are allowed.
        y : array-like of shape (n_samples,), default=None
            1 for anomalies and 0 for normal rows (or -1 and +1, as scikit-learn's
            detectors say it). Anything else is ignored with a warning, and all of it
            with `ignore_y`.
        corrections : DataFrame, default=None
            What a person says about rows of `X`, in one of three forms. Entries, with
            the columns ``row`` (index label), ``column`` (name) and ``value``; a row
            that is named is known as a whole, so that an entry without a column
            confirms a row. Whole rows, with the columns of `X` and index labels of its.
            Or a review, ``report_`` with a column ``decision``: "accept" (``new`` is
            right), "reject" (``old`` is right), "edit" (``value`` is right) or "empty"
            (no value is right); only cells that are decided are known.

        Returns
        -------
        self : object
            The fitted corrector. When anything fails, an earlier fit is kept.

        Raises
        ------
        ValueError
            If corrections name no row or column of `X`, name a cell twice, change an
            immutable column, or hold what a column cannot.
        """
        self._given = corrections
        # Of the corrector that this is mixed into.
        super().fit(X, y)  # type: ignore[misc]
        del self._given, self._known, self._found
        return self

    @of_one_fit
    def suggest_rows(self, X: MatrixLike, n: int = 20) -> list[Any]:
        r"""Say which rows a person should correct next.

        Rows are chosen one after the other. Each is worth the sum of

        .. math:: \sum_j \frac{s_j + 4 u_j}{2^{k_j}} + \frac{u}{50} ,

        where :math:`s_j` is the share of the rows whose value in column j has the same
        pattern (kinds of its tokens), :math:`u_j` how unsure the fitted corrector is of
        these cells, summed and divided by the number of rows, :math:`k_j` the number of
        rows with that pattern that are known or chosen already, and u is how unsure the
        row's least sure cell is. It works before any `fit`.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            The table.
        n : int, default=20
            Number of rows.

        Returns
        -------
        list
            Index labels of rows, those that teach most first; positions for arrays.
            Fewer than `n` where the table has no more rows that are not known.
        """
        if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 1:
            raise ValueError(f"n must be a number of rows, 1 or more; got {n!r}.")
        frame = to_frame(X)
        known, doubt = self._seen(X, frame)
        return list(frame.index[suggest(frame, known, doubt, int(n))])

    def _seen(self, X, frame):
        """Rows that are known already, and how unsure all cells are."""
        nothing = np.zeros(len(frame), bool), np.zeros(frame.shape)
        formats = self.__dict__.get("_formats")
        if formats is None or list(frame.columns) != formats.columns:
            return nothing
        known = formats.known_cells(frame)
        rows = nothing[0] if known is None else known.any(axis=1)
        return rows, self._doubt(X)

    def _doubt(self, X):
        """How unsure it is whether each cell is right, in [0, 1], (n, d)."""
        try:
            # Of the corrector that this is mixed into.
            p = np.nan_to_num(self.error_proba(X))  # type: ignore[attr-defined]
        except ValueError:  # rows are judged as wholes, or values are new
            return np.zeros(to_frame(X).shape)
        return 1 - np.abs(2 * p - 1)

    def _teach(self, frame, formats, used):
        """Learn ways of writing and corrections: the table as they make it."""
        given = self._given
        known = None if given is None else read_corrections(given, frame)
        if known is not None:
            known.require_unlocked(frame, self._immutable_columns)
        self._formats = TaughtFormats(formats, known, used)
        table = self._formats.fit(frame)
        self.programs_ = self._formats.programs
        self._known = self._formats.known_cells(frame)
        self._found = self._formats.found_errors(frame)
        return table

    def _codes_with_errors(self, codes, frame):
        """Codes of a table, and the same with the errors that a person found in it.

        An error that was corrected is one all the same: its value comes again in other
        tables, and a column in which errors were found is none without errors.
        """
        if self._found is None:
            return codes, None
        before, found = self._found
        self._codec = self._codec.with_cells(frame, before, found)
        self.categories_ = [column.values for column in self._codec.columns]
        codes, old = (self._codec.encode(table)[0] for table in (frame, before))
        found = found & ~self._codec.is_numeric & (codes >= 0) & (old >= 0)
        return codes, np.where(found, old, codes)

    def _formatted(self, frame):
        return (frame, None) if self._formats is None else self._formats.apply(frame)
