"""The trainer of every module: a net from its parameters, and its phases in order."""

import math
from contextlib import nullcontext
from functools import partial

import torch

from skanomaly._training.batches import Rows, batch_sizes, rows_tensor
from skanomaly._training.net import DetectorNet, RowMean
from skanomaly._training.options import (
    SCHEDULES,
    device_name,
    few_threads,
    iterator_options,
)
from skanomaly._training.phases import Phase
from skanomaly.utils._random import RandomStream, spawn_seeds

__all__ = ["build_net", "run_phases", "train_module"]


def build_net(make_module, *, device, verbose, **options):
    """Build a net, its weights included.

    Parameters
    ----------
    make_module : callable
        Called without arguments, builds the module.
    device : str
        Where the module is to be; "auto" takes an accelerator if there is one.
    verbose : int
        1 shows a progress bar, 2 prints a line for every epoch.
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
    X : tensor or ndarray of shape (n_samples, n_features)
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
    first_epoch, x = len(net.history), rows_tensor(X).to(net.device)
    standardize_once = standardize_once and not net.needs_skorch_loop()
    if standardize_once:
        x = net.module_.train().standardize(x)
    if context is not None:
        context = torch.as_tensor(context).to(net.device)
    net.set_phases(phases)
    for phase in phases:
        if phase.before is not None:
            phase.before(net, X, context)
        net.start(phase, skips_standardization=standardize_once)
        threads = few_threads(net.module_, min(net.batch_size, len(X)))
        with threads, random_context(len(net.history)):
            net.partial_fit(Rows(x, context))
        if phase.after is not None:
            phase.after(net, X, context)
    net.finish()
    net.first_epoch_ = first_epoch
    return net


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
