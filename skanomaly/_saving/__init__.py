"""Estimators as files: `skanomaly.save` and `skanomaly.load`, and what pickles keep."""
