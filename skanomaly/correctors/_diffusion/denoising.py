"""What the diffusions that go back step by step are made of: schedule and network."""

import copy
import math
from dataclasses import dataclass, fields

import torch
from torch import nn

from skanomaly.nets import MLP

__all__ = ["TIME_UNITS", "AveragedDenoiser", "Schedule", "TimedNetwork"]

# Ho et al. (2020), section 4: the linear schedule's ends, made for so many steps.
FIRST_BETA, LAST_BETA, HO_STEPS = 1e-4, 0.02, 1000
# Nichol and Dhariwal (2021), section 3.2.
COSINE_OFFSET, MAX_BETA = 0.008, 0.999

TIME_UNITS = 64
# The average of the weights is a plain copy until training has settled.
AVERAGE_FROM = 2000


def linear_betas(n_steps):
    """Linear variances, the same ends for any number of steps: as published.

    With far fewer than 1,000 steps the last state still shows the data.
    """
    return torch.linspace(FIRST_BETA, LAST_BETA, n_steps, dtype=torch.float64)


def scaled_linear_betas(n_steps):
    """Linear variances, scaled so that any number of steps ends in noise."""
    return (linear_betas(n_steps) * HO_STEPS / n_steps).clamp(max=MAX_BETA)


def cosine_betas(n_steps):
    """Variances whose remaining signal falls along a squared cosine."""
    t = torch.arange(n_steps + 1, dtype=torch.float64) / n_steps
    signal = torch.cos((t + COSINE_OFFSET) / (1 + COSINE_OFFSET) * math.pi / 2) ** 2
    return (1 - signal[1:] / signal[:-1]).clamp(max=MAX_BETA)


SCHEDULES = {
    "linear": linear_betas,
    "scaled_linear": scaled_linear_betas,
    "cosine": cosine_betas,
}


@dataclass(frozen=True)
class Schedule:
    r"""The constants of a Gaussian diffusion, float64 tensors of shape (n_steps,).

    With :math:`\alpha_t = 1 - \beta_t` and :math:`\bar\alpha_t` their running product,
    a state is :math:`x_t = \sqrt{\bar\alpha_t}\, x_0 + \sqrt{1 - \bar\alpha_t}\,
    \epsilon`, and a reverse step has the variance :math:`\tilde\beta_t = \beta_t
    (1 - \bar\alpha_{t-1}) / (1 - \bar\alpha_t)`, which is 0 at the last one, t = 0.
    """

    betas: torch.Tensor
    alphas: torch.Tensor
    alphas_bar: torch.Tensor
    posterior_variances: torch.Tensor

    @classmethod
    def named(cls, name, n_steps):
        """Make the schedule called `name` in `SCHEDULES`."""
        betas = SCHEDULES[name](n_steps)
        alphas = 1 - betas
        alphas_bar = alphas.cumprod(dim=0)
        before = torch.cat([alphas_bar.new_ones(1), alphas_bar[:-1]])
        return cls(betas, alphas, alphas_bar, betas * (1 - before) / (1 - alphas_bar))

    def __len__(self):
        return len(self.betas)

    def to(self, device, dtype):
        """Return the constants on a device, in a dtype."""
        constants = (getattr(self, field.name) for field in fields(self))
        return Schedule(*(constant.to(device, dtype) for constant in constants))


def time_embedding(t, n_units):
    """Sines, then cosines, of the step at falling frequencies, shape (n, n_units).

    Parameters
    ----------
    t : tensor of shape (n,)
        Steps, in a floating dtype.
    n_units : int
        An even number.
    """
    i = torch.arange(n_units // 2, dtype=t.dtype, device=t.device)
    angles = t[:, None] * 10000 ** (-2 * i / n_units)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class TimedNetwork(nn.Module):
    """A network that sees rows beside the embedding of the time.

    Parameters
    ----------
    n_features : int
        Columns of a row, of which it returns as many.
    hidden_units : tuple of int
    dropout : float
    stream : RandomStream
    """

    def __init__(self, n_features, hidden_units, dropout, *, stream):
        super().__init__()
        n_inputs = n_features + TIME_UNITS
        self.network = MLP(
            n_inputs, n_features, hidden_units, dropout=dropout, stream=stream
        )

    def forward(self, x, time):
        """Return the noise in the rows."""
        return self.network(torch.cat([x, time], dim=1))


class AveragedDenoiser(nn.Module):
    """A network, and the running average of its weights that evaluation uses.

    Parameters
    ----------
    network : callable
        Called with ``stream``; maps rows and embedded times to rows.
    schedule : Schedule
    decay : float
        How much of the average a step keeps.
    stream : RandomStream
    """

    def __init__(self, network, schedule, decay, *, stream):
        super().__init__()
        self.network = network(stream=stream)
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.schedule, self.decay, self.stream = schedule, decay, stream

    def denoise(self, x, t):
        """Output of the network for rows at the steps t, shape of `x`."""
        network = self.network if self.training else self.average
        return network(x, time_embedding(t.to(x.dtype), TIME_UNITS))

    def draw_times(self, x):
        """Draw a step for each row, each equally likely."""
        n_timesteps = len(self.schedule)
        t = self.stream.uniform((len(x),), like=x) * n_timesteps
        return t.long().clamp_max(n_timesteps - 1)

    @torch.no_grad()
    def after_step(self, n_steps):
        """Move the average towards the weights."""
        decay = self.decay if n_steps > AVERAGE_FROM else 0.0
        pairs = zip(self.average.parameters(), self.network.parameters(), strict=True)
        for average, weight in pairs:
            average.lerp_(weight, 1 - decay)
