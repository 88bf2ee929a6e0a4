"""The model of `VAE`: posterior, likelihood, and the negative ELBO in nats.

Kingma and Welling (2014), with the raw scale shifted so that an output of 0 is the
prior's scale. Reductions are over the last dimension and parameters are broadcast from
the left, so that one model can also be several, stacked: rows of shape (k, n, d).
"""

import math

import numpy as np
import torch
from torch import nn

from skanomaly.detectors._vae.priors import (
    normal_log_prob,
    softplus_scale,
    standard_normal_log_prob,
)
from skanomaly.utils._random import spawn_seeds

__all__ = ["SCORES", "VAEModel"]


def _negative_iwae(rate, distortion):
    return math.log(len(rate)) - torch.logsumexp(-rate - distortion, dim=0)


# From the parts of every draw, shape (n_draws, n), to the anomaly score of each row.
SCORES = {
    "distortion": lambda rate, distortion: distortion.mean(dim=0),
    "elbo": lambda rate, distortion: (rate + distortion).mean(dim=0),
    "iwae": _negative_iwae,
    "rate": lambda rate, distortion: rate.mean(dim=0),
}


class VAEModel(nn.Module):
    """Rate, the nats of a code, and distortion, the nats of a row given its code."""

    supports_stacking = True  # see `skanomaly.nets.stacked`
    noise_seed: torch.Tensor

    def __init__(
        self, *, encoder, decoder, prior, likelihood, beta, score_type, n_draws, stream
    ):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.prior, self.likelihood = prior, likelihood
        self.beta, self.score_type, self.n_draws = beta, score_type, n_draws
        self.stream = stream
        self.register_buffer("noise_seed", torch.tensor(spawn_seeds(stream.seed, 1)[0]))

    def posterior(self, x):
        """Mean and scale of the codes of each row, both of shape (n, latent_dim)."""
        loc, raw_scale = self.encoder(x).chunk(2, dim=-1)
        return loc, softplus_scale(raw_scale)

    def encode(self, x):
        """Mean of the codes of each row, shape (n, latent_dim)."""
        return self.posterior(x)[0]

    def decode(self, z):
        """Mean of the rows of each code, shape (n, n_features)."""
        return self.likelihood.mean(self.decoder(z))

    def reconstruct(self, x):
        """Mean of the rows of the mean code, shape (n, n_features)."""
        return self.decode(self.encode(x))

    def forward(self, x):
        """Loss of each row, shape (n,): the negative ELBO with the rate times beta."""
        loc, scale = self.posterior(x)
        z = loc + scale * self.stream.normal_like(loc)
        if self.prior.rate is None:
            rate = normal_log_prob(z, loc, scale) - self.prior.log_prob(z)
        else:
            rate = self.prior.rate(loc, scale)
        return self.beta * rate + self.distortion(z, x)

    def distortion(self, z, x):
        """Negative log-likelihood of each row given a code, shape (n,)."""
        return -self.likelihood.cell_log_prob(self.decoder(z), x).sum(dim=-1)

    def cell_distortion(self, z, x):
        """Negative log-likelihood of each cell given a code, shape (n, n_features)."""
        return -self.likelihood.cell_log_prob(self.decoder(z), x)

    def parts(self, x):
        """Rate and distortion of each draw and row, both of shape (n_draws, n)."""
        loc, scale = self.posterior(x)
        log_volume = scale.log().sum(dim=-1)
        rates, distortions = [], []
        for z, noise in self.codes(loc, scale):
            log_posterior = standard_normal_log_prob(noise) - log_volume
            rates.append(log_posterior - self.prior.log_prob(z))
            distortions.append(self.distortion(z, x))
        return torch.stack(rates), torch.stack(distortions)

    def codes(self, loc, scale):
        """Yield draws from the posterior, and their noise, the same for all rows."""
        for noise in self.scoring_noise(loc).unbind(dim=-2):
            yield loc + scale * noise, noise

    def scoring_noise(self, loc):
        """Normal numbers from the stored seed, shape (n_draws, latent_dim).

        With more draws the first stay the same. They are made on the CPU, so that
        scores agree between devices.
        """
        shape, seeds = (self.n_draws, loc.shape[-1]), self.noise_seed
        numbers = [
            np.random.default_rng(seed).standard_normal(shape)
            for seed in seeds.flatten().tolist()
        ]
        noise = np.reshape(numbers, (*seeds.shape, *shape))
        return torch.from_numpy(noise).to(loc)

    def score(self, x):
        """Anomaly score of each row, shape (n,), in nats."""
        return SCORES[self.score_type](*self.parts(x))

    def feature_scores(self, x):
        """Distortion of each cell in nats, shape (n, n_features)."""
        codes = self.codes(*self.posterior(x))
        cells = (self.cell_distortion(z, x) for z, _ in codes)
        return sum(cells) / self.n_draws

    def draw(self, noise):
        """Turn standard normal numbers into rows, shape (n, n_features)."""
        for_prior, for_row = noise.tensor_split([self.n_normals], dim=-1)
        output = self.decoder(self.prior.draw(for_prior))
        return self.likelihood.draw(output, for_row)

    @property
    def n_normals(self):
        """Number of normal numbers that the prior turns into a code."""
        return self.prior.n_normals
