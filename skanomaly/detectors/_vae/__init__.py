"""Variational autoencoders, single and in ensembles."""
