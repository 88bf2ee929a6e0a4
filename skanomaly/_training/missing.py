"""Missing cells, which are NaN in standardized rows: they neither train nor score."""

import math

import torch

__all__ = ["filled", "known", "parted"]


def filled(x):
    """Rows with zero, the mean of a standardized column, in place of missing cells."""
    return x.nan_to_num(nan=0.0, posinf=math.inf, neginf=-math.inf)


def parted(x):
    """Filled rows, and which cells are missing: None if none is, as in most batches."""
    # A graph has no branch that depends on values (`skanomaly.onnx`). With a missing
    # cell the sum is missing, and it takes a tenth of the time of looking for one.
    if torch.compiler.is_compiling() or math.isnan(x.sum().item()):
        return filled(x), x.isnan()
    return x, None


def known(cells, missing):
    """Errors or scores of cells, zero where one is missing.

    They have to be finite everywhere (computed from filled rows), or the gradient of
    what is replaced here would not be.
    """
    return cells if missing is None else cells.masked_fill(missing, 0.0)
