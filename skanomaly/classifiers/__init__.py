"""Classifiers that also know when a row belongs to none of their classes."""

from skanomaly.classifiers._outlier_exposure_classifier import (
    OutlierExposureClassifier,
)

__all__ = ["OutlierExposureClassifier"]
