"""The skorch net of a detector: batches sliced from a tensor, a lean training loop.

Stock skorch fetches and collates row by row, steps Adam parameter by parameter and
notifies every callback of every batch. For small networks that is most of the time;
`DetectorNet` does the same arithmetic without it, and falls back to skorch's own loop
whenever a callback has a hook for single batches.
"""

import copy
import functools
import math

import torch
from skorch import NeuralNet
from skorch.callbacks import (
    Callback,
    EarlyStopping,
    EpochScoring,
    LRScheduler,
)

from skanomaly._training.history import EpochLoss, current_epoch, row_mean
from skanomaly._training.optimizers import can_fuse, load_state
from skanomaly._training.phases import Phase
from skanomaly._training.progress import Progress
from skanomaly._training.saved_net import restore_net, saved_net
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
from skanomaly.exceptions import TrainingDivergedError

__all__ = ["DetectorNet"]


class DetectorNet(NeuralNet):
    """`skorch.NeuralNet` for models that return the loss of each row.

    Parameters
    ----------
    *args, **kwargs
        As in skorch.
    lr_schedule : callable, default=None
        Maps the fraction of the training that is done to what `lr` is multiplied by,
        step by step. None keeps `lr`.

    Notes
    -----
    Differences from its parent: Ctrl-C is an error instead of an early success, a loss
    that is not finite raises `TrainingDivergedError`, Adam is fused where torch can,
    and epochs run in a lean loop unless a callback looks at single batches. The history
    then has one "batch" an epoch, with the size-weighted mean loss; every other
    callback reads it as usual.

    A `Phase` may have players, parts of the model with a loss and an optimizer of their
    own: ``optimizer_by_player_`` has them by name, ``optimizer_`` is that of the first
    player of the phase, and ``train_loss`` its loss. Where several alternate, the
    history has ``<player>_loss``, too.
    """

    callbacks_: list
    phase_ = Phase()
    # For the progress bar: what is trained, and the number of the phase among all.
    title_ = ""
    n_started_, n_phases_ = 0, 1
    _progress: Progress | None = None
    skips_standardization_ = False
    # All players of a training that has a phase in which several alternate.
    alternating_players_: tuple[str, ...] = ()
    losses_: dict[str, list]
    # Parameters that its model was built from, see `skanomaly._training.resuming`.
    built_from_: dict[str, str] = {}

    def __init__(self, *args, lr_schedule=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.lr_schedule = lr_schedule
        self.optimizer_by_player_: dict[str, torch.optim.Optimizer] = {}

    @property
    def n_epochs_(self):
        """Epochs so far, as `max_epochs` counts them: of the last phase."""
        if not len(self.history) or "phase" not in current_epoch(self.history):
            return len(self.history)
        last = current_epoch(self.history)["phase"]
        return sum(epoch["phase"] == last for epoch in self.history)

    @property
    def _default_callbacks(self):
        """Return skorch's callbacks, with a cheaper way to the loss of an epoch."""
        replaced = {
            "train_loss": EpochLoss("train_loss", on_train=True),
            "valid_loss": EpochLoss("valid_loss"),
        }
        callbacks = super()._default_callbacks
        return [(name, replaced.get(name, callback)) for name, callback in callbacks]

    # -- phases

    def set_phases(self, phases):
        """Get ready for a list of phases, and refuse what cannot train them."""
        self.n_started_, self.n_phases_ = 0, len(phases)
        self.alternating_players_ = ()
        if all(len(phase.players) < 2 for phase in phases):
            return
        self.alternating_players_ = tuple(p for phase in phases for p in phase.players)
        if self.optimizer is torch.optim.LBFGS:
            raise ValueError(
                "optimizer=LBFGS evaluates one loss several times in a step; networks "
                "that are trained against each other need an optimizer that does it "
                "once, such as Adam."
            )
        if any(isinstance(callback, LRScheduler) for _, callback in self.callbacks_):
            raise ValueError(
                "callbacks holds an LRScheduler, which schedules one optimizer, but "
                "each network has its own here: use lr_schedule."
            )

    def start(self, phase, *, skips_standardization=False):
        """Begin a phase; its players get an optimizer, if they have none yet."""
        self.phase_, self.max_epochs, self.n_steps_ = phase, phase.n_epochs, 0
        self.n_started_ += 1
        self.skips_standardization_ = skips_standardization
        for player in phase.players:
            if player not in self.optimizer_by_player_:
                self.optimizer_by_player_[player] = self._make_optimizer(player)
        if phase.players:
            self.optimizer_ = self.optimizer_by_player_[phase.players[0]]

    def finish(self):
        """End the last phase, and put the module into evaluation mode."""
        self.phase_, self.skips_standardization_ = Phase(), False
        self.module_.eval().zero_grad(set_to_none=True)

    def drop_player(self, player):
        """Drop the optimizer of a part of the model that is no longer trained."""
        self.optimizer_by_player_.pop(player, None)

    # -- optimizers

    def initialize_optimizer(self, triggered_directly=None):
        """Make the optimizer of the whole model."""
        self.optimizer_ = self._make_optimizer()
        return self

    def _make_optimizer(self, player=None):
        """Make an optimizer, with the fused step if there is one."""
        named = list(self.get_all_learnable_params(player))
        args, kwargs = self.get_params_for_optimizer("optimizer", named)
        if can_fuse(self.optimizer) and not {"fused", "foreach"} & kwargs.keys():
            try:
                return self.optimizer(*args, **kwargs, fused=True)
            except RuntimeError:  # this build of torch cannot on this device
                args, kwargs = self.get_params_for_optimizer("optimizer", named)
        return self.optimizer(*args, **kwargs)

    def get_all_learnable_params(self, player=None):
        """Yield names and weights, of all parts of the model or of one player."""
        if player is None:
            yield from super().get_all_learnable_params()
        else:
            part = getattr(self.module_.model, player)
            yield from part.named_parameters(prefix=f"model.{player}")

    def resume_from(self, other):
        """Continue training another net: its weights, optimizers, history and streams.

        Parameters
        ----------
        other : DetectorNet
            A trained net of the same network. It is not changed.

        Returns
        -------
        self : DetectorNet
            This net, with its own parameters of training.
        """
        other = copy.deepcopy(other)
        self.module_ = other.module_.to(self.device)
        self.initialize_optimizer()
        if not other.optimizer_by_player_:
            load_state(self.optimizer_, other.optimizer_)
        for player, optimizer in other.optimizer_by_player_.items():
            own = self.optimizer_by_player_[player] = self._make_optimizer(player)
            load_state(own, optimizer)
        self.history, self.built_from_ = other.history, other.built_from_
        self.iterator_train__generator = other.iterator_train__generator
        return self

    # -- files

    def _saved_state(self):
        return saved_net(self)

    def _restore(self, state):
        restore_net(self, state)

    # -- training

    def partial_fit(self, X, y=None, classes=None, **fit_params):
        """Continue training; only early stopping may end it early."""
        if not self.initialized_:
            self.initialize()
        self.first_epoch_ = len(self.history)
        callbacks = self.callbacks_
        if not self.phase_.watches_loss:
            self.callbacks_ = [c for c in callbacks if not _is_early_stopping(c)]
        fit_params.pop("_routing_method", None)
        try:
            self.notify("on_train_begin", X=X, y=y)
            self._fit_until_stopped(X, y, **fit_params)
            self.notify("on_train_end", X=X, y=y)
        finally:
            self.callbacks_ = callbacks
        return self

    def _fit_until_stopped(self, X, y, **fit_params):
        try:
            self.fit_loop(X, y, **fit_params)
        except KeyboardInterrupt:
            # skorch's callbacks stop training with the same exception as a user does.
            if not self._stopped_early():
                raise
        finally:
            self._close_progress()
            self._restore_lr()

    def on_epoch_begin(self, net, *args, **kwargs):
        """Write the phase into the history, and call its `on_epoch`."""
        super().on_epoch_begin(net, *args, **kwargs)
        if self.phase_.players:
            current_epoch(self.history)["phase"] = self.phase_.name
        if self.phase_.on_epoch is not None:
            n_done = len(self.history) - 1 - self.first_epoch_
            self.phase_.on_epoch(self.module_.model, n_done)

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """Run one pass, in skorch's own loop only when a callback needs it."""
        if iterator is None or not (training or self.phase_.watches_loss):
            return
        if training:
            self.n_batches_ = len(iterator)
        self.losses_ = {player: [] for player in self.phase_.players}
        if self.needs_skorch_loop() or fit_params:
            super().run_single_epoch(iterator, training, prefix, step_fn, **fit_params)
            self._check_finite(prefix)
        else:
            self._run_lean_epoch(iterator, training, prefix)
        if training and self.alternating_players_:
            self._record_player_losses()

    def _run_lean_epoch(self, iterator, training, prefix):
        loss, n_rows, n_batches = self._lean_epoch(iterator, training)
        epoch = current_epoch(self.history)
        if training:
            epoch["batches"].append({})
        epoch["batches"][-1].update(
            {f"{prefix}_loss": loss, f"{prefix}_batch_size": n_rows}
        )
        epoch[f"{prefix}_batch_count"] = n_batches

    def _lean_epoch(self, iterator, training):
        if self.phase_.players or self.module_.training is not training:
            self._set_training(training)
        updates = self._updates(training)
        step = self._train_batch if training else self._valid_batch
        total, n_rows, n_batches = 0.0, 0, 0
        for batch, _ in iterator:
            if training:
                self._set_lr(n_batches)
            size = n_rows_of(batch)
            loss = step(updates, self._prepared(batch), size, n_batches)
            total += loss * size
            n_rows += size
            n_batches += 1
            if training:
                self._show(loss)
        return total / n_rows, n_rows, n_batches

    def _updates(self, training):
        """Updates in a batch: of the whole model, or of the players of the phase."""
        if not self.phase_.players:
            model = self.module_.model if self.skips_standardization_ else self.module_
            step = plain_step(self.optimizer_) if training else None
            losses = functools.partial(row_losses, model)
            return [Update(None, losses, weights_of(self.optimizer_), step)]
        model, updates = self.module_.model, []
        for player in self.phase_.players:
            optimizer = self.optimizer_by_player_[player]
            step = plain_step(optimizer) if training else None
            weights = [w for w in weights_of(optimizer) if w.requires_grad]
            losses = functools.partial(row_losses, getattr(model, f"{player}_loss"))
            updates.append(Update(player, losses, weights, step))
        return updates

    def _prepared(self, batch):
        """Batch on the device; standardized for players, which bypass the module."""
        batch = on_device(batch, self.device)
        if self.phase_.players and not self.skips_standardization_:
            if isinstance(batch, dict):
                return {**batch, "x": self.module_.standardize(batch["x"])}
            return self.module_.standardize(batch)
        return batch

    def _train_batch(self, updates, batch, n_rows, n_batch):
        """Take the updates in order; return the loss of the first."""
        first = None
        step = alternating_step if self.alternating_players_ else take_step
        for update in updates:
            if len(updates) > 1 and not self.module_.model.takes_turn(update.player):
                continue
            loss = step(update, batch)
            if not math.isfinite(loss):
                self._raise_diverged(loss, n_batch)
            if self.alternating_players_:
                self.losses_[update.player].append((loss, n_rows))
            first = loss if first is None else first
        if self.phase_.on_step is not None:
            self.n_steps_ += 1
            self.phase_.on_step(self.module_, self.n_steps_)
        return first

    @torch.no_grad()
    def _valid_batch(self, updates, batch, n_rows, n_batch):
        loss = updates[0].losses(batch).mean().item()
        if not math.isfinite(loss):
            self._raise_diverged(loss, n_batch)
        return loss

    def train_step(self, batch, **fit_params):
        """Take the step of every player, called by skorch's own loop."""
        if not self.phase_.players or self.optimizer is torch.optim.LBFGS:
            return super().train_step(batch, **fit_params)
        self._set_training(True)
        updates = [
            update._replace(
                step=functools.partial(self._notify_and_step, update, batch)
            )
            for update in self._updates(training=False)
        ]
        rows = self._prepared(batch[0])
        n_batch = len(self.history[-1, "batches"]) - 1
        loss = self._train_batch(updates, rows, n_rows_of(rows), n_batch)
        return {"loss": torch.tensor(loss), "y_pred": None}

    def infer(self, x, **fit_params):
        """Losses of the rows, those of the first player if the phase has one."""
        if not self.phase_.players:
            return super().infer(x, **fit_params)
        return self._updates(training=False)[0].losses(self._prepared(x))

    def _notify_and_step(self, update, batch):
        """Notify the callbacks of a player's gradients, then take the step."""
        named = list(self.get_all_learnable_params(update.player))
        self.notify(
            "on_grad_computed", named_parameters=named, batch=batch, training=True
        )
        self.optimizer_by_player_[update.player].step()

    def _record_player_losses(self):
        """Write the loss of every player; one without an update keeps its last."""
        epoch, before = current_epoch(self.history), {}
        if len(self.history) > 1:
            before = list.__getitem__(self.history, -2)
        if len(self.phase_.players) == 1:
            (player,) = self.phase_.players
            batches = epoch["batches"]
            self.losses_[player] = [
                (b["train_loss"], b["train_batch_size"]) for b in batches
            ]
        for player in self.alternating_players_:
            losses, name = self.losses_.get(player), f"{player}_loss"
            epoch[name] = row_mean(losses) if losses else before.get(name, math.nan)

    def _set_training(self, training=True):
        """Put the players of the phase into training mode, the others never."""
        super()._set_training(training)
        for player in self.optimizer_by_player_:
            getattr(self.module_.model, player).eval()
        for player in self.phase_.players:
            getattr(self.module_.model, player).train(training)

    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        """Open a batch in the history; skorch's own loop sets its schedule here."""
        super().on_batch_begin(net, batch=batch, training=training, **kwargs)
        if training:
            self._set_lr(len(self.history[-1, "batches"]) - 1)

    def on_batch_end(self, net, batch=None, training=False, **kwargs):
        """Show the progress of skorch's own loop."""
        super().on_batch_end(net, batch=batch, training=training, **kwargs)
        if training:
            self._show(self.history[-1, "batches", -1, "train_loss"])

    def _set_lr(self, batch):
        """Set the learning rate of a step, a function of the progress alone."""
        if self.lr_schedule is None:
            return
        epoch = len(self.history) - 1 - self.first_epoch_
        fraction = (epoch + batch / self.n_batches_) / self.max_epochs
        for group in self._param_groups():
            group.setdefault("initial_lr", group["lr"])
            group["lr"] = group["initial_lr"] * self.lr_schedule(fraction)

    def _restore_lr(self):
        """Reset the learning rate: continued training starts with the user's."""
        if self.lr_schedule is not None:
            for group in self._param_groups():
                group["lr"] = group.pop("initial_lr", group["lr"])

    def _param_groups(self):
        """Groups of weights whose learning rate the schedule sets."""
        if not self.phase_.players:
            return self.optimizer_.param_groups
        optimizers = [self.optimizer_by_player_[p] for p in self.phase_.players]
        return [group for optimizer in optimizers for group in optimizer.param_groups]

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Reduce the losses of the rows; the rows are their own targets."""
        return self.criterion_(y_pred, y_true)

    def needs_skorch_loop(self):
        """Whether a callback looks at single batches, or LBFGS needs closures."""
        if self.optimizer is torch.optim.LBFGS:
            return True
        return any(_watches_batches(callback) for _, callback in self.callbacks_)

    def _stopped_early(self):
        stoppers = (c for _, c in self.callbacks_ if isinstance(c, EarlyStopping))
        return any(stopper.misses_ >= stopper.patience for stopper in stoppers)

    def _check_finite(self, prefix):
        losses = self.history[-1, "batches", :, f"{prefix}_loss"]
        for batch, loss in enumerate(losses):
            if not math.isfinite(loss):
                self._raise_diverged(loss, batch)

    def _raise_diverged(self, loss, batch):
        epoch = self.history[-1, "epoch"]
        group = self.optimizer_.param_groups[0]
        lr = group.get("initial_lr", group["lr"])
        raise TrainingDivergedError(
            f"The loss became {loss} in epoch {epoch}, batch {batch + 1}: training "
            f"diverged. Lower lr (now {lr}), or scale X."
        )

    def _show(self, loss):
        """Show on the progress bar that a batch is done."""
        if self.verbose != 1:
            return
        if self._progress is None:
            args = self._title(), self.max_epochs, self.n_batches_
            self._progress = Progress(*args)
        self._progress.update(loss)

    def _title(self):
        """Say what is trained, in which phase if there are several."""
        phase = self.phase_.name
        if self.n_phases_ > 1:
            phase = f"{phase} ({self.n_started_} of {self.n_phases_})"
        return f"{self.title_}: {phase}" if self.title_ else phase

    def _close_progress(self):
        if self._progress is not None:
            self._progress.close()
        self._progress = None


def _is_early_stopping(item):
    return isinstance(item[1], EarlyStopping)


_BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_grad_computed")


def _watches_batches(callback):
    if isinstance(callback, LRScheduler) and callback.step_every == "epoch":
        return False
    if isinstance(callback, EpochScoring) and not callback.use_caching:
        return False
    return any(
        getattr(type(callback), hook) is not getattr(Callback, hook)
        for hook in _BATCH_HOOKS
    )
