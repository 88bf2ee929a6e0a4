"""How the generative models of tables are trained and applied."""

import copy
import math
from functools import partial

import numpy as np
import torch

from skanomaly._training.batches import Rows, batch_sizes
from skanomaly._training.net import DetectorNet, RowMean
from skanomaly._training.options import (
    cosine,
    device_name,
    few_threads,
    iterator_options,
)
from skanomaly.utils._random import RandomStream, spawn_seeds

__all__ = ["AveragingNet", "chunks", "evaluate", "on_float32_grid", "train_net"]

# Numbers in the largest array of a chunk: it then stays in the cache.
CHUNK_CELLS = 2**19
MAX_ROWS = 2048


class AveragingNet(DetectorNet):
    """A net whose module follows every step, to keep an average of its weights.

    The module writes `after_step(n_steps)`.
    """

    def _lean_train_step(self, model, *args):
        loss = super()._lean_train_step(model, *args)
        self.n_steps_ = getattr(self, "n_steps_", 0) + 1
        model.after_step(self.n_steps_)
        return loss


def train_net(
    make_module,
    rows,
    *,
    n_steps,
    batch_size,
    lr,
    weight_decay,
    decays_lr=True,
    seed=0,
    device="cpu",
    verbose=0,
    net_class=DetectorNet,
):
    """Train a module whose call gives the loss of each row.

    Parameters
    ----------
    make_module : callable
        Called with ``stream``, the source of weights and noise; picklable.
    rows : ndarray of shape (n, n_columns)
        Training rows in the dtype that the module takes.
    n_steps : int
        Gradient steps, rounded to whole passes over the rows, at least one pass.
    batch_size : int
    lr, weight_decay : float
        Of AdamW.
    decays_lr : bool, default=True
        Whether the learning rate falls to zero along a cosine.
    seed : int, default=0
    device : str, default="cpu"
    verbose : int, default=0
        1 shows a progress bar, 2 prints a line for every epoch.
    net_class : type, default=DetectorNet

    Returns
    -------
    DetectorNet
        The trained net, its module in evaluation mode.
    """
    draws, order = spawn_seeds(seed, 2)
    n_batches = len(batch_sizes(len(rows), batch_size, drop_last=False))
    net = net_class(
        partial(make_module, stream=RandomStream(draws)),
        criterion=RowMean,
        dataset=Rows,
        train_split=None,
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=weight_decay,
        lr=lr,
        lr_schedule=cosine if decays_lr else None,
        batch_size=batch_size,
        max_epochs=max(1, math.ceil(n_steps / n_batches)),
        device=device_name(device),
        verbose=verbose,
        **({} if verbose > 1 else {"callbacks__print_log": None}),
        **iterator_options(torch.Generator().manual_seed(order), {}),
    ).initialize()
    with few_threads(net.module_, min(batch_size, len(rows))):
        net.partial_fit(Rows(torch.from_numpy(rows).to(net.device)))
    net.module_.eval().zero_grad(set_to_none=True)
    return net


def evaluate(net):
    """Copy of a trained module in float64, in which a row feels no neighbours."""
    return copy.deepcopy(net.module_).double().eval().requires_grad_(False)


def chunks(n_rows, cells_per_row):
    """Slices of the rows that keep the largest array small."""
    step = int(np.clip(CHUNK_CELLS // max(1, cells_per_row), 1, MAX_ROWS))
    return [slice(i, min(i + step, n_rows)) for i in range(0, n_rows, step)]


def on_float32_grid(values):
    """Float64 numbers without the digits that depend on a row's neighbours."""
    return values.to(torch.float32).to(torch.float64).cpu().numpy()
