"""Squared distances of a row to training rows, split by columns.

Of two rows with missing cells, which are NaN, the columns count that both of them know,
as if the others were as far apart on average (`sklearn.metrics.nan_euclidean_distances`
does the same). Complete rows among complete ones take a shorter way.
"""

from abc import abstractmethod

import numpy as np
import torch
from torch import nn

from skanomaly._training.missing import filled, known

__all__ = ["Neighbors", "SubsetDistance", "mean_or_one"]

# Rows whose distances are looked at together: the matrix stays in the cache. Fewer, if
# there are so many references that the matrix would have more cells than these.
BLOCK_ROWS = 256
BLOCK_CELLS = 2**20

# Sort keys of a reference that equals the row, and of one that has no known column in
# common with it. Others are squares.
ITSELF, UNKNOWN = -1.0, float("inf")

# Pairs a row of which all columns are compared at once.
FEW_PAIRS = 4

# How many times the precision a difference of squares is off.
ROUNDING = 16.0

# Stands for a missing cell where cells are compared; others are smaller.
MISSING = torch.finfo(torch.float32).max


class ReferenceDistance(nn.Module):
    """A squared distance of a row to reference rows, by columns.

    One reference that equals the row is left out, because a training row is not its own
    neighbour. Further copies of it count.

    Parameters
    ----------
    n_features : int
        Columns of a row.
    max_references : int, default=None
        References that are kept; None takes the number of the class.
    weights : array-like of shape (n_features,), default=None
        How much each column counts among those that two rows know. None: all alike.

    Notes
    -----
    A missing cell is at no distance. Two rows that have no known column in common are
    no neighbours, and a row without a known cell is at no distance at all.
    """

    max_references: int
    references: torch.Tensor
    weights: torch.Tensor
    is_complete: bool  # in a graph

    def __init__(self, n_features, max_references=None, weights=None):
        super().__init__()
        if max_references is not None:
            self.max_references = max_references
        self.register_buffer("references", torch.zeros(0, n_features))
        weights = torch.ones(n_features) if weights is None else torch.tensor(weights)
        self.register_buffer("weights", weights.to(torch.float32))

    def set_reference_rows(self, x):
        """Take rows, in random order, as the references; the first ones of many."""
        self.references = x[: self.max_references].detach().to(torch.float32)

    def prepare_export(self):
        """Say whether references lack cells: a graph has one way for all rows."""
        self.is_complete = not self.references.isnan().any()

    def forward(self, x):
        """Squared distance of each cell, shape (n, n_features)."""
        if torch.compiler.is_compiling():
            return self._in_graph(x)
        if self.references.isnan().any():
            return self._in_blocks(self._incomplete_block, x)
        incomplete = x.isnan().any(dim=1)
        if not incomplete.any():
            return self._in_blocks(self._block, x)
        # Row by row, so that none depends on those beside it.
        cells = torch.zeros_like(x)
        cells[incomplete] = self._in_blocks(self._incomplete_block, x[incomplete])
        if not incomplete.all():
            cells[~incomplete] = self._in_blocks(self._block, x[~incomplete])
        return cells

    def _in_graph(self, x):
        """Squared distance of each cell; the graph chooses the way for all rows."""
        if not self.is_complete:
            return self._incomplete_block(x, self.references.to(x.dtype))
        has_missing = x.isnan().any()
        return torch.cond(has_missing, self._mixed_rows, self._complete_rows, (x,))

    def _complete_rows(self, x):
        return self._block(x, self.references.to(x.dtype))

    def _mixed_rows(self, x):
        incomplete = x.isnan().any(dim=1, keepdim=True)
        references = self.references.to(x.dtype)
        # No row that lacks a cell is one of the references, which are complete.
        equal = torch.zeros_like(x[:, :1], dtype=torch.bool)
        cells = self._incomplete_block(x, references, equal)
        return torch.where(incomplete, cells, self._complete_rows(filled(x)))

    def _in_blocks(self, function, x):
        """Apply a function of rows and references to a few rows at a time."""
        references = self.references.to(x.dtype)
        n_rows = min(BLOCK_ROWS, BLOCK_CELLS // max(1, len(references)))
        blocks = x.split(max(1, n_rows))
        return torch.cat([function(rows, references) for rows in blocks])

    @abstractmethod
    def rank_weights(self):
        """Weights of the nearest references, float64, where none equals the row."""

    @abstractmethod
    def _block(self, x, references):
        """Squared distance of each cell of some of the rows; none is missing."""

    def _incomplete_block(self, x, references, equal=None):
        """Squared distance of each cell of some of the rows; missing ones have none."""
        # Around their mean, because squares lose the digits of a large one.
        center = references.nanmean(dim=0).nan_to_num()
        equal = _equal_pairs(x, references) if equal is None else equal
        x, references = x - center, references - center
        keys, scale = _known_pairs(x, references, self.weights.to(x.dtype))
        return self._known_block(x, references, keys.masked_fill(equal, ITSELF), scale)

    @abstractmethod
    def _known_block(self, x, references, keys, scale):
        """Squared distance of each cell, by pairs of rows that have cells in common.

        The references of a row are sorted by `keys`; `scale` makes squares over the
        columns that both know squares over all. Both are of shape (n, n_references).
        """


def _order_keys(x, references):
    """Numbers that sort the references of each row by distance, shape (n, n_refs).

    They are |x - r|^2 without |x|^2, which does not change the order. They only serve
    to choose: the product loses digits that the distances need.
    """
    return torch.addmm(references.square().sum(1), x, references.T, alpha=-2.0)


def _argsort(keys):
    """Sort each row; on a CPU by numpy, whose vector instructions are far quicker."""
    keys = keys.detach()
    if keys.device.type == "cpu" and not torch.compiler.is_compiling():
        return torch.from_numpy(np.argsort(keys.numpy(), axis=1))
    return keys.argsort(dim=1)


def _equal(candidates, x):
    """Whether a candidate is the row, in the precision of the references."""
    return (candidates.float() == x.float()[:, None]).all(dim=2)


def _equal_pairs(x, references):
    """Whether a reference is the row, missing cells included, shape (n, n_refs).

    Column by column, until few pairs are left: a square that is computed as a product
    is not exactly zero.
    """
    x, references = (rows.float().nan_to_num(nan=MISSING) for rows in (x, references))
    shape = x.shape[0], references.shape[0]  # `len` is a constant in a graph
    equal = torch.ones(shape, dtype=torch.bool, device=x.device)
    for mine, theirs in zip(x.T, references.T, strict=True):
        equal &= mine[:, None] == theirs
        # A graph compares all columns: it has no branch that depends on values.
        if torch.compiler.is_compiling():
            continue
        if equal.sum() <= FEW_PAIRS * len(x):
            i, j = equal.nonzero(as_tuple=True)
            equal[i, j] = (x[i] == references[j]).all(dim=1)
            break
    return equal


def _known_pairs(x, references, weights):
    """Sort keys of pairs of rows, and what the squares of a pair are multiplied by."""
    known_x, known_refs = ((~rows.isnan()).to(x.dtype) for rows in (x, references))
    x, references = filled(x), filled(references)
    common = (known_x * weights) @ known_refs.T
    scale = torch.where(common > 0, weights.sum() / common, 0.0)
    total = x.square() @ known_refs.T + known_x @ references.square().T
    squares = total - 2.0 * x @ references.T
    is_zero = squares <= ROUNDING * torch.finfo(x.dtype).eps * total
    squares = squares.masked_fill(is_zero, 0.0)
    # In float32 ties that rounding broke are ties again, whatever rows are beside.
    keys = torch.where(common > 0, squares * scale, UNKNOWN).float()
    return keys, scale


class Neighbors(ReferenceDistance):
    """Mean squared distance of a row to its nearest reference rows, by columns.

    Parameters
    ----------
    n_neighbors : int
        How many references are averaged, at most all others.
    n_features : int
        Columns of a row.
    max_references : int, default=None
        References that are kept; None takes 1,000.
    weights : array-like of shape (n_features,), default=None
        See `ReferenceDistance`.
    """

    # Limits memory and time, which would otherwise grow with the training rows.
    max_references = 1000

    def __init__(self, n_neighbors, n_features, max_references=None, weights=None):
        super().__init__(n_features, max_references, weights)
        self.n_neighbors = n_neighbors

    def rank_weights(self):
        n = min(self.n_neighbors, len(self.references))
        return torch.full((n,), 1.0 / n, dtype=torch.float64)

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

    def _known_block(self, x, references, keys, scale):
        n_candidates = min(self.n_neighbors + 1, len(references))
        key, nearest = keys.topk(n_candidates, largest=False)  # (n, k + 1)
        counts = key < UNKNOWN
        counts[:, 0] &= key[:, 0] != ITSELF  # further copies count
        chosen = counts & (counts.cumsum(dim=1) <= self.n_neighbors)
        weight = chosen / chosen.sum(dim=1, keepdim=True).clamp(min=1)
        weight = weight.to(x.dtype) * scale.gather(1, nearest)
        squares = filled(x[:, None] - references[nearest]).square()
        return (squares * weight[:, :, None]).sum(dim=1)


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
    max_references : int, default=None
        References that are kept; None takes 512.
    weights : array-like of shape (n_features,), default=None
        See `ReferenceDistance`.
    """

    # Each row sorts all of them, which costs more than the nearest few.
    max_references = 512

    by_rank: tuple[torch.Tensor, torch.Tensor] | None = None  # in a graph

    # Where a copy of the row is looked for: it is the nearest, but for rounding.
    N_CANDIDATES = 3

    def __init__(self, subset_size, n_features, max_references=None, weights=None):
        super().__init__(n_features, max_references, weights)
        self.subset_size = subset_size

    def rank_weights(self):
        return nearest_probability(len(self.references), self.subset_size)

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

    def _known_block(self, x, references, keys, scale):
        by_rank = self._weights(x, (keys == ITSELF).any(dim=1))
        weight = torch.zeros_like(by_rank).scatter_(1, _argsort(keys), by_rank)
        weight = weight.masked_fill(keys == UNKNOWN, 0.0)
        total = weight.sum(dim=1, keepdim=True)
        weight = weight * scale / torch.where(total > 0, total, 1.0)
        known_refs = (~references.isnan()).to(x.dtype)
        missing, x, references = x.isnan(), filled(x), filled(references)
        squares = x.square() * (weight @ known_refs) + weight @ references.square()
        squares = (squares - 2.0 * x * (weight @ references)).clamp(min=0.0)
        return known(squares, missing)

    def prepare_export(self):
        super().prepare_export()
        self.by_rank = self._by_rank()

    def _weights(self, x, has_itself):
        """Weights of the references of each row by their rank, shape (n, n_refs)."""
        by_rank = self._by_rank() if self.by_rank is None else self.by_rank
        everything, others = (weights.to(x) for weights in by_rank)
        return torch.where(has_itself[:, None], others, everything)

    def _by_rank(self):
        """Weights by rank where all references count, and where the first does not."""
        n = len(self.references)
        others = nearest_probability(n - 1, self.subset_size)
        return (
            self.rank_weights(),
            torch.cat([others.new_zeros(1), others]),
        )


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


def mean_or_one(cells):
    """Mean of the sums of the rows, the unit of a part of a score; 1 for zero."""
    mean = cells.sum(dim=1).mean()
    return mean if mean > 0 else torch.ones_like(mean)
