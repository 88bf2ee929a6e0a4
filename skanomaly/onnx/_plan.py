"""What a graph is made of: the steps before a detector, the detector, its threshold."""

from dataclasses import dataclass
from typing import Any

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skanomaly._training.table_mixin import TableMixin
from skanomaly.detectors import AnoGAN, CalibratedDetector
from skanomaly.utils._inputs import column_name

__all__ = ["Plan", "plan_of"]

ADVICE = (
    "to_onnx takes the detectors of skanomaly.detectors, alone, in a "
    "CalibratedDetector, or as the last step of a Pipeline"
)


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


def plan_of(estimator):
    """Take an estimator apart, or say why it has no graph."""
    steps, calibrated, inner = [], [], estimator
    while isinstance(inner, Pipeline | FrozenEstimator | CalibratedDetector):
        check_is_fitted(inner)
        if isinstance(inner, Pipeline):
            steps += [step for step in inner.steps[:-1] if _changes_rows(step[1])]
            inner = inner.steps[-1][1]
        elif isinstance(inner, FrozenEstimator):
            inner = inner.estimator
        else:
            calibrated.append(inner)
            inner = inner.estimator_
    _check_detector(inner)
    check_is_fitted(inner)
    _check_columns(inner)
    if not calibrated:
        inner._check_threshold()
    return Plan(
        steps=tuple(steps),
        detector=inner,
        offset=(calibrated or [inner])[0].offset_,
        has_cells=not calibrated and hasattr(inner, "feature_scores"),
    )


def _check_columns(detector):
    """Refuse categories: a graph takes numbers, and cannot encode a frame."""
    columns = [column_name(detector, j) for j in detector._table.categories]
    if columns:
        raise ValueError(
            f"The {type(detector).__name__} was fitted to categories (column "
            f"{', '.join(columns)}), and its graph would take numbers. Encode them in "
            "a Pipeline, whose graph takes text: make_pipeline("
            "make_column_transformer((OneHotEncoder(handle_unknown='ignore'), "
            "columns), remainder='passthrough', sparse_threshold=0), detector)."
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
