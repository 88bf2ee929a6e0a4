"""A method's training as a list of phases, and the one loop that runs them."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import torch

from skanomaly._training.batches import Rows, rows_tensor
from skanomaly._training.options import few_threads

__all__ = ["Phase", "run_phases"]


@dataclass(frozen=True)
class Phase:
    """One training with an objective of its own.

    Parameters
    ----------
    n_epochs : int
        Passes over the rows.
    name : str, default="training"
        Its name in the history.
    players : tuple of str, default=()
        Submodules of the model that learn, in the order of their turns in each batch:
        player ``p`` minimizes the model's ``p_loss`` of the rows with an optimizer of
        its own. Of several, a player waits when ``model.takes_turn(p)`` says so. Empty:
        all weights minimize what the model returns when it is called.
    watches_loss : bool, default=True
        Whether its loss tells how good the model is: only then held-out rows are
        looked at, and early stopping may end it.
    before, after : callable, default=None
        Called with the net, the rows and their context, ndarrays.
    on_epoch : callable, default=None
        Called with the model and the number of epochs done, before each epoch.
    """

    n_epochs: int = 1
    name: str = "training"
    players: tuple[str, ...] = ()
    watches_loss: bool = True
    before: Callable[..., None] | None = None
    after: Callable[..., None] | None = None
    on_epoch: Callable[..., None] | None = None


def run_phases(net, phases, X, context=None, *, is_copied=False, draws=nullcontext):
    """Train a net, phase by phase.

    Parameters
    ----------
    net : DetectorNet
        The net, fresh or resumed.
    phases : list of Phase
        What to run.
    X : ndarray of shape (n_samples, n_features)
        Training rows.
    context : ndarray of shape (n_samples, ...), default=None
        What is known of each row beside its columns.
    is_copied : bool, default=False
        Whether rows may be standardized at once, in a copy, to spare each step the
        work.
    draws : callable, default=nullcontext
        Called with the number of epochs done; a context for the training of a phase.

    Returns
    -------
    DetectorNet
        The net, its module in evaluation mode.
    """
    first_epoch, x = len(net.history), rows_tensor(X).to(net.device)
    if is_copied and not net.needs_skorch_loop():
        x = net.module_.train().standardize(x)
    else:
        is_copied = False
    rows = Rows(x, None if context is None else torch.as_tensor(context).to(net.device))
    net.set_course(phases)
    for phase in phases:
        if phase.before is not None:
            phase.before(net, X, context)
        net.start(phase, skips_standardization=is_copied)
        with (
            few_threads(net.module_, min(net.batch_size, len(X))),
            draws(len(net.history)),
        ):
            net.partial_fit(rows)
        if phase.after is not None:
            phase.after(net, X, context)
    net.finish()
    net.first_epoch_ = first_epoch
    return net
