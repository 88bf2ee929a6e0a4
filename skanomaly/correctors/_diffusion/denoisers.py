"""Networks that see what is noise in a row, given the time of the diffusion."""

import copy

import torch
from torch import nn

from skanomaly.correctors._diffusion.schedules import time_embedding
from skanomaly.nets import MLP

__all__ = ["AddedTime", "AveragedDenoiser", "ConcatenatedTime"]

TIME_UNITS = 64
# The average of the weights is a plain copy until training has settled.
AVERAGE_FROM = 2000


class AddedTime(nn.Module):
    """A network that sees rows to which a learned image of the time is added."""

    def __init__(self, n_features, hidden_units, dropout, stream):
        super().__init__()
        self.time = MLP(TIME_UNITS, n_features, (TIME_UNITS,), stream=stream)
        self.network = MLP(
            n_features, n_features, hidden_units, dropout=dropout, stream=stream
        )

    def forward(self, x, time):
        """Return the noise in the rows."""
        return self.network(x + self.time(time))


class ConcatenatedTime(nn.Module):
    """A network that sees rows beside the embedding of the time."""

    def __init__(self, n_features, hidden_units, dropout, stream):
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
    decay : float
        How much of the average a step keeps.
    stream : RandomStream
    """

    def __init__(self, network, decay, *, stream):
        super().__init__()
        self.network = network(stream=stream)
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.decay, self.stream = decay, stream

    def denoise(self, x, t):
        """Output of the network for rows at the steps t, shape of `x`."""
        network = self.network if self.training else self.average
        return network(x, time_embedding(t.to(x.dtype), TIME_UNITS))

    def draw_times(self, x, n_timesteps):
        """Draw a step for each row, each equally likely."""
        t = self.stream.uniform((len(x),), like=x) * n_timesteps
        return t.long().clamp_max(n_timesteps - 1)

    @torch.no_grad()
    def after_step(self, n_steps):
        """Move the average towards the weights."""
        decay = self.decay if n_steps > AVERAGE_FROM else 0.0
        pairs = zip(self.average.parameters(), self.network.parameters(), strict=True)
        for average, weight in pairs:
            average.lerp_(weight, 1 - decay)
