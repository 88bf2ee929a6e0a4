"""Codes of categories as inputs of a network, inside the model."""

import numpy as np
import torch
from torch import nn

__all__ = ["Expansion"]


class Expansion(nn.Module):
    """Turn each column of codes into one input a code, 1 for that of the cell, else 0.

    Columns of numbers stay. All inputs of a missing cell are missing.

    Parameters
    ----------
    n_codes : sequence of int
        Number of codes of each column; 0 for numbers.
    """

    source: torch.Tensor
    code: torch.Tensor
    is_number: torch.Tensor

    def __init__(self, n_codes):
        super().__init__()
        self.n_codes = tuple(n_codes)
        widths = [max(1, n) for n in self.n_codes]
        source = np.repeat(np.arange(len(widths)), widths)
        code = np.concatenate([np.arange(float(width)) for width in widths])
        self.register_buffer("source", torch.from_numpy(source))
        self.register_buffer("code", torch.from_numpy(code))
        self.register_buffer("is_number", torch.tensor(self.n_codes)[self.source] == 0)
        self.starts = np.cumsum([0, *widths[:-1]])

    @property
    def n_inputs(self):
        """Number of inputs of all columns."""
        return len(self.source)

    def forward(self, x):
        """Inputs of rows, shape (..., n_inputs), float64."""
        cells = x[..., self.source]
        keeps = self.is_number | cells.isnan()
        return torch.where(keeps, cells, (cells == self.code).to(cells.dtype))

    def collapse(self, inputs):
        """Rows from inputs: the code with the largest input."""
        parts = inputs.split([max(1, n) for n in self.n_codes], dim=-1)
        columns = [
            part.argmax(dim=-1, keepdim=True).to(part.dtype) if n else part
            for part, n in zip(parts, self.n_codes, strict=True)
        ]
        return torch.cat(columns, dim=-1)

    def by_column(self, cells):
        """Sum over the inputs of each column, ndarray of shape (n, n_columns)."""
        return np.add.reduceat(cells, self.starts, axis=1)

    def extra_repr(self):
        """Show the sizes."""
        return f"{len(self.n_codes)} columns, {self.n_inputs} inputs"
