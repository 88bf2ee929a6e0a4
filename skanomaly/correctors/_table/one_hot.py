"""Rows of categories as probabilities: one block of the vector for each column."""

import numpy as np
import torch

from skanomaly.correctors._table.codec import MISSING

__all__ = ["OneHotLayout"]


class OneHotLayout:
    """Arithmetic on the concatenated blocks of the columns.

    Parameters
    ----------
    n_categories : sequence of int
        Number of categories K_j of each column; a row has ``sum(n_categories)`` units.
    """

    def __init__(self, n_categories):
        self.sizes = tuple(int(size) for size in n_categories)
        self.starts = np.concatenate([[0], np.cumsum(self.sizes)])[:-1]
        self.n_columns, self.n_units = len(self.sizes), sum(self.sizes)
        self._alike = len(set(self.sizes)) == 1 and self.n_units > 0

    def units(self, codes):
        """Position of each cell's category, shape of `codes`.

        A missing cell of column j has the position ``n_units + j``.
        """
        missing = self.n_units + np.arange(self.n_columns)
        return np.where(codes == MISSING, missing, codes + self.starts)

    def one_hot(self, codes, dtype=torch.float64):
        """Probabilities of the rows; a missing cell has equal ones, shape (n, n_units).

        Parameters
        ----------
        codes : tensor of int64, shape (n, n_columns)
        dtype : torch.dtype, default=torch.float64
        """
        starts = torch.as_tensor(self.starts, device=codes.device)
        missing = codes == MISSING
        p = torch.zeros((len(codes), self.n_units), dtype=dtype, device=codes.device)
        p.scatter_(1, codes.clamp_min(0) + starts, (~missing).to(dtype))
        if missing.any():
            even = 1.0 / torch.tensor(self.sizes, dtype=dtype, device=codes.device)
            p += self.spread(missing * even)
        return p

    def spread(self, values):
        """Give every unit the value of its column, shape (n, n_units)."""
        if self._alike:
            return values.repeat_interleave(self.sizes[0], dim=1)
        sizes = torch.tensor(self.sizes, device=values.device)
        return values.repeat_interleave(sizes, dim=1, output_size=self.n_units)

    def sums(self, p):
        """Sum of each block, shape (n, n_columns)."""
        if self._alike:
            return p.view(len(p), self.n_columns, -1).sum(dim=2)
        return torch.stack([b.sum(dim=1) for b in p.split(self.sizes, dim=1)], dim=1)

    def argmax(self, p):
        """Most probable category of each block, the first on ties."""
        if self._alike:
            return p.view(len(p), self.n_columns, -1).argmax(dim=2)
        nothing = p.new_zeros(len(p), dtype=torch.int64)
        blocks = p.split(self.sizes, dim=1)
        best = [b.argmax(dim=1) if b.shape[1] else nothing for b in blocks]
        return torch.stack(best, dim=1)

    def normalize(self, p):
        """Cut below zero and divide by the sum; a block of zeros becomes NaN."""
        p = p.clamp_min(0.0)
        return p / self.spread(self.sums(p))

    def center(self, gradient):
        """Take away the mean of each block: what `normalize` would undo."""
        sizes = torch.tensor(self.sizes, dtype=gradient.dtype, device=gradient.device)
        return gradient - self.spread(self.sums(gradient) / sizes)
