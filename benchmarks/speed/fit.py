"""Time of training and of scoring, against bare torch, stock skorch and PyOD."""

from itertools import pairwise

import numpy as np
import torch
from skorch import NeuralNetRegressor
from torch import nn

from benchmarks.common import has_pyod, interleave, say
from benchmarks.speed.check import Check
from skanomaly.detectors import AutoEncoder

N_COLUMNS, UNITS, N_CODES = 20, (64, 32), 8
EPOCHS = {256: 20, 32: 5}
VS_BARE = 1.05
VS_PYOD = {256: 3.3, 32: 2.2}
SCORING_VS_PYOD = 15.0
DEFAULT_SCORING_VS_PYOD = 5.0


def table(n_rows, dtype="float32", seed=0):
    """Rows that an autoencoder has something to learn of."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 5)) @ rng.normal(size=(5, N_COLUMNS))
    return np.ascontiguousarray(X + 0.1 * rng.normal(size=X.shape), dtype=dtype)


def ours(detector=AutoEncoder, **params):
    """Our autoencoder with the network that all sides have."""
    network = {"hidden_units": UNITS, "latent_dim": N_CODES, "activation": "relu"}
    plain = {"noise": 0.0, "n_passes": 1, "n_neighbors": 0, "random_state": 0}
    return detector(**(network | plain | params))


class TrainingOnly(AutoEncoder):
    """Our autoencoder without the scoring of its training rows."""

    def _set_offset(self, X):
        self.offset_ = 0.0


class Network(nn.Sequential):
    """20-64-32-8-32-64-20 with ReLU, for bare torch and stock skorch."""

    def __init__(self):
        sizes = (N_COLUMNS, *UNITS, N_CODES, *UNITS[::-1], N_COLUMNS)
        layers = []
        for n_inputs, n_outputs in pairwise(sizes):
            layers += [nn.Linear(n_inputs, n_outputs), nn.ReLU()]
        super().__init__(*layers[:-1])


def bare_torch(X, batch_size, n_epochs, device="cpu"):
    """Batches sliced from a ready tensor, fused Adam, nothing else."""
    model = Network().to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    for _ in range(n_epochs):
        for rows in torch.randperm(len(X), device=device).split(batch_size):
            x = X.index_select(0, rows)
            optimizer.zero_grad()
            nn.functional.mse_loss(model(x), x).backward()
            optimizer.step()
    return model


def stock_skorch(batch_size, n_epochs):
    """skorch as it comes, without a validation split."""
    return NeuralNetRegressor(
        Network,
        optimizer=torch.optim.Adam,
        lr=1e-3,
        batch_size=batch_size,
        max_epochs=n_epochs,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )


def pyod(batch_size, n_epochs, *, plain=True):
    """PyOD's autoencoder with our network, or with its own."""
    from pyod.models.auto_encoder import AutoEncoder as PyODAutoEncoder

    network = {}
    if plain:
        network = {"batch_norm": False, "dropout_rate": 0.0, "optimizer_params": {}}
        network["hidden_neuron_list"] = [*UNITS, N_CODES]
    return PyODAutoEncoder(
        batch_size=batch_size, epoch_num=n_epochs, verbose=0, random_state=0, **network
    )


class PyODPart(nn.Module):
    """Encoder or decoder of PyOD's default network, made of PyOD's own blocks."""

    def __init__(self, n_inputs, n_outputs):
        super().__init__()
        from pyod.utils.torch_utility import LinearBlock

        def block(n_in, n_out):
            return LinearBlock(
                n_in, n_out, activation_name="relu", batch_norm=True, dropout_rate=0.2
            )

        last = block if n_inputs == N_COLUMNS else nn.Linear
        self.layers = nn.Sequential(block(n_inputs, 64), last(64, n_outputs))

    def forward(self, x):
        """Rows to codes or codes to rows."""
        return self.layers(x)


def fit_section(quick, n_rounds):
    """Time whole fits at equal network, batch, epochs and threads."""
    checks = []
    for batch_size, n_epochs in EPOCHS.items():
        n_epochs = 2 if quick else n_epochs
        variants = fit_variants(table(2000 if quick else 10_000), batch_size, n_epochs)
        title = f"fit, batch {batch_size}"
        rounds = interleave(variants, n_rounds, title)
        checks += fit_checks(rounds, batch_size, f"batch {batch_size}")
    return checks


def fit_variants(X, batch_size, n_epochs):
    """Return callables by name; the data are ready before the clock runs."""
    X_double = X.astype(np.float64)
    standardized = ((X - X.mean(axis=0)) / X.std(axis=0)).astype(np.float32)
    rows = torch.from_numpy(standardized)
    params = {"batch_size": batch_size, "max_epochs": n_epochs}
    variants = {
        "bare": lambda: bare_torch(rows, batch_size, n_epochs),
        "ours": lambda: ours(**params).fit(X),
        "ours, training": lambda: ours(TrainingOnly, **params).fit(X),
        "ours, float64": lambda: ours(**params).fit(X_double),
        "skorch": lambda: stock_skorch(batch_size, n_epochs).fit(
            standardized, standardized
        ),
    }
    if has_pyod():
        same_network(X)
        own = {"module": PyODPart, "latent_dim": 32}
        variants |= {
            "PyOD": lambda: pyod(batch_size, n_epochs).fit(X),
            "PyOD's network, ours": lambda: ours(**params, **own).fit(X),
            "PyOD's network": lambda: pyod(batch_size, n_epochs, plain=False).fit(X),
        }
    return variants


def same_network(X):
    """Stop unless both sides train the same number of weights."""
    X = X[:512]
    own = {"module": PyODPart, "latent_dim": 32}
    pairs = {
        "plain": (ours(max_epochs=1), pyod(32, 1)),
        "PyOD's": (ours(max_epochs=1, **own), pyod(32, 1, plain=False)),
    }
    for name, (a, b) in pairs.items():
        n_ours = sum(p.numel() for p in a.fit(X).net_.module_.parameters())
        n_theirs = sum(p.numel() for p in b.fit(X).model.parameters())
        if n_ours != n_theirs:
            raise RuntimeError(f"{name} network: {n_ours} weights, PyOD {n_theirs}")
        say(f"{name} network: {n_ours} weights on both sides")


def fit_checks(rounds, batch_size, what):
    """Ratios of the variants' times."""

    def ratio(name, above, below, **facts):
        full_name = f"{name}, {what}"
        return Check.of_ratio("fit", full_name, rounds, above, below, **facts)

    checks = [
        ratio("ours / bare torch", "ours", "bare", sign="<=", target=VS_BARE),
        ratio("ours without scoring / bare torch", "ours, training", "bare"),
        ratio("ours, float64 rows / bare torch", "ours, float64", "bare"),
        ratio("stock skorch / ours", "skorch", "ours"),
    ]
    if "PyOD" in rounds[0]:
        target = {"sign": ">=", "target": VS_PYOD[batch_size]}
        theirs = "PyOD's network", "PyOD's network, ours"
        checks += [
            ratio("PyOD / ours", "PyOD", "ours", **target),
            ratio("PyOD / ours, PyOD's default network on both sides", *theirs),
        ]
    return checks


def score_section(quick, n_rounds):
    """Rows scored in a second, against PyOD's default batches."""
    if not has_pyod():
        return []
    n_ours, n_pyod = (20_000, 2000) if quick else (200_000, 20_000)
    X = table(n_ours)
    model = ours(max_epochs=1).fit(X[:2000])
    default = AutoEncoder(max_epochs=1, random_state=0).fit(X[:2000])
    other = pyod(32, 1).fit(X[:2000])
    other_default = pyod(32, 1, plain=False).fit(X[:2000])
    variants = {
        "ours": lambda: model.score_samples(X),
        "ours, default": lambda: default.score_samples(X),
        "PyOD": lambda: other.decision_function(X[:n_pyod]),
        "PyOD, batch 4096": lambda: other.decision_function(X[:n_pyod], 4096),
        "PyOD, default": lambda: other_default.decision_function(X[:n_pyod]),
    }
    rounds = interleave(variants, n_rounds, f"score {n_ours}, {n_pyod} rows")
    return score_checks(rounds, n_ours, n_pyod)


def score_checks(rounds, n_ours, n_pyod):
    """Ratios of the rows that are scored in a second."""

    def ratio(name, above, below, **facts):
        facts["factor"] = n_ours / n_pyod
        return Check.of_ratio("score", name, rounds, above, below, **facts)

    target = {"sign": ">=", "target": SCORING_VS_PYOD}
    by_default = {"sign": ">=", "target": DEFAULT_SCORING_VS_PYOD}
    speed = np.median([n_ours / r["ours"]["cpu"] for r in rounds])
    return [
        ratio("rows/s, ours / PyOD, its default batch of 32", "PyOD", "ours", **target),
        ratio("rows/s, ours / PyOD, batch 4096", "PyOD, batch 4096", "ours"),
        Check("score", "ours", speed / 1e6, "million rows/s"),
        ratio(
            "rows/s, ours / PyOD, all defaults",
            "PyOD, default",
            "ours, default",
            **by_default,
        ),
    ]
