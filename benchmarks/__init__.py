"""Programs that measure: ``python -m benchmarks.detection``; README.md lists all."""
