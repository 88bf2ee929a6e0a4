"""Squared distances of a row to training rows, split by columns."""

from abc import abstractmethod

import numpy as np
import torch
from torch import nn

__all__ = ["Neighbors", "SubsetDistance"]

# Rows whose distances are looked at together: the matrix stays in the cache.
BLOCK_ROWS = 256


class ReferenceDistance(nn.Module):
    """A squared distance of a row to reference rows, by columns.

    One reference that equals the row is left out, because a training row is not its own
    neighbour. Further copies of it count.

    Parameters
    ----------
    n_features : int
        Columns of a row.
    """

    max_references: int
    references: torch.Tensor

    def __init__(self, n_features):
        super().__init__()
        self.register_buffer("references", torch.zeros(0, n_features))

    def set_reference_rows(self, x):
        """Take rows, in random order, as the references; the first ones of many."""
        self.references = x[: self.max_references].detach().to(torch.float32)

    def forward(self, x):
        """Squared distance of each cell, shape (n, n_features)."""
        references = self.references.to(x.dtype)
        blocks = x.split(BLOCK_ROWS)
        return torch.cat([self._block(rows, references) for rows in blocks])

    @abstractmethod
    def _block(self, x, references):
        """Squared distance of each cell of some of the rows."""


def _order_keys(x, references):
    """Numbers that sort the references of each row by distance, shape (n, n_refs).

    They are |x - r|^2 without |x|^2, which does not change the order. They only serve
    to choose: the product loses digits that the distances need.
    """
    return torch.addmm(references.square().sum(1), x, references.T, alpha=-2.0)


def _argsort(keys):
    """Sort each row; on a CPU by numpy, whose vector instructions are far quicker."""
    keys = keys.detach()
    if keys.device.type == "cpu":
        return torch.from_numpy(np.argsort(keys.numpy(), axis=1))
    return keys.argsort(dim=1)


def _equal(candidates, x):
    """Whether a candidate is the row, in the precision of the references."""
    return (candidates.float() == x.float()[:, None]).all(dim=2)


class Neighbors(ReferenceDistance):
    """Mean squared distance of a row to its nearest reference rows, by columns.

    Parameters
    ----------
    n_neighbors : int
        How many references are averaged, at most all others.
    n_features : int
        Columns of a row.
    """

    # Limits memory and time, which would otherwise grow with the training rows.
    max_references = 1000

    def __init__(self, n_neighbors, n_features):
        super().__init__(n_features)
        self.n_neighbors = n_neighbors

    def _block(self, x, references):
        n_candidates = min(self.n_neighbors + 1, len(references))
        keys = _order_keys(x, references)
        nearest = keys.topk(n_candidates, largest=False).indices  # (n, k + 1)
        candidates = references[nearest]  # (n, k + 1, d)
        equal = _equal(candidates, x)
        itself = equal & (equal.cumsum(dim=1) == 1)
        chosen = ~itself & ((~itself).cumsum(dim=1) <= self.n_neighbors)
        weight = chosen / chosen.sum(dim=1, keepdim=True).clamp(min=1)
        squares = (x[:, None] - candidates).square()
        return (squares * weight[:, :, None].to(x.dtype)).sum(dim=1)


class SubsetDistance(ReferenceDistance):
    """Expected squared distance of a row to the nearest of a few random references.

    In closed form: of the N references by distance, the r-th is the nearest of a random
    subset of m with the probability C(N - r, m - 1) / C(N, m).

    Parameters
    ----------
    subset_size : int
        References in a subset, at most all others.
    n_features : int
        Columns of a row.
    """

    # Each row sorts all of them, which costs more than the nearest few.
    max_references = 512

    # Where a copy of the row is looked for: it is the nearest, but for rounding.
    N_CANDIDATES = 3

    def __init__(self, subset_size, n_features):
        super().__init__(n_features)
        self.subset_size = subset_size

    def _block(self, x, references):
        # Around their mean, because the squares below lose the digits of a large one.
        center = references.mean(dim=0)
        order = _argsort(_order_keys(x, references))
        candidates = references[order[:, : self.N_CANDIDATES]]
        by_rank = self._weights(x, _equal(candidates, x).any(dim=1))
        weight = torch.zeros_like(by_rank).scatter_(1, order, by_rank)
        x, references = x - center, references - center
        mass = weight.sum(dim=1, keepdim=True)
        squares = mass * x.square() + weight @ references.square()
        return (squares - 2.0 * x * (weight @ references)).clamp(min=0.0)

    def _weights(self, x, has_itself):
        """Weights of the references of each row by their rank, shape (n, n_refs)."""
        n = len(self.references)
        everything = nearest_probability(n, self.subset_size).to(x)
        others = nearest_probability(n - 1, self.subset_size).to(x)
        others = torch.cat([others.new_zeros(1), others])
        return torch.where(has_itself[:, None], others, everything)


def nearest_probability(n, m):
    """Probability of each rank to be the first in a random subset, float64.

    Parameters
    ----------
    n : int
        Ranks, from the nearest on.
    m : int
        Size of the subset, at most all.

    Returns
    -------
    tensor of shape (n,)
        C(n - r, m - 1) / C(n, m) for the ranks r = 1 ... n. They add up to 1.
    """
    m = min(m, n)
    rank = torch.arange(n, dtype=torch.float64)
    # Each rank that was not the first leaves one fewer to draw from.
    missed = (n - m + 1 - rank).clamp(min=0.0) / (n - rank + 1)
    first = torch.cat([torch.ones(1, dtype=torch.float64), missed[1:]])
    return first.cumprod(0)[:n] * m / (n - rank)
