"""Samplers: rows that were not observed, for tests of detectors and for training.

Names are imported when they are first used: not all of them need torch.
"""

from typing import TYPE_CHECKING

from skanomaly.utils._lazy import import_on_use

__all__ = [
    "ArchetypalAnalysis",
    "ArchetypalFlowSampler",
    "FlowSampler",
    "RowSampler",
    "UniformSampler",
    "fast_gradient_perturbation",
]

if TYPE_CHECKING:
    from skanomaly._training.row_sampler import RowSampler
    from skanomaly.samplers._archetypal_analysis import ArchetypalAnalysis
    from skanomaly.samplers._archetypal_flow_sampler import ArchetypalFlowSampler
    from skanomaly.samplers._fast_gradient import fast_gradient_perturbation
    from skanomaly.samplers._flow_sampler import FlowSampler
    from skanomaly.samplers._uniform_sampler import UniformSampler
else:
    _MODULES = {
        "ArchetypalAnalysis": "._archetypal_analysis",
        "ArchetypalFlowSampler": "._archetypal_flow_sampler",
        "FlowSampler": "._flow_sampler",
        "RowSampler": ".._training.row_sampler",
        "UniformSampler": "._uniform_sampler",
        "fast_gradient_perturbation": "._fast_gradient",
    }
    __getattr__ = import_on_use(__name__, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
