"""Distance to the nearest of some training rows, as a part of a torch model."""

import torch
from torch import nn

__all__ = ["Neighbors"]

# A bound on memory and time, which would otherwise grow with the training rows.
MAX_REFERENCES = 1000

# Rows whose distances are looked at together: the matrix stays in the cache.
BLOCK_ROWS = 256


class Neighbors(nn.Module):
    """Mean squared distance of a row to its nearest reference rows, by columns.

    One reference that equals the row is not its neighbour: a training row would vouch
    for itself. Further copies of it are.

    Parameters
    ----------
    n_neighbors : int
        How many references are averaged, at most all others.
    n_features : int
        Columns of a row.
    """

    references: torch.Tensor

    def __init__(self, n_neighbors, n_features):
        super().__init__()
        self.n_neighbors = n_neighbors
        self.register_buffer("references", torch.zeros(0, n_features))

    def set_reference_rows(self, x):
        """Take rows as the references."""
        self.references = x.detach().to(torch.float32)

    def forward(self, x):
        """Mean squared difference of each cell, shape (n, n_features)."""
        return torch.cat([self._block(rows) for rows in x.split(BLOCK_ROWS)])

    def _block(self, x):
        references = self.references.to(x.dtype)
        n_candidates = min(self.n_neighbors + 1, len(references))
        # |x - r|^2 without |x|^2, which does not change the order. Only the choice is
        # made this way: the product loses digits that the distances need.
        order = torch.addmm(references.square().sum(1), x, references.T, alpha=-2.0)
        nearest = order.topk(n_candidates, largest=False).indices  # (n, k + 1)
        candidates = references[nearest]  # (n, k + 1, d)
        twin = (candidates.float() == x.float()[:, None]).all(dim=2)
        itself = twin & (twin.cumsum(dim=1) == 1)
        chosen = ~itself & ((~itself).cumsum(dim=1) <= self.n_neighbors)
        weight = chosen / chosen.sum(dim=1, keepdim=True).clamp(min=1)
        squares = (x[:, None] - candidates).square()
        return (squares * weight[:, :, None].to(x.dtype)).sum(dim=1)
