"""The command line: `python -m skanomaly`, or `skanomaly` where it is installed."""
