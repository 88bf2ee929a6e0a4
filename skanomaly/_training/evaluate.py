"""Scores of rows: by a trained module in chunks, and out of fold for the threshold.

In float32 a row's result depends on its neighbours in the seventh digit, because the
matrix products round differently. Float64 rounded to the float32 grid does not, and so
the size of the chunks is a matter of speed alone.
"""

import copy

import numpy as np
import torch
from sklearn.base import clone
from skorch.callbacks import (
    EarlyStopping,
    EpochScoring,
    GradientNormClipping,
    LRScheduler,
    ParamMapper,
)

from skanomaly._training.fit import callback_class
from skanomaly.utils._seeds import spawn_seeds

__all__ = [
    "AUTO_CONTAMINATION", "CHUNK_CELLS", "float64_copy", "in_chunks",
    "needs_cross_fit", "on_float32_grid", "out_of_fold_scores", "row_slices",
    "rows_per_chunk",
]  # fmt: skip

# Cells in a chunk: the activations of a small network then stay in the cache.
CHUNK_CELLS = 2**18
MAX_ROWS = 4096
MIN_ROWS = 16


def in_chunks(module, X, function, device="cpu", *, context=None, n_members=1):
    """Apply a function of (module, rows) to all rows, in chunks and in float64.

    Parameters
    ----------
    module : nn.Module
        A trained module; a copy is used.
    X : ndarray of shape (n_samples, n_features)
        Validated rows.
    function : callable
        Maps the module and a tensor of rows, and one of their context if there is any,
        to a tensor with as many rows.
    device : str, default="cpu"
        Where the module is.
    context : ndarray of shape (n_samples, ...), default=None
        Label, class or condition of each row, see `Rows`.
    n_members : int, default=1
        How many networks each row goes through.

    Returns
    -------
    ndarray of shape (n_samples, ...)
        The results, float64 and finite.
    """
    module = float64_copy(module)
    n_rows = max(min(CHUNK_CELLS // X.shape[1], MAX_ROWS) // n_members, MIN_ROWS)
    results, start = None, 0
    with torch.inference_mode():
        while start < len(X):
            chunk = slice(start, start + n_rows)
            args = [
                torch.tensor(np.ascontiguousarray(values[chunk])).to(device)
                for values in (X, context)
                if values is not None
            ]
            try:
                part = on_float32_grid(function(module, *args))
            except torch.OutOfMemoryError as error:
                n_rows = _smaller(n_rows, error)
                continue
            if results is None:
                # One array: a list of parts would fragment the heap.
                results = np.empty((len(X), *part.shape[1:]))
            results[chunk] = part
            start += n_rows
    return results


def float64_copy(module):
    """Copy of a trained module that evaluates in float64."""
    return copy.deepcopy(module).double().eval()


def on_float32_grid(values):
    """Finite float64 numbers without the digits that depend on the batch."""
    limit = torch.finfo(torch.float32).max
    values = torch.as_tensor(values).clamp(-limit, limit).to(torch.float32)
    return values.to(torch.float64).cpu().numpy()


def rows_per_chunk(n_cells):
    """Rows whose arrays of `n_cells` numbers each are worked on at once."""
    return max(1, CHUNK_CELLS // max(1, n_cells))


def row_slices(n_rows, n_cells):
    """Slices of rows that keep arrays of `n_cells` numbers a row small."""
    step = rows_per_chunk(n_cells)
    return [slice(i, min(i + step, n_rows)) for i in range(0, n_rows, step)]


def _smaller(n_rows, error):
    if n_rows == 1:
        raise MemoryError("A single row does not fit the device's memory.") from error
    torch.cuda.empty_cache()
    return n_rows // 2


# What contamination="auto" stands for: the fraction of new normal rows that is called
# anomalous.
AUTO_CONTAMINATION = 0.1

# Every copy holds out a fifth of the rows, and there are no more copies than it takes
# to hold out 500: the fraction of these beyond a threshold has a standard error of
# about 0.013 at a tenth. Nor are there more than three, because each takes as long to
# train as the network itself.
N_FOLDS = 5
ENOUGH_ROWS = 500
MAX_COPIES = 3

# Beyond so many rows, in as many steps, a network hardly overfits
# (benchmarks.detection.thresholds), and the scores of its training rows are enough.
MAX_CROSS_FIT_ROWS = 5000

# Callbacks of skorch that change the training. Others observe it, and may write files.
TRAINING_CALLBACKS = (
    EarlyStopping, EpochScoring, GradientNormClipping, LRScheduler, ParamMapper,
)  # fmt: skip


def needs_cross_fit(n_rows):
    """Whether the scores of training rows may be far lower than those of new ones.

    Fewer than ten rows are scored as they are.
    """
    return 1 <= n_rows * AUTO_CONTAMINATION and n_rows <= MAX_CROSS_FIT_ROWS


def out_of_fold_scores(detector, X, seed, max_epochs=None):
    """Score training rows by copies of a detector that are trained without them.

    Parameters
    ----------
    detector : DeepDetector
        What to copy. It is not changed.
    X : ndarray of shape (n_samples, n_features)
        Its training rows, at least `N_FOLDS` of them.
    seed : int
        Source of the seeds of the copies and of the folds.
    max_epochs : int, default=None
        Epochs of the copies. None leaves it to their parameters.

    Returns
    -------
    ndarray of shape (n_scored,)
        Anomaly scores of the rows that were held out, one to three fifths of all.
    """
    split, *seeds = spawn_seeds(seed, 1 + N_FOLDS)
    fold = np.random.default_rng(split).permutation(len(X)) % N_FOLDS
    n_copies = min(MAX_COPIES, -(-ENOUGH_ROWS * N_FOLDS // len(X)))
    parts = []
    for k in range(n_copies):
        left_out = fold == k
        trained = _copy(detector, seeds[k], max_epochs)
        trained._fit(X[~left_out])
        parts.append(trained._score(X[left_out]))
    return np.concatenate(parts)


def _copy(detector, seed, max_epochs):
    """Copy the parameters, but for callbacks that only observe."""
    fold = clone(detector).set_params(random_state=seed, **detector._fold_params())
    fold._table = detector._table
    if max_epochs is not None:
        fold.set_params(max_epochs=max_epochs)
    named = [(_name(item), item) for item in fold.callbacks or ()]
    observers = {
        name
        for name, item in named
        if not issubclass(callback_class(item), TRAINING_CALLBACKS)
    }
    fold.callbacks = [item for name, item in named if name not in observers] or None
    fold._net_params = {
        key: value
        for key, value in fold._net_params.items()
        if not (key.startswith("callbacks__") and key.split("__")[1] in observers)
    }
    return fold


def _name(item):
    """Name of a callback in parameters, as skorch gives it."""
    return item[0] if isinstance(item, tuple) else callback_class(item).__name__
