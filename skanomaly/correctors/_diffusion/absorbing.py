"""Absorbing (mask) diffusion: hidden cells come back in any order."""

from functools import partial

import numpy as np
import torch

from skanomaly.correctors._diffusion.masked_rows import MaskedRowModel
from skanomaly.correctors._diffusion.training import (
    chunks,
    evaluate,
    on_float32_grid,
    train_net,
)
from skanomaly.correctors._table.columns import MISSING
from skanomaly.correctors._table.keys import position_keys, row_uniform

__all__ = ["N_STEPS", "AbsorbingDiffusion"]

N_STEPS = 2000

# What weight decay does in a training should fade as rows are added, as a prior does.
DECAY_ROWS, MAX_DECAY = 1000, 2.0


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

    def __init__(
        self,
        *,
        hidden_units=(256, 256, 256),
        dropout=0.0,
        lr=3e-3,
        weight_decay=None,
        batch_size=256,
        n_steps=N_STEPS,
        seed=0,
        device="cpu",
        verbose=0,
    ):
        self.hidden_units, self.dropout = hidden_units, dropout
        self.lr, self.weight_decay = lr, weight_decay
        self.batch_size, self.n_steps = batch_size, n_steps
        self.seed, self.device, self.verbose = seed, device, verbose

    def fit(self, codes, n_categories):
        """Train on rows of codes, shape (n, d); missing cells are not learned from."""
        model = partial(MaskedRowModel, n_categories, self.hidden_units, self.dropout)
        self.net_ = train_net(
            model,
            codes,
            n_steps=self.n_steps,
            batch_size=self.batch_size,
            lr=self.lr,
            weight_decay=self._decay(len(codes)),
            seed=self.seed,
            device=self.device,
            verbose=self.verbose,
        )
        return self

    def log_conditionals(self, codes, mask=None, asked=None):
        """Log-probabilities of every cell, given the known cells without it.

        Parameters
        ----------
        codes : ndarray of int, shape (n, d)
        mask : bool ndarray of shape (n, d), default=None
            True = unknown, never evidence; so are missing cells.
        asked : bool ndarray of shape (d,), default=None
            Columns that are asked about; the others come back without any value.

        Returns
        -------
        list of d ndarrays of shape (n, K_j)
            In nats. Known cells cost a pass each, all unknown ones a pass together.
        """
        return self._collect(codes, mask, asks_known=True, asked=asked)

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
        return self._collect(codes, mask, asks_known=False)

    def cell_log_proba(self, codes):
        """Log-probability of each cell given the others, shape (n, d), in nats.

        NaN where a cell is missing.
        """
        model, result = evaluate(self.net_), np.full(codes.shape, np.nan)
        for rows in _chunks(model, len(codes)):
            part, known = codes[rows], codes[rows] != MISSING
            for j, at, log_proba in _leave_one_out(model, part, ~known):
                chosen = part[at, j][:, None]
                result[rows][at, j] = np.take_along_axis(log_proba, chosen, 1)[:, 0]
        return result

    def pseudo_log_likelihood(self, codes):
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
        model = evaluate(self.net_)
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

    def _collect(self, codes, mask, asks_known, asked=None):
        model = evaluate(self.net_)
        asked = np.ones(codes.shape[1], bool) if asked is None else asked
        sizes = np.where(asked, model.blocks.sizes, 0)
        result = [np.full((len(codes), size), np.nan) for size in sizes]
        hidden = codes == MISSING if mask is None else mask | (codes == MISSING)
        for rows in _chunks(model, len(codes)):
            part = codes[rows], hidden[rows]
            for j, at, log_proba in _together(model, *part, asked):
                result[j][rows][at] = log_proba
            if not asks_known:
                continue
            for j, at, log_proba in _leave_one_out(model, *part, asked):
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
    return chunks(n_rows, max(*model.blocks.sizes, model.cells.embedding_dim))
