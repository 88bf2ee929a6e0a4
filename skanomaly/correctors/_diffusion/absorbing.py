"""Absorbing (mask) diffusion: hidden cells come back in any order."""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, linear

from skanomaly._training.double import float64_copy
from skanomaly._training.evaluate import on_float32_grid
from skanomaly._training.fit import train_module
from skanomaly.correctors._table.codec import MISSING
from skanomaly.correctors._table.keys import position_keys, row_uniform
from skanomaly.correctors._table.one_hot import OneHotLayout
from skanomaly.nets.layers import Dropout, initialized
from skanomaly.utils._chunks import row_slices

__all__ = ["AbsorbingDiffusion"]

IGNORED = -100  # what torch's cross-entropy leaves out
# What weight decay does in a training should fade as rows are added, as a prior does.
DECAY_ROWS, MAX_DECAY = 1000, 2.0


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


def random_order(model, features, keys):
    """Complete the cells in the order of random keys."""
    return keys


def confident_first(model, features, keys):
    """Complete first what is surest (Chang et al., 2022, MaskGIT)."""
    best = [_log_proba(model, features, j).max(axis=1) for j in _usable(model)]
    priority = np.full(keys.shape, -np.inf)
    priority[:, _usable(model)] = np.column_stack(best)
    return priority


def draw(log_proba, uniform):
    """Draw a category of each row."""
    cumulated = np.exp(log_proba).cumsum(axis=1)
    codes = (cumulated <= uniform[:, None] * cumulated[:, -1:]).sum(axis=1)
    return np.minimum(codes, log_proba.shape[1] - 1)


def most_probable(log_proba, uniform):
    """Take the most probable category of each row, the first on ties."""
    return log_proba.argmax(axis=1)


ORDERS = {"random": random_order, "confidence": confident_first}
MODES = {"sample": draw, "argmax": most_probable}


@dataclass(kw_only=True, eq=False)
class AbsorbingDiffusion:
    """Order-agnostic autoregression, also known as absorbing diffusion.

    One network learns the distribution of each cell given any part of the others
    (Uria et al., 2014; Austin et al., 2021; Hoogeboom et al., 2022). What is asked of
    it one cell at a time it answers in one pass; several cells are completed one after
    another, each given the ones before.

    Parameters
    ----------
    hidden_units : tuple of int, default=(256, 256, 256)
    dropout : float, default=0.0
    lr : float, default=3e-3
        Of AdamW; it falls to zero along a cosine.
    weight_decay : float, default=None
        Of AdamW. None takes 1,000 divided by the number of rows: like a prior, it
        counts for much in a small table and for little in a large one.
    batch_size : int, default=256
    n_steps : int, default=2000
        Gradient steps.
    seed : int, default=0
        Of the weights, the batches and the masks.
    device : str, default="cpu"
    verbose : int, default=0

    Attributes
    ----------
    net_ : DetectorNet
        The trained net; its history has the loss of every epoch.
    """

    hidden_units: tuple[int, ...] = (256, 256, 256)
    dropout: float = 0.0
    lr: float = 3e-3
    weight_decay: float | None = None
    batch_size: int = 256
    n_steps: int = 2000
    seed: int = 0
    device: str = "cpu"
    verbose: int = 0

    def fit(self, codes, n_categories):
        """Train on rows of codes, shape (n, d); missing cells are not learned from."""
        self.net_ = train_module(
            make_module=partial(
                MaskedRowModel,
                n_categories=n_categories,
                hidden_units=self.hidden_units,
                dropout=self.dropout,
            ),
            rows=codes,
            n_steps=self.n_steps,
            batch_size=self.batch_size,
            lr=self.lr,
            optimizer_params={"weight_decay": self._decay(len(codes))},
            seed=self.seed,
            device=self.device,
            verbose=self.verbose,
        )
        return self

    def log_conditionals(self, codes, asked=None):
        """Log-probabilities of every cell, given the known cells without it.

        Parameters
        ----------
        codes : ndarray of int, shape (n, d)
            Missing cells are unknown, and no evidence.
        asked : bool ndarray of shape (d,), default=None
            Columns that are asked about; the others come back without any value.

        Returns
        -------
        list of d ndarrays of shape (n, K_j)
            In nats. Known cells cost a pass each, all unknown ones a pass together.
        """
        asked = np.ones(codes.shape[1], bool) if asked is None else asked
        return self._collect(codes, codes == MISSING, asked, _together, _leave_one_out)

    def log_proba_masked(self, codes, mask):
        """Log-probabilities of the unknown cells, given the known ones, in one pass.

        Parameters
        ----------
        codes : ndarray of int, shape (n, d)
        mask : bool ndarray of shape (n, d)
            True = unknown, never evidence; so are missing cells.

        Returns
        -------
        list of d ndarrays of shape (n, K_j)
            In nats; NaN where the cell is known.
        """
        everything = np.ones(codes.shape[1], bool)
        return self._collect(codes, mask | (codes == MISSING), everything, _together)

    def cell_log_proba(self, codes):
        """Log-probability of each cell given the others, shape (n, d), in nats.

        NaN where a cell is missing.
        """
        model, result = float64_copy(self.net_.module_), np.full(codes.shape, np.nan)
        for rows in _chunks(model, len(codes)):
            part, known = codes[rows], codes[rows] != MISSING
            for j, at, log_proba in _leave_one_out(model, part, ~known):
                chosen = part[at, j][:, None]
                result[rows][at, j] = np.take_along_axis(log_proba, chosen, 1)[:, 0]
        return result

    def log_likelihood(self, codes):
        """Sum over the known cells of their log-probability given the others, (n,)."""
        return np.nansum(self.cell_log_proba(codes), axis=1)

    def sample(self, n_samples, seed=0):
        """Draw new rows of codes, shape (n_samples, d)."""
        n_columns = self.net_.module_.blocks.n_columns
        rows = np.full((n_samples, n_columns), MISSING)
        return self.fill(rows, rows == MISSING, seed=seed, order="random")[0]

    def fill(
        self,
        codes,
        mask,
        n_draws=1,
        seed=0,
        *,
        keys=None,
        order="confidence",
        mode="sample",
    ):
        """Complete the unknown cells of rows, one after another.

        Parameters
        ----------
        codes : ndarray of int, shape (n, d)
        mask : bool ndarray of shape (n, d)
            True = unknown; so are missing cells.
        n_draws : int, default=1
        seed : int, default=0
        keys : uint64 array of shape (n,), default=None
            With the seed they decide the random numbers of each row; None tells rows
            by their position.
        order : {"confidence", "random"}, default="confidence"
            Whether the surest cell comes first, or any.
        mode : {"sample", "argmax"}, default="sample"
            Whether values are drawn, or the most probable is taken.

        Returns
        -------
        ndarray of int, shape (n_draws, n, d)
            Rows whose known cells are as they came.
        """
        model = float64_copy(self.net_.module_)
        choose, pick = ORDERS[order], MODES[mode]
        filled = np.repeat(codes[None], n_draws, axis=0)
        keys = position_keys(len(codes)) if keys is None else keys
        for k, rows_of_draw in enumerate(filled):
            numbers = row_uniform(keys, (seed, k), (2, codes.shape[1]))
            for rows in _chunks(model, len(codes)):
                unknown = mask[rows] | (codes[rows] == MISSING)
                _complete(
                    model, rows_of_draw[rows], unknown, numbers[rows], choose, pick
                )
        return filled

    def _decay(self, n_rows):
        # Beyond this the weights are gone within a few hundred steps.
        auto = min(DECAY_ROWS / n_rows, MAX_DECAY)
        return auto if self.weight_decay is None else self.weight_decay

    def _collect(self, codes, hidden, asked, *passes):
        """Blocks of log-probabilities, each filled by the passes that know it."""
        model = float64_copy(self.net_.module_)
        sizes = np.where(asked, model.blocks.sizes, 0)
        result = [np.full((len(codes), size), np.nan) for size in sizes]
        for rows in _chunks(model, len(codes)):
            for one_pass in passes:
                parts = one_pass(model, codes[rows], hidden[rows], asked)
                for j, at, log_proba in parts:
                    result[j][rows][at] = log_proba
        return result


def _complete(model, codes, unknown, numbers, choose, pick):
    """Write into unknown cells, a cell of every row at a time."""
    unknown[:, np.array(model.blocks.sizes) == 0] = False  # nothing to choose from
    while unknown.any():
        rows = np.flatnonzero(unknown.any(axis=1))
        features = _features(model, codes[rows], unknown[rows])
        priority = choose(model, features, numbers[rows, 0])
        column = np.where(unknown[rows], priority, -np.inf).argmax(axis=1)
        for j in np.unique(column):
            at = np.flatnonzero(column == j)
            log_proba = _log_proba(model, features[at], j)
            codes[rows[at], j] = pick(log_proba, numbers[rows[at], 1, j])
        unknown[rows, column] = False


def _together(model, codes, hidden, asked):
    """Column, rows and log-probabilities of all hidden cells, from one pass."""
    rows = np.flatnonzero(hidden.any(axis=1))
    features = _features(model, codes[rows], hidden[rows])
    for j in np.flatnonzero(hidden.any(axis=0) & asked):
        at = hidden[rows, j]
        yield j, rows[at], _log_proba(model, features[at], j)


def _leave_one_out(model, codes, hidden, asked=True):
    """Column, rows and log-probabilities of all other cells, hiding one at a time."""
    for j in np.flatnonzero(~hidden.all(axis=0) & asked):
        rows = np.flatnonzero(~hidden[:, j])
        without = hidden[rows]
        without[:, j] = True
        yield j, rows, _log_proba(model, _features(model, codes[rows], without), j)


@torch.inference_mode()
def _features(model, codes, hidden):
    device = model.starts.device
    codes, hidden = torch.from_numpy(codes), torch.from_numpy(hidden)
    return model.features(codes.to(device), hidden.to(device))


@torch.inference_mode()
def _log_proba(model, features, j):
    return on_float32_grid(model.column(features, j))


def _usable(model):
    return np.flatnonzero(model.blocks.sizes)


def _chunks(model, n_rows):
    return row_slices(n_rows, max(*model.blocks.sizes, model.cells.embedding_dim))
