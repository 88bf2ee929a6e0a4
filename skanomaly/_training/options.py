"""From what the user says to what skorch is told."""

import copy
import inspect
import warnings
from contextlib import contextmanager

import torch
from skorch.callbacks import Callback, EarlyStopping, LRScheduler
from skorch.utils import noop
from torch import nn

from skanomaly._training.batches import HoldOut, TensorBatches
from skanomaly._training.net import cosine

__all__ = [
    "SCHEDULES",
    "TRAINING_DOCSTRING",
    "check_callback_names",
    "check_unbuilt",
    "device_name",
    "few_threads",
    "hold_out",
    "iterator_options",
    "own_callbacks",
    "schedule",
]

SCHEDULES = {"constant": None, "cosine": cosine}

TRAINING_DOCSTRING = """
optimizer : type, default=torch.optim.Adam
    Class of the optimizer; its arguments are ``optimizer__…``. Its fused step is
    used where torch has one.
lr : float, default=5e-3
    Learning rate.
lr_schedule : {"cosine", "constant"}, default="cosine"
    Whether the learning rate falls to zero along a cosine, or stays. It stays in
    `partial_fit`, and when `callbacks` has an `LRScheduler` of its own.
batch_size : int, default=128
    Rows in a training batch, at most all.
max_epochs : int or "auto", default="auto"
    Passes over the training rows. "auto" takes as many as make 4,000 gradient
    steps, whatever the number of rows, and at least one.
early_stopping : bool, default=False
    Whether to hold out `validation_fraction` of the rows, to stop when their loss
    has not improved for `n_iter_no_change` epochs, and to go back to the best epoch.
validation_fraction : float, default=0.1
    Fraction of the training rows, in (0, 1), that `early_stopping` holds out.
n_iter_no_change : int, default=10
    Epochs without improvement that `early_stopping` allows.
warm_start : bool, default=False
    Whether `fit` goes on from the weights of the fit before, with the optimizer, the
    batches, the epochs and the callbacks as they are now. The model of the first fit
    and its standardization are kept, because the weights were learned with them.
callbacks : list of skorch callbacks, default=None
    Callbacks, or pairs (name, callback), beside skorch's own; copied in `fit`. Their
    parameters are ``callbacks__name__…``.
device : str, default="cpu"
    Where to train and score; "auto" takes an accelerator if there is one.
standardize : bool, default=True
    Whether the model centres and scales its inputs with the moments of the training
    rows. Images share the moments of a channel.
contamination : float or "auto", default="auto"
    Where `predict` draws its line. "auto": about a tenth of new rows like the training
    rows are called anomalous. A network knows rows that it was trained on; up to 5,000
    of them, `fit` therefore trains further networks, each on four fifths of the rows,
    and draws the line on the scores of the rows that they have not seen. One is enough
    from 2,500 rows on, three are made below 1,250; `fit` takes so many times longer. Of
    `callbacks` they get those of skorch that steer. A float, in (0, 0.5], is the
    fraction of the *training* rows that is called anomalous; of new rows it can be far
    more. The scores are the same either way, so a search that only ranks is quicker
    with a float.
random_state : int, RandomState instance or None, default=None
    Source of the initial weights, the order of the rows and every noise. An integer
    gives bit-equal scores on the same machine. The global generators of torch and
    numpy are left alone.
verbose : int, default=0
    0 is silent, 1 shows a progress bar, 2 prints a line for every epoch.
**net_params : dict
    ``module__…``, ``optimizer__…``, ``iterator_train__…``, ``iterator_valid__…`` and
    ``callbacks__…`` go to the network, the optimizer, the batch iterators and the
    callbacks, as in skorch.
"""

# Below this many floating-point operations in a step, a second thread costs more in
# synchronisation than it saves in arithmetic.
SINGLE_THREAD_FLOP = 3e8


def iterator_options(generator, net_params):
    """Batches sliced from a tensor and shuffled, unless the user says otherwise."""
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
        inspect.signature(options[name]).bind(None, **inner)  # misspelt: a TypeError
    return options


def own_callbacks(callbacks):
    """Copy the user's callbacks, which skorch would write into, and check them."""
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
    """Refuse parameters of callbacks that are not there: skorch ignores them."""
    names = {name for name, _ in [*net.callbacks_, *net.get_default_callbacks()]}
    for key in net_params:
        component, _, inner = key.partition("__")
        if component == "callbacks" and inner.partition("__")[0] not in names:
            raise ValueError(
                f"{key} names no callback; there are {', '.join(sorted(names))}."
            )


def hold_out(fraction, n_iter_no_change, n_rows, seed):
    """Return the early stopping callback and skorch's train_split."""
    n_valid = int(fraction * n_rows)
    if n_valid < 1:
        warnings.warn(
            f"validation_fraction={fraction} of {n_rows} rows is less than one row: "
            "early stopping watches the training loss instead.",
            UserWarning,
            stacklevel=6,
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
    """Return the decay of the learning rate, which a scheduler of the user replaces."""
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
    """Resolve "auto" and refuse what is not there."""
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
    """Train small networks on one thread, and put the number back."""
    n_weights = sum(p.numel() for p in module.parameters())
    before = torch.get_num_threads()
    if before > 1 and 6 * n_weights * batch_size < SINGLE_THREAD_FLOP:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if torch.get_num_threads() != before:
            torch.set_num_threads(before)
