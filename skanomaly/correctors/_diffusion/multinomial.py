"""Multinomial diffusion: categories forget what they were, step by step."""

from dataclasses import dataclass
from functools import partial

import torch

from skanomaly.correctors._diffusion.denoising import AveragedDenoiser, Schedule
from skanomaly.correctors._diffusion.repaint import StepwiseDiffusion
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
        super().__init__(network, schedule, decay, stream=stream)
        self.blocks = blocks

    def forward(self, codes):
        """Loss of each row, shape (n,)."""
        x0 = self.blocks.one_hot(codes, next(self.network.parameters()).dtype)
        t = self.draw_times(x0)
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


@dataclass(kw_only=True, eq=False)
class MultinomialDiffusion(StepwiseDiffusion):
    """Diffusion of categories that are redrawn evenly (Hoogeboom et al., 2021).

    On a cosine schedule; the parameters are those of `StepwiseDiffusion`.
    """

    n_timesteps: int = 50
    n_resamplings: int = 1
    hidden_units: tuple[int, ...] | None = (256, 256)
    dropout: float = 0.0
    lr: float = 2e-3
    batch_size: int = 256
    n_steps: int | None = 3000

    def fit(self, codes, n_categories):
        """Train on rows of codes, shape (n, d)."""
        self.blocks_ = OneHotLayout(n_categories)
        model = partial(MultinomialModel, blocks=self.blocks_)
        schedule = Schedule.named("cosine", self.n_timesteps)
        return self._train(model, codes, schedule, self.hidden_units, self.n_steps)

    def _encode(self, p):
        return p

    def _process(self, module):
        return Process(module)
