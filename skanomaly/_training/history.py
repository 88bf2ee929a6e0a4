"""The losses of a training: the criterion, and the loss of an epoch."""

import math

from skorch.callbacks import PassthroughScoring
from torch import nn

__all__ = [
    "EpochLoss", "RowMean", "current_epoch", "record_player_losses", "row_mean"
]  # fmt: skip


class RowMean(nn.Module):
    """The criterion: a model already returns the loss of each row."""

    def forward(self, row_losses, _):
        """Mean over the rows."""
        return row_losses.mean()


def current_epoch(history):
    """Return the record of the current epoch; ``history[-1]`` copies all of them."""
    return list.__getitem__(history, -1)


class EpochLoss(PassthroughScoring):
    """`PassthroughScoring` for epochs of a millisecond: plain reads, no search.

    Small tables make thousands of epochs of one step.
    """

    best_score_: float

    def on_epoch_end(self, net, **kwargs):
        """Record the size-weighted mean of the losses of the batches."""
        size = "train_batch_size" if self.on_train else "valid_batch_size"
        epoch = current_epoch(net.history)
        parts = [(b[self.name], b[size]) for b in epoch["batches"] if self.name in b]
        if not parts:
            return
        loss = row_mean(parts)
        epoch[self.name] = loss
        epoch[f"{self.name}_best"] = bool(loss < self.best_score_)
        self.best_score_ = min(loss, self.best_score_)


def row_mean(losses):
    """Mean over the rows of the losses of batches, given with their sizes."""
    return sum(loss * n for loss, n in losses) / sum(n for _, n in losses)


def record_player_losses(history, losses, players):
    """Write the loss of every player; one without an update keeps its last.

    Parameters
    ----------
    history : skorch.history.History
    losses : dict of str to list
        Losses of the batches and their sizes, by player of the phase. Those of an only
        player are taken from the history.
    players : tuple of str
        All whose loss is written.
    """
    epoch, before = current_epoch(history), {}
    if len(history) > 1:
        before = list.__getitem__(history, -2)
    if len(losses) == 1:
        batches = [(b["train_loss"], b["train_batch_size"]) for b in epoch["batches"]]
        losses = dict.fromkeys(losses, batches)
    for player in players:
        own, name = losses.get(player), f"{player}_loss"
        epoch[name] = row_mean(own) if own else before.get(name, math.nan)
