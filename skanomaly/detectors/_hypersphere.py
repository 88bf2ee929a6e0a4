"""What keeps Deep SVDD from mapping everything to the centre."""

import warnings

import numpy as np
import torch
from torch import nn

from skanomaly._training.evaluate import in_chunks
from skanomaly.exceptions import TrainingDivergedError

__all__ = [
    "AS_GOOD_AS_BIASES", "codes", "distances", "mean_code", "place_anchors",
    "pushed_from_zero", "warn_of_shortcuts",
]  # fmt: skip

# Coordinates of the centre stay this far from zero, where a network without biases
# could put all rows by vanishing.
MIN_COORDINATE = 0.1

# Rows that are mapped at once to find the centre.
CENTER_ROWS = 2**16

# With one of these a unit can be constant and not zero, which is as good as a bias: the
# activation approaches a bound that is not zero, or it is not zero at zero.
AS_GOOD_AS_BIASES = (
    nn.CELU, nn.ELU, nn.Hardsigmoid, nn.Hardtanh, nn.LogSigmoid, nn.ReLU6, nn.SELU,
    nn.Sigmoid, nn.Softplus, nn.Softsign, nn.Tanh,
)  # fmt: skip


def codes(module, x):
    """Code of each row, shape (n, n_codes)."""
    return module.model.encoder(module.standardize(x))


def distances(module, x):
    """Squared distance of each row to the centre, shape (n,)."""
    return module.model.distance(module.standardize(x))


def place_anchors(net, X):
    """Put the anchors of an `AnchoredMLP` in the middle of two random rows each."""
    model, n_rows = net.module_.model, len(X)
    generator = model.stream.generator()
    shape = (2, model.encoder.n_anchors)
    chosen = torch.randint(n_rows, shape, generator=generator)
    rows = torch.from_numpy(X[chosen.numpy()]).to(net.device)
    model.encoder.set_anchors(net.module_.standardize(rows))


def mean_code(net, X):
    """Mean code of the rows, pushed away from zero."""
    total = np.zeros(1)
    for start in range(0, len(X), CENTER_ROWS):
        rows = X[start : start + CENTER_ROWS]
        total = total + in_chunks(net.module_, rows, codes, net.device).sum(axis=0)
    if not np.isfinite(total).all():
        raise TrainingDivergedError(
            "The codes of the training rows, from which scores are computed, are not "
            "finite. Lower lr, scale X, or look into module."
        )
    return pushed_from_zero(total / len(X))


def pushed_from_zero(center):
    """Move coordinates that are nearly zero to the distance `MIN_COORDINATE`."""
    sign = np.where(center < 0, -1.0, 1.0)
    return sign * np.maximum(np.abs(center), MIN_COORDINATE)


def warn_of_shortcuts(network):
    """Tell of what lets a user's network map all rows to one point."""
    biases = [n for n, _ in network.named_parameters() if "bias" in n.split(".")[-1]]
    activations = [
        f"{name} ({type(layer).__name__})"
        for name, layer in network.named_modules()
        if isinstance(layer, AS_GOOD_AS_BIASES)
    ]
    for what, names in (("the parameter", biases), ("the activation", activations)):
        if names:
            warnings.warn(
                f"module has {what} {', '.join(names)}: with it, all rows can be "
                "mapped to the centre, and the scores then say nothing. Build it "
                "without (bias=False, affine=False, an activation like nn.LeakyReLU).",
                UserWarning,
                stacklevel=2,
            )
