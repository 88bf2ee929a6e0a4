"""Detectors: scikit-learn estimators whose networks are trained by skorch."""

from skanomaly.detectors._auto_encoder import AutoEncoder
from skanomaly.detectors._multi_encoder import MultiEncoderAutoEncoder
from skanomaly.detectors._noise_contrastive import NoiseContrastiveAutoEncoder

__all__ = ["AutoEncoder", "MultiEncoderAutoEncoder", "NoiseContrastiveAutoEncoder"]
