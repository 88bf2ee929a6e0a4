"""The network of the absorbing diffusion: from the known cells to all the others."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import cross_entropy, linear

from skanomaly.correctors._table.columns import MISSING
from skanomaly.correctors._table.one_hot import OneHotLayout
from skanomaly.nets.layers import Dropout, initialized

__all__ = ["MaskedRowModel"]

IGNORED = -100  # what torch's cross-entropy leaves out


class MaskedRowModel(nn.Module):
    r"""Cross-entropy of hidden cells, given the ones that are left.

    A share of the cells of a row, drawn evenly from [0, 1] and at least one cell, is
    hidden; with the hidden ones :math:`S` a row costs

    .. math::

        -\frac{1}{|S|} \sum_{j \in S} \log p(x_j | x_{\setminus S}) \text{ nats},

    in the mean the negative log-likelihood of a row completed in a random order,
    divided by the number of columns. Missing cells are hidden and cost nothing.

    The first layer adds up one learned vector a cell, its category's or that of
    "hidden": the same as a linear layer on one-hot rows with a mask bit, but its cost
    does not grow with the number of categories.

    Parameters
    ----------
    n_categories : sequence of int
        Categories of each column.
    hidden_units : tuple of int
        Units of the hidden layers, at least one of them.
    dropout : float
    stream : RandomStream
        Source of the weights and the masks.
    """

    starts: torch.Tensor
    hidden_cells: torch.Tensor

    def __init__(self, n_categories, hidden_units, dropout, *, stream):
        super().__init__()
        self.blocks, self.stream = OneHotLayout(n_categories), stream
        n_units, n_columns = self.blocks.n_units, self.blocks.n_columns
        self.cells = nn.EmbeddingBag(
            n_units + n_columns,
            hidden_units[0],
            mode="sum",
            _weight=_first_weights(
                n_units + n_columns, hidden_units[0], n_columns, stream
            ),
        )
        layers = [nn.SiLU(), Dropout(dropout, stream)]
        for n_inputs, n_outputs in pairwise(hidden_units):
            layer = initialized(nn.Linear, n_inputs, n_outputs, stream=stream)
            layers += [layer, nn.SiLU(), Dropout(dropout, stream)]
        self.body = nn.Sequential(*layers)
        self.head = initialized(nn.Linear, hidden_units[-1], n_units, stream=stream)
        self.register_buffer("starts", torch.from_numpy(self.blocks.starts))
        self.register_buffer("hidden_cells", n_units + torch.arange(n_columns))

    def forward(self, codes):
        """Loss of each row, shape (n,)."""
        known = codes != MISSING
        hidden = self.draw_mask(known)
        counts = hidden & known
        targets = torch.where(counts, codes, IGNORED).unbind(dim=1)
        logits = self.head(self.features(codes, hidden)).split(self.blocks.sizes, dim=1)
        losses = [
            cross_entropy(block, target, reduction="none", ignore_index=IGNORED)
            for block, target in zip(logits, targets, strict=True)
            if block.shape[1]
        ]
        return sum(losses) / counts.sum(dim=1).clamp_min(1)

    def draw_mask(self, known):
        """Hide cells at random; missing ones always, a known one at least."""
        like = self.cells.weight
        rate = self.stream.uniform((len(known), 1), like=like)
        uniform = self.stream.uniform(known.shape, like=like)
        first = torch.where(known, uniform, 2.0).argmin(dim=1, keepdim=True)
        return ((uniform < rate) | ~known).scatter(1, first, True)

    def features(self, codes, hidden):
        """Output of the last hidden layer, shape (n, hidden_units[-1])."""
        hidden = hidden | (codes == MISSING)
        cells = torch.where(hidden, self.hidden_cells, codes + self.starts)
        return self.body(self.cells(cells))

    def column(self, features, j):
        """Log-probabilities of the categories of column j, shape (n, K_j)."""
        block = slice(self.starts[j], self.starts[j] + self.blocks.sizes[j])
        weight, bias = self.head.weight[block], self.head.bias[block]
        return linear(features, weight, bias).log_softmax(dim=1)


def _first_weights(n_rows, n_units, n_columns, stream):
    """Draw what a linear layer of as many inputs as there are cells would get."""
    bound = n_columns**-0.5
    weights = torch.empty(n_rows, n_units)
    return weights.uniform_(-bound, bound, generator=stream.generator())
