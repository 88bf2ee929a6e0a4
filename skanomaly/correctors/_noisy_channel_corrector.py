"""Find wrong cells by the rest of their row, and what should stand there instead."""

from numbers import Real
from typing import Any, Literal, Unpack

import numpy as np
import pandas as pd
from sklearn.base import clone

from skanomaly.correctors._base import BaseCorrector
from skanomaly.correctors._cleaning.arguments import (
    key_columns,
    require_rows,
    warn_of_abstention,
)
from skanomaly.correctors._cleaning.cleaner import CellCleaner, ErrorDetector
from skanomaly.correctors._diffusion_inpainter import DiffusionInpainter
from skanomaly.correctors._examples.settling import (
    join_edits,
    join_p_error,
    lock_known,
    settle_known,
)
from skanomaly.correctors._examples.teaching import TeachableMixin
from skanomaly.correctors._table.parameters import CorrectorParams
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._seeds import draw_seed, spawn_seeds
from skanomaly.utils._state import of_one_fit
from skanomaly.utils._typing import FloatArray, ListLike, MatrixLike

__all__ = ["NoisyChannelCorrector"]


class NoisyChannelCorrector(TeachableMixin, BaseCorrector):
    r"""Find and repair wrong cells of a table with a noisy-channel model.

    A cell that holds x was v with a probability that is proportional to

    .. math:: \pi\, q(x \mid v)\, p(v \mid \mathrm{rest}),
        \quad\text{or}\quad (1 - \pi)\, p(x \mid \mathrm{rest})
        \;\text{ for } v = x,

    where :math:`p` is counted from pairs and triples of columns, :math:`q` is what
    errors look like (typing errors [1]_, values in the wrong place, garbage, cells that
    were exchanged) and :math:`\pi` the share of errors in the column. All are learned
    by EM [2]_ from the dirty table itself, and no row is evidence for itself. In
    columns that others determine but for few rows, these have the last word. The
    probabilities are calibrated on errors that are injected on purpose. No network is
    trained.

    What a person corrected in a few rows (`corrections` of `fit`) is taken over;
    programs learned from it rewrite cells before they are judged, confirmed values are
    words, and confirmed reports the truth about their entity.

    Only names are judged: text, codes, booleans. Numbers and dates are evidence; whole
    numbers of few values are judged where other columns determine them.

    Parameters
    ----------
    alpha : float, default=0.2
        A cell is changed if the probability that it is wrong and the new value is right
        is at least ``1 - alpha``, in (0, 1). Other suspicious cells are flagged.
    error_rate : float, default=0.03
        The share of wrong cells that you expect, in (0, 1). A table cannot always tell
        errors from rare truths; there this decides. Where more than twice as many cells
        of a column look wrong, only its typing errors are changed.
    keys : "auto", None or list of str or int, default="auto"
        The columns, by name or position, that together name the
        entity that a row describes, in a table in which several rows describe the same
        one [3]_. In each column that its rows mostly agree about, one value is then
        taken to be true, by a vote in which sources that the others confirm more
        often count more. "auto" looks for a key and for the column that names the
        source, and finds none unless every source describes an entity once and sources
        differ in how often the others contradict them. Pass None where the rows of an
        entity may rightly differ, as in repeated measurements.
    fill : "auto" or bool, default="auto"
        Whether missing cells are filled too, where a value is sure enough. "auto" fills
        only what other rows say of the same entity (`keys`), at 2.5 times the risk
        `alpha`, since nothing right is lost.
    inpainter : DiffusionInpainter, default=None
        A further model of conditionals, cloned and fitted, with ``n_folds=2`` at least;
        its say is weighed against that of the counts. It finds more where no two
        columns say much alone, and takes most of the time.
    {parameters}

    Attributes
    ----------
    inpainter_ : DiffusionInpainter or None
        The fitted further model.
    programs_ : RepairPrograms
        Programs learned from corrections, as a list: readable, switched off one by one,
        saved, applied to other tables.
    column_report_ : DataFrame
        One row for each column: ``column``, ``reading`` (number, date, text and so on)
        and ``status`` ("judged", or why it is not).
    categories_ : list of ndarray
        Values of each column in the order of their codes.
    report_ : DataFrame
        Of the last `transform`, one row for each cell that was changed or is flagged:
        ``row``, ``column``, ``old``, ``new`` (None where it stays), ``p_new``
        (probability that the new value is right), ``p_error`` (probability that the old
        one was wrong), ``status`` ("repaired", "flagged" or "failed"), ``kind`` and
        ``reason`` (a sentence), ``suggestion`` (the likeliest value of a flagged cell).
    row_report_ : DataFrame
        Of the last `transform`, one row for each row.
    {input_attributes}

    See Also
    --------
    AnomalyCorrector : The same with formats, numbers and labels; start there.
    DiffusionInpainter : Fill cells that are known to be missing or wrong.

    References
    ----------
    .. [1] M. D. Kernighan, K. W. Church, W. A. Gale, "A spelling correction program
       based on a noisy channel model", COLING 1990.
    .. [2] A. P. Dempster, N. M. Laird, D. B. Rubin, "Maximum likelihood from incomplete
       data via the EM algorithm", Journal of the Royal Statistical Society B 39, 1977.
    .. [3] X. Li, X. L. Dong, K. Lyons, W. Meng, D. Srivastava, "Truth finding on the
       deep web: is the problem solved?", PVLDB 6 (2), 2012.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skanomaly.correctors import NoisyChannelCorrector
    >>> X = pd.DataFrame(
    ...     {
    ...         "city": np.tile(["Bern", "Rome", "Oslo"], 100),
    ...         "land": np.tile(["CH", "IT", "NO"], 100),
    ...     }
    ... )
    >>> X.loc[[1, 7, 34, 70], "city"] = ["Rmoe", "Roma", "Rme", "Rom"]
    >>> corrector = NoisyChannelCorrector(random_state=0).fit(X)
    >>> corrector.transform(X)["city"].unique().tolist()
    ['Bern', 'Rome', 'Oslo']
    """

    _allow_empty = True
    _parameter_constraints: dict = {
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "error_rate": [Interval(Real, 0, 1, closed="neither")],
        "keys": [StrOptions({"auto"}), "array-like", None],
        "fill": [StrOptions({"auto"}), "boolean"],
        "inpainter": [DiffusionInpainter, None],
    }

    inpainter_: DiffusionInpainter | None
    column_report_: pd.DataFrame

    def __init__(
        self,
        *,
        alpha: float = 0.2,
        error_rate: float = 0.03,
        keys: Literal["auto"] | ListLike | None = "auto",
        fill: bool | Literal["auto"] = "auto",
        inpainter: DiffusionInpainter | None = None,
        **params: Unpack[CorrectorParams],
    ) -> None:
        super().__init__(**params)
        self.alpha = alpha
        self.error_rate = error_rate
        self.keys = keys
        self.fill = fill
        self.inpainter = inpainter

    @of_one_fit
    def error_proba(self, X: MatrixLike) -> FloatArray:
        """Probability that each cell is wrong.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows, with the columns of `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            In [0, 1]; NaN for missing cells.
        """
        rows = self._rows(X)
        p_error = self._detector.posterior(rows.codes).p_error
        return join_p_error(np.where(rows.codes < 0, np.nan, p_error), rows)

    def _fit(self, codes, is_anomaly, frame):
        seeds = spawn_seeds(draw_seed(self.random_state), 2)
        chosen = slice(None) if is_anomaly is None else ~is_anomaly
        require_rows(len(codes[chosen]))
        self.inpainter_ = None
        if self.inpainter is not None:
            shared = {name: getattr(self, name) for name in _SHARED}
            inpainter = clone(self.inpainter).set_params(**shared)
            inpainter.set_params(random_state=seeds[0])
            y = None if is_anomaly is None else is_anomaly.astype(np.int64)
            self.inpainter_ = inpainter.fit(frame, y)
        seen = None
        if self.inpainter is None:  # which knows the values of the corrected table
            codes, seen = self._codes_with_errors(codes, frame)
        tables = (codes, self._known, seen)
        self._detector = ErrorDetector(
            columns=self._codec.columns,
            error_rate=self.error_rate,
            keys=key_columns(self.keys, self._columns_mask, self._codec.is_numeric),
            model=None if self.inpainter_ is None else self.inpainter_.model_,
            seed=seeds[1],
            verbose=self.verbose,
        ).fit(*(None if table is None else table[chosen] for table in tables))
        names = list(getattr(self, "feature_names_in_", range(codes.shape[1])))
        self.column_report_ = self._columns(names)
        warn_of_abstention(self._detector, names)

    def _columns(self, names):
        status = [self._detector.status(j) for j in range(len(names))]
        readings = self._codec.readings
        return pd.DataFrame({"column": names, "reading": readings, "status": status})

    def _learn_formats(self, frame, is_anomaly):
        return self._teach(frame, None, np.ones(frame.shape[1], bool))

    def _repair(self, rows):
        rows = lock_known(rows)
        repair = self._cleaner().repair(rows)
        join_edits(repair, rows, self.alpha)
        settle_known(repair, rows)
        return repair

    def _propose(self, rows: Any, n_candidates: int) -> Any:
        return self._cleaner().propose(rows).best(rows, n_candidates)

    def _cleaner(self):
        return CellCleaner(self._detector, self.alpha, self.max_edits, self.fill)


# Parameters that the further model takes over.
_SHARED = (
    "immutable", "categorical_features", "n_bins", "handle_unknown", "missing_values",
    "verbose",
)  # fmt: skip
