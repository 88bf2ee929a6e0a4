"""The centre of a hypersphere, and what keeps a network from mapping all rows to it."""

import numpy as np
import torch
from torch import nn

from skanomaly._training.chosen_rows import part_of
from skanomaly._training.evaluate import in_chunks
from skanomaly.exceptions import TrainingDivergedError
from skanomaly.nets import ACTIVATIONS
from skanomaly.nets.anchored import AnchoredLinear
from skanomaly.utils._warn import warn_user

__all__ = [
    "check_activation", "mean_code", "pushed_from_zero", "set_anchors",
    "warn_of_biases",
]  # fmt: skip

# Coordinates of the centre are at least this far from zero, to which a network without
# biases can map all rows by weights of zero.
MIN_COORDINATE = 0.1

# Rows whose codes are computed at once for the centre.
CENTER_ROWS = 2**16

# With one of these a unit can be constant and not zero, which acts as a bias: the
# activation approaches a constant other than zero, or it is not zero at zero.
BIAS_LIKE_ACTIVATIONS = (
    nn.CELU, nn.ELU, nn.Hardsigmoid, nn.Hardtanh, nn.LogSigmoid, nn.ReLU6, nn.SELU,
    nn.Sigmoid, nn.Softplus, nn.Softsign, nn.Tanh,
)  # fmt: skip


def check_activation(activation):
    """Refuse an activation with which a unit can be constant."""
    if ACTIVATIONS.get(activation, activation) in BIAS_LIKE_ACTIVATIONS:
        raise ValueError(
            f"activation={activation!r} approaches a constant other than zero, or is "
            "not zero at zero. Units can then be constant, which acts as a bias: all "
            "rows can be mapped to the centre. Use 'leaky_relu', 'relu', 'gelu' or "
            "'silu'."
        )


def codes(module, x):
    """Code of each row, shape (n, n_codes)."""
    return module.model.encoder(module.standardize(x))


def mean_code(net, X):
    """Mean code of the rows, its coordinates not too close to zero."""
    total = np.zeros(1)
    for start in range(0, len(X), CENTER_ROWS):
        rows = part_of(X, slice(start, start + CENTER_ROWS))
        total = total + in_chunks(net.module_, rows, codes, net.device).sum(axis=0)
    if not np.isfinite(total).all():
        raise TrainingDivergedError(
            "The codes of the training rows, from which scores are computed, are not "
            "finite. Lower lr, scale X, or check module."
        )
    return pushed_from_zero(total / len(X))


def pushed_from_zero(center):
    """Move coordinates that are nearly zero to the distance `MIN_COORDINATE`."""
    sign = np.where(center < 0, -1.0, 1.0)
    return sign * np.maximum(np.abs(center), MIN_COORDINATE)


def set_anchors(net, X):
    """Put the anchors of a network that has some in the middle of two random rows."""
    model = net.module_.model
    for layer in model.encoder.modules():
        if isinstance(layer, AnchoredLinear):
            shape = 2, layer.linear.out_features
            chosen = torch.randint(len(X), shape, generator=model.stream.generator())
            rows = torch.from_numpy(X[chosen.flatten().numpy()]).to(net.device)
            rows = net.module_.eval().standardize(rows)
            layer.set_anchors(rows.unflatten(0, shape))


def warn_of_biases(network):
    """Warn of layers by which a user's network can map all rows to one point."""
    biases = [n for n, _ in network.named_parameters() if "bias" in n.split(".")[-1]]
    activations = [
        f"{name} ({type(layer).__name__})"
        for name, layer in network.named_modules()
        if isinstance(layer, BIAS_LIKE_ACTIVATIONS)
    ]
    for what, names in (("the parameter", biases), ("the activation", activations)):
        if names:
            warn_user(
                f"module has {what} {', '.join(names)}: with it, all rows can be "
                "mapped to the centre, and the scores are meaningless then. Build it "
                "without (bias=False, affine=False, an activation like nn.LeakyReLU).",
            )
