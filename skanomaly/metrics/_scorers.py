"""Scorers of detectors for model selection, with labels and without."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import Literal, TypeAlias, TypedDict, Unpack

import numpy as np

from skanomaly.metrics._discoveries import (
    discovery_power,
    false_discovery_proportion,
)
from skanomaly.metrics._label_free import excess_mass, mass_volume
from skanomaly.metrics._pseudo_anomalies import KINDS, pseudo_anomalies, uniform_rows
from skanomaly.metrics._ranking import (
    anomaly_average_precision,
    anomaly_roc_auc,
    fpr_at_tpr,
)
from skanomaly.utils._checks import check_count, check_fraction
from skanomaly.utils._scores import anomaly_score_of, p_values_of
from skanomaly.utils._typing import Estimator, MatrixLike, VectorLike

Metric: TypeAlias = Literal[
    "roc_auc",
    "average_precision",
    "fpr_at_tpr",
    "discovery_power",
    "false_discovery_proportion",
    "synthetic_roc_auc",
    "excess_mass",
    "mass_volume",
]


class ScorerOptions(TypedDict, total=False):
    """Options of the metrics; which metric knows which is told by the functions."""

    tpr: float
    alpha: float
    min_mass: float
    kind: Literal["uniform", "permute", "expand", "mixed"]
    n_draws: int
    random_state: int


def anomaly_scorer(
    metric: Metric = "roc_auc",
    *,
    anomaly_label: int | str = 1,
    **options: Unpack[ScorerOptions],
) -> AnomalyScorer:
    """Make a scorer of detectors for ``GridSearchCV``, ``cross_val_score`` and others.

    The scorer asks the estimator, or the Pipeline that ends in it, for `score_samples`,
    else for `decision_function`. Both follow scikit-learn's direction, higher = more
    normal, and are turned into anomaly scores in one place. The scorer's own value is
    always "greater is better".

    Parameters
    ----------
    metric : str, default="roc_auc"
        With labels:

        - "roc_auc": :func:`anomaly_roc_auc`.
        - "average_precision": :func:`anomaly_average_precision`.
        - "fpr_at_tpr": :func:`fpr_at_tpr`, negated. Option `tpr`.
        - "discovery_power": :func:`discovery_power` by the estimator's `p_values`.
          Option `alpha`.
        - "false_discovery_proportion": :func:`false_discovery_proportion`, likewise,
          negated. Option `alpha`.

        Without labels (a `y` that is passed is ignored):

        - "synthetic_roc_auc": ROC AUC of pseudo-anomalies against the held-out rows.
          Options `kind`, `n_draws`, `random_state`.
        - "excess_mass": :func:`excess_mass`. Options `min_mass`, `n_draws`,
          `random_state`.
        - "mass_volume": :func:`mass_volume`, negated. Options as for "excess_mass".
    anomaly_label : int, str or bool, default=1
        The label of anomalies in `y`. Pass -1 for labels in scikit-learn's convention.
    **options
        Options of the metric:

        - `tpr` : float in (0, 1], default=0.95, fraction of the anomalies to find.
        - `alpha` : float in (0, 1], default=0.1, level of false discoveries.
        - `min_mass` : float in (0, 1), default=0.9, fraction of the rows.
        - `kind` : {"uniform", "permute", "expand", "mixed"}, default="uniform",
          see Notes.
        - `n_draws` : int, default=10000, number of generated rows.
        - `random_state` : int, default=0. All candidates must be scored on the
          same generated rows, so None is refused.

    Returns
    -------
    scorer : callable
        Called as ``scorer(estimator, X, y=None)``, returns a float. It can be pickled,
        cloned and compared.

    See Also
    --------
    anomaly_roc_auc : The metric itself, for given scores.

    Notes
    -----
    Detectors are not classifiers, so ``cv=5`` does not stratify. If anomalies are few,
    pass ``cv=StratifiedKFold(5, shuffle=True, random_state=0)``.

    A criterion without labels is a guess about what anomalies are like, and its values
    say nothing about the true ROC AUC. On eight small sets of ADBench (``python -m
    benchmarks.detection.model_selection``), the settings chosen by "excess_mass" or by
    "synthetic_roc_auc" lost 0.02 to 0.03 of ROC AUC against the best of the grid where
    training and held-out rows were all normal; defaults lost 0.04, a random choice
    0.06. With the anomalies left among the rows, no criterion was better than a random
    choice (0.10), and the defaults were (0.07): do not tune on such rows.

    "synthetic_roc_auc" makes pseudo-anomalies from the held-out rows. "uniform" draws
    them from a box a tenth wider than the data (what is far from everything), "permute"
    draws every column independently (their dependence is lost), "expand" adds to a
    row half the difference of two others (what lies just outside), "mixed" takes a
    third of each. It rewards detectors that find such rows. "permute" takes columns of
    any type, the others need numbers.

    "excess_mass" and "mass_volume" draw `n_draws` points from the box around the
    held-out rows. With many columns hardly any point lands among the rows; when volumes
    cannot be measured any more, a warning says so. The bounded "synthetic_roc_auc" is
    then the safer choice, though "uniform" rows become easy for every detector too.

    References
    ----------
    N. Goix, "How to evaluate the quality of unsupervised anomaly detection
    algorithms?", ICML Anomaly Detection Workshop, 2016, arXiv:1607.01152.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import IsolationForest
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skanomaly.metrics import anomaly_scorer
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> X[::10] += 4
    >>> y = np.arange(200) % 10 == 0
    >>> search = GridSearchCV(
    ...     IsolationForest(n_estimators=10, random_state=0),
    ...     {"max_samples": [4, 64]},
    ...     scoring=anomaly_scorer("average_precision"),
    ... )
    >>> search.fit(X, y).best_params_
    {'max_samples': 64}
    >>> anomaly_scorer("fpr_at_tpr", anomaly_label=-1, tpr=0.9)
    anomaly_scorer('fpr_at_tpr', anomaly_label=-1, tpr=0.9)
    """
    if metric not in METRICS:
        raise ValueError(
            f"metric={metric!r} is unknown. With labels there are "
            f"{', '.join(map(repr, LABELLED))}; "
            f"without labels {', '.join(map(repr, LABEL_FREE))}."
        )
    _check_options(metric, options)
    return AnomalyScorer(metric, anomaly_label, tuple(sorted(options.items())))


@dataclass(frozen=True, repr=False)
class AnomalyScorer:
    """What :func:`anomaly_scorer` returns: a scorer that is plain, immutable data."""

    metric: str
    anomaly_label: Hashable = 1
    options: tuple = ()

    def __call__(
        self, estimator: Estimator, X: MatrixLike, y: VectorLike | None = None
    ) -> float:
        """Return the metric of a fitted estimator on held-out rows, higher is better.

        Parameters
        ----------
        estimator : estimator
            Fitted detector, or Pipeline that ends in one.
        X : array-like of shape (n_samples, n_features)
            Held-out rows.
        y : array-like of shape (n_samples,), default=None
            Labels; needed by the metrics with labels, ignored by the others.

        Returns
        -------
        score : float
            Higher is better.
        """
        options = dict(self.options)
        sign, function = METRICS[self.metric]
        asked = p_values_of if self.metric in BY_P_VALUES else anomaly_score_of
        score = partial(asked, estimator)
        if self.metric in LABEL_FREE:
            return sign * function(score, X, **options)
        if y is None:
            raise ValueError(
                f"y=None, and metric={self.metric!r} needs labels. Pass y, or use a "
                f"metric without labels: {', '.join(map(repr, LABEL_FREE))}."
            )
        return sign * function(y, score(X), anomaly_label=self.anomaly_label, **options)

    def __repr__(self) -> str:
        """Return the call that makes this scorer."""
        given = {"anomaly_label": self.anomaly_label} if self.anomaly_label != 1 else {}
        given |= dict(self.options)
        arguments = [f"{name}={value!r}" for name, value in given.items()]
        return f"anomaly_scorer({', '.join([repr(self.metric), *arguments])})"

    def __sklearn_clone__(self):
        """Return itself: there is nothing that could change."""
        return self

    def _accept_sample_weight(self):
        # Asked for by scikit-learn when several metrics are computed at once.
        return False


def _in_box(criterion, score, X, *, min_mass=0.9, n_draws=10_000, random_state=0):
    box = uniform_rows(X, n_draws, random_state)
    return criterion(score(X), score(box), min_mass=min_mass)


def _synthetic_roc_auc(score, X, *, kind="uniform", n_draws=10_000, random_state=0):
    made = score(pseudo_anomalies(X, kind, n_draws, random_state))
    rows = score(X)
    is_made = np.repeat([0, 1], [len(rows), len(made)])
    return anomaly_roc_auc(is_made, np.concatenate([rows, made]))


# Metric: (sign that makes greater better, function).
LABELLED: dict[str, tuple[int, Callable[..., float]]] = {
    "roc_auc": (1, anomaly_roc_auc),
    "average_precision": (1, anomaly_average_precision),
    "fpr_at_tpr": (-1, fpr_at_tpr),
    "discovery_power": (1, discovery_power),
    "false_discovery_proportion": (-1, false_discovery_proportion),
}
BY_P_VALUES = ("discovery_power", "false_discovery_proportion")
LABEL_FREE: dict[str, tuple[int, Callable[..., float]]] = {
    "synthetic_roc_auc": (1, _synthetic_roc_auc),
    "excess_mass": (1, partial(_in_box, excess_mass)),
    "mass_volume": (-1, partial(_in_box, mass_volume)),
}
METRICS = LABELLED | LABEL_FREE


def _check_options(metric, options):
    """Raise unless `metric` knows all `options` and each value is valid."""
    parameters = signature(METRICS[metric][1]).parameters.values()
    known = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY} - {"anomaly_label"}
    for name, value in options.items():
        if name not in known:
            raise TypeError(
                f"{name}={value!r} is no option of metric={metric!r}, which knows "
                f"{', '.join(sorted(known)) or 'none'}."
            )
        OPTION_CHECKS[name](name, value)


def _check_kind(name, value):
    if value not in KINDS:
        raise ValueError(
            f"{name}={value!r}: give one of {', '.join(map(repr, KINDS))}."
        )


OPTION_CHECKS: dict[str, Callable] = {
    "tpr": check_fraction,
    "alpha": check_fraction,
    "min_mass": partial(check_fraction, upper_closed=False),
    "kind": _check_kind,
    "n_draws": partial(check_count, least=3),
    "random_state": partial(check_count, least=0),
}
