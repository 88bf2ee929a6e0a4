"""Detectors: scikit-learn estimators whose networks are trained by skorch."""

from skanomaly._normalizing_flow import NormalizingFlow
from skanomaly.detectors._auto_encoder import AutoEncoder
from skanomaly.detectors._calibrated import CalibratedDetector
from skanomaly.detectors._deep_sad import DeepSAD
from skanomaly.detectors._deep_svdd import DeepSVDD
from skanomaly.detectors._gan.ano_gan import AnoGAN
from skanomaly.detectors._gan.fast_ano_gan import FastAnoGAN
from skanomaly.detectors._gan.wgan_ensemble import WGANEnsemble
from skanomaly.detectors._multi_encoder import MultiEncoderAutoEncoder
from skanomaly.detectors._neighbors import NeighborsDetector
from skanomaly.detectors._noise_contrastive import NoiseContrastiveAutoEncoder
from skanomaly.detectors._outlier_discriminator import OutlierDiscriminator
from skanomaly.detectors._transformations.geometric_transformations import (
    GeometricTransformations,
)
from skanomaly.detectors._vae import VAE
from skanomaly.detectors._vae_ensemble import VAEEnsemble

__all__ = [
    "AnoGAN",
    "AutoEncoder",
    "CalibratedDetector",
    "DeepSAD",
    "DeepSVDD",
    "FastAnoGAN",
    "GeometricTransformations",
    "MultiEncoderAutoEncoder",
    "NeighborsDetector",
    "NoiseContrastiveAutoEncoder",
    "NormalizingFlow",
    "OutlierDiscriminator",
    "VAE",
    "VAEEnsemble",
    "WGANEnsemble",
]
