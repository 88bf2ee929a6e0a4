"""A classifier of rows as probabilities, so that a search can follow its gradient."""

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from skanomaly._training.fit import train_module
from skanomaly.correctors._search.platt import platt_scaling
from skanomaly.correctors._table.one_hot import OneHotLayout
from skanomaly.nets import MLP
from skanomaly.nets.layers import RandomStream
from skanomaly.utils._seeds import spawn_seeds

__all__ = [
    "MIN_HELD_OUT", "RowClassifier", "fit_on_part", "fit_row_classifier",
    "held_out_rows",
]  # fmt: skip

# Gradient steps of training, whatever the number of rows: rules need many, while noisy
# labels are memorized in fewer. The held-out rows choose.
N_STEPS = (4000, 1000, 250)
BATCH_SIZE = 256
TRAINING = {"optimizer": torch.optim.Adam, "lr": 1e-2, "batch_size": BATCH_SIZE}
PUBLISHED_TRAINING = {
    "optimizer": torch.optim.SGD,
    "optimizer_params": {"momentum": 0.9, "nesterov": True, "weight_decay": 1e-4},
    "lr": 0.1,
    "lr_schedule": "constant",
    "batch_size": 100,
    "shuffle": False,
}
# Rows held out for calibration: a tenth, and no more than two numbers need. Of a class
# with few rows more, at least so many or a third.
HELD_OUT, MOST_HELD_OUT = 0.1, 1 / 3
MIN_HELD_OUT, MAX_HELD_OUT = 15, 5000
# Half of the rows of a batch stay on the corners of the simplex: a search ends there.
NOISY = 0.5


class RowClassifier(nn.Module):
    """Cross-entropy of a network that sees rows of categories as probabilities.

    A gradient search walks between the rows. With `noise`, half of the training rows
    are moved there, to ``normalize(one_hot + k U)`` with k uniform in [0, `noise`],
    fresh in every step.

    Parameters
    ----------
    n_categories : tuple of int
        Categories of each column.
    hidden_units : tuple of int
        Units of the hidden layers.
    noise : float
        Largest k.
    stream : RandomStream
        Source of the weights and the noise.
    """

    scale: torch.Tensor
    shift: torch.Tensor

    def __init__(self, n_categories, hidden_units, noise, *, stream):
        super().__init__()
        self.blocks = OneHotLayout(n_categories)
        self.noise, self.stream = noise, stream
        self.network = MLP(
            self.blocks.n_units, 1, hidden_units, activation=nn.Softplus, stream=stream
        )
        self.register_buffer("scale", torch.ones(()))
        self.register_buffer("shift", torch.zeros(()))

    def forward(self, x, context):
        """Loss of each row, shape (n,), from its codes and its label."""
        p = self.corrupt(self.blocks.one_hot(x, self.network[0].weight.dtype))
        return functional.binary_cross_entropy_with_logits(
            self.network(p)[:, 0], context, reduction="none"
        )

    def corrupt(self, p):
        """Add noise to half of the rows, in training only."""
        if not self.training or self.noise == 0.0:
            return p
        level, coin = self.stream.uniform((2, len(p), 1), like=p)
        level = self.noise * level * (coin < NOISY)
        return self.blocks.normalize(p + level * self.stream.uniform(p.shape, like=p))

    def score(self, p):
        """Calibrated log-odds of an anomaly, shape (n,), from probabilities."""
        return self.finish(self.network(p))

    def finish(self, output):
        """From the output of the network to calibrated log-odds, shape (n,)."""
        return self.scale * output[:, 0] + self.shift

    def calibrate(self, scale, shift):
        """Set scale and shift, unless the scale says that nothing was learned."""
        if scale > 0:
            self.scale.fill_(scale)
            self.shift.fill_(shift)

    def calibrate_as(self, other):
        """Take scale and shift from another."""
        self.calibrate(other.scale.item(), other.shift.item())

    def split(self):
        """First layer, and all that follows it, as `score` applies them."""
        rest = nn.Sequential(*list(self.network)[1:])
        return self.network[0], lambda x: self.finish(rest(x))


class PublishedRowClassifier(RowClassifier):
    """The published classifier: squared error of the probability, noise drawn once."""

    def forward(self, x, context):
        """Loss of each row, shape (n,), from its noisy units and its label."""
        return (torch.sigmoid(self.network(x)[:, 0]) - context) ** 2


def fit_row_classifier(
    codes,
    y,
    n_categories,
    *,
    variant="corrected",
    hidden_units=None,
    noise=None,
    max_epochs=None,
    calibrate=True,
    device="cpu",
    seed=0,
    verbose=0,
):
    """Train a classifier of anomalous rows.

    Parameters
    ----------
    codes : ndarray of int, shape (n, d)
        Rows; -1 is a missing cell.
    y : ndarray of shape (n,)
        1 or True for anomalies, 0 or False for normal rows; both must be there.
    n_categories : sequence of int
        Categories of each column.
    variant : {"corrected", "published"}, default="corrected"
        Cross-entropy with fresh noise, or squared error with noise drawn once,
        stochastic gradient descent in the order of the rows, and no calibration.
    hidden_units : tuple of int, default=None
        Units of the hidden layers; None takes (64,), published (20,).
    noise : float, default=None
        Largest noise, in [0, 1]. None is 0, published 1. Noise makes the way between
        rows smoother and the decision about the rows themselves worse.
    max_epochs : int, default=None
        Passes over the rows; None takes 4,000, 1,000 or 250 steps, whichever has
        the least loss on held-out rows, and as published 500 passes.
    calibrate : bool, default=True
        Whether to fit the log-odds to held-out rows, so that probabilities are
        calibrated.
    device : str, default="cpu"
    seed : int, default=0
    verbose : int, default=0
        2 prints a line for every epoch.

    Returns
    -------
    DetectorNet
        The trained net; ``module_`` is the `RowClassifier`, on the CPU or `device`.
    """
    y = np.asarray(y).astype(np.int64)
    common = {"seed": seed, "device": device, "verbose": verbose}
    if variant == "published":
        noise = 1.0 if noise is None else noise
        rows = _noisy_rows(codes, n_categories, noise, _seeds(seed)[1])
        make = _maker(PublishedRowClassifier, n_categories, hidden_units or (20,))
        return _train(make, rows, y, max_epochs or 500, PUBLISHED_TRAINING, **common)
    options = {"hidden_units": hidden_units, "noise": noise, "max_epochs": max_epochs}
    held_out = held_out_rows(y, seed) if calibrate else np.zeros(len(y), dtype=bool)
    *_, finish = fit_on_part(codes, y, n_categories, held_out, **options, **common)
    return finish()


def fit_on_part(
    codes,
    y,
    n_categories,
    held_out,
    *,
    hidden_units=None,
    noise=None,
    max_epochs=None,
    **common,
):
    """Train on the rows that are not held out; choose and calibrate by those that are.

    Returns
    -------
    net : NeuralNet
    n_epochs : int
        Passes over the rows that were chosen.
    finish : callable
        Returns the net to use: this one, or where it missed many rows of a class, one
        trained in the same way on all rows.
    """
    make = _maker(RowClassifier, n_categories, hidden_units or (64,), noise or 0.0)
    rows, labels = codes[~held_out], y[~held_out]
    best: Any = None
    least, length = np.inf, 0
    for n_epochs in [max_epochs] if max_epochs else _lengths(len(rows), held_out.any()):
        net = _train(make, rows, labels, n_epochs, TRAINING, **common)
        loss = _calibrate(net.module_, codes[held_out], y[held_out])
        if best is None or loss < least:
            best, least, length = net, loss, n_epochs

    def finish():
        if not _missed_many(y, held_out):
            return best
        net = _train(make, codes, y, length, TRAINING, **common)
        net.module_.calibrate_as(best.module_)
        return net

    return best, length, finish


def _missed_many(y, held_out):
    """Whether more than a tenth of a class was held out."""
    return any(held_out[y == label].mean() > HELD_OUT for label in (0, 1))


def _lengths(n_rows, can_choose):
    """Passes over the rows to try."""
    n_batches = max(1, n_rows // BATCH_SIZE)
    passes = [max(1, round(n_steps / n_batches)) for n_steps in N_STEPS]
    return list(dict.fromkeys(passes)) if can_choose else passes[:1]


def _maker(model_class, n_categories, hidden_units, noise=0.0):
    return partial(
        model_class,
        n_categories=tuple(int(size) for size in n_categories),
        hidden_units=tuple(hidden_units),
        noise=noise,
    )


def _train(make, rows, labels, n_epochs, options, **common):
    return train_module(
        make_module=make,
        rows=rows,
        context=labels.astype(np.float32),
        n_epochs=n_epochs,
        **options,
        **common,
    )


def _noisy_rows(codes, n_categories, noise, seed):
    """One-hot rows with noise that is drawn once."""
    blocks = OneHotLayout(n_categories)
    p = blocks.one_hot(torch.from_numpy(codes), torch.float32)
    return blocks.normalize(p + noise * RandomStream(seed).uniform(p.shape, like=p))


def _seeds(seed):
    """Seeds of the split and the noise; the trainer spawns two others from the same."""
    return spawn_seeds(seed, 4)[2:]


def held_out_rows(y, seed, part=0):
    """Mark a part of each class, none where the class has too few rows for that.

    Parts 0 to 2 have no row in common.
    """
    rng = np.random.default_rng(_seeds(seed)[0])
    fraction = min(HELD_OUT, MAX_HELD_OUT / len(y))
    marked = np.zeros(len(y), dtype=bool)
    for label in (0, 1):
        rows = rng.permutation(np.flatnonzero(y == label))
        n_few = min(MIN_HELD_OUT, int(MOST_HELD_OUT * len(rows)))
        n = max(int(fraction * len(rows)), n_few)
        marked[rows[part * n : (part + 1) * n]] = True
    return marked


@torch.no_grad()
def _calibrate(model, codes, y):
    """Fit scale and shift of the log-odds by Platt's method; return the log-loss."""
    if len(np.unique(y)) < 2:
        return np.inf
    device = model.scale.device
    p = model.blocks.one_hot(torch.from_numpy(codes).to(device), model.scale.dtype)
    scale, shift, loss = platt_scaling(model.score(p).double().cpu().numpy(), y)
    model.calibrate(scale, shift)
    return loss
