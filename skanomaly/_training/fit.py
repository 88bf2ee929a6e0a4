"""From the user's parameters to a net, and its training phase by phase."""

import copy
import difflib
import inspect
import math
from contextlib import contextmanager, nullcontext
from functools import partial

import torch
from skorch.callbacks import Callback, EarlyStopping, LRScheduler
from skorch.utils import noop
from torch import nn
from torch.utils.data import Subset

from skanomaly._training.batches import (
    HoldOut,
    Rows,
    TensorBatches,
    batch_sizes,
    rows_tensor,
)
from skanomaly._training.chosen_rows import ChosenRows
from skanomaly._training.convolutions import has_convolutions, keep_freed_memory
from skanomaly._training.history import RowMean
from skanomaly._training.memory import memory_advice
from skanomaly._training.net import DetectorNet
from skanomaly._training.phases import Phase
from skanomaly.nets.layers import RandomStream
from skanomaly.utils._seeds import spawn_seeds
from skanomaly.utils._warn import warn_user

__all__ = [
    "SCHEDULES", "build_net", "callback_class", "check_callback_names",
    "check_monitors", "check_optimizer_params", "check_unbuilt", "copied_callbacks",
    "cosine", "device_name", "early_stopping_options", "few_threads",
    "iterator_options", "run_phases", "schedule", "train_module", "with_gradients",
]  # fmt: skip


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
        prefix = f"{name}__"
        inner = {
            k.removeprefix(prefix): v
            for k, v in options.items()
            if k.startswith(prefix)
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


def check_monitors(net):
    """Refuse callbacks that wait for the loss of held-out rows where there are none."""
    if net.train_split is not None:
        return
    for name, callback in net.callbacks_:
        monitor = getattr(callback, "monitor", None)
        if isinstance(monitor, str) and monitor.startswith("valid_"):
            other = monitor.replace("valid_", "train_", 1)
            raise ValueError(
                f"callbacks: {name} monitors {monitor!r}, but no rows are held out. "
                f"Write monitor={other!r}, or hold rows out by early_stopping=True "
                "with validation_fraction and n_iter_no_change."
            )


def check_optimizer_params(optimizer, net_params):
    """Refuse arguments that an optimizer does not have, and suggest one that it has."""
    known = inspect.signature(optimizer).parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in known.values()):
        return
    for key in net_params:
        component, _, name = key.partition("__")
        if component == "optimizer" and name not in {*known, "param_groups"}:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean 'optimizer__{close[0]}'?" if close else ""
            raise TypeError(
                f"{key}: {optimizer.__name__} has no argument {name!r}.{hint}"
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


def callback_class(item):
    """Class of a callback, given as skorch takes it: alone or with a name."""
    callback = item[1] if isinstance(item, tuple) else item
    return callback if isinstance(callback, type) else type(callback)


def schedule(name, callbacks):
    """Return the decay of the learning rate; None if a callback schedules it."""
    if any(issubclass(callback_class(item), LRScheduler) for item in callbacks):
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
def with_gradients():
    """Train as always where the caller has turned gradients off."""
    with torch.inference_mode(False), torch.enable_grad():
        yield


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


def build_net(make_module, *, device, verbose, **options):
    """Build a net, its weights included.

    Parameters
    ----------
    make_module : callable
        Called without arguments, builds the module.
    device : str
        Where the module is to be; "auto" takes an accelerator if there is one.
    verbose : int
        1 shows a progress bar for each phase, 2 prints a line for every epoch.
    **options : dict
        Further parameters of `DetectorNet`.

    Returns
    -------
    DetectorNet
        The net.
    """
    silent = {} if verbose > 1 else {"callbacks__print_log": None}
    net = DetectorNet(
        make_module,
        criterion=RowMean,
        dataset=Rows,
        device=device_name(device),
        verbose=verbose,
        **{**silent, **options},
    ).initialize()
    # The function that built the module is not part of the net, nor of its pickle.
    net.module = type(net.module_)
    return net


def run_phases(
    net, phases, X, context=None, *, standardize_once=False, random_context=nullcontext
):
    """Train a net, phase by phase.

    Parameters
    ----------
    net : DetectorNet
        The net, fresh or resumed.
    phases : list of Phase
        What to run.
    X : tensor, ndarray or ChosenRows of shape (n_samples, n_features)
        Training rows.
    context : tensor or ndarray of shape (n_samples, ...), default=None
        Label, class or condition of each row, see `Rows`.
    standardize_once : bool, default=False
        Whether a copy of the rows may be standardized before training, in place of
        each batch anew.
    random_context : callable, default=nullcontext
        Called with the number of epochs done; the context in which a phase is trained.

    Returns
    -------
    DetectorNet
        The net, its module in evaluation mode.
    """
    chosen = X.index if isinstance(X, ChosenRows) else None
    rows = X if chosen is None else X.rows
    first_epoch, x = len(net.history), rows_tensor(rows).to(net.device)
    standardize_once = standardize_once and not net.needs_skorch_loop()
    if standardize_once:
        x = net.module_.train().standardize(x)
    if context is not None:
        context = torch.as_tensor(context).to(net.device)
    data = _data(x, context, chosen)
    net.set_phases(phases)
    if has_convolutions(net.module_):
        keep_freed_memory()
    for phase in phases:
        if phase.before is not None:
            phase.before(net, X, context)
        net.start(phase, skips_standardization=standardize_once)
        threads = few_threads(net.module_, min(net.batch_size, len(X)))
        with _batch_advice(net), threads, random_context(len(net.history)):
            net.partial_fit(data)
        if phase.after is not None:
            phase.after(net, X, context)
    net.finish()
    net.first_epoch_ = first_epoch
    return net


def _data(x, context, chosen):
    """Rows as a data set, and chosen ones as a part of it, beside their context."""
    if chosen is None:
        return Rows(x, context)
    if context is not None:
        # Batches gather rows and contexts by the same numbers. A row that is chosen
        # several times has one context.
        of_all = context.new_zeros((len(x), *context.shape[1:]))
        of_all[torch.as_tensor(chosen, device=context.device)] = context
        context = of_all
    return Subset(Rows(x, context), chosen)


def _batch_advice(net):
    return memory_advice(
        f"Memory does not suffice for training with batch_size={net.batch_size}: lower "
        "it, make the network smaller, or free memory."
    )


@with_gradients()
def train_module(
    *,
    make_module,
    rows,
    context=None,
    optimizer=torch.optim.AdamW,
    optimizer_params=None,
    lr,
    lr_schedule="cosine",
    batch_size,
    n_epochs=None,
    n_steps=None,
    shuffle=True,
    after_step=None,
    seed=0,
    device="cpu",
    verbose=0,
):
    """Train a module whose call gives the loss of each row.

    Parameters
    ----------
    make_module : callable
        Called with ``stream``, the source of weights and noise.
    rows : tensor or ndarray of shape (n, ...)
        Training rows in the dtype that the module takes.
    context : tensor or ndarray of shape (n, ...), default=None
        Label, class or condition of each row, see `Rows`.
    optimizer : type, default=torch.optim.AdamW
        Class of the optimizer.
    optimizer_params : dict, default=None
        Its arguments beside `lr`.
    lr : float
        Learning rate.
    lr_schedule : {"cosine", "constant"}, default="cosine"
        Whether the learning rate falls to zero along a cosine, or stays constant.
    batch_size : int
        Rows in a batch.
    n_epochs : int, default=None
        Passes over the rows.
    n_steps : int, default=None
        In place of `n_epochs`: gradient steps, rounded up to whole passes.
    shuffle : bool, default=True
        Whether every pass takes a new order.
    after_step : callable, default=None
        Called with the module and the number of steps after each of them.
    seed : int, default=0
        Source of weights, noise and order.
    device, verbose
        As in `build_net`.

    Returns
    -------
    DetectorNet
        The trained net, its module in evaluation mode.
    """
    noise, order = spawn_seeds(seed, 2)
    if n_epochs is None:
        n_batches = len(batch_sizes(len(rows), batch_size, drop_last=False))
        n_epochs = max(1, math.ceil(n_steps / n_batches))
    net = build_net(
        partial(make_module, stream=RandomStream(noise)),
        train_split=None,
        optimizer=optimizer,
        lr=lr,
        lr_schedule=SCHEDULES[lr_schedule],
        batch_size=batch_size,
        device=device,
        verbose=verbose,
        **{f"optimizer__{k}": v for k, v in (optimizer_params or {}).items()},
        **iterator_options(
            torch.Generator().manual_seed(order), {"iterator_train__shuffle": shuffle}
        ),
    )
    return run_phases(net, [Phase(n_epochs, on_step=after_step)], rows, context)
