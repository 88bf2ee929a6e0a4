"""Classifiers that also detect rows that belong to none of their classes."""

from typing import TYPE_CHECKING

from skanomaly.utils._lazy import import_on_use

__all__ = ["OutlierExposureClassifier"]

if TYPE_CHECKING:
    from skanomaly.classifiers._outlier_exposure_classifier import (
        OutlierExposureClassifier,
    )
else:
    _MODULES = {
        "OutlierExposureClassifier": "._outlier_exposure_classifier",
    }
    __getattr__ = import_on_use(__name__, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
