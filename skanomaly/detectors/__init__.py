"""Detectors: scikit-learn estimators whose networks are trained by skorch."""

from typing import TYPE_CHECKING

from skanomaly.utils._lazy import import_on_use

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

if TYPE_CHECKING:
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
else:
    _MODULES = {
        "AnoGAN": "._gan.ano_gan",
        "AutoEncoder": "._auto_encoder",
        "CalibratedDetector": "._calibrated",
        "DeepSAD": "._deep_sad",
        "DeepSVDD": "._deep_svdd",
        "FastAnoGAN": "._gan.fast_ano_gan",
        "GeometricTransformations": "._transformations.geometric_transformations",
        "MultiEncoderAutoEncoder": "._multi_encoder",
        "NeighborsDetector": "._neighbors",
        "NoiseContrastiveAutoEncoder": "._noise_contrastive",
        "NormalizingFlow": ".._normalizing_flow",
        "OutlierDiscriminator": "._outlier_discriminator",
        "VAE": "._vae",
        "VAEEnsemble": "._vae_ensemble",
        "WGANEnsemble": "._gan.wgan_ensemble",
    }
    __getattr__ = import_on_use(__name__, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
