"""Metrics and scorers for anomaly detection."""

from skanomaly.metrics._label_free import excess_mass, mass_volume
from skanomaly.metrics._ranking import (
    anomaly_average_precision,
    anomaly_roc_auc,
    fpr_at_tpr,
)
from skanomaly.metrics._scorers import anomaly_scorer

__all__ = [
    "anomaly_average_precision",
    "anomaly_roc_auc",
    "anomaly_scorer",
    "excess_mass",
    "fpr_at_tpr",
    "mass_volume",
]
