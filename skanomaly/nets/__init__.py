"""Plain torch networks, independent of anomaly detection."""

from typing import TYPE_CHECKING

from skanomaly.utils._lazy import import_on_use

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

if TYPE_CHECKING:
    from skanomaly.nets.conv import ConvDecoder, ConvEncoder
    from skanomaly.nets.flows import Flow
    from skanomaly.nets.layers import ACTIVATIONS, MLP, Dropout, build_network
    from skanomaly.nets.lenet import LeNetDecoder, LeNetEncoder
    from skanomaly.nets.single_precision import SinglePrecision
    from skanomaly.nets.wide_resnet import WideResNet
else:
    _MODULES = {
        "ACTIVATIONS": ".layers",
        "ConvDecoder": ".conv",
        "ConvEncoder": ".conv",
        "Dropout": ".layers",
        "Flow": ".flows",
        "LeNetDecoder": ".lenet",
        "LeNetEncoder": ".lenet",
        "MLP": ".layers",
        "SinglePrecision": ".single_precision",
        "WideResNet": ".wide_resnet",
        "build_network": ".layers",
    }
    __getattr__ = import_on_use(__name__, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
