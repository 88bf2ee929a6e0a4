"""Classifiers that also detect rows that belong to none of their classes."""

from skanomaly.classifiers._outlier_exposure_classifier import (
    OutlierExposureClassifier,
)

__all__ = ["OutlierExposureClassifier"]
