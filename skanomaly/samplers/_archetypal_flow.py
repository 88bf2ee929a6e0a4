"""A flow whose latents are mixtures of archetypes: the network of DeepAA."""

from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn.functional import softmax

from skanomaly._normalizing_flow import FlowModel, NormalizingFlow
from skanomaly.nets.layers import initialized

__all__ = ["ArchetypalFlow", "null_projector", "simplex_vertices"]

# Weights of likelihood, archetypes and reconstruction: as in the published code, but
# for the archetypes. Its 10 leaves them far outside of all rows; 100 is that of Keller
# et al.
WEIGHTS = (0.1, 100.0, 80.0)


def simplex_vertices(n_vertices):
    """Corners of a regular simplex centred at 0, of length 1.

    Parameters
    ----------
    n_vertices : int
        Corners, at least 2.

    Returns
    -------
    tensor of shape (n_vertices, n_vertices - 1)
        The corners; the product of any two is ``-1 / (n_vertices - 1)``.
    """
    corners = torch.eye(n_vertices, dtype=torch.float64) - 1.0 / n_vertices
    # They span one dimension less than they have: drop that of the eigenvalue 0.
    _, vectors = torch.linalg.eigh(corners)
    corners = corners @ vectors[:, 1:]
    return corners / corners.norm(dim=1, keepdim=True)


def null_projector(matrix):
    """Orthogonal projector on what a matrix maps to zero, ``I - M^+ M``.

    Parameters
    ----------
    matrix : ndarray of shape (n_outputs, n_features)
        The matrix :math:`M`; :math:`M^+` is its Moore-Penrose inverse.

    Returns
    -------
    ndarray of shape (n_features, n_features)
        The projector.
    """
    return np.eye(matrix.shape[1]) - np.linalg.pinv(matrix) @ matrix


class ArchetypalFlowModel(FlowModel):
    r"""Latents :math:`t = f(x)`, mixtures :math:`A = softmax(M_A t)`, reconstructions.

    With the corners :math:`Z` of a simplex the loss is the sum of the negative log
    density, of how far mixtures :math:`B A Z` of mixtures are from the corners, and of
    the norm of the error of :math:`f^{-1}(M_C A Z)` over the batch. :math:`B` has
    weights of the rows of a batch, and so is a softmax over the batch.
    """

    corners: torch.Tensor

    def __init__(self, *, n_features, n_archetypes, stream, **flow_model):
        super().__init__(stream=stream, **flow_model)
        linear = partial(initialized, nn.Linear, bias=False, stream=stream)
        self.to_mixture = linear(n_features, n_archetypes)
        self.to_weights = linear(n_features, n_archetypes)
        self.from_code = linear(n_archetypes - 1, n_features)
        self.register_buffer("corners", simplex_vertices(n_archetypes).float())

    def forward(self, x):
        """Loss of each row, shape (n,), the terms of the batch included in each."""
        x = self.blur(x)
        t, log_det = self.flow(x)
        code = softmax(self.to_mixture(t), dim=-1) @ self.corners
        likelihood, archetypes, reconstruction = WEIGHTS
        error = torch.linalg.vector_norm(self.flow.inverse(self.from_code(code)) - x)
        nll = 0.5 * t.square().sum(-1) - log_det
        distance = self.archetype_distance(t, code)
        return likelihood * nll + archetypes * distance + reconstruction * error

    def archetype_distance(self, t, code):
        """Mean distance between the corners and the batch's archetypes."""
        weights = softmax(self.to_weights(t), dim=-2)
        archetypes = weights.transpose(-1, -2) @ code
        return torch.linalg.vector_norm(archetypes - self.corners, dim=-1).mean()


class ArchetypalFlow(NormalizingFlow):
    """A `NormalizingFlow` that is trained with the layers of archetypes.

    Parameters
    ----------
    n_archetypes : int
        Archetypes, at least 2.
    **params : dict
        Parameters of `NormalizingFlow`.
    """

    def __init__(self, *, n_archetypes, **params):
        super().__init__(**params)
        self.n_archetypes = n_archetypes

    def _make_model(self, n_features, **build):
        return ArchetypalFlowModel(
            flow=self._build_flow(n_features, **build),
            noise=self.noise,
            n_features=n_features,
            n_archetypes=self.n_archetypes,
            stream=build["stream"],
        )
