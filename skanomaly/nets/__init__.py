"""Plain torch networks, independent of anomaly detection."""

from skanomaly.nets.conv import ConvDecoder, ConvEncoder
from skanomaly.nets.flows import Flow
from skanomaly.nets.layers import ACTIVATIONS, MLP, Dropout, build_network
from skanomaly.nets.lenet import LeNetDecoder, LeNetEncoder
from skanomaly.nets.single_precision import SinglePrecision
from skanomaly.nets.wide_resnet import WideResNet

__all__ = [
    "ACTIVATIONS",
    "MLP",
    "ConvDecoder",
    "ConvEncoder",
    "Dropout",
    "Flow",
    "LeNetDecoder",
    "LeNetEncoder",
    "SinglePrecision",
    "WideResNet",
    "build_network",
]
