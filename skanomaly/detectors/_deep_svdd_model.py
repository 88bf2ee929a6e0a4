"""The model of Deep SVDD: a network, a fixed centre, and a radius."""

from functools import partial

import torch
from torch import nn

from skanomaly._training.net import DetectorNet, current_epoch
from skanomaly.detectors._reconstruction import squared_error

__all__ = ["OBJECTIVES", "DeepSVDDModel", "DeepSVDDNet", "Pretraining"]


def one_class(distance, radius, nu):
    """Pull all rows to the centre."""
    return distance


def soft_boundary(distance, radius, nu):
    """Shrink a ball that leaves out about the fraction `nu` of the rows."""
    return radius**2 + torch.relu(distance - radius**2) / nu


OBJECTIVES = {"one-class": one_class, "soft-boundary": soft_boundary}


class DeepSVDDModel(nn.Module):
    """Squared distance of a row's code to the centre."""

    center: torch.Tensor
    radius: torch.Tensor
    batch_radius: torch.Tensor

    def __init__(
        self, encoder, decoder, n_codes, objective, nu, *, stream, **module_params
    ):
        super().__init__()
        self.stream = stream
        self.encoder = encoder(stream=stream, **module_params)
        self.make_decoder = partial(decoder, stream=stream, **module_params)
        # A leading 1, so that the members of an ensemble stack theirs.
        self.register_buffer("center", torch.zeros(1, n_codes))
        self.register_buffer("radius", torch.zeros(1))
        # That of the latest batch, in training.
        self.register_buffer("batch_radius", torch.zeros(1))
        self.objective, self.nu = OBJECTIVES[objective], nu
        self.has_radius = objective == "soft-boundary"
        self.moves_radius = False

    def distance(self, x):
        """Squared distance to the centre, shape (n,)."""
        return squared_error(self.encoder(x), self.center).sum(dim=-1)

    def forward(self, x):
        """Loss of each row, shape (n,)."""
        distance = self.distance(x)
        loss = self.objective(distance, self.batch_radius, self.nu)
        if self.training and self.moves_radius:
            self.batch_radius = self.boundary(distance)
        return loss

    @torch.no_grad()
    def boundary(self, distance):
        """Radius beyond which the fraction `nu` of the rows lies, shape (1,)."""
        return distance.quantile(1.0 - self.nu, dim=-1, keepdim=True).sqrt()

    def score(self, x):
        """Anomaly score of each row, shape (n,)."""
        return self.distance(x) - self.radius**2


class Pretraining(nn.Module):
    """The encoder with a decoder behind it, which only this phase needs."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, x):
        """Squared error of the reconstruction of each row, shape (n,)."""
        return squared_error(self.decoder(self.encoder(x)), x).sum(dim=-1)


class DeepSVDDNet(DetectorNet):
    """A net that knows in which phase it is and when the radius may move."""

    pretrain_epochs = warmup_epochs = 0

    @property
    def n_epochs_(self):
        """Epochs of the second phase so far."""
        return sum(epoch["phase"] == "training" for epoch in self.history)

    def start(self, phase, model, n_epochs):
        """Begin a phase, with the weights of its model and a fresh optimizer."""
        self.phase, self.max_epochs = phase, n_epochs
        self.module_.model = model
        self.initialize_optimizer()

    def on_epoch_begin(self, net, *args, **kwargs):
        """Write the phase into the history, and let the radius move after warm-up."""
        super().on_epoch_begin(net, *args, **kwargs)
        current_epoch(self.history)["phase"] = self.phase
        model, n_done = self.module_.model, len(self.history) - 1 - self.first_epoch_
        if getattr(model, "has_radius", False):
            model.moves_radius = n_done >= self.warmup_epochs
