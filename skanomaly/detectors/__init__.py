"""Detectors: scikit-learn estimators whose networks are trained by skorch."""

from skanomaly.detectors._auto_encoder import AutoEncoder



__all__ = ["AutoEncoder"]
