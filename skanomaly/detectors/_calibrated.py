"""Threshold and p-values of any detector, by rows left out of its training."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any, Self, Unpack

import numpy as np
import sklearn
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import KFold, check_cv
from sklearn.utils import _safe_indexing, get_tags, indexable
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.validation import (
    _num_samples,
    check_is_fitted,
    has_fit_parameter,
)

from skanomaly._training.weights import (
    FitParams,
    WeightedFitMixin,
    check_fit_params,
    repeated,
    repetitions,
)
from skanomaly.base import BaseDetector
from skanomaly.utils._compat import HasMethods, Interval
from skanomaly.utils._inputs import check_ignored_labels
from skanomaly.utils._scores import anomaly_score_of
from skanomaly.utils._state import all_or_nothing
from skanomaly.utils._typing import Estimator, MatrixLike
from skanomaly.utils._warn import warn_user

__all__ = ["CalibratedDetector"]


class CalibratedDetector(BaseDetector):
    """Calibrate a detector, or a Pipeline that ends in one: threshold and p-values.

    As scikit-learn's `CalibratedClassifierCV` does for classifiers, it scores rows by
    copies of the estimator that were fitted without them, and sets threshold and
    p-values by these scores. The scores of new rows are those of the estimator fitted
    on all rows. A fitted estimator in a `FrozenEstimator` is kept as it is, and
    calibrated by the rows given to `fit`, which it should not have seen.

    Use it for detectors of scikit-learn, which have no p-values, and to calibrate a
    Pipeline as a whole.

    Parameters
    ----------
    estimator : estimator
        A detector that can score new rows, or a Pipeline that ends in one. Its own
        threshold is not used.
    cv : int, cross-validation generator or iterable, default=5
        Folds of the rows, as in `cross_val_predict`; an integer shuffles the rows,
        always in the same way. Not used for a `FrozenEstimator`.
    false_positive_rate : float, default=0.1
        Fraction, in (0, 0.5], of the rows in `fit` that `predict` would call anomalous
        had it not seen them: of new normal rows, if all of those were normal, about
        the same.

    Attributes
    ----------
    estimator_ : estimator
        The copy that was fitted on all rows, or the frozen estimator.
    offset_ : float
        Threshold on `score_samples`: `decision_function` subtracts it.
    calibration_scores_ : ndarray of shape (n_samples,)
        Score of each row by a copy that was fitted without it, in the direction of
        `score_samples`; `p_values` compares with them. With weights a row's stands
        there as often as the row weighs.
    n_features_in_ : int
        Number of columns, if the estimator knows it.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if the estimator knows them.

    See Also
    --------
    NeighborsDetector : The deep detectors and it have `calibrate` and `p_values` of
        their own.
    skanomaly.pyod.PyODDetector : Makes detectors of PyOD fit in here.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import false_discovery_control
    >>> from sklearn.ensemble import IsolationForest
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skanomaly.detectors import CalibratedDetector
    >>> rng = np.random.default_rng(0)
    >>> X, X_new = rng.normal(size=(500, 3)), rng.normal(size=(100, 3))
    >>> X_new[:10] += 5
    >>> pipe = make_pipeline(StandardScaler(), IsolationForest(random_state=0))
    >>> detector = CalibratedDetector(pipe).fit(X)
    >>> alarms = false_discovery_control(detector.p_values(X_new)) <= 0.1
    >>> int(alarms[:10].sum()), int(alarms[10:].sum())
    (10, 1)

    A pipeline that is fitted already, and rows that it has not seen:

    >>> from sklearn.frozen import FrozenEstimator
    >>> detector = CalibratedDetector(FrozenEstimator(pipe.fit(X)))
    >>> X_held_out = rng.normal(size=(300, 3))
    >>> float((detector.fit(X_held_out).predict(X_held_out) == -1).mean())
    0.1
    """

    _parameter_constraints: dict = {
        "estimator": [
            HasMethods(["fit", "score_samples"]),
            HasMethods(["fit", "decision_function"]),
        ],
        "cv": [
            Interval(Integral, 2, None, closed="left"),
            HasMethods(["split", "get_n_splits"]),
            Iterable,
        ],
        "false_positive_rate": [Interval(Real, 0, 0.5, closed="right")],
    }

    # Not in the signature of `fit`, see `WeightedFitMixin`.
    __metadata_request__fit = {"sample_weight": None}

    estimator_: Any

    def __init__(
        self, estimator: Estimator, *, cv: Any = 5, false_positive_rate: float = 0.1
    ) -> None:
        self.estimator = estimator
        self.cv = cv
        self.false_positive_rate = false_positive_rate

    @property
    def n_features_in_(self) -> int:
        """Number of columns."""
        return self.estimator_.n_features_in_

    @property
    def feature_names_in_(self) -> Any:
        """Names of the columns."""
        return self.estimator_.feature_names_in_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags

    def get_metadata_routing(self) -> MetadataRouter:
        """Say who may get ``sample_weight``: threshold and p-values, and the estimator.

        Returns
        -------
        MetadataRouter
            What scikit-learn's metadata routing asks of a meta-estimator.
        """
        router = MetadataRouter(owner=type(self).__name__).add_self_request(self)
        if isinstance(self.estimator, FrozenEstimator):
            return router
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return router.add(estimator=self.estimator, method_mapping=mapping)

    @all_or_nothing
    def fit(
        self, X: MatrixLike, y: object = None, **fit_params: Unpack[FitParams]
    ) -> Self:
        """Fit the estimator, and copies of it that score the rows left out.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows, or new ones for a `FrozenEstimator`.
        y : Ignored
            Present for API consistency.
        **fit_params : dict
            ``sample_weight``, array-like of shape (n_samples,): weights of the rows,
            not negative. Threshold and p-values count a row as if it stood in `X` that
            many times. The estimator gets them too: the last step, if it takes any, or
            with metadata routing each step that asks for them.

        Returns
        -------
        self : object
            The fitted detector. When anything fails, an earlier fit is kept.
        """
        check_fit_params(fit_params)
        self._validate_params()
        check_ignored_labels(X, y)
        rows = self._validate(X, reset=True)
        weights = fit_params.get("sample_weight")
        counts = repetitions(rows, weights)
        passed = {} if weights is None else self._passed(np.asarray(weights))
        self._fit(rows, passed)
        (scores,) = repeated((self._unseen_scores(rows, passed),), counts)
        self._set_threshold(scores)
        self.calibration_scores_ = -scores
        return self

    def _passed(self, weights):
        """What `fit` of the estimator gets by name."""
        if isinstance(self.estimator, FrozenEstimator):
            return {}
        if sklearn.get_config()["enable_metadata_routing"]:
            routed = process_routing(self, "fit", sample_weight=weights)
            return routed.estimator.fit
        name, last = "", self.estimator
        if hasattr(last, "steps"):
            name, last = f"{last.steps[-1][0]}__", last.steps[-1][1]
        if not _takes_weights(last):
            warn_user(
                f"{type(last).__name__} takes no sample_weight: only threshold and "
                "p-values are weighted."
            )
            return {}
        return {f"{name}sample_weight": weights}

    def _validate(self, X, *, reset):
        """Leave it to the estimator, which may take what we would refuse."""
        if reset and _num_samples(X) < 2:
            raise ValueError("Found 1 sample in X, while a minimum of 2 is required.")
        return indexable(X)[0]

    def _fit(self, X, passed=None):
        if isinstance(self.estimator, FrozenEstimator):
            check_is_fitted(self.estimator)
            self.estimator_ = self.estimator
        else:
            self.estimator_ = clone(self.estimator).fit(X, **(passed or {}))

    def _score(self, X):
        return anomaly_score_of(self.estimator_, X)

    def _unseen_scores(self, X, passed):
        """Score each row by a copy that is fitted without it, or by a frozen one."""
        if isinstance(self.estimator, FrozenEstimator):
            return self._score(X)
        scores = np.full(_num_samples(X), np.nan)
        for train, test in self._folds(len(scores)):
            copy = _without_own_threshold(clone(self.estimator))
            given = {name: values[train] for name, values in passed.items()}
            copy.fit(_safe_indexing(X, train), **given)
            scores[test] = anomaly_score_of(copy, _safe_indexing(X, test))
        if np.isnan(scores).any():
            raise ValueError(f"cv={self.cv!r} leaves rows of X in no test fold.")
        return scores

    def _folds(self, n_samples):
        if isinstance(self.cv, Integral):
            n_splits = min(self.cv, n_samples)
            folds = KFold(n_splits, shuffle=True, random_state=0)
        else:
            folds = check_cv(self.cv)
        return folds.split(np.zeros(n_samples))

    def _contamination_rate(self):
        return self.false_positive_rate


def _takes_weights(estimator):
    return isinstance(estimator, WeightedFitMixin) or has_fit_parameter(
        estimator, "sample_weight"
    )


def _without_own_threshold(estimator):
    """Spare copies that only score the training of further copies for a threshold."""
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    own = getattr(last, "contamination", None)
    if isinstance(last, BaseDetector) and own == "auto":
        last.set_params(contamination=0.1)
    return estimator
