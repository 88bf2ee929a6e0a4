"""Diffusions of whole rows, and how they fill a part of one (RePaint)."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch

from skanomaly._training.double import float64_copy
from skanomaly._training.fit import train_module
from skanomaly.correctors._diffusion.denoising import AveragedDenoiser, TimedNetwork
from skanomaly.correctors._table.codec import MISSING
from skanomaly.correctors._table.keys import position_keys, row_uniform
from skanomaly.correctors._table.one_hot import OneHotLayout
from skanomaly.utils._chunks import row_slices

__all__ = ["StepwiseDiffusion", "published_repaint"]

# Units of the networks' widest layers: what a row costs beside its own cells.
HIDDEN_UNITS = 256


@dataclass(kw_only=True, eq=False)
class StepwiseDiffusion(ABC):
    """A diffusion that goes back step by step and is trained on whole rows of codes.

    Parameters
    ----------
    n_timesteps : int
        Steps of the diffusion.
    n_resamplings : int
        How often `fill` takes each step.
    hidden_units : tuple of int
    dropout : float
    ema_decay : float
        How much of the running average of the weights a step keeps.
    lr, weight_decay : float
        Of AdamW.
    batch_size : int
    n_steps : int
        Gradient steps.
    seed : int, default=0
        Of the weights, the batches and the noise of training.
    device : str, default="cpu"
    verbose : int, default=0

    Attributes
    ----------
    net_ : DetectorNet
        The trained net.
    """

    n_timesteps: int
    n_resamplings: int
    hidden_units: tuple[int, ...] | None
    dropout: float
    ema_decay: float = 0.95
    lr: float
    weight_decay: float = 0.01
    batch_size: int
    n_steps: int | None
    seed: int = 0
    device: str = "cpu"
    verbose: int = 0

    blocks_: OneHotLayout = field(init=False, repr=False)

    @abstractmethod
    def fit(self, codes, n_categories):
        """Train on rows of codes, shape (n, d)."""

    @abstractmethod
    def _encode(self, p):
        """Rows as the diffusion sees them, from one-hot probabilities."""

    @abstractmethod
    def _process(self, module):
        """Steps of the trained module, as `repaint` takes them."""

    @property
    def _lr_schedule(self):
        return "cosine"

    @property
    def _repaint(self):
        return repaint

    def _train(self, model, rows, schedule, hidden_units, n_steps):
        network = partial(
            TimedNetwork,
            n_features=self.blocks_.n_units,
            hidden_units=hidden_units,
            dropout=self.dropout,
        )
        self.net_ = train_module(
            make_module=partial(
                model, network=network, schedule=schedule, decay=self.ema_decay
            ),
            rows=rows,
            n_steps=n_steps,
            batch_size=self.batch_size,
            lr=self.lr,
            lr_schedule=self._lr_schedule,
            optimizer_params={"weight_decay": self.weight_decay},
            after_step=AveragedDenoiser.after_step,
            seed=self.seed,
            device=self.device,
            verbose=self.verbose,
        )
        return self

    def sample(self, n_samples, seed=0):
        """Draw new rows of codes, shape (n_samples, d)."""
        rows = np.full((n_samples, self.blocks_.n_columns), MISSING)
        keys = position_keys(n_samples)
        return self._fill(rows, rows == MISSING, 1, (seed, 0), keys)

    def fill(self, codes, mask, n_draws=1, seed=0, *, keys=None):
        """Draw the unknown cells of rows.

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

        Returns
        -------
        ndarray of int, shape (n_draws, n, d)
            Rows whose known cells are as they came.
        """
        keys = position_keys(len(codes)) if keys is None else keys
        draws = [
            self._fill(codes, mask, self.n_resamplings, (seed, k), keys)
            for k in range(n_draws)
        ]
        return np.stack(draws)

    def _fill(self, codes, mask, n_resamplings, seed, keys):
        device = self.net_.device
        x0 = self._encode(self.blocks_.one_hot(torch.from_numpy(codes))).to(device)
        unknown = torch.from_numpy(mask | (codes == MISSING)).to(device)
        process = self._process(float64_copy(self.net_.module_))
        unknown = self.blocks_.spread(unknown)
        x = fill_rows(self._repaint, process, x0, unknown, n_resamplings, seed, keys)
        return self.blocks_.argmax(x).cpu().numpy()


def repaint(process, x0, unknown, n_resamplings, noise):
    """Return rows whose unknown part fits the known one (Lugmayr et al., algorithm 1).

    Parameters
    ----------
    process : object
        Has ``n_timesteps``, ``prior(noise)``, ``reverse(x, t, noise)``,
        ``diffuse(x0, t, noise)`` to the level of t, and ``renoise(x, t, noise)`` from
        the level before t to that of t.
    x0 : tensor of shape (n, n_units)
        The rows.
    unknown : bool tensor of shape (n, n_units)
        True = regenerate.
    n_resamplings : int
        How often a step is taken, so that both parts can adapt to each other.
    noise : callable
        Maps a step and a resampling to three tensors of shape (n, n_units).
    """
    x = process.prior(noise(process.n_timesteps, 0)[0])
    for t in reversed(range(process.n_timesteps)):
        for u in range(n_resamplings if t > 0 else 1):
            for_reverse, for_known, for_renoise = noise(t, u)
            known = process.diffuse(x0, t - 1, for_known) if t > 0 else x0
            y = torch.where(unknown, process.reverse(x, t, for_reverse), known)
            repeats = t > 0 and u + 1 < n_resamplings
            x = process.renoise(y, t, for_renoise) if repeats else y
    return x


def published_repaint(process, x0, unknown, n_resamplings, noise):
    """Fill rows as the published code does.

    Two parts differ from `repaint`: the known part has the noise of one level too
    many, and so has every step's start, because the last resampling adds noise, too.
    """
    x = process.prior(noise(process.n_timesteps, 0)[0])
    for t in reversed(range(process.n_timesteps)):
        # At the last step nothing is random and nothing adds up: once is enough.
        for u in range(n_resamplings if t > 0 else 1):
            for_reverse, for_known, for_renoise = noise(t, u)
            known = process.diffuse(x0, t, for_known if t > 0 else 0 * for_known)
            y = torch.where(unknown, process.reverse(x, t, for_reverse), known)
            x = process.renoise(y, t, for_renoise) if t > 0 else y
    return x


def fill_rows(method, process, x0, unknown, n_resamplings, seed, keys):
    """Fill rows chunk by chunk with `repaint` or `published_repaint`.

    A row's noise depends on the seed and on the row's key, and on nothing else.
    """
    filled = torch.empty_like(x0)
    with torch.inference_mode():
        for rows in row_slices(len(x0), max(x0.shape[1], HIDDEN_UNITS)):
            noise = _noise(process, x0[rows], seed, keys[rows])
            args = x0[rows], unknown[rows], n_resamplings, noise
            filled[rows] = method(process, *args)
    return filled


def _noise(process, like, seed, keys):
    def noise(t, u):
        draws = process.draw(row_uniform(keys, (*seed, t, u), (3, like.shape[1])))
        return torch.from_numpy(draws).to(like.device).unbind(dim=1)

    return noise
