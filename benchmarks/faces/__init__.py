"""Detectors on photographs of faces: masks are the anomalies."""
