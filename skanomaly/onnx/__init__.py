"""Detectors as ONNX graphs, which are scored without Python, torch or scikit-learn."""

from typing import TYPE_CHECKING

from skanomaly.utils._lazy import import_on_use

__all__ = ["to_onnx"]

if TYPE_CHECKING:
    from skanomaly.onnx._export import to_onnx
else:
    __getattr__ = import_on_use(__name__, {"to_onnx": "._export"})


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
