"""Missing cells, which are NaN in standardized rows: they neither train nor score."""

import math

import torch

__all__ = ["filled", "known", "parted"]


def filled(x):
    """Rows with zero, the mean of a standardized column, in place of missing cells."""
    return x.nan_to_num(nan=0.0, posinf=math.inf, neginf=-math.inf)


def parted(x):
    """Filled rows, and which cells are missing: None if none is, as in most batches."""
    missing = x.isnan()
    # A graph has no branch that depends on values (`skanomaly.onnx`).
    if torch.compiler.is_compiling() or missing.any():
        return filled(x), missing
    return x, None


def known(cells, missing):
    """Errors or scores of cells, zero where one is missing.

    They have to be finite everywhere (computed from filled rows), or the gradient of
    what is replaced here would not be.
    """
    return cells if missing is None else cells.masked_fill(missing, 0.0)
