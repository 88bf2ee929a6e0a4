"""Plain torch networks. They know nothing of anomalies."""

from skanomaly.nets.conv import ConvDecoder, ConvEncoder
from skanomaly.nets.layers import ACTIVATIONS, Dropout, build_network
from skanomaly.nets.mlp import MLP

__all__ = [
    "ACTIVATIONS",
    "MLP",
    "ConvDecoder",
    "ConvEncoder",
    "Dropout",
    "build_network",
]
