"""Squared distances of whole rows to reference rows, without their split by columns.

A score needs no more. A distance is then a weighted sum of sorted squares, so that no
reference has to be looked up, and the distances of a model share the product of
matrices and the sorting, which are nearly all of the work.
"""

from itertools import pairwise

import torch

from skanomaly.detectors._reference_distances import BLOCK_CELLS

__all__ = ["row_distances"]

# Rows whose squares are sorted together: so few that the squares stay in the cache.
BLOCK_ROWS = 128

# As a share of the square of the row itself: a smaller square loses digits in the
# product, and may be that of a reference that equals the row.
CLOSE = 2.0**-20

# Squares as small as this may lose digits in float32.
SMALL = 1e-30


def row_distances(distances, x):
    """Squared distances of rows, by several distances to the same references.

    Parameters
    ----------
    distances : sequence of ReferenceDistance
        Their references are the first ones of one list.
    x : tensor of shape (n, n_features)
        Rows.

    Returns
    -------
    tensor of shape (n_distances, n)
        The sums over the columns.
    """
    if not _is_quick(distances, x):
        return torch.stack([distance(x).sum(dim=1) for distance in distances])
    squares, is_exact = _SharedReferences(distances).distances_of(x)
    others = (~is_exact).nonzero().squeeze(1)
    if len(others):
        long_way = [distance(x[others]).sum(dim=1) for distance in distances]
        squares[:, others] = torch.stack(long_way)
    return squares


def _is_quick(distances, x):
    """Whether sorted squares are enough: not for gradients, in graphs, in float32."""
    return (
        not torch.compiler.is_compiling()
        and not torch.is_grad_enabled()
        and x.dtype == torch.float64
        and all(len(d.references) and not d.references.isnan().any() for d in distances)
    )


class _SharedReferences:
    """References of several distances, ready for a product with rows.

    Parameters
    ----------
    distances : sequence of ReferenceDistance
        What shares them.
    """

    def __init__(self, distances):
        references = max((d.references for d in distances), key=len).double()
        # Around their mean, because squares lose the digits of a large one.
        self.center = references.mean(dim=0)
        own, references = _with_squares(references - self.center)
        parts = [-2.0 * references, own, torch.ones_like(own)]
        self.factor = torch.cat(parts, dim=1).T.contiguous()
        ends = [len(distance.references) for distance in distances]
        self.edges = sorted({0, *ends})
        # Of each distance: how many runs of references, and the weights of the nearest.
        self.n_runs = [self.edges.index(end) for end in ends]
        self.weights = [d.rank_weights().to(references) for d in distances]

    def distances_of(self, x):
        """Distances of shape (n_distances, n), and whether those of a row are exact."""
        own, x = _with_squares(x - self.center)
        x = torch.cat([x, torch.ones_like(own), own], dim=1)
        results = x.new_empty(len(self.weights), len(x))
        nearest = x.new_empty(len(x), len(self.edges) - 1)
        for rows, runs in self._sorted_squares(x):
            nearest[rows] = torch.cat([run[:, :1] for run in runs], dim=1).double()
            for result, n, weights in zip(
                results, self.n_runs, self.weights, strict=True
            ):
                result[rows] = _first(runs[:n], len(weights)).double() @ weights
        # Not so of a row that lacks a cell, whose squares are all NaN.
        limit = (CLOSE * own.squeeze(1)).clamp(min=SMALL)
        return results, nearest.amin(dim=1) > limit

    def _sorted_squares(self, x):
        """Yield some rows and their squares in float32, sorted within each run.

        Each rounded by itself, a square keeps more digits than the score.
        """
        n_references = self.edges[-1]
        n_rows = max(1, min(BLOCK_ROWS, BLOCK_CELLS // n_references, len(x)))
        # One memory for all: fresh pages cost more than the product.
        memory = x.new_empty(n_rows, n_references)
        rounded = torch.empty_like(memory, dtype=torch.float32)
        for start in range(0, len(x), n_rows):
            part = x[start : start + n_rows]
            squares = rounded[: len(part)].copy_(
                torch.mm(part, self.factor, out=memory[: len(part)])
            )
            runs = [_sorted(squares[:, a:b]) for a, b in pairwise(self.edges)]
            yield slice(start, start + len(part)), runs


def _with_squares(rows):
    """Squares of rows, shape (n, 1), and the rows."""
    return rows.square().sum(dim=1, keepdim=True), rows


def _sorted(values):
    """Sort each row in place; on a CPU by numpy, which is far quicker."""
    if values.device.type != "cpu":
        return values.sort(dim=1).values
    values.numpy().sort(axis=1)
    return values


def _first(runs, n):
    """Smallest numbers of each row of several sorted runs, in order."""
    if len(runs) == 1:
        return runs[0][:, :n]
    return _sorted(torch.cat([run[:, :n] for run in runs], dim=1))[:, :n]
