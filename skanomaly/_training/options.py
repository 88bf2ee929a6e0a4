"""From the user's parameters to those of skorch."""

import copy
import inspect
import math
from contextlib import contextmanager

import torch
from skorch.callbacks import Callback, EarlyStopping, LRScheduler
from skorch.utils import noop
from torch import nn

from skanomaly._training.batches import HoldOut, TensorBatches
from skanomaly.utils._warn import warn_user

__all__ = [
    "SCHEDULES",
    "check_callback_names",
    "check_unbuilt",
    "copied_callbacks",
    "cosine",
    "device_name",
    "early_stopping_options",
    "few_threads",
    "iterator_options",
    "schedule",
]


def cosine(fraction):
    """Factor of the learning rate after a fraction of the training."""
    return 0.5 * (1.0 + math.cos(math.pi * fraction))


SCHEDULES = {"constant": None, "cosine": cosine}

# Below this many floating-point operations in a step, a second thread costs more in
# synchronisation than it saves in arithmetic.
SINGLE_THREAD_FLOP = 3e8


def iterator_options(generator, net_params):
    """Batches sliced from a tensor and shuffled, unless the user has others."""
    options = {
        "iterator_train": TensorBatches,
        "iterator_train__shuffle": True,
        "iterator_train__generator": generator,
        "iterator_valid": TensorBatches,
        "iterator_valid__batch_size": 4096,
        **net_params,
    }
    for name in ("iterator_train", "iterator_valid"):
        inner = {
            k.partition("__")[2]: v for k, v in options.items() if f"{name}__" in k
        }
        # A TypeError for a misspelt name.
        inspect.signature(options[name]).bind(None, **inner)
    return options


def copied_callbacks(callbacks):
    """Check the user's callbacks and copy them, because skorch writes into them."""
    callbacks = copy.deepcopy(list(callbacks or ()))
    for item in callbacks:
        callback = item[1] if isinstance(item, tuple) and len(item) == 2 else item
        if not isinstance(callback, Callback | type):
            raise TypeError(
                f"callbacks holds {item!r}; expected skorch callbacks or pairs "
                "(name, callback)."
            )
    return callbacks


def check_callback_names(net, net_params):
    """Refuse parameters of unknown callbacks, which skorch ignores."""
    names = {name for name, _ in [*net.callbacks_, *net.get_default_callbacks()]}
    for key in net_params:
        component, _, inner = key.partition("__")
        if component == "callbacks" and inner.partition("__")[0] not in names:
            raise ValueError(
                f"{key} names no callback; there are {', '.join(sorted(names))}."
            )


def early_stopping_options(fraction, n_iter_no_change, n_rows, seed):
    """Return the early stopping callback and skorch's train_split."""
    n_valid = int(fraction * n_rows)
    if n_valid < 1:
        warn_user(
            f"validation_fraction={fraction} of {n_rows} rows is less than one row: "
            "early stopping monitors the training loss instead.",
        )
    stopper = EarlyStopping(
        monitor="valid_loss" if n_valid else "train_loss",
        patience=n_iter_no_change,
        # Relative thresholds are wrong for negative losses such as log-likelihoods.
        threshold=0.0,
        threshold_mode="abs",
        load_best=True,
        sink=noop,
    )
    return ("early_stopping", stopper), HoldOut(n_valid, seed) if n_valid else None


def schedule(name, callbacks):
    """Return the decay of the learning rate; None if a callback schedules it."""
    callbacks = [item[1] if isinstance(item, tuple) else item for item in callbacks]
    if any(isinstance(callback, LRScheduler) for callback in callbacks):
        return None
    return SCHEDULES[name]


def check_unbuilt(modules):
    """Refuse networks that are already built."""
    for module in modules:
        if isinstance(module, nn.Module):
            raise TypeError(
                f"{module!r} is already built. Pass the class, and its arguments as "
                "module__name, so that every fit starts from fresh weights."
            )


def device_name(device):
    """Resolve "auto" and refuse a device that is not available."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind = torch.device(device).type
    except RuntimeError as error:
        raise ValueError(f"device={device!r} is not known to torch: {error}") from None
    if kind == "mps":
        raise ValueError(
            f"device={device!r} has no float64, in which rows are standardized and "
            "scored; use 'cpu'."
        )
    if kind == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device={device!r} but torch.cuda.is_available() is False.")
    return device


@contextmanager
def few_threads(module, batch_size):
    """Train small networks on one thread, then restore the number of threads."""
    n_weights = sum(p.numel() for p in module.parameters())
    before = torch.get_num_threads()
    if before > 1 and 6 * n_weights * batch_size < SINGLE_THREAD_FLOP:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if torch.get_num_threads() != before:
            torch.set_num_threads(before)
