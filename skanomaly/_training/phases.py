"""A phase of training: a method has one or several, which `run_phases` runs."""

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Phase"]


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
        Submodules of the model that are trained, in the order of their steps in each
        batch: player ``p`` minimizes the model's ``p_loss`` of the rows with an
        optimizer of its own. Of several, a player takes a step only where
        ``model.takes_turn(p)`` is true. Empty: all weights minimize what the model
        returns when it is called.
    watches_loss : bool, default=True
        Whether its loss measures the quality of the model: only then is the loss of
        held-out rows computed, and may early stopping end the phase.
    before, after : callable, default=None
        Called with the net, the rows and their context.
    on_epoch : callable, default=None
        Called with the model and the number of epochs done, before each epoch.
    on_step : callable, default=None
        Called with the module and the number of steps, after each step.
    """

    n_epochs: int = 1
    name: str = "training"
    players: tuple[str, ...] = ()
    watches_loss: bool = True
    before: Callable[..., None] | None = None
    after: Callable[..., None] | None = None
    on_epoch: Callable[..., None] | None = None
    on_step: Callable[..., None] | None = None
