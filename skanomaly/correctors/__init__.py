"""Correctors: transformers that repair the anomalous rows of a table."""

from skanomaly.correctors._anomaly_corrector import AnomalyCorrector
from skanomaly.correctors._diffusion_inpainter import DiffusionInpainter
from skanomaly.correctors._inverse_gradient_repair import InverseGradientRepair

__all__ = ["AnomalyCorrector", "DiffusionInpainter", "InverseGradientRepair"]
