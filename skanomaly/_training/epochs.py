"""A lean pass of a `DetectorNet` over the batches, without skorch's notifications."""

import functools
import math

import torch

from skanomaly._training.steps import (
    Update,
    alternating_step,
    n_rows_of,
    on_device,
    plain_step,
    row_losses,
    take_step,
    weights_of,
)

__all__ = ["lean_epoch", "prepared", "train_batch", "updates_of"]


def lean_epoch(net, iterator, training):
    """Run one pass; return its mean loss and its numbers of rows and of batches."""
    if net.phase_.players or net.module_.training is not training:
        net._set_training(training)
    updates = net.training_updates() if training else updates_of(net, training)
    step = train_batch if training else valid_batch
    total, n_rows, n_batches = 0.0, 0, 0
    for batch, _ in iterator:
        if training:
            net.set_lr(n_batches)
        size = n_rows_of(batch)
        loss = step(net, updates, prepared(net, batch), size, n_batches)
        total += loss * size
        n_rows += size
        n_batches += 1
        if training:
            net.show(loss)
    return total / n_rows, n_rows, n_batches


def updates_of(net, training):
    """Updates in a batch: of the whole model, or of the players of the phase."""
    if not net.phase_.players:
        model = net.module_.model if net.skips_standardization_ else net.module_
        step = plain_step(net.optimizer_) if training else None
        losses = functools.partial(row_losses, model)
        return [Update(None, losses, weights_of(net.optimizer_), step)]
    model, updates = net.module_.model, []
    for player in net.phase_.players:
        optimizer = net.optimizer_by_player_[player]
        step = plain_step(optimizer) if training else None
        weights = [w for w in weights_of(optimizer) if w.requires_grad]
        losses = functools.partial(row_losses, getattr(model, f"{player}_loss"))
        updates.append(Update(player, losses, weights, step))
    return updates


def prepared(net, batch):
    """Batch on the device; standardized for players, which bypass the module."""
    batch = on_device(batch, net.device)
    if net.phase_.players and not net.skips_standardization_:
        if isinstance(batch, dict):
            return {**batch, "x": net.module_.standardize(batch["x"])}
        return net.module_.standardize(batch)
    return batch


def train_batch(net, updates, batch, n_rows, n_batch):
    """Take the updates in order; return the loss of the first."""
    first = None
    step = alternating_step if net.alternating_players_ else take_step
    for update in updates:
        if len(updates) > 1 and not net.module_.model.takes_turn(update.player):
            continue
        loss = step(update, batch)
        if not math.isfinite(loss):
            net.raise_diverged(loss, n_batch)
        if net.alternating_players_:
            net.losses_[update.player].append((loss, n_rows))
        first = loss if first is None else first
    if net.phase_.on_step is not None:
        net.n_steps_ += 1
        net.phase_.on_step(net.module_, net.n_steps_)
    return first


@torch.no_grad()
def valid_batch(net, updates, batch, n_rows, n_batch):
    """Loss of held-out rows; takes what `train_batch` takes."""
    loss = updates[0].losses(batch).mean().item()
    if not math.isfinite(loss):
        net.raise_diverged(loss, n_batch)
    return loss
