"""Displays: plots of detectors and correctors, in the style of scikit-learn's displays.

matplotlib is imported when something is drawn.
"""

from skanomaly.displays._archetype_elbow import ArchetypeElbowDisplay
from skanomaly.displays._cluster_distance import ClusterDistanceDisplay
from skanomaly.displays._latent_radius import LatentRadiusDisplay
from skanomaly.displays._latent_traversal import LatentTraversalDisplay
from skanomaly.displays._reconstruction import ReconstructionDisplay
from skanomaly.displays._repair import RepairDisplay
from skanomaly.displays._sampled_images import SampledImagesDisplay
from skanomaly.displays._scores import ScoreDistributionDisplay
from skanomaly.displays._training_curve import TrainingCurveDisplay

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
