"""A classifier of rows that takes probabilities, so that a search can follow it."""

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from torch import nn
from torch.nn import functional

from skanomaly._training.batches import Rows
from skanomaly._training.net import DetectorNet, RowMean
from skanomaly._training.options import (
    cosine,
    device_name,
    few_threads,
    iterator_options,
)
from skanomaly.correctors._table.one_hot import OneHotLayout
from skanomaly.nets import MLP
from skanomaly.utils._random import RandomStream, spawn_seeds

__all__ = ["PublishedRowClassifier", "RowClassifier", "fit_row_classifier"]

# Gradient steps of training, whatever the number of rows: rules want many, while noisy
# labels are learned by heart in fewer. The rows kept aside choose.
N_STEPS = (4000, 1000, 250)
BATCH_SIZE = 256
# Rows kept aside for calibration: a tenth, and not more than tell two numbers well.
HELD_OUT = 0.1
MAX_HELD_OUT = 5000
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

    def forward(self, rows):
        """Loss of each row, shape (n,); the last of its columns is the label."""
        p = self.corrupt(
            self.blocks.one_hot(rows[:, :-1], self.network[0].weight.dtype)
        )
        logit = self.network(p)[:, 0]
        label = rows[:, -1].to(logit.dtype)
        return functional.binary_cross_entropy_with_logits(
            logit, label, reduction="none"
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

    def split(self):
        """First layer, and all that follows it, as `score` applies them."""
        rest = nn.Sequential(*list(self.network)[1:])
        return self.network[0], lambda x: self.finish(rest(x))


class PublishedRowClassifier(RowClassifier):
    """The published classifier: squared error of the probability, noise drawn once."""

    def forward(self, rows):
        """Loss of each row, shape (n,); a row is its noisy units, then its label."""
        probability = torch.sigmoid(self.network(rows[:, :-1])[:, 0])
        return (probability - rows[:, -1]) ** 2


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
        rows smoother and the verdict on the rows themselves worse.
    max_epochs : int, default=None
        Passes over the rows; None takes 4,000, 1,000 or 250 steps, whichever the rows
        kept aside like best, and as published 500 passes.
    calibrate : bool, default=True
        Whether to fit the log-odds to rows kept aside, so that probabilities mean what
        they say.
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
    weights, order, split, noise_seed = spawn_seeds(seed, 4)
    common = {"stream": RandomStream(weights), "device": device, "verbose": verbose}
    if variant == "published":
        noise = 1.0 if noise is None else noise
        rows = _noisy_rows(codes, y, n_categories, noise, noise_seed)
        course = _published_options(max_epochs, order)
        module = _module(PublishedRowClassifier, n_categories, hidden_units or (20,))
        return _train({**module, **course}, rows, **common)
    held_out = _hold_out(y, split) if calibrate else np.zeros(len(y), dtype=bool)
    rows = torch.from_numpy(np.column_stack([codes, y])[~held_out].astype(np.int64))
    module = _module(RowClassifier, n_categories, hidden_units or (64,), noise or 0.0)
    best, least = None, np.inf
    for n_epochs in [max_epochs] if max_epochs else _lengths(len(rows), held_out.any()):
        common["stream"] = RandomStream(weights)
        net = _train({**module, **_training_options(n_epochs, order)}, rows, **common)
        loss = _calibrate(net.module_, codes[held_out], y[held_out])
        if best is None or loss < least:
            best, least = net, loss
    return best


def _lengths(n_rows, can_choose):
    """Passes over the rows to try."""
    n_batches = max(1, n_rows // BATCH_SIZE)
    passes = [max(1, round(n_steps / n_batches)) for n_steps in N_STEPS]
    return list(dict.fromkeys(passes)) if can_choose else passes[:1]


def _module(model_class, n_categories, hidden_units, noise=0.0):
    """Say in skorch's words what to build."""
    return {
        "module": model_class,
        "module__n_categories": tuple(int(size) for size in n_categories),
        "module__hidden_units": tuple(hidden_units),
        "module__noise": noise,
    }


def _train(options, rows, *, stream, device, verbose):
    silent = {} if verbose > 1 else {"callbacks__print_log": None}
    net = DetectorNet(
        module__stream=stream,
        criterion=RowMean,
        dataset=Rows,
        train_split=None,
        device=device_name(device),
        verbose=verbose,
        **silent,
        **options,
    ).initialize()
    with few_threads(net.module_, net.batch_size):
        net.partial_fit(Rows(rows.to(net.device)))
    net.module_.eval().zero_grad(set_to_none=True)
    return net


def _training_options(max_epochs, seed):
    return {
        "optimizer": torch.optim.Adam,
        "lr": 1e-2,
        "lr_schedule": cosine,
        "batch_size": BATCH_SIZE,
        "max_epochs": max_epochs,
        **iterator_options(torch.Generator().manual_seed(seed), {}),
    }


def _published_options(max_epochs, seed):
    return {
        "optimizer": torch.optim.SGD,
        "optimizer__momentum": 0.9,
        "optimizer__nesterov": True,
        "optimizer__weight_decay": 1e-4,
        "lr": 0.1,
        "batch_size": 100,
        "max_epochs": max_epochs or 500,
        **iterator_options(torch.Generator().manual_seed(seed), {}),
        "iterator_train__shuffle": False,
    }


def _noisy_rows(codes, y, n_categories, noise, seed):
    blocks = OneHotLayout(n_categories)
    p = blocks.one_hot(torch.from_numpy(codes), torch.float32)
    p = blocks.normalize(p + noise * RandomStream(seed).uniform(p.shape, like=p))
    return torch.column_stack([p, torch.from_numpy(y).to(p.dtype)])


def _hold_out(y, seed):
    """Mark a part of each class, none where the class has too few rows for that."""
    rng = np.random.default_rng(seed)
    fraction = min(HELD_OUT, MAX_HELD_OUT / len(y))
    marked = np.zeros(len(y), dtype=bool)
    for label in (0, 1):
        rows = rng.permutation(np.flatnonzero(y == label))
        marked[rows[: int(fraction * len(rows))]] = True
    return marked


@torch.no_grad()
def _calibrate(model, codes, y):
    """Fit scale and shift of the log-odds by Platt's method; return the log-loss."""
    n_anomalies, n_normal = int(y.sum()), int((1 - y).sum())
    if not (n_anomalies and n_normal):
        return np.inf
    device = model.scale.device
    p = model.blocks.one_hot(torch.from_numpy(codes).to(device), model.scale.dtype)
    z = model.score(p).double().cpu().numpy()[:, None]
    # Platt's targets: never quite 0 or 1, or classes that can be parted would give an
    # infinite scale.
    high, low = (n_anomalies + 1) / (n_anomalies + 2), 1 / (n_normal + 2)
    target = np.where(y == 1, high, low)
    fit = LogisticRegression(C=1e6, tol=1e-8, max_iter=1000).fit(
        np.concatenate([z, z]),
        np.repeat([1, 0], len(z)),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    if fit.coef_[0, 0] > 0:  # else the rows kept aside say that nothing was learned
        model.scale.fill_(fit.coef_[0, 0])
        model.shift.fill_(fit.intercept_[0])
    return log_loss(y, fit.predict_proba(z)[:, 1])
