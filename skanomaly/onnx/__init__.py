"""Detectors as ONNX graphs, which are scored without Python, torch or scikit-learn."""

from skanomaly.onnx._export import to_onnx

__all__ = ["to_onnx"]
