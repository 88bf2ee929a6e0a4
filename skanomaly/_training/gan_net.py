"""The skorch net of adversarial models: several players, each with its optimizer."""

import copy
import inspect
import math

import torch
from skorch.callbacks import EarlyStopping, LRScheduler

from skanomaly._training.adam import plain_step
from skanomaly._training.net import (
    DetectorNet,
    _keeps_same_state,
    _watches_batches,
    current_epoch,
)

__all__ = ["GANNet"]


class GANNet(DetectorNet):
    """`DetectorNet` for models with several losses, as `GANModel` has them.

    Notes
    -----
    In every batch the players of the phase take a step each, in their order; the
    generator waits until the critic has made the steps that the model asks for. The
    optimizers are of one class and have the same parameters; ``optimizer_`` is that of
    the first player, ``<player>_optimizer_`` those of the others. Adam gets the moment
    decays of the model unless ``optimizer__betas`` says otherwise. ``train_loss`` is
    the loss of the first player of the phase; the history has ``<player>_loss``, too.
    Early stopping steers the last phase.
    """

    player_ = None
    callbacks_: list

    @property
    def n_epochs_(self):
        """Epochs so far, as `max_epochs` counts them: of every phase."""
        return math.ceil(len(self.history) / len(self._phases()))

    # -- optimizers

    def initialize_optimizer(self, triggered_directly=None):
        """Make an optimizer for every player."""
        if self.optimizer is torch.optim.LBFGS:
            raise ValueError(
                "optimizer=LBFGS looks at one loss several times in a step; networks "
                "that play against each other need one that looks once, such as Adam."
            )
        self.phase_ = self._phases()[0]
        self.critic_steps_ = self.generator_steps_ = 0
        made = {}
        for player in self._players():
            self.player_ = player
            super().initialize_optimizer(triggered_directly)
            made[player] = self.optimizer_
        self.player_ = None
        for player, optimizer in made.items():
            setattr(self, self._optimizer_name(player), optimizer)
        return self

    def initialize_callbacks(self):
        """Refuse schedulers, which would steer the first player's optimizer alone."""
        super().initialize_callbacks()
        if any(isinstance(callback, LRScheduler) for _, callback in self.callbacks_):
            raise ValueError(
                "callbacks holds an LRScheduler, which steers one optimizer, but every "
                "player has its own: use lr_schedule."
            )
        return self

    def get_all_learnable_params(self):
        """Yield names and weights, of the player whose turn it is if there is one."""
        if self.player_ is None:
            yield from super().get_all_learnable_params()
        else:
            network = getattr(self.module_.model, self.player_)
            yield from network.named_parameters(prefix=f"model.{self.player_}")

    def get_params_for_optimizer(self, prefix, named_parameters):
        """Collect the arguments of an optimizer; the moments decay as in the papers."""
        args, kwargs = super().get_params_for_optimizer(prefix, named_parameters)
        if "betas" in inspect.signature(self.optimizer).parameters:
            kwargs.setdefault("betas", self.module_.model.betas)
        return args, kwargs

    def resume_from(self, other):
        """Go on from another net, with the state of all its optimizers."""
        super().resume_from(other)
        for player in self._players()[1:]:
            mine, theirs = self._optimizer(player), other._optimizer(player)
            own, state = mine.state_dict(), copy.deepcopy(theirs.state_dict())
            if type(mine) is type(theirs) and _keeps_same_state(own, state):
                mine.load_state_dict({**own, "state": state["state"]})
        self.critic_steps_ = other.critic_steps_
        self.generator_steps_ = other.generator_steps_
        return self

    def _phases(self):
        return self.module_.model.phases

    def _players(self):
        return [player for phase in self._phases() for player in phase]

    def _optimizer_name(self, player):
        first = self._players()[0]
        return "optimizer_" if player == first else f"{player}_optimizer_"

    def _optimizer(self, player):
        return getattr(self, self._optimizer_name(player))

    def _param_groups(self):
        return [g for p in self.phase_ for g in self._optimizer(p).param_groups]

    # -- training

    def partial_fit(self, X, y=None, classes=None, **fit_params):
        """Train the phases one after the other, each for `max_epochs` epochs."""
        start, callbacks = len(self.history), list(self.callbacks_)
        standardized = self.skips_standardization
        try:
            for phase in self._phases():
                self.phase_, self.phase = phase, " and ".join(phase)
                self.skips_standardization = standardized
                self.callbacks_ = callbacks
                if phase is not self._phases()[-1]:
                    self.callbacks_ = [c for c in callbacks if not _stops(c)]
                super().partial_fit(X, y, classes, **fit_params)
        finally:
            self.callbacks_ = callbacks
        self.first_epoch_ = start
        return self

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """Compute one pass and record the loss of every player."""
        if not training and self.phase_ is not self._phases()[-1]:
            return  # the loss of rows held out is that of the last phase
        self._set_training(training)
        self.losses_: dict[str, list] = {player: [] for player in self.phase_}
        super().run_single_epoch(iterator, training, prefix, step_fn, **fit_params)
        if not training:
            return
        epoch, before = current_epoch(self.history), self._record_before()
        epoch["phase"] = self.phase
        for player in self._players():
            turns = self.losses_.get(player)
            name = f"{player}_loss"
            # A player that had no turn has the loss that it had.
            epoch[name] = _row_mean(turns) if turns else before.get(name, math.nan)

    def _record_before(self):
        return list.__getitem__(self.history, -2) if len(self.history) > 1 else {}

    def _lean_epoch(self, iterator, training):
        self._updates = {p: plain_step(self._optimizer(p)) for p in self.phase_}
        try:
            return super()._lean_epoch(iterator, training)
        finally:
            del self._updates

    def _lean_train_step(self, model, x, *_):
        return self._play(x, self._updates)

    def train_step(self, batch, **fit_params):
        """Let every player take its step, seen from skorch's own loop."""
        self._set_training(True)
        steps = {p: self._step_and_tell(p, batch) for p in self.phase_}
        loss = self._play(batch[0].to(self.device), steps)
        return {"loss": torch.tensor(loss), "y_pred": None}

    def _step_and_tell(self, player, batch):
        def step():
            self.player_ = player
            named = self.get_all_learnable_params()
            try:
                self.notify(
                    "on_grad_computed",
                    named_parameters=list(named),
                    batch=batch,
                    training=True,
                )
            finally:
                self.player_ = None
            self._optimizer(player).step()

        return step

    def _play(self, x, steps):
        """Let each player take its turn; return the loss of the first."""
        model = self.module_.model
        if not self.skips_standardization:
            x = self.module_.standardize(x)
        for player in self.phase_:
            if player == "generator" and not self._is_generators_turn():
                continue
            loss = getattr(model, f"{player}_loss")(x).mean()
            weights = self._trainable_weights(player)
            for weight in weights:
                weight.grad = None
            if weights:  # all of them may be frozen
                # Its own weights only: the other players' are not even computed.
                loss.backward(inputs=weights)
                steps[player]()
            self._record(player, loss.item(), len(x))
        return self.losses_[self.phase_[0]][-1][0]

    def _trainable_weights(self, player):
        groups = self._optimizer(player).param_groups
        return [w for group in groups for w in group["params"] if w.requires_grad]

    def _set_training(self, training=True):
        """Let the players of the phase learn; the other networks are finished."""
        super()._set_training(training)
        for player in self._players():
            getattr(self.module_.model, player).eval()
        for player in self.phase_:
            getattr(self.module_.model, player).train(training)

    def _is_generators_turn(self):
        self.critic_steps_ += 1
        if self.critic_steps_ < self.module_.model.n_critic_steps(
            self.generator_steps_
        ):
            return False
        self.critic_steps_ = 0
        self.generator_steps_ += 1
        return True

    def _record(self, player, loss, n_rows):
        self.losses_[player].append((loss, n_rows))
        if not math.isfinite(loss):
            self._raise_diverged(loss, len(self.losses_[self.phase_[0]]) - 1)

    def _needs_skorch_loop(self):
        return any(_watches_batches(callback) for _, callback in self.callbacks_)


def _row_mean(turns):
    """Mean over the rows of the losses of batches, given with their sizes."""
    return sum(loss * n for loss, n in turns) / sum(n for _, n in turns)


def _stops(item):
    return isinstance(item[1], EarlyStopping)
