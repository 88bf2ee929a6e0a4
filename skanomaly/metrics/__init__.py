"""Metrics and scorers for anomaly detection, and metrics for repair."""

from typing import TYPE_CHECKING

from skanomaly.utils._lazy import import_on_use

__all__ = [
    "anomaly_average_precision",
    "anomaly_roc_auc",
    "anomaly_scorer",
    "discovery_power",
    "excess_mass",
    "expected_calibration_error",
    "false_discovery_proportion",
    "fpr_at_tpr",
    "mass_volume",
    "pairwise_total_variation",
    "repair_report",
    "repair_scores",
    "score_drift_test",
    "total_variation",
    "usefulness",
]

if TYPE_CHECKING:
    from skanomaly.metrics._decisions import expected_calibration_error, usefulness
    from skanomaly.metrics._discoveries import (
        discovery_power,
        false_discovery_proportion,
    )
    from skanomaly.metrics._distributions import (
        pairwise_total_variation,
        total_variation,
    )
    from skanomaly.metrics._drift import score_drift_test
    from skanomaly.metrics._label_free import excess_mass, mass_volume
    from skanomaly.metrics._ranking import (
        anomaly_average_precision,
        anomaly_roc_auc,
        fpr_at_tpr,
    )
    from skanomaly.metrics._repair import repair_scores
    from skanomaly.metrics._repair_report import repair_report
    from skanomaly.metrics._scorers import anomaly_scorer
else:
    _MODULES = {
        "anomaly_average_precision": "._ranking",
        "anomaly_roc_auc": "._ranking",
        "anomaly_scorer": "._scorers",
        "discovery_power": "._discoveries",
        "excess_mass": "._label_free",
        "expected_calibration_error": "._decisions",
        "false_discovery_proportion": "._discoveries",
        "fpr_at_tpr": "._ranking",
        "mass_volume": "._label_free",
        "pairwise_total_variation": "._distributions",
        "repair_report": "._repair_report",
        "repair_scores": "._repair",
        "score_drift_test": "._drift",
        "total_variation": "._distributions",
        "usefulness": "._decisions",
    }
    __getattr__ = import_on_use(__name__, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
