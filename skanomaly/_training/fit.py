"""The trainer of every module that is no detector: rows in, a trained net out."""

import math
from functools import partial

import torch

from skanomaly._training.batches import Rows, batch_sizes
from skanomaly._training.net import DetectorNet, RowMean
from skanomaly._training.options import (
    SCHEDULES,
    device_name,
    few_threads,
    iterator_options,
)
from skanomaly.utils._random import RandomStream, spawn_seeds

__all__ = ["train_module"]


class ModuleNet(DetectorNet):
    """A net that calls ``after_step(module, n_steps)`` whenever the weights moved.

    Parameters
    ----------
    *args, **kwargs
        As in `DetectorNet`.
    after_step : callable, default=None
        A function that pickles, as a method looked up on its class does.
    """

    n_steps_ = 0

    def __init__(self, *args, after_step=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.after_step = after_step

    def _lean_train_step(self, model, *args):
        loss = super()._lean_train_step(model, *args)
        self.n_steps_ += 1
        if self.after_step is not None:
            self.after_step(model, self.n_steps_)
        return loss


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
        Called with ``stream``, the source of weights and noise; picklable.
    rows : tensor or ndarray of shape (n, ...)
        Training rows in the dtype that the module takes.
    context : tensor or ndarray of shape (n, ...), default=None
        What the module is told beside the rows, see `Rows`.
    optimizer : type, default=torch.optim.AdamW
    optimizer_params : dict, default=None
        Its arguments beside `lr`.
    lr : float
        Learning rate.
    lr_schedule : {"cosine", "constant"}, default="cosine"
        Whether the learning rate falls to zero along a cosine, or stays.
    batch_size : int
    n_epochs : int, default=None
        Passes over the rows.
    n_steps : int, default=None
        In place of `n_epochs`: gradient steps, rounded up to whole passes.
    shuffle : bool, default=True
        Whether every pass takes a new order.
    after_step : callable, default=None
        Called with the module and the number of steps after each of them; picklable.
    seed : int, default=0
        Of weights, noise and order.
    device : str, default="cpu"
    verbose : int, default=0
        1 shows a progress bar, 2 prints a line for every epoch.

    Returns
    -------
    DetectorNet
        The trained net, its module in evaluation mode.
    """
    draws, order = spawn_seeds(seed, 2)
    if n_epochs is None:
        n_batches = len(batch_sizes(len(rows), batch_size, drop_last=False))
        n_epochs = max(1, math.ceil(n_steps / n_batches))
    named = {f"optimizer__{k}": v for k, v in (optimizer_params or {}).items()}
    batches = {
        **iterator_options(torch.Generator().manual_seed(order), {}),
        "iterator_train__shuffle": shuffle,
    }
    net = ModuleNet(
        partial(make_module, stream=RandomStream(draws)),
        criterion=RowMean,
        dataset=Rows,
        train_split=None,
        optimizer=optimizer,
        lr=lr,
        lr_schedule=SCHEDULES[lr_schedule],
        batch_size=batch_size,
        max_epochs=n_epochs,
        after_step=after_step,
        device=device_name(device),
        verbose=verbose,
        **({} if verbose > 1 else {"callbacks__print_log": None}),
        **named,
        **batches,
    ).initialize()
    with few_threads(net.module_, min(batch_size, len(rows))):
        net.partial_fit(Rows(*_on(net.device, rows, context)))
    net.module_.eval().zero_grad(set_to_none=True)
    return net


def _on(device, *arrays):
    """Return arrays as tensors on a device; None stays None."""
    return [a if a is None else torch.as_tensor(a).to(device) for a in arrays]
