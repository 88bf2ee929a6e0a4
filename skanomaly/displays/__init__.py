"""Displays: plots of detectors and correctors, in the style of scikit-learn's displays.

matplotlib is imported when something is drawn.
"""

from typing import TYPE_CHECKING

from skanomaly.utils._lazy import import_on_use

__all__ = [
    "ArchetypeElbowDisplay",
    "ClusterDistanceDisplay",
    "LatentRadiusDisplay",
    "LatentTraversalDisplay",
    "ReconstructionDisplay",
    "RepairDisplay",
    "SampledImagesDisplay",
    "ScoreDistributionDisplay",
    "TrainingCurveDisplay",
]

if TYPE_CHECKING:
    from skanomaly.displays._archetype_elbow import ArchetypeElbowDisplay
    from skanomaly.displays._cluster_distance import ClusterDistanceDisplay
    from skanomaly.displays._latent_radius import LatentRadiusDisplay
    from skanomaly.displays._latent_traversal import LatentTraversalDisplay
    from skanomaly.displays._reconstruction import ReconstructionDisplay
    from skanomaly.displays._repair import RepairDisplay
    from skanomaly.displays._sampled_images import SampledImagesDisplay
    from skanomaly.displays._scores import ScoreDistributionDisplay
    from skanomaly.displays._training_curve import TrainingCurveDisplay
else:
    _MODULES = {
        "ArchetypeElbowDisplay": "._archetype_elbow",
        "ClusterDistanceDisplay": "._cluster_distance",
        "LatentRadiusDisplay": "._latent_radius",
        "LatentTraversalDisplay": "._latent_traversal",
        "ReconstructionDisplay": "._reconstruction",
        "RepairDisplay": "._repair",
        "SampledImagesDisplay": "._sampled_images",
        "ScoreDistributionDisplay": "._scores",
        "TrainingCurveDisplay": "._training_curve",
    }
    __getattr__ = import_on_use(__name__, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
