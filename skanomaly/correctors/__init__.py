"""Correctors: transformers that repair the anomalous rows of a table."""

from typing import TYPE_CHECKING

from skanomaly.utils._lazy import import_on_use

__all__ = [
    "AnomalyCorrector",
    "BeamSearch",
    "DiffusionInpainter",
    "GradientSearch",
    "InverseGradientRepair",
    "NoisyChannelCorrector",
    "RepairPrograms",
]

if TYPE_CHECKING:
    from skanomaly.correctors._anomaly_corrector import AnomalyCorrector
    from skanomaly.correctors._diffusion_inpainter import DiffusionInpainter
    from skanomaly.correctors._examples.listing import RepairPrograms
    from skanomaly.correctors._inverse_gradient_repair import InverseGradientRepair
    from skanomaly.correctors._noisy_channel_corrector import NoisyChannelCorrector
    from skanomaly.correctors._search.parameters import BeamSearch, GradientSearch
else:
    _MODULES = {
        "AnomalyCorrector": "._anomaly_corrector",
        "BeamSearch": "._search.parameters",
        "DiffusionInpainter": "._diffusion_inpainter",
        "GradientSearch": "._search.parameters",
        "InverseGradientRepair": "._inverse_gradient_repair",
        "NoisyChannelCorrector": "._noisy_channel_corrector",
        "RepairPrograms": "._examples.listing",
    }
    __getattr__ = import_on_use(__name__, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
