"""Displays: pictures of detectors, with the entry points of scikit-learn's displays.

matplotlib is imported when something is drawn.
"""

from skanomaly.displays._latent_traversal import LatentTraversalDisplay
from skanomaly.displays._reconstruction import ReconstructionDisplay
from skanomaly.displays._scores import ScoreDistributionDisplay
from skanomaly.displays._training_curve import TrainingCurveDisplay

__all__ = [
    "LatentTraversalDisplay",
    "ReconstructionDisplay",
    "ScoreDistributionDisplay",
    "TrainingCurveDisplay",
]
