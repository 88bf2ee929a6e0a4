"""Correctors: transformers that repair the anomalous rows of a table."""
