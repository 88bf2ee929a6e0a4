"""Find the fewest cells whose change makes a row normal to a classifier."""

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Literal, Unpack

import numpy as np
from scipy.special import logit
from sklearn.base import clone, is_outlier_detector
from skorch import NeuralNetBinaryClassifier

from skanomaly.correctors._base import BaseCorrector
from skanomaly.correctors._diffusion.arguments import require_absorbing
from skanomaly.correctors._diffusion_inpainter import DiffusionInpainter
from skanomaly.correctors._search.classifier import fit_row_classifier
from skanomaly.correctors._search.default_classifier import fit_default_classifier
from skanomaly.correctors._search.log_odds import (
    as_anomaly_model,
    is_fitted,
    of_width,
    one_hot,
    probability,
)
from skanomaly.correctors._search.parameters import (
    SEARCHES,
    BeamSearch,
    GradientSearch,
    SearchLike,
    resolved,
)
from skanomaly.correctors._search.rules import BROKEN
from skanomaly.correctors._search.search import search_repairs
from skanomaly.correctors._table.parameters import CorrectorParams
from skanomaly.correctors._table.records import Candidates, Repair, RowModel, shares
from skanomaly.detectors import AutoEncoder
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._seeds import draw_seed, spawn_seeds
from skanomaly.utils._state import of_one_fit
from skanomaly.utils._typing import (
    BoolArray,
    Estimator,
    FloatArray,
    MatrixLike,
    VectorLike,
)
from skanomaly.utils._warn import warn_user

__all__ = ["InverseGradientRepair"]


class InverseGradientRepair(BaseCorrector):
    r"""Repair the rows that a classifier finds anomalous, in as few cells as possible.

    A classifier gives each row a probability :math:`a(x)` of being an anomaly. A row
    with :math:`a(x) \ge` `threshold` is searched for the change of least cost after
    which :math:`a(x') <` `threshold`, and every accepted repair is verified on the row
    itself, with its real categories. A row that breaks one of the `constraints` is
    repaired as well, whatever the classifier says of it.

    The original method walks down the gradient: with :math:`p` the row as one-hot
    probabilities and a little noise, it repeats

    .. math:: p \leftarrow \mathrm{normalize}(p - \eta\, g / \lVert g \rVert_2),
        \quad g = \nabla_p\, [-\log(1 - a(p))]

    until the most probable category of some cell is another one
    (``search="gradient"``). That point lies between rows, so the row it stands for need
    not be normal, nor the change small. ``search="exact"`` tries every change of one
    cell and then of two, so what it finds is proved to be least; ``search="beam"``
    follows the gradient at real rows, cell by cell.

    Parameters
    ----------
    classifier : estimator, default=None
        What tells anomalies: None trains a small network and boosted trees on `y` and
        takes what is better on held-out rows, or an `AutoEncoder` where there is no
        `y`. Otherwise a detector, a scikit-learn classifier, or a
        skorch classifier; it sees rows as one-hot columns (see `one_hot`). A fitted one
        is used as it is (in `FrozenEstimator`, if `clone` is to leave it fitted), an
        unfitted one is cloned and fitted. Its classes are 0 and 1 (anomaly), or 1 and
        -1 (anomaly). "gradient" needs a torch network; the other searches take anything
        with `predict_proba` or `decision_function`.
    search : str, BeamSearch or GradientSearch, default="auto"
        "auto" is exact for up to two cells and goes on with a beam; "exact" only tries
        those. "beam" and "gradient" stand for `BeamSearch` and `GradientSearch` with
        their defaults.
    variant : {"corrected", "published"}, default="corrected"
        "published" trains the original classifier (squared error, noise drawn once) and
        makes "gradient" the original walk, whose steps are not centred in each block
        and which stops at the first category that flips, normal or not.
    threshold : float, default=0.5
        Probability of an anomaly, in (0, 1), from which on a row is repaired and below
        which it is normal. Scores of a detector are no probabilities; there it is the
        sigmoid of the distance to `offset_`, in units of the scores' spread.
    costs : array-like of shape (n_features,) or dict, default=None
        Cost of a change in each column, above zero; a dict maps column names to costs,
        1 for the others. Least cost goes before fewest cells.
    inpainter : DiffusionInpainter, default=None
        Decides between repairs of equal cost: the likeliest row wins. It is cloned and
        fitted on the normal rows. None takes the most normal one.
    hidden_units : tuple of int, default=None
        Hidden layers of the network that is trained on `y`; None is (64,), or (20,)
        as published. Where this or `max_epochs` is given, or ``search="gradient"``,
        trees are not tried.
    max_epochs : int, default=None
        Passes over the rows for that network; None takes 4,000, 1,000 or 250 steps,
        whichever has the least loss on held-out rows, and as published 500 passes.
    {parameters}

    Attributes
    ----------
    classifier_ : estimator
        The fitted classifier; of those trained here a skorch net, or trees with
        `predict_proba`.
    inpainter_ : DiffusionInpainter or None
        The fitted model of normal rows, if `inpainter` was given.
    categories_ : list of ndarray
        Values of each column in the order of their codes.
    report_ : DataFrame
        Of the last `transform`: one row for each changed cell, with ``row``,
        ``column``, ``old``, ``new``, ``p_anomaly_before``, ``p_anomaly_after`` and
        ``reason`` (a sentence).
    row_report_ : DataFrame
        Of the last `transform`: ``status`` ("untouched", "repaired" or "failed"),
        ``reason``, ``n_edits`` and ``certified_min_edits`` of each row.
    {input_attributes}

    See Also
    --------
    DiffusionInpainter : Redraw cells from what normal rows look like.
    AnomalyCorrector : Both together.

    Notes
    -----
    The certificate of ``search="exact"`` and "auto" says that no repair of lower cost
    exists for this classifier. It is given for up to two cells; where a table has so
    many categories that not all pairs can be tried, it is not given.

    References
    ----------
    .. [1] luispky, "ProbabilisticMachineLearningProject", GitHub, 2024: the original
       of ``search="gradient"``.
    .. [2] J. Ebrahimi et al., "HotFlip: white-box adversarial
       examples for text classification", ACL 2018.

    Examples
    --------
    >>> from skanomaly.correctors import InverseGradientRepair
    >>> from skanomaly.datasets import make_sum_limit
    >>> X, y = make_sum_limit(2000, random_state=0)
    >>> repair = InverseGradientRepair(max_epochs=100, random_state=0).fit(X, y)
    >>> X_fixed = repair.transform([[1, 1, 3, 3, 3]])  # the sum may be 10 at most
    >>> int(X_fixed.sum()) <= 10, int((X_fixed != [1, 1, 3, 3, 3]).sum())
    (True, 1)
    """

    _parameter_constraints: dict = {
        "classifier": "no_validation",
        "search": [StrOptions(set(SEARCHES)), BeamSearch, GradientSearch],
        "variant": [StrOptions({"corrected", "published"})],
        "threshold": [Interval(Real, 0, 1, closed="neither")],
        "costs": ["array-like", dict, None],
        "inpainter": [DiffusionInpainter, None],
        "hidden_units": [tuple, list, None],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), None],
    }

    classifier_: Any
    inpainter_: DiffusionInpainter | None

    def __init__(
        self,
        classifier: Estimator | None = None,
        *,
        search: SearchLike = "auto",
        variant: Literal["corrected", "published"] = "corrected",
        threshold: float = 0.5,
        costs: VectorLike | Mapping[Any, float] | None = None,
        inpainter: DiffusionInpainter | None = None,
        hidden_units: Sequence[int] | None = None,
        max_epochs: int | None = None,
        **params: Unpack[CorrectorParams],
    ) -> None:
        super().__init__(**params)
        self.classifier = classifier
        self.search = search
        self.variant = variant
        self.threshold = threshold
        self.costs = costs
        self.inpainter = inpainter
        self.hidden_units = hidden_units
        self.max_epochs = max_epochs

    @of_one_fit
    def anomaly_proba(self, X: MatrixLike) -> FloatArray:
        """Probability of an anomaly, by the classifier.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows, with the columns of `fit`.

        Returns
        -------
        ndarray of shape (n_samples,)
            In [0, 1]; rows at or above `threshold` are repaired.
        """
        rows = self._rows(X)
        return probability(self._model().logits(rows.codes))

    @of_one_fit
    def masks(self, X: MatrixLike) -> BoolArray:
        """Return the cells that each walk of a gradient search would change.

        The original method redraws these cells by diffusion, whatever they became. With
        another `search` the walks are those of `GradientSearch()`.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows, with the columns of `fit`.

        Returns
        -------
        ndarray of bool, shape (n_samples, n_restarts, n_features)
            True where a walk flipped the cell; all False for walks that reached no
            repair, and for rows that were normal before.
        """
        rows, search = self._rows(X), resolved(self.search)
        if not isinstance(search, GradientSearch):
            search = GradientSearch()
        result = self._search(rows, 1, search)
        masks = np.zeros((len(rows), search.n_restarts, rows.codes.shape[1]), bool)
        walks, before = result.walks, rows.codes[result.walked, None]
        flipped = (walks.codes != before) & walks.stopped[:, :, None]
        masks[result.walked] = flipped
        return masks

    @of_one_fit
    def one_hot(self, X: MatrixLike) -> FloatArray:
        """Encode rows as the classifier sees them.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows, with the columns of `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_categories)
            One block of columns for each column of `X`, in the order of `categories_`;
            the block of a missing cell holds equal values.
        """
        return one_hot(self._rows(X).codes, self._codec.n_categories)

    def _fit(self, codes, is_anomaly, frame):
        self._seed, seed = spawn_seeds(draw_seed(self.random_state), 2)
        self._column_costs = self._check_costs()
        self.classifier_ = self._fit_classifier(codes, is_anomaly, seed)
        model = self._model(scale=1.0)
        if isinstance(resolved(self.search), GradientSearch):
            model.require_gradient()
        self._scale = self._score_scale(model, codes)
        self._warn_if_blind(codes, is_anomaly)
        self.inpainter_ = None
        if self.inpainter is not None:
            self.inpainter_ = self._fit_inpainter(
                self.inpainter, codes, is_anomaly, frame
            )

    def _warn_if_blind(self, codes, is_anomaly):
        """Say how many labelled anomalies the classifier would leave alone."""
        if is_anomaly is None or not is_anomaly.any():
            return
        n, low = int(is_anomaly.sum()), logit(self.threshold)
        n_missed = int((self._model().logits(codes[is_anomaly]) < low).sum())
        if n_missed:
            warn_user(
                f"{n_missed} of {n} labelled anomalies look normal to the classifier; "
                f"they stay untouched. Their probability is below threshold="
                f"{self.threshold}: lower it, label more anomalies, add columns that "
                "tell them, or pass another classifier.",
            )

    def _fit_inpainter(self, inpainter, codes, is_anomaly, frame):
        """Model of normal rows, which reads tables as this corrector does."""
        require_absorbing(inpainter.formulation, "inpainter")
        if is_anomaly is None:
            is_anomaly = self._model().logits(codes) >= logit(self.threshold)
        names = ("categorical_features", "n_bins", "handle_unknown", "missing_values")
        same = {name: getattr(self, name) for name in names}
        return clone(inpainter).set_params(**same).fit(frame, is_anomaly)

    def _fit_classifier(self, codes, is_anomaly, seed):
        sizes = self._codec.n_categories
        chosen = self.classifier
        if chosen is None and is_anomaly is not None and is_anomaly.any():
            return self._fit_default(codes, is_anomaly, seed)
        if chosen is None:
            chosen = self._default_detector(seed)
        X = one_hot(codes, sizes)
        if is_fitted(chosen):
            return of_width(chosen, X.shape[1])
        chosen = clone(chosen)
        if is_outlier_detector(chosen):
            return chosen.fit(X if is_anomaly is None else X[~is_anomaly])
        if is_anomaly is None or not is_anomaly.any():
            raise ValueError(
                f"{type(chosen).__name__} is a classifier and needs labels of both "
                "kinds: pass y with some 1 (anomaly), or a detector as classifier."
            )
        # The loss of skorch's two-class net takes no integers.
        two_class = isinstance(chosen, NeuralNetBinaryClassifier)
        labels = is_anomaly.astype(np.float32 if two_class else np.int64)
        return chosen.fit(X.astype(np.float32), labels)

    def _fit_default(self, codes, is_anomaly, seed):
        """Network where one was asked for, else the better of it and trees."""
        sizes = self._codec.n_categories
        if not self._wants_network():
            return fit_default_classifier(
                codes, is_anomaly, sizes, seed=seed, verbose=self.verbose
            )
        return fit_row_classifier(
            codes,
            is_anomaly,
            sizes,
            variant=self.variant,
            hidden_units=self.hidden_units,
            max_epochs=self.max_epochs,
            seed=seed,
            verbose=self.verbose,
        )

    def _wants_network(self):
        by_gradient = isinstance(resolved(self.search), GradientSearch)
        described = self.hidden_units is not None or self.max_epochs is not None
        return by_gradient or described or self.variant == "published"

    def _default_detector(self, seed):
        epochs: Any = "auto" if self.max_epochs is None else self.max_epochs
        return AutoEncoder(
            max_epochs=epochs, random_state=seed, verbose=int(self.verbose)
        )

    def _score_scale(self, model, codes):
        """Unit of a detector's score: its spread over the training rows."""
        if not is_outlier_detector(self.classifier_):
            return 1.0
        spread = np.std(model.logits(codes))
        return float(spread) if spread > 0 else 1.0

    def _model(self, scale=None):
        """Classifier as log-odds of codes; built anew, because it does not pickle."""
        scale = self._scale if scale is None else scale
        sizes = self._codec.n_categories
        return as_anomaly_model(self.classifier_, sizes, scale=scale)

    def _search(self, rows, n_candidates, search=None):
        likelihood = None
        if self.inpainter_ is not None:
            model: RowModel = self.inpainter_.model_
            likelihood = model.log_likelihood
        return search_repairs(
            self._model(),
            rows.codes,
            search=search or self.search,
            threshold=self.threshold,
            locked=rows.locked,
            costs=self._column_costs,
            max_edits=self.max_edits,
            allowed=rows.allowed if self._rules() else None,
            log_likelihood=likelihood,
            n_candidates=n_candidates,
            published=self.variant == "published",
            seed=self._seed,
        )

    def _repair(self, rows):
        result = self._search(rows, 1)
        repair = Repair.nothing(rows.codes)
        repair.codes = result.codes.copy()
        repaired, failed = (result.status == s for s in ("repaired", "failed"))
        repair.status[repaired], repair.status[failed] = "repaired", "failed"
        repair.reason[failed] = "no repair found"
        repair.reason[result.broken & repaired] = BROKEN
        repair.reason[result.broken & failed] = f"{BROKEN}, no repair found"
        repair.p_before = result.p_before
        repair.p_after = np.where(repaired, result.p_after[:, 0], result.p_before)
        repair.certified = result.certified
        return repair

    def _propose(self, rows, n_candidates):
        result = self._search(rows, n_candidates)
        weight = result.log_likelihood
        if self.inpainter_ is None:  # the surer of being normal, the likelier
            weight = np.log1p(-np.minimum(result.p_after, 1 - 1e-12))
        weight = np.where(np.isnan(result.cost), -np.inf, weight)
        return Candidates(result.candidates, shares(weight), result.p_after)

    def _check_costs(self):
        names = [str(n) for n in getattr(self, "feature_names_in_", [])]
        costs = np.ones(self.n_features_in_)
        if isinstance(self.costs, dict):
            for name, cost in self.costs.items():
                mask = self._columns_mask([name], "costs")
                costs[mask] = cost
        elif self.costs is not None:
            costs = np.asarray(self.costs, dtype=float)
        if costs.shape != (self.n_features_in_,) or not (costs > 0).all():
            raise ValueError(
                f"costs must have one number above zero for each of "
                f"{self.n_features_in_} columns {names}, got {self.costs!r}."
            )
        return costs
