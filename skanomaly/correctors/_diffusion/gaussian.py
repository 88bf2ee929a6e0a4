"""Gaussian diffusion of categories as real numbers."""

from dataclasses import dataclass

import torch
from scipy.special import ndtri

from skanomaly.correctors._diffusion.denoising import (
    TIME_UNITS,
    AveragedDenoiser,
    Schedule,
)
from skanomaly.correctors._diffusion.repaint import (
    StepwiseDiffusion,
    published_repaint,
)
from skanomaly.correctors._table.one_hot import OneHotLayout

__all__ = ["GaussianDiffusion"]

LOGIT_MARGIN = 1e-6


def to_logits(p):
    """Log-odds of every single probability, within +-13.8155 of zero."""
    return torch.log((p + LOGIT_MARGIN) / (1 - p + LOGIT_MARGIN))


def to_bits(p):
    """Probabilities stretched to [-1, 1] (analog bits, Chen et al., 2023)."""
    return 2 * p - 1


class GaussianModel(AveragedDenoiser):
    r"""Squared error of the noise that a network sees in a noisy row.

    :math:`\lVert \epsilon - \hat\epsilon(x_t, t) \rVert^2 / d` with
    :math:`x_t = \sqrt{\bar\alpha_t}\, x_0 + \sqrt{1 - \bar\alpha_t}\, \epsilon`.
    """

    def forward(self, x0):
        """Loss of each row, shape (n,)."""
        t = self.draw_times(x0)
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


@dataclass(kw_only=True, eq=False)
class GaussianDiffusion(StepwiseDiffusion):
    """Denoising diffusion on rows of categories as numbers.

    Parameters
    ----------
    variant : {"corrected", "published"}, default="corrected"
        "published" is exactly the original: categories as log-odds of +-13.8, a
        schedule that ends with half of the signal left, a variance in place of a
        standard deviation, resampling that is one level off. "corrected" codes
        categories as +-1, ends in noise, and resamples as Lugmayr et al. do.
    hidden_units : tuple of int, default=None
        None takes two layers of 256; published one with a unit for every input.
    max_epochs : int, default=128
        Passes over the training rows, where `n_steps` is None.

    The others are those of `StepwiseDiffusion`.
    """

    variant: str = "corrected"
    n_timesteps: int = 128
    n_resamplings: int = 10
    hidden_units: tuple[int, ...] | None = None
    dropout: float = 0.05
    lr: float = 1e-3
    batch_size: int = 64
    max_epochs: int = 128
    n_steps: int | None = None

    def fit(self, codes, n_categories):
        """Train on rows of codes, shape (n, d)."""
        self.blocks_ = OneHotLayout(n_categories)
        rows = self._encode(self.blocks_.one_hot(torch.from_numpy(codes)))
        self.bounds_ = rows.amin(dim=0), rows.amax(dim=0)
        name = "linear" if self._published else "scaled_linear"
        schedule = Schedule.named(name, self.n_timesteps)
        n_steps = self.n_steps or self.max_epochs * -(-len(codes) // self.batch_size)
        rows = rows.to(torch.float32)
        return self._train(GaussianModel, rows, schedule, self._hidden(), n_steps)

    @property
    def _published(self):
        return self.variant == "published"

    @property
    def _lr_schedule(self):
        return "constant" if self._published else "cosine"

    @property
    def _repaint(self):
        return published_repaint if self._published else super()._repaint

    def _hidden(self):
        if self.hidden_units is not None:
            return self.hidden_units
        n_inputs = self.blocks_.n_units + TIME_UNITS
        return (n_inputs,) if self._published else (256, 256)

    def _encode(self, p):
        return to_logits(p) if self._published else to_bits(p)

    def _process(self, module):
        process = PublishedProcess if self._published else Process
        device = self.net_.device
        return process(module, [bound.to(device) for bound in self.bounds_], device)
