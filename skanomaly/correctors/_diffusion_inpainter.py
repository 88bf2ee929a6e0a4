"""Redraw the cells of a table from a diffusion model of right rows."""

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, Literal, Unpack

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from skanomaly._training.net import DetectorNet
from skanomaly.correctors._base import BaseCorrector
from skanomaly.correctors._cleaning.cleaner import CellCleaner, ErrorDetector
from skanomaly.correctors._diffusion.filling import (
    draw_candidates,
    fill_cells,
    ranked_fillings,
)
from skanomaly.correctors._diffusion.models import (
    FORMULATIONS,
    FoldedModel,
    model_maker,
    require_absorbing,
)
from skanomaly.correctors._table.codec import MISSING
from skanomaly.correctors._table.parameters import CorrectorParams
from skanomaly.correctors._table.records import Repair
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._seeds import draw_seed, spawn_seeds
from skanomaly.utils._typing import FloatArray, ListLike, MatrixLike, RandomStateLike

__all__ = ["DiffusionInpainter"]


class DiffusionInpainter(BaseCorrector):
    r"""Find and redraw wrong cells with a diffusion model of right rows.

    The model learns to restore hidden cells. ``formulation="absorbing"`` hides a random
    share of the cells of each row and learns

    .. math:: \log p_\theta(x_j \mid x_{\mathrm{known}})

    for all hidden cells :math:`j` at once [1]_, so one network answers any mask, and
    repairing is a matter of a few passes. "multinomial" [2]_ replaces cells by random
    categories step by step, "gaussian" [3]_ adds Gaussian noise to the log-odds of
    one-hot rows, as in the original method; both redraw the unknown cells going
    backwards, with the known ones put back in every step (RePaint [4]_).

    With ``mask="auto"`` a cell counts as wrong by Bayes' rule: :math:`\pi` is the share
    of wrong cells in its column, and :math:`q(x_j)` what errors look like,

    .. math:: p(\text{wrong} \mid x) = \frac{\pi\, q(x_j)}
        {\pi\, q(x_j) + (1 - \pi)\, p(x_j \mid x_{-j})}.

    Both are learned from the table. Without labels the table itself has errors in it,
    and every row is judged by a model that has not learned from it.

    Parameters
    ----------
    formulation : {"absorbing", "multinomial", "gaussian"}, default="absorbing"
        The diffusion. "auto" masks need "absorbing".
    mask : {"auto", "missing"}, array of bool or callable, default="auto"
        Which cells to redraw. "auto" finds wrong cells, and fills missing ones
        where a value is more likely right than not;
        "missing" only fills; an array of shape (n_samples, n_features), True for
        unknown, belongs to the table given to `transform`; a callable takes a table as
        a DataFrame and returns such an array. Known cells never change. If `fit` gets
        a table of the same shape, or a callable, it does not learn from unknown cells.
    alpha : float, default=0.2
        With ``mask="auto"``: a cell is changed if the probability that it is wrong and
        the new value is right is at least ``1 - alpha``, in (0, 1). Missing cells are
        filled from 0.5 on, whatever `alpha`. Other suspicious
        cells are left alone.
    error_rate : float, default=0.03
        With ``mask="auto"``: the share of wrong cells that you expect, in (0, 1). A
        table cannot always tell errors from rare truths; there this decides. A guess
        above the truth finds more, and breaks more.
    keys : "auto", None or list of str or int, default="auto"
        With ``mask="auto"``: the columns, by name or position, that together name the
        entity that a row describes, in a table in which several rows describe the same
        one [5]_. In each column that its rows mostly agree about, one value is then
        taken to be true, by a vote in which sources that the others confirm more
        often count more. "auto" looks for a key and for the column that names the
        source, and finds none unless every source describes an entity once and sources
        differ in how often the others contradict them. Pass None where the rows of an
        entity may rightly differ, as in repeated measurements.
    n_folds : int, default=2
        Without labels and with ``mask="auto"``: parts into which rows are divided, each
        judged by a model of the others. 1 lets rows be judged by what they taught.
    fill : {"most_likely", "draw"}, default="most_likely"
        Whether unknown cells get their most likely values or a random draw, which goes
        by the known cells of a row and its index label.
    n_draws : int, default=8
        Rows drawn for each row: the vote of "multinomial" and "gaussian", and the
        number of candidates that constraints may choose from.
    variant : {"corrected", "published"}, default="corrected"
        Of "gaussian": "published" is the original with its three defects: a schedule
        that never reaches pure noise, a variance in place of a standard deviation, and
        noise added once too often in every step.
    n_timesteps : int, default=None
        Steps of "multinomial" (None: 50) and "gaussian" (None: 128).
    n_resamplings : int, default=None
        Times that "multinomial" (None: 1) and "gaussian" (None: 10) take each step of
        the way back.
    hidden_units : tuple of int, default=None
        Hidden layers; None takes the formulation's own.
    n_steps : int, default=None
        Gradient steps of training, divided among the folds; None takes the
        formulation's own, 2,000 for "absorbing".
    device : str, default="cpu"
        Where to train and fill; "auto" takes an accelerator if there is one.
    {parameters}

    Attributes
    ----------
    model_ : object
        The diffusion model of rows as codes, whose ``log_conditionals(codes)`` and
        ``log_likelihood(codes)`` are all that other correctors ask of it; only
        "absorbing" has them.
    net_ : NeuralNet
        The trained skorch net, of several folds the first.
    nets_ : list of NeuralNet
        One for each fold.
    categories_ : list of ndarray
        Values of each column in the order of their codes.
    report_ : DataFrame
        Of the last `transform`, one row for each changed cell: ``row``, ``column``,
        ``old``, ``new``, ``p_new`` (probability of the new value), ``p_error``
        (probability that the old one was wrong), ``status``.
    row_report_ : DataFrame
        Of the last `transform`, one row for each row.
    {input_attributes}

    See Also
    --------
    InverseGradientRepair : Change as few cells as a classifier asks for.
    AnomalyCorrector : Both together.

    References
    ----------
    .. [1] E. Hoogeboom et al., "Autoregressive diffusion models", ICLR 2022.
    .. [2] E. Hoogeboom et al., "Argmax flows and multinomial diffusion", NeurIPS 2021.
    .. [3] J. Ho, A. Jain, P. Abbeel, "Denoising diffusion probabilistic models",
       NeurIPS 2020.
    .. [4] A. Lugmayr et al., "RePaint: inpainting using denoising diffusion
       probabilistic models", CVPR 2022.
    .. [5] X. Li, X. L. Dong, K. Lyons, W. Meng, D. Srivastava, "Truth finding on the
       deep web: is the problem solved?", PVLDB 6 (2), 2012.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skanomaly.correctors import DiffusionInpainter
    >>> city = np.tile(["Bern", "Rome", "Oslo"], 40)
    >>> land = np.tile(["CH", "IT", "NO"], 40)
    >>> X = pd.DataFrame({"city": city, "land": land, "kind": "town"})
    >>> X.loc[3, "land"] = None
    >>> inpainter = DiffusionInpainter(mask="missing", random_state=0).fit(X)
    >>> inpainter.transform(X).loc[3, "land"]
    'CH'
    """

    _parameter_constraints: dict = {
        "formulation": [StrOptions(set(FORMULATIONS))],
        "mask": [StrOptions({"auto", "missing"}), "array-like", callable],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "error_rate": [Interval(Real, 0, 1, closed="neither")],
        "keys": [StrOptions({"auto"}), "array-like", None],
        "n_folds": [Interval(Integral, 1, None, closed="left")],
        "fill": [StrOptions({"most_likely", "draw"})],
        "n_draws": [Interval(Integral, 1, None, closed="left")],
        "variant": [StrOptions({"corrected", "published"})],
        "n_timesteps": [Interval(Integral, 2, None, closed="left"), None],
        "n_resamplings": [Interval(Integral, 1, None, closed="left"), None],
        "hidden_units": [tuple, list, None],
        "n_steps": [Interval(Integral, 1, None, closed="left"), None],
        "device": [str],
    }

    model_: Any
    net_: DetectorNet
    nets_: list[DetectorNet]

    def __init__(
        self,
        *,
        formulation: Literal["absorbing", "multinomial", "gaussian"] = "absorbing",
        mask: Literal["auto", "missing"] | ListLike | Callable[[Any], Any] = "auto",
        alpha: float = 0.2,
        error_rate: float = 0.03,
        keys: Literal["auto"] | ListLike | None = "auto",
        n_folds: int = 2,
        fill: Literal["most_likely", "draw"] = "most_likely",
        n_draws: int = 8,
        variant: Literal["corrected", "published"] = "corrected",
        n_timesteps: int | None = None,
        n_resamplings: int | None = None,
        hidden_units: Sequence[int] | None = None,
        n_steps: int | None = None,
        device: str = "cpu",
        **params: Unpack[CorrectorParams],
    ) -> None:
        super().__init__(**params)
        self.formulation = formulation
        self.mask = mask
        self.alpha = alpha
        self.error_rate = error_rate
        self.keys = keys
        self.n_folds = n_folds
        self.fill = fill
        self.n_draws = n_draws
        self.variant = variant
        self.n_timesteps = n_timesteps
        self.n_resamplings = n_resamplings
        self.hidden_units = hidden_units
        self.n_steps = n_steps
        self.device = device

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
        if not self._finds_cells:
            raise ValueError(f"error_proba needs mask='auto'; mask is {self.mask!r}.")
        p_error = self._detector.posterior(rows.codes).p_error
        return np.where(rows.codes == MISSING, np.nan, p_error)

    def proba(self, X: MatrixLike, mask: MatrixLike) -> dict[Any, FloatArray]:
        """Return the probabilities of values of unknown cells, given the known ones.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows, with the columns of `fit`.
        mask : array-like of bool, shape (n_samples, n_features)
            True for unknown cells. They and missing cells are never evidence.

        Returns
        -------
        dict
            For each column with unknown cells, by name (or position): ndarray of shape
            (n_unknown, n_values), rows in their order in `X`, values in that of
            `categories_`.
        """
        rows = self._rows(X)
        require_absorbing(self.formulation, "proba")
        unknown = _as_mask(mask, rows.codes.shape)
        logs = self.model_.log_proba_masked(rows.codes, unknown)
        names = getattr(self, "feature_names_in_", np.arange(self.n_features_in_))
        asked = np.flatnonzero(unknown.any(axis=0))
        return {names[j]: np.exp(logs[j][unknown[:, j]]) for j in asked}

    def log_likelihood(self, X: MatrixLike) -> FloatArray:
        """Sum of the log-probabilities of the cells of rows, each given the others.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows, with the columns of `fit`. Missing cells do not count.

        Returns
        -------
        ndarray of shape (n_samples,)
            In nats.
        """
        rows = self._rows(X)
        require_absorbing(self.formulation, "log_likelihood")
        return self.model_.log_likelihood(rows.codes)

    def sample(self, n_samples: int = 1, random_state: RandomStateLike = None) -> Any:
        """Draw new rows, of several folds from the model of the first.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : int, RandomState instance or None, default=None
            Source of the draw.

        Returns
        -------
        DataFrame or ndarray of shape (n_samples, n_features)
            A DataFrame if `fit` saw column names.
        """
        check_is_fitted(self)
        seed = draw_seed(random_state)
        return self._as_table(self.model_.models[0].sample(n_samples, seed=seed))

    def _fit(self, codes, is_anomaly, frame):
        if self._finds_cells:
            require_absorbing(self.formulation, "mask='auto'")
        seeds = spawn_seeds(draw_seed(self.random_state), 4)
        self._fill_seed = seeds[2]
        codes = np.where(self._hidden_in_fit(frame), MISSING, codes)
        normal = codes if is_anomaly is None else codes[~is_anomaly]
        if len(normal) < 2:
            raise ValueError(
                f"n_samples={len(normal)} normal rows are too few to learn from; "
                "at least 2 are needed."
            )
        dirty = is_anomaly is None and self._finds_cells
        n_folds = self.n_folds if dirty else 1
        self.model_ = FoldedModel.fit(
            make=model_maker(self, seeds[0], n_folds),
            codes=normal,
            n_categories=self._codec.n_categories,
            n_folds=n_folds,
            seed=seeds[1],
        )
        self.nets_ = [model.net_ for model in self.model_.models]
        self.net_ = self.nets_[0]
        if self._finds_cells:
            self._detector = ErrorDetector(
                columns=self._codec.columns,
                model=self.model_,
                error_rate=self.error_rate,
                keys=self._key_columns(),
                seed=seeds[3],
            ).fit(normal)

    def _key_columns(self):
        """Positions of the columns that are keys; "auto" and None as they are."""
        if self.keys is None or isinstance(self.keys, str):
            return self.keys
        keys = np.flatnonzero(self._columns_mask(self.keys, "keys"))
        if not len(keys):
            raise ValueError("keys names no column: give at least one, 'auto' or None.")
        if self._codec.is_numeric[keys].any():
            raise ValueError(
                f"keys={self.keys!r} names a column of numbers, which are cut into "
                "bins; name it in categorical_features too."
            )
        return keys.tolist()

    def _hidden_in_fit(self, frame):
        """Cells that the mask calls unknown are nothing to learn from either."""
        if callable(self.mask):
            return _as_mask(self.mask(frame), frame.shape)
        if isinstance(self.mask, str) or np.shape(self.mask) != frame.shape:
            return np.zeros(frame.shape, bool)
        return _as_mask(self.mask, frame.shape)

    def _repair(self, rows):
        if self._finds_cells:
            return self._cleaner().repair(rows)
        return self._repair_masked(rows)

    def _propose(self, rows, n_candidates):
        if self._finds_cells:
            return self._cleaner().propose(rows).best(rows, n_candidates)
        written = self._repair_masked(rows).codes
        drawn = self._draws(rows, self._unknown(rows), 1)
        return ranked_fillings(written, drawn).best(rows, n_candidates)

    def _cleaner(self):
        return CellCleaner(self._detector, self.alpha, self.max_edits)

    def _repair_masked(self, rows):
        """Redraw the cells of the mask."""
        unknown = self._unknown(rows)
        filled, p_new = fill_cells(
            self.model_,
            rows.codes,
            unknown,
            rows.labels,
            most_likely=self.fill == "most_likely",
            n_draws=self.n_draws,
            seed=self._fill_seed,
        )
        codes = np.where(unknown, filled, rows.codes)
        repair = Repair.of(rows, codes, p_new, p_error=np.full(codes.shape, np.nan))
        repair.fall_back(
            rows, lambda wrong: self._draws(rows.take(wrong), unknown[wrong], 4)
        )
        return repair

    def _draws(self, rows, unknown, times):
        n_draws = times * self.n_draws
        seed = self._fill_seed
        return draw_candidates(self.model_, rows, unknown, n_draws=n_draws, seed=seed)

    @property
    def _finds_cells(self):
        return isinstance(self.mask, str) and self.mask == "auto"

    def _unknown(self, rows):
        """Cells to redraw: missing ones, and those that `mask` names."""
        mask = self.mask
        if callable(mask):
            mask = mask(rows.frame)
        if isinstance(mask, str):
            return rows.open
        return (_as_mask(mask, rows.codes.shape) & ~rows.locked) | rows.open

    def _as_table(self, codes):
        names = getattr(self, "feature_names_in_", None)
        columns = range(codes.shape[1])
        table = {j: pd.Series(self._codec.values(codes[:, j], j)) for j in columns}
        table = pd.DataFrame(table).infer_objects()
        return table.to_numpy() if names is None else table.set_axis(names, axis=1)


def _as_mask(mask, shape):
    mask = np.asarray(mask)
    if mask.dtype != bool or mask.shape != shape:
        raise ValueError(
            f"mask must hold one boolean for each of {shape[0]} x {shape[1]} cells, "
            f"got {mask.dtype} of shape {mask.shape}."
        )
    return mask
