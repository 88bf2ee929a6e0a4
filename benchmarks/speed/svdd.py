"""Time of training Deep SVDD, against PyOD's at equal settings."""

import numpy as np
import torch

from benchmarks.common import has_pyod, interleave, say
from benchmarks.speed.check import Check
from skanomaly.detectors import DeepSVDD

N_COLUMNS, UNITS, N_CODES = 20, 64, 32
BATCH_SIZE, VS_PYOD = 32, 3.0


class TheirNetwork(torch.nn.Sequential):
    """PyOD's default network: one hidden layer, no biases, ReLU also behind the code.

    Its dropout is left out of a network of this depth.
    """

    def __init__(self, n_inputs, n_outputs):
        super().__init__(
            torch.nn.Linear(n_inputs, UNITS, bias=False),
            torch.nn.ReLU(),
            torch.nn.Linear(UNITS, n_outputs, bias=False),
            torch.nn.ReLU(),
        )


def ours(n_epochs):
    """Our Deep SVDD with PyOD's network, batches, learning rate and weight decay."""
    return DeepSVDD(
        module=TheirNetwork, latent_dim=N_CODES, pretrain_epochs=0, max_epochs=n_epochs,
        batch_size=BATCH_SIZE, lr=1e-4, lr_schedule="constant", weight_decay=5e-7,
        contamination=0.1, random_state=0,
    )  # fmt: skip


def pyod(n_epochs):
    """PyOD's Deep SVDD with its defaults."""
    from pyod.models.deep_svdd import DeepSVDD as PyODDeepSVDD

    return PyODDeepSVDD(
        n_features=N_COLUMNS, epochs=n_epochs, batch_size=BATCH_SIZE, verbose=0,
        random_state=0,
    )  # fmt: skip


def table(n_rows):
    """Rows that a network has something to learn of."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 5)) @ rng.normal(size=(5, N_COLUMNS))
    return X + 0.1 * rng.normal(size=X.shape)


def same_network(X):
    """Stop unless both sides train the same number of weights."""
    mine, theirs = ours(1).fit(X[:128]), pyod(1).fit(X[:128])
    n_mine = sum(p.numel() for p in mine.net_.module_.parameters())
    n_theirs = sum(p.numel() for p in theirs.model_.parameters())
    if n_mine != n_theirs:
        raise RuntimeError(f"Deep SVDD: {n_mine} weights, PyOD {n_theirs}")
    say(f"Deep SVDD: {n_mine} weights on both sides")


def svdd_section(quick, n_rounds):
    """Time whole fits at equal network, batches, epochs and threads."""
    if not has_pyod():
        return []
    X, n_epochs = table(1000 if quick else 5000), 2 if quick else 20
    same_network(X)
    variants = {
        "ours": lambda: ours(n_epochs).fit(X),
        "PyOD": lambda: pyod(n_epochs).fit(X),
    }
    rounds = interleave(variants, n_rounds, "Deep SVDD")
    name = "PyOD / ours, Deep SVDD, batch 32"
    target = {"sign": ">=", "target": VS_PYOD}
    return [Check.of_ratio("svdd", name, rounds, "PyOD", "ours", **target)]
