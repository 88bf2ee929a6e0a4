"""Detectors with a generator and a critic."""
