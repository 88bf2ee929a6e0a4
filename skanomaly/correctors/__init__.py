"""Correctors: transformers that repair the anomalous rows of a table."""

from skanomaly.correctors._anomaly_corrector import AnomalyCorrector
from skanomaly.correctors._diffusion_inpainter import DiffusionInpainter
from skanomaly.correctors._examples.listing import RepairPrograms
from skanomaly.correctors._inverse_gradient_repair import InverseGradientRepair
from skanomaly.correctors._noisy_channel_corrector import NoisyChannelCorrector
from skanomaly.correctors._search.beam import BeamSearch
from skanomaly.correctors._search.gradient import GradientSearch

__all__ = [
    "AnomalyCorrector",
    "BeamSearch",
    "DiffusionInpainter",
    "GradientSearch",
    "InverseGradientRepair",
    "NoisyChannelCorrector",
    "RepairPrograms",
]
