"""Models that predict the transformation of a row: images (GEOM), tables (GOAD)."""

import math
from abc import abstractmethod

import torch
from torch import nn
from torch.nn.functional import relu

from skanomaly.detectors._transformations.dirichlet import dirichlet_mle
from skanomaly.detectors._transformations.transformations import (
    transformed,
    transformed_by,
)
from skanomaly.utils._chunks import CHUNK_CELLS

__all__ = ["SCORES", "LinearModel", "GeometricModel"]

# Pixels beyond this multiple of the largest training pixel are clipped for the
# classifier, which is overconfident far from its training rows.
RANGE = 2.0

# Transformations in the loss of held-out images.
N_VALID_DRAWS = 8

# The constant epsilon of GOAD, which dominates far from all centres.
EPSILON = 1e-6

# Training rows that centres and distributions are learned from: an image goes through
# the network once for each transformation.
MAX_ROWS = 2000

# Weight of a batch in the running centres, as in batch normalisation.
MOMENTUM = 0.1


def dirichlet_score(log_p, t, alpha):
    """Negative log Dirichlet density of the prediction, but for a constant."""
    return ((1.0 - alpha[t]) * log_p).sum(dim=-1)


def softmax_score(log_p, t, alpha):
    """Negative probability of the true transformation."""
    return -log_p[..., t].exp()


def likelihood_score(log_p, t, alpha):
    """Negative log-probability of the true transformation."""
    return -log_p[..., t]


SCORES = {
    "dirichlet": dirichlet_score,
    "likelihood": likelihood_score,
    "softmax": softmax_score,
}


class TransformationModel(nn.Module):
    """Base of both models: the score from the predictions for all transformations."""

    n_references = MAX_ROWS
    alpha: torch.Tensor

    def __init__(self, n_transformations, score_type):
        super().__init__()
        self.n_transformations, self.score_type = n_transformations, score_type
        # Dirichlet distributions of the predictions for normal rows.
        ones = torch.ones(n_transformations, n_transformations, dtype=torch.float64)
        self.register_buffer("alpha", ones)

    @abstractmethod
    def log_probabilities(self, x, t):
        """Log-probabilities of the transformations when it was `t`, shape (n, m)."""

    def score(self, x):
        """Anomaly score of each row, shape (n,): the mean over all transformations."""
        score, total = SCORES[self.score_type], 0.0
        for t in range(self.n_transformations):  # one by one, to save memory
            total = total + score(self.log_probabilities(x, t), t, self.alpha)
        return total / self.n_transformations

    @torch.no_grad()
    def set_reference_rows(self, x):
        """Fit the Dirichlet distributions to the predictions for normal rows."""
        if self.score_type != "dirichlet":
            return
        chunks, n_rows = self.chunks(x), len(x)
        mean, mean_log = torch.zeros_like(self.alpha), torch.zeros_like(self.alpha)
        for x in chunks:
            for t in range(self.n_transformations):
                log_p = self.log_probabilities(x, t).double()
                mean[t] += log_p.exp().sum(dim=0) / n_rows
                mean_log[t] += log_p.sum(dim=0) / n_rows
        self.alpha = dirichlet_mle(mean, mean_log)

    def chunks(self, x):
        """Split the rows, because each goes through the network many times."""
        return x.split(max(1, CHUNK_CELLS // x.shape[1]))


class GeometricModel(TransformationModel):
    """Cross-entropy of a classifier of the transformation of an image."""

    maps: torch.Tensor
    largest: torch.Tensor

    def __init__(self, *, maps, classifier, n_channels, n_draws, score_type, stream):
        super().__init__(len(maps), score_type)
        self.register_buffer("maps", torch.from_numpy(maps))
        self.register_buffer("largest", torch.zeros(()))
        self.n_channels, self.n_draws, self.stream = n_channels, n_draws, stream
        self.classifier = classifier

    def forward(self, x):
        """Loss of each row, shape (n,): mean over the transformations drawn for it."""
        t = self.draw(x)
        images = transformed_by(x, self.maps, t, self.n_channels)
        logits = self.classifier(images.flatten(-3, -2)).unflatten(-2, t.shape[-2:])
        log_p = logits.log_softmax(dim=-1).gather(-1, t.unsqueeze(-1))
        return -log_p.mean(dim=(-2, -1))

    def draw(self, x):
        """Transformations for each row, shape (n, n_draws); fixed out of training."""
        n = self.n_transformations
        if not self.training:
            few = torch.arange(0, n, max(1, n // N_VALID_DRAWS), device=x.device)
            return few.expand(*x.shape[:-1], -1)
        u = self.stream.uniform((*x.shape[:-1], self.n_draws), like=x)
        return (u * n).long().clamp(max=n - 1)  # the product can round up to n

    def log_probabilities(self, x, t):
        """Log-probabilities of the transformations when it was `t`, shape (n, m)."""
        images = transformed(x, self.maps[t], self.n_channels)
        return self.classifier(images).log_softmax(dim=-1)

    def score(self, x):
        """Anomaly score of each row, shape (n,)."""
        limit = RANGE * self.largest
        inside = x.maximum(-limit).minimum(limit)
        return super().score(inside) + (x - inside).abs().sum(dim=-1)

    @torch.no_grad()
    def set_reference_rows(self, x):
        """Store the largest pixel, and fit the distributions."""
        self.largest = x.abs().max()
        super().set_reference_rows(x)


class LinearModel(TransformationModel):
    """Distances of transformed rows to the centre of each transformation."""

    weight: torch.Tensor
    centers: torch.Tensor

    def __init__(self, *, weight, network, latent_dim, margin, score_type):
        n_transformations = weight.shape[1]
        super().__init__(n_transformations, score_type)
        self.register_buffer("weight", weight)  # (d, m, r)
        self.register_buffer("centers", torch.zeros(n_transformations, latent_dim))
        self.network, self.margin = network, margin

    def encode(self, x):
        """Codes of a row after each transformation, shape (n, m, latent_dim)."""
        rows = x @ self.weight.flatten(1)
        rows = rows.unflatten(-1, self.weight.shape[1:])  # (n, m * r) -> (n, m, r)
        codes = self.network(rows.flatten(-3, -2))
        return codes.unflatten(-2, rows.shape[-3:-1])

    def forward(self, x):
        """Loss of each row, shape (n,): mean over all transformations."""
        codes = self.encode(x)
        distances = squared_distances(codes, self.current_centers(codes))  # (n, m, m)
        own = distances.diagonal(dim1=-2, dim2=-1)
        itself = torch.eye(self.n_transformations, dtype=torch.bool, device=x.device)
        nearest = distances.masked_fill(itself, torch.inf).amin(dim=-1)
        cross_entropy = own + (-distances).logsumexp(dim=-1)
        return (cross_entropy + relu(own + self.margin - nearest)).mean(dim=-1)

    def current_centers(self, codes):
        """Centres of the batch in training, those learned otherwise."""
        if not self.training:
            return self.centers.unsqueeze(-3)
        centers = codes.mean(dim=-3)
        self.centers = self.centers.lerp(centers.detach(), MOMENTUM)
        return centers.unsqueeze(-3)

    def log_probabilities(self, x, t):
        """Log-probabilities of the transformations when it was `t`, shape (n, m).

        Their sum is below one; the rest is the probability of none of them.
        """
        codes = self.network(x @ self.weight[:, t])
        distances = squared_distances(codes, self.centers)
        log_epsilon = math.log(self.n_transformations * EPSILON)
        none = distances.new_full((), log_epsilon)
        total = (-distances).logsumexp(dim=-1, keepdim=True).logaddexp(none)
        return -distances - total

    @torch.no_grad()
    def set_reference_rows(self, x):
        """Take the mean codes of normal rows as centres, and fit the distributions."""
        codes = sum(self.encode(part).sum(dim=0) for part in self.chunks(x))
        self.centers = codes / len(x)
        super().set_reference_rows(x)


def squared_distances(codes, centers):
    """Squared distances of codes (..., k) to the centres (m, k), shape (..., m)."""
    squares = centers.square().sum(dim=-1).unsqueeze(-2)
    products = codes @ centers.mT
    return codes.square().sum(dim=-1, keepdim=True) + squares - 2.0 * products
