"""Samplers: rows that were not observed, for tests of detectors and for training.

Names are imported when they are first used: not all of them need torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

_MODULES = {
    "ArchetypalAnalysis": "samplers._archetypal_analysis",
    "ArchetypalFlowSampler": "samplers._archetypal_flow_sampler",
    "FlowSampler": "samplers._flow_sampler",
    "RowSampler": "_training.row_sampler",
    "UniformSampler": "samplers._uniform_sampler",
    "fast_gradient_perturbation": "samplers._fast_gradient",
}

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
else:  # with a `__getattr__`, type checkers would accept any name

    def __getattr__(name):
        """Import a name on first use (PEP 562)."""
        if name in _MODULES:
            return getattr(import_module(f"skanomaly.{_MODULES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
