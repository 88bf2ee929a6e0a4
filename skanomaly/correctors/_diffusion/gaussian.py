"""Gaussian diffusion of real-valued rows, and of categories as real numbers."""

from functools import partial

import numpy as np
import torch
from scipy.special import ndtri

from skanomaly.correctors._diffusion.denoisers import (
    TIME_UNITS,
    AddedTime,
    AveragedDenoiser,
    ConcatenatedTime,
)
from skanomaly.correctors._diffusion.repaint import (
    fill_rows,
    published_repaint,
    repaint,
)
from skanomaly.correctors._diffusion.schedules import Schedule
from skanomaly.correctors._diffusion.training import AveragingNet, evaluate, train_net
from skanomaly.correctors._table.columns import MISSING
from skanomaly.correctors._table.keys import position_keys
from skanomaly.correctors._table.one_hot import OneHotLayout

__all__ = ["GaussianDiffusion", "from_logits", "to_bits", "to_logits"]

LOGIT_MARGIN = 1e-6


def to_logits(p):
    """Log-odds of every single probability, within +-13.8155 of zero."""
    return torch.log((p + LOGIT_MARGIN) / (1 - p + LOGIT_MARGIN))


def from_logits(logits, blocks):
    """Probabilities whose blocks sum to 1: what `to_logits` was made from."""
    return blocks.normalize(torch.sigmoid(logits))


def to_bits(p):
    """Probabilities stretched to [-1, 1] (analog bits, Chen et al., 2023)."""
    return 2 * p - 1


class GaussianModel(AveragedDenoiser):
    r"""Squared error of the noise that a network sees in a noisy row.

    :math:`\lVert \epsilon - \hat\epsilon(x_t, t) \rVert^2 / d` with
    :math:`x_t = \sqrt{\bar\alpha_t}\, x_0 + \sqrt{1 - \bar\alpha_t}\, \epsilon`.
    """

    def __init__(self, network, schedule, decay, *, stream):
        super().__init__(network, decay, stream=stream)
        self.schedule = schedule

    def forward(self, x0):
        """Loss of each row, shape (n,)."""
        t = self.draw_times(x0, len(self.schedule))
        alphas_bar = self.schedule.alphas_bar.to(x0.device, x0.dtype)
        signal = alphas_bar[t][:, None]
        noise = self.stream.normal_like(x0)
        x = signal.sqrt() * x0 + (1 - signal).sqrt() * noise
        return (self.denoise(x, t) - noise).square().mean(dim=1)


class Process:
    """The steps of a trained Gaussian diffusion, for `repaint`.

    Parameters
    ----------
    model : GaussianModel
        Trained, in evaluation mode and float64.
    bounds : pair of tensors of shape (n_features,)
        Range of the training rows: what a step expects to see at the end stays in it.
    """

    def __init__(self, model, bounds, device):
        self.model, self.bounds = model, bounds
        self.schedule = model.schedule.to(device, torch.float64)
        self.n_timesteps = len(self.schedule)

    def draw(self, uniform):
        """Turn uniform numbers into the noise of a step: standard normal ones."""
        return ndtri(uniform)

    def prior(self, noise):
        """Return the state to start from."""
        return noise

    def diffuse(self, x0, t, noise):
        """Add noise to rows until they are at the level of t."""
        signal = self.schedule.alphas_bar[t]
        return signal.sqrt() * x0 + (1 - signal).sqrt() * noise

    def renoise(self, x, t, noise):
        """Go one step back, to the level of t."""
        s = self.schedule
        return s.alphas[t].sqrt() * x + s.betas[t].sqrt() * noise

    def reverse(self, x, t, noise):
        """Take away the noise of step t (Ho et al., equation 7)."""
        s, signal = self.schedule, self.schedule.alphas_bar[t]
        noise_hat = self._noise_hat(x, t)
        x0 = (x - (1 - signal).sqrt() * noise_hat) / signal.sqrt()
        before = s.alphas_bar[t - 1] if t > 0 else torch.ones_like(signal)
        mean = before.sqrt() * s.betas[t] * x0.clamp(*self.bounds)
        mean = mean + s.alphas[t].sqrt() * (1 - before) * x
        return mean / (1 - signal) + s.posterior_variances[t].sqrt() * noise

    def _noise_hat(self, x, t):
        return self.model.denoise(x, torch.full((len(x),), t, device=x.device))


class PublishedProcess(Process):
    """The steps as published: a variance where a standard deviation belongs."""

    def reverse(self, x, t, noise):
        """Take away the noise of step t (Ho et al., algorithm 2)."""
        s = self.schedule
        part = s.betas[t] / (1 - s.alphas_bar[t]).sqrt() * self._noise_hat(x, t)
        mean = (x - part) / s.alphas[t].sqrt()
        return mean + s.posterior_variances[t] * noise


class GaussianDiffusion:
    """Denoising diffusion on rows of numbers, or of categories as numbers.

    Parameters
    ----------
    variant : {"corrected", "published"}, default="corrected"
        "published" is the original to the letter: categories as log-odds of +-13.8, a
        schedule that ends with half of the signal left, a variance in place of a
        standard deviation, resampling that is one level off. "corrected" codes
        categories as +-1, ends in noise, and resamples as Lugmayr et al. do.
    schedule : {"linear", "scaled_linear", "cosine"}, default=None
        None takes "scaled_linear", published "linear".
    n_timesteps : int, default=128
        Steps of the diffusion.
    n_resamplings : int, default=10
        How often `fill` takes each step.
    hidden_units : tuple of int, default=None
        None takes two layers of 256; published one with a unit for every input.
    concat_time : bool, default=True
        Whether the network sees the time beside the row or added to it.
    dropout : float, default=0.05
    ema_decay : float, default=0.95
        How much of the running average of the weights a step keeps.
    lr, weight_decay : float, default=1e-3 and 0.01
        Of AdamW.
    batch_size : int, default=64
    max_epochs : int, default=128
        Passes over the training rows.
    n_steps : int, default=None
        Gradient steps, in place of `max_epochs`.
    seed : int, default=0
        Of the weights, the batches and the noise of training.
    device : str, default="cpu"
    verbose : int, default=0

    Attributes
    ----------
    net_ : DetectorNet
        The trained net.
    mse_ : float
        Mean squared error of the noise in the last epoch; 1 is a model that predicts
        zero.
    """

    def __init__(
        self,
        *,
        variant="corrected",
        schedule=None,
        n_timesteps=128,
        n_resamplings=10,
        hidden_units=None,
        concat_time=True,
        dropout=0.05,
        ema_decay=0.95,
        lr=1e-3,
        weight_decay=0.01,
        batch_size=64,
        max_epochs=128,
        n_steps=None,
        seed=0,
        device="cpu",
        verbose=0,
    ):
        self.variant, self.schedule = variant, schedule
        self.n_timesteps, self.n_resamplings = n_timesteps, n_resamplings
        self.hidden_units, self.concat_time = hidden_units, concat_time
        self.dropout, self.ema_decay = dropout, ema_decay
        self.lr, self.weight_decay = lr, weight_decay
        self.batch_size, self.max_epochs = batch_size, max_epochs
        self.n_steps = n_steps
        self.seed, self.device, self.verbose = seed, device, verbose

    def fit(self, X, n_categories=None):
        """Train on rows.

        Parameters
        ----------
        X : ndarray of shape (n, d)
            Codes, or real numbers where `n_categories` is None.
        n_categories : sequence of int, default=None
            Categories of each column.
        """
        self.blocks_ = None if n_categories is None else OneHotLayout(n_categories)
        self._set_scale(X)
        rows = self._encode(X)
        self.bounds_ = rows.amin(dim=0), rows.amax(dim=0)
        n_epochs, n_batches = self.max_epochs, -(-len(X) // self.batch_size)
        self.net_ = train_net(
            partial(GaussianModel, self._network(rows.shape[1]), *self._loss_options()),
            rows.to(torch.float32).numpy(),
            n_steps=self.n_steps or n_epochs * n_batches,
            batch_size=self.batch_size,
            lr=self.lr,
            weight_decay=self.weight_decay,
            decays_lr=not self._published,
            seed=self.seed,
            device=self.device,
            verbose=self.verbose,
            net_class=AveragingNet,
        )
        self.mse_ = self.net_.history[-1, "train_loss"]
        return self

    def sample(self, n_samples, seed=0):
        """Draw new rows, shape (n_samples, d)."""
        dtype = np.float64 if self.blocks_ is None else np.int64
        rows = np.zeros((n_samples, len(self.centre_)), dtype=dtype)
        unknown, keys = np.ones(rows.shape, dtype=bool), position_keys(n_samples)
        return self._fill(rows, unknown, 1, (seed, 0), keys)

    def fill(self, X, mask, n_draws=1, seed=0, *, keys=None):
        """Draw the unknown cells of rows.

        Parameters
        ----------
        X : ndarray of shape (n, d)
            Codes or real numbers, as in `fit`.
        mask : bool ndarray of shape (n, d)
            True = unknown; so are missing cells.
        n_draws : int, default=1
        seed : int, default=0
        keys : uint64 array of shape (n,), default=None
            With the seed they decide the random numbers of each row; None tells rows
            by their position.

        Returns
        -------
        ndarray of shape (n_draws, n, d)
            Rows whose known cells are as they came.
        """
        n_times = self.n_resamplings
        keys = position_keys(len(X)) if keys is None else keys
        draws = [self._fill(X, mask, n_times, (seed, k), keys) for k in range(n_draws)]
        return np.stack(draws)

    def _fill(self, X, mask, n_resamplings, seed, keys):
        missing = np.isnan(X) if self.blocks_ is None else X == MISSING
        unknown = torch.from_numpy(mask | missing).to(self.net_.device)
        x0 = self._encode(np.nan_to_num(X)).to(self.net_.device)
        if self.blocks_ is not None:
            unknown = self.blocks_.spread(unknown)
        method = published_repaint if self._published else repaint
        process = self._process()
        x = fill_rows(method, process, x0, unknown, n_resamplings, seed, keys)
        filled = self._decode(x.cpu())
        return filled if self.blocks_ else np.where(mask | missing, filled, X)

    @property
    def _published(self):
        return self.variant == "published"

    def _process(self):
        process = PublishedProcess if self._published else Process
        device = self.net_.device
        bounds = [bound.to(device) for bound in self.bounds_]
        return process(evaluate(self.net_), bounds, device)

    def _network(self, n_features):
        hidden_units = self.hidden_units
        if hidden_units is None:
            n_inputs = n_features + TIME_UNITS
            hidden_units = (n_inputs,) if self._published else (256, 256)
        network = ConcatenatedTime if self.concat_time else AddedTime
        return partial(network, n_features, hidden_units, self.dropout)

    def _loss_options(self):
        name = self.schedule or ("linear" if self._published else "scaled_linear")
        return Schedule.named(name, self.n_timesteps), self.ema_decay

    def _set_scale(self, X):
        """Centre and scale real numbers: the last state has unit variance."""
        d = X.shape[1]
        self.centre_, self.scale_ = np.zeros(d), np.ones(d)
        if self.blocks_ is None and not self._published:
            spread = X.std(axis=0)
            self.centre_ = X.mean(axis=0)
            self.scale_ = np.where(spread > 0, spread, 1.0)

    def _encode(self, X):
        if self.blocks_ is None:
            return torch.from_numpy((X - self.centre_) / self.scale_)
        p = self.blocks_.one_hot(torch.from_numpy(X))
        return to_logits(p) if self._published else to_bits(p)

    def _decode(self, x):
        if self.blocks_ is None:
            rows = x.numpy() * self.scale_ + self.centre_
            return rows.astype(np.float32).astype(np.float64)
        return self.blocks_.argmax(x).numpy()
