"""Diffusion models of rows of categories."""
