"""What a user waits for: a fit with all defaults, by the rows of the table."""

import statistics
import warnings

import numpy as np
from sklearn.ensemble import IsolationForest

from benchmarks.common import clock, has_pyod, say
from benchmarks.speed.check import Check
from skanomaly import detectors

N_COLUMNS = 10
SIZES = (200, 2000, 20_000, 200_000)
# Wanted processor seconds, threshold included, by detector and rows.
WANTED = {
    ("AutoEncoder", 200): 1.0,
    ("AutoEncoder", 2000): 1.0,
    ("AutoEncoder", 200_000): 4.0,
    ("VAE", 200): 1.5,
    ("DeepSVDD", 200): 1.5,
    ("VAEEnsemble", 200): 4.0,
    ("NormalizingFlow", 200): 4.0,
}
OURS = (
    "NeighborsDetector", "AutoEncoder", "DeepSVDD", "VAE", "VAEEnsemble",
    "NormalizingFlow",
)  # fmt: skip
# PyOD's networks see every row ten to a hundred times, whatever their number: above
# these rows they take minutes.
THEIRS = {"AutoEncoder": 20_000, "VAE": 20_000, "DeepSVDD": 2000}
ROWS_TITLE = (
    "Processor seconds of a fit with all defaults on correlated normal columns, "
    f"{N_COLUMNS} of them, the threshold included: ours by out-of-fold scores up to "
    "5,000 rows, PyOD's by the training rows. Median of the rounds up to 2,000 rows, "
    "one round above. PyOD's detectors where that takes no minutes."
)


def rows_section(quick, n_rounds):
    """Seconds by rows, of ours, PyOD's and IsolationForest."""
    sizes = SIZES[:2] if quick else SIZES
    makers = _makers()
    _warm_up(makers)
    checks = []
    for name, (make, most) in makers.items():
        for n_rows in sizes:
            if n_rows <= most:
                seconds = _seconds(make, n_rows, n_rounds if n_rows <= 2000 else 1)
                checks.append(_check(name, n_rows, seconds))
    return checks


def correlated(n_rows):
    """Rows of normal columns that five hidden ones explain, for the most part."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 5)) @ rng.normal(size=(5, N_COLUMNS))
    return (X + 0.1 * rng.normal(size=X.shape)).astype(np.float32)


def _makers():
    """Detectors by name: a function that makes one, and the most rows it is given."""
    makers = {name: (lambda name=name: _ours(name), SIZES[-1]) for name in OURS}
    makers["IsolationForest"] = (lambda: IsolationForest(random_state=0), SIZES[-1])
    if has_pyod():
        for name, most in THEIRS.items():
            makers[f"PyOD {name}"] = (lambda name=name: _pyod(name), most)
    return makers


def _ours(name):
    kind = getattr(detectors, name)
    return kind() if name == "NeighborsDetector" else kind(random_state=0)


def _pyod(name):
    """Return a detector of PyOD."""
    from pyod.models import auto_encoder, deep_svdd, vae

    kinds = {"AutoEncoder": auto_encoder, "VAE": vae, "DeepSVDD": deep_svdd}
    needed = {"n_features": N_COLUMNS} if name == "DeepSVDD" else {}
    return getattr(kinds[name], name)(verbose=0, **needed)


def _warm_up(makers):
    """Pay for imports and first calls before the clock runs."""
    for make, _ in makers.values():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            make().fit(correlated(200))


def _seconds(make, n_rows, n_rounds):
    X, seconds = correlated(n_rows), []
    for _ in range(n_rounds):
        with warnings.catch_warnings(), clock() as fit:
            warnings.simplefilter("ignore")
            make().fit(X)
        seconds.append(fit["cpu"])
    return seconds


def _check(name, n_rows, seconds):
    wanted = WANTED.get((name, n_rows))
    middle = statistics.median(seconds)
    say(f"rows: {name}, {n_rows:,} rows: {middle:.3g} s")
    return Check(
        "rows", f"{name}, {n_rows:,} rows", middle, "CPU s",
        "" if wanted is None else "<=", wanted, min(seconds), max(seconds),
    )  # fmt: skip
