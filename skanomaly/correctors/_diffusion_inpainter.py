"""Redraw the cells of a table from a diffusion model of right rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from skanomaly.correctors import _diffusion
from skanomaly.correctors._base import BaseCorrector
from skanomaly.correctors._cleaning.arguments import require_rows
from skanomaly.correctors._diffusion.arguments import require_absorbing
from skanomaly.correctors._diffusion.filling import (
    draw_candidates,
    fill_cells,
    ranked_fillings,
)
from skanomaly.correctors._table.codec import MISSING
from skanomaly.correctors._table.parameters import CorrectorParams
from skanomaly.correctors._table.records import Repair
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._seeds import draw_seed, spawn_seeds
from skanomaly.utils._state import of_one_fit
from skanomaly.utils._typing import FloatArray, ListLike, MatrixLike, RandomStateLike

if TYPE_CHECKING:
    from skanomaly._training.net import DetectorNet

__all__ = ["DiffusionInpainter"]

TINY = 1e-300


class DiffusionInpainter(BaseCorrector):
    r"""Fill missing or masked cells from a diffusion model of right rows.

    The model learns to restore hidden cells. ``formulation="absorbing"`` hides a random
    share of the cells of each row and learns

    .. math:: \log p_\theta(x_j \mid x_{\mathrm{known}})

    for all hidden cells :math:`j` at once [1]_, so one network answers any mask, and
    repairing is a matter of a few passes. "multinomial" [2]_ replaces cells by random
    categories step by step, "gaussian" [3]_ adds Gaussian noise to the log-odds of
    one-hot rows, as in the original method; both redraw the unknown cells going
    backwards, with the known ones put back in every step (RePaint [4]_).

    How wrong a known cell looks, `error_proba` says by Bayes' rule: with :math:`\pi`
    the share of wrong cells and :math:`q(x_j)` the square root of the frequency of a
    value in its column, made to sum to one,

    .. math:: p(\text{wrong} \mid x) = \frac{\pi\, q(x_j)}
        {\pi\, q(x_j) + (1 - \pi)\, p_\theta(x_j \mid x_{-j})}.

    To have wrong cells found and repaired use `AnomalyCorrector`.

    Parameters
    ----------
    formulation : {"absorbing", "multinomial", "gaussian"}, default="absorbing"
        The diffusion.
    mask : "missing", array of bool or callable, default="missing"
        Which cells to redraw. "missing" fills missing ones;
        an array of shape (n_samples, n_features), True for
        unknown, belongs to the table given to `transform`; a callable takes a table as
        a DataFrame and returns such an array. Known cells never change. If `fit` gets
        a table of the same shape, or a callable, it does not learn from unknown cells.
    error_rate : float, default=0.03
        The share of wrong cells that `error_proba` expects, in (0, 1).
    n_folds : int, default=1
        Without labels: parts into which rows are divided, each
        judged by a model of the others. 1 lets rows be judged by what they taught;
        `error_proba` of training rows asks for 2.
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
        "formulation": [StrOptions({"absorbing", "multinomial", "gaussian"})],
        "mask": [StrOptions({"missing"}), "array-like", callable],
        "error_rate": [Interval(Real, 0, 1, closed="neither")],
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
        mask: Literal["missing"] | ListLike | Callable[[Any], Any] = "missing",
        error_rate: float = 0.03,
        n_folds: int = 1,
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
        self.error_rate = error_rate
        self.n_folds = n_folds
        self.fill = fill
        self.n_draws = n_draws
        self.variant = variant
        self.n_timesteps = n_timesteps
        self.n_resamplings = n_resamplings
        self.hidden_units = hidden_units
        self.n_steps = n_steps
        self.device = device

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
        codes = self._rows(X).codes
        require_absorbing(self.formulation, "error_proba")
        p_error = np.full(codes.shape, np.nan)
        for j, log_p in enumerate(self.model_.log_conditionals(codes)):
            rows = np.flatnonzero(codes[:, j] != MISSING)
            cell = codes[rows, j]
            wrong = self.error_rate * self._replaced[j][cell]
            right = (1 - self.error_rate) * np.exp(log_p[rows, cell])
            p_error[rows, j] = wrong / np.maximum(wrong + right, TINY)
        return p_error

    @of_one_fit
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

    @of_one_fit
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

    @of_one_fit
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
        seeds = spawn_seeds(draw_seed(self.random_state), 3)
        self._fill_seed = seeds[2]
        codes = np.where(self._hidden_in_fit(frame), MISSING, codes)
        normal = codes if is_anomaly is None else codes[~is_anomaly]
        require_rows(len(normal))
        n_folds = self.n_folds if is_anomaly is None else 1
        self.model_ = _diffusion.models.FoldedModel.fit(
            make=_diffusion.models.model_maker(self, seeds[0], n_folds),
            codes=normal,
            n_categories=self._codec.n_categories,
            n_folds=n_folds,
            seed=seeds[1],
        )
        self.nets_ = [model.net_ for model in self.model_.models]
        self.net_ = self.nets_[0]
        sizes = self._codec.n_categories
        self._replaced = [_replaced(normal[:, j], k) for j, k in enumerate(sizes)]

    def _hidden_in_fit(self, frame):
        """Cells that the mask calls unknown are nothing to learn from either."""
        if callable(self.mask):
            return _as_mask(self.mask(frame), frame.shape)
        if isinstance(self.mask, str) or np.shape(self.mask) != frame.shape:
            return np.zeros(frame.shape, bool)
        return _as_mask(self.mask, frame.shape)

    def _propose(self, rows, n_candidates):
        written = self._repair(rows).codes
        drawn = self._draws(rows, self._unknown(rows), 1)
        return ranked_fillings(written, drawn).best(rows, n_candidates)

    def _repair(self, rows):
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


def _replaced(codes, n_values):
    """Chances of the values that stand in for others: the frequencies, tempered."""
    count = np.bincount(codes[codes != MISSING], minlength=n_values)
    return np.sqrt(count) / max(np.sqrt(count).sum(), TINY)


def _as_mask(mask, shape):
    mask = np.asarray(mask)
    if mask.dtype != bool or mask.shape != shape:
        raise ValueError(
            f"mask must hold one boolean for each of {shape[0]} x {shape[1]} cells, "
            f"got {mask.dtype} of shape {mask.shape}."
        )
    return mask
