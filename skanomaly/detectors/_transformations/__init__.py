"""Detectors that recognize transformations of normal rows."""
