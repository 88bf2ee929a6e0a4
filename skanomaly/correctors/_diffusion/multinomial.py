"""Multinomial diffusion: categories forget what they were, step by step."""

from functools import partial

import numpy as np
import torch

from skanomaly.correctors._diffusion.denoisers import (
    AveragedDenoiser,
    ConcatenatedTime,
)
from skanomaly.correctors._diffusion.repaint import fill_rows, repaint
from skanomaly.correctors._diffusion.schedules import Schedule
from skanomaly.correctors._diffusion.training import AveragingNet, evaluate, train_net
from skanomaly.correctors._table.columns import MISSING
from skanomaly.correctors._table.keys import position_keys
from skanomaly.correctors._table.one_hot import OneHotLayout

__all__ = ["MultinomialDiffusion"]

TINY = 1e-30


class MultinomialModel(AveragedDenoiser):
    r"""Divergence of the learned reverse steps from the true ones.

    A step keeps a category with probability :math:`\alpha_t` and otherwise draws one of
    the :math:`K` evenly. The network sees a noisy row and predicts the clean one,
    :math:`\hat x_0`; the loss is :math:`T` times the Kullback-Leibler divergence of
    :math:`q(x_{t-1} | x_t, \hat x_0)` from :math:`q(x_{t-1} | x_t, x_0)`, whose mean is
    the bound on :math:`-\log p(x_0)`, in nats.
    """

    def __init__(self, blocks, network, schedule, decay, *, stream):
        super().__init__(network, decay, stream=stream)
        self.blocks, self.schedule = blocks, schedule

    def forward(self, codes):
        """Loss of each row, shape (n,)."""
        x0 = self.blocks.one_hot(codes, next(self.network.parameters()).dtype)
        t = self.draw_times(x0, len(self.schedule))
        state = sample(self.blocks, self.diffused(x0, t), self._uniform(x0))
        true = self.posterior(state, x0, t)
        learned = self.posterior(state, self.predict(state, t), t)
        logs = true.clamp_min(TINY).log() - learned.clamp_min(TINY).log()
        return len(self.schedule) * (true * logs).sum(dim=1)

    def predict(self, state, t):
        """Probabilities of the clean row, shape (n, n_units)."""
        logits = self.denoise(state, t).split(self.blocks.sizes, dim=1)
        return torch.cat([block.softmax(dim=1) for block in logits], dim=1)

    def diffused(self, x0, t):
        """Probabilities of the noisy row at the steps t."""
        return self._mix(x0, self._at(self.schedule.alphas_bar, t, x0))

    def stepped(self, x, t):
        """Probabilities of the row one step later, at the steps t."""
        return self._mix(x, self._at(self.schedule.alphas, t, x))

    def posterior(self, state, x0, t):
        """Probabilities of the row one step earlier; at t = 0 the clean row."""
        before = torch.where(
            (t > 0)[:, None], self._at(self.schedule.alphas_bar, t - 1, x0), 1.0
        )
        return self.blocks.normalize(self.stepped(state, t) * self._mix(x0, before))

    def _mix(self, x, keep):
        sizes = torch.tensor(self.blocks.sizes, dtype=x.dtype, device=x.device)
        even = self.blocks.spread((1 / sizes).expand(len(x), -1))
        return keep * x + (1 - keep) * even

    def _at(self, constants, t, like):
        return constants.to(like.device, like.dtype)[t.clamp_min(0)][:, None]

    def _uniform(self, like):
        return self.stream.uniform(like.shape, like=like)


def sample(blocks, p, uniform):
    """Draw a category in each block, as one-hot rows (Gumbel's trick)."""
    tiny = torch.finfo(uniform.dtype).tiny
    gumbel = -(-uniform.clamp_min(tiny).log()).clamp_min(tiny).log()
    return blocks.one_hot(blocks.argmax(p.clamp_min(TINY).log() + gumbel), p.dtype)


class Process:
    """The steps of a trained multinomial diffusion, for `repaint`.

    Parameters
    ----------
    model : MultinomialModel
        Trained, in evaluation mode and float64.
    """

    def __init__(self, model):
        self.model, self.n_timesteps = model, len(model.schedule)

    def draw(self, uniform):
        """Turn uniform numbers into the noise of a step: they are it."""
        return uniform

    def prior(self, noise):
        """Return the state to start from: every category is equally likely."""
        return sample(self.model.blocks, torch.ones_like(noise), noise)

    def diffuse(self, x0, t, noise):
        """Add noise to rows until they are at the level of t."""
        return self._sample(self.model.diffused(x0, self._times(x0, t)), noise)

    def renoise(self, x, t, noise):
        """Go one step back, to the level of t."""
        return self._sample(self.model.stepped(x, self._times(x, t)), noise)

    def reverse(self, x, t, noise):
        """Draw the state before step t."""
        times = self._times(x, t)
        p = self.model.posterior(x, self.model.predict(x, times), times)
        # The digits behind the grid depend on a row's neighbours.
        return self._sample(p.to(torch.float32).to(p.dtype), noise)

    def _sample(self, p, noise):
        return sample(self.model.blocks, p, noise)

    def _times(self, x, t):
        return torch.full((len(x),), t, device=x.device)


class MultinomialDiffusion:
    """Diffusion of categories that are redrawn evenly (Hoogeboom et al., 2021).

    Parameters
    ----------
    n_timesteps : int, default=50
        Steps of the diffusion, on a cosine schedule.
    n_resamplings : int, default=1
        How often `fill` takes each step.
    hidden_units : tuple of int, default=(256, 256)
    dropout : float, default=0.0
    ema_decay : float, default=0.95
        How much of the running average of the weights a step keeps.
    lr, weight_decay : float, default=2e-3 and 0.01
        Of AdamW.
    batch_size : int, default=256
    n_steps : int, default=3000
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

    def __init__(
        self,
        *,
        n_timesteps=50,
        n_resamplings=1,
        hidden_units=(256, 256),
        dropout=0.0,
        ema_decay=0.95,
        lr=2e-3,
        weight_decay=0.01,
        batch_size=256,
        n_steps=3000,
        seed=0,
        device="cpu",
        verbose=0,
    ):
        self.n_timesteps, self.n_resamplings = n_timesteps, n_resamplings
        self.hidden_units, self.dropout = hidden_units, dropout
        self.ema_decay, self.lr, self.weight_decay = ema_decay, lr, weight_decay
        self.batch_size, self.n_steps = batch_size, n_steps
        self.seed, self.device, self.verbose = seed, device, verbose

    def fit(self, codes, n_categories):
        """Train on rows of codes, shape (n, d)."""
        self.blocks_ = OneHotLayout(n_categories)
        network = partial(
            ConcatenatedTime, self.blocks_.n_units, self.hidden_units, self.dropout
        )
        schedule = Schedule.named("cosine", self.n_timesteps)
        self.net_ = train_net(
            partial(MultinomialModel, self.blocks_, network, schedule, self.ema_decay),
            codes,
            n_steps=self.n_steps,
            batch_size=self.batch_size,
            lr=self.lr,
            weight_decay=self.weight_decay,
            seed=self.seed,
            device=self.device,
            verbose=self.verbose,
            net_class=AveragingNet,
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
        n_times = self.n_resamplings
        keys = position_keys(len(codes)) if keys is None else keys
        draws = [
            self._fill(codes, mask, n_times, (seed, k), keys) for k in range(n_draws)
        ]
        return np.stack(draws)

    def _fill(self, codes, mask, n_resamplings, seed, keys):
        device = self.net_.device
        x0 = self.blocks_.one_hot(torch.from_numpy(codes)).to(device)
        unknown = torch.from_numpy(mask | (codes == MISSING)).to(device)
        process = Process(evaluate(self.net_))
        unknown = self.blocks_.spread(unknown)
        x = fill_rows(repaint, process, x0, unknown, n_resamplings, seed, keys)
        return self.blocks_.argmax(x).cpu().numpy()
