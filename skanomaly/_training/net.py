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
from skorch.callbacks import EarlyStopping

from skanomaly._training.callbacks import (
    check_can_alternate,
    is_early_stopping,
    watches_batches,
)
from skanomaly._training.epochs import lean_epoch, prepared, train_batch, updates_of
from skanomaly._training.history import (
    EpochLoss,
    current_epoch,
    record_player_losses,
)
from skanomaly._training.optimizers import can_fuse, load_state
from skanomaly._training.phases import Phase
from skanomaly._training.progress import Progress
from skanomaly._training.saved_net import restore_net, saved_net
from skanomaly._training.steps import Update, n_rows_of
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
    # Those of a phase in which nothing can change its optimizers: no callback is there.
    _updates: list[Update] | None = None
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
        check_can_alternate(self.optimizer, self.callbacks_)

    def start(self, phase, *, skips_standardization=False):
        """Begin a phase; its players get an optimizer, if they have none yet."""
        self.phase_, self.max_epochs, self.n_steps_ = phase, phase.n_epochs, 0
        self.n_started_ += 1
        self._updates = None
        self.skips_standardization_ = skips_standardization
        for player in phase.players:
            if player not in self.optimizer_by_player_:
                self.optimizer_by_player_[player] = self._make_optimizer(player)
        if phase.players:
            self.optimizer_ = self.optimizer_by_player_[phase.players[0]]

    def finish(self):
        """End the last phase, and put the module into evaluation mode."""
        self.phase_, self.skips_standardization_ = Phase(), False
        self._updates = None  # made of functions, which cannot be pickled
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

    def training_updates(self):
        """Updates in a batch of the phase; to make them takes a tenth of two steps."""
        if self.callbacks:
            return updates_of(self, training=True)
        if self._updates is None:
            self._updates = updates_of(self, training=True)
        return self._updates

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
            self.callbacks_ = [c for c in callbacks if not is_early_stopping(c)]
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
            losses = self.losses_
            record_player_losses(self.history, losses, self.alternating_players_)

    def _run_lean_epoch(self, iterator, training, prefix):
        loss, n_rows, n_batches = lean_epoch(self, iterator, training)
        epoch = current_epoch(self.history)
        if training:
            epoch["batches"].append({})
        epoch["batches"][-1].update(
            {f"{prefix}_loss": loss, f"{prefix}_batch_size": n_rows}
        )
        epoch[f"{prefix}_batch_count"] = n_batches

    def train_step(self, batch, **fit_params):
        """Take the step of every player, called by skorch's own loop."""
        if not self.phase_.players or self.optimizer is torch.optim.LBFGS:
            return super().train_step(batch, **fit_params)
        self._set_training(True)
        updates = [
            update._replace(
                step=functools.partial(self._notify_and_step, update, batch)
            )
            for update in updates_of(self, training=False)
        ]
        rows = prepared(self, batch[0])
        n_batch = len(self.history[-1, "batches"]) - 1
        loss = train_batch(self, updates, rows, n_rows_of(rows), n_batch)
        return {"loss": torch.tensor(loss), "y_pred": None}

    def infer(self, x, **fit_params):
        """Losses of the rows, those of the first player if the phase has one."""
        if not self.phase_.players:
            return super().infer(x, **fit_params)
        return updates_of(self, training=False)[0].losses(prepared(self, x))

    def _notify_and_step(self, update, batch):
        """Notify the callbacks of a player's gradients, then take the step."""
        named = list(self.get_all_learnable_params(update.player))
        self.notify(
            "on_grad_computed", named_parameters=named, batch=batch, training=True
        )
        self.optimizer_by_player_[update.player].step()

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
            self.set_lr(len(self.history[-1, "batches"]) - 1)

    def on_batch_end(self, net, batch=None, training=False, **kwargs):
        """Show the progress of skorch's own loop."""
        super().on_batch_end(net, batch=batch, training=training, **kwargs)
        if training:
            self.show(self.history[-1, "batches", -1, "train_loss"])

    def set_lr(self, batch):
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
        return any(watches_batches(callback) for _, callback in self.callbacks_)

    def _stopped_early(self):
        stoppers = (c for _, c in self.callbacks_ if isinstance(c, EarlyStopping))
        return any(stopper.misses_ >= stopper.patience for stopper in stoppers)

    def _check_finite(self, prefix):
        losses = self.history[-1, "batches", :, f"{prefix}_loss"]
        for batch, loss in enumerate(losses):
            if not math.isfinite(loss):
                self.raise_diverged(loss, batch)

    def raise_diverged(self, loss, batch):
        epoch = self.history[-1, "epoch"]
        group = self.optimizer_.param_groups[0]
        lr = group.get("initial_lr", group["lr"])
        raise TrainingDivergedError(
            f"The loss became {loss} in epoch {epoch}, batch {batch + 1}: training "
            f"diverged. Lower lr (now {lr}), or scale X."
        )

    def show(self, loss):
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
