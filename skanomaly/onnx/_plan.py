"""What a graph is made of: the steps before a detector, the detector, its threshold."""

from dataclasses import dataclass
from typing import Any

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skanomaly._training.table_mixin import TableMixin
from skanomaly.detectors import AnoGAN, CalibratedDetector
from skanomaly.onnx._columns import check_columns
from skanomaly.utils._inputs import column_name

__all__ = ["Plan", "plan_of"]

ADVICE = (
    "to_onnx takes the detectors of skanomaly.detectors, alone, in a search or a "
    "CalibratedDetector, or as the last step of a Pipeline"
)

# What a graph computes by itself, so that a subclass cannot change it.
METHODS = (
    "score_samples", "anomaly_score", "decision_function", "predict", "feature_scores",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """Parts of an estimator.

    Attributes
    ----------
    steps : tuple of (name, transformer)
        What rows go through first.
    detector : TableMixin
        What scores them.
    offset : float
        Its threshold, or that of a wrapper.
    has_cells : bool
        Whether the estimator has `feature_scores`.
    """

    steps: tuple[tuple[str, Any], ...]
    detector: Any
    offset: float
    has_cells: bool


WRAPPERS = (Pipeline, FrozenEstimator, CalibratedDetector)


def plan_of(estimator):
    """Take an estimator apart, or say why it has no graph."""
    steps, calibrated, inner = [], [], estimator
    while isinstance(inner, WRAPPERS) or hasattr(inner, "best_estimator_"):
        check_is_fitted(inner)
        if hasattr(inner, "best_estimator_"):
            inner = inner.best_estimator_
        elif isinstance(inner, Pipeline):
            steps += [step for step in inner.steps[:-1] if _changes_rows(step[1])]
            inner = inner.steps[-1][1]
        elif isinstance(inner, FrozenEstimator):
            inner = inner.estimator
        else:
            calibrated.append(inner)
            inner = inner.estimator_
    _check_detector(inner)
    check_is_fitted(inner)
    if inner._table.categories:
        _check_no_steps(inner, steps)
        check_columns(inner)
    if not calibrated:
        inner._check_threshold()
    return Plan(
        steps=tuple(steps),
        detector=inner,
        offset=(calibrated or [inner])[0].offset_,
        has_cells=not calibrated and hasattr(inner, "feature_scores"),
    )


def _check_no_steps(detector, steps):
    """Refuse categories behind other steps, whose graph writes numbers."""
    if steps:
        columns = [column_name(detector, j) for j in detector._table.categories]
        raise ValueError(
            f"The {type(detector).__name__} takes categories (columns "
            f"{', '.join(columns)}) from the steps of a Pipeline, whose graph has "
            "numbers only. Encode them there, by OneHotEncoder, or fit the detector "
            "to the table itself."
        )


def _changes_rows(step):
    return step is not None and step != "passthrough"


def _check_detector(estimator):
    if isinstance(estimator, type):
        name = estimator.__name__
        raise TypeError(f"estimator={name} is a class: pass a fitted {name}().")
    if hasattr(estimator, "repair"):
        raise TypeError(
            f"{type(estimator).__name__} is a corrector, which writes tables of any "
            f"type: no graph can. {ADVICE}. Save correctors with skanomaly.save."
        )
    if isinstance(estimator, AnoGAN):
        raise TypeError(
            "AnoGAN searches the latent vector of each row by gradient steps when it "
            "scores, and a graph has no gradients. FastAnoGAN has an encoder in place "
            "of the search."
        )
    if not isinstance(estimator, TableMixin):
        raise TypeError(f"{type(estimator).__name__} is none of ours: {ADVICE}.")
    _check_methods(type(estimator))


def _check_methods(kind):
    """Refuse a subclass that scores in its own way, which the graph would not have."""
    own = [
        name
        for name in METHODS
        if not getattr(kind, name, plan_of).__module__.startswith("skanomaly.")
    ]
    if own:
        raise TypeError(
            f"{kind.__name__} has a {own[0]} of its own, which a graph cannot have: it "
            "holds the network and the threshold. Export a detector of ours."
        )
