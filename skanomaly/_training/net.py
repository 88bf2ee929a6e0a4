"""The skorch net of a detector: batches sliced from a tensor, a loop without ballast.

Stock skorch fetches and collates row by row, steps Adam parameter by parameter and
notifies every callback of every batch. For small networks that is most of the time;
`DetectorNet` does the same arithmetic without it, and falls back to skorch's own loop
whenever a callback or a subclass wants to see single batches.
"""

import copy
import functools
import inspect
import math

import torch
from skorch import NeuralNet
from skorch.callbacks import (
    Callback,
    EarlyStopping,
    EpochScoring,
    LRScheduler,
    PassthroughScoring,
)
from torch import nn
from tqdm.auto import tqdm

from skanomaly._training.adam import plain_step
from skanomaly.exceptions import TrainingDivergedError

__all__ = ["DetectorNet", "RowMean", "cosine"]


class RowMean(nn.Module):
    """The criterion: a model already returns the loss of each row."""

    def forward(self, row_losses, _):
        """Mean over the rows."""
        return row_losses.mean()


def cosine(fraction):
    """Learning rate, as a part of the first one, after a fraction of the training."""
    return 0.5 * (1.0 + math.cos(math.pi * fraction))


@functools.lru_cache(maxsize=8)
def mean_gradient(shape, dtype, device):
    """Return what a mean hands back to each of its parts, bit by bit.

    It is kept, and one number for all: who writes into a gradient of several rows,
    which torch forbids, gets an error.
    """
    return torch.ones((), dtype=dtype, device=device).div_(shape.numel()).expand(shape)


def row_losses(model, batch):
    """Call a model on rows, or by keyword on rows and their context."""
    return model(**batch) if isinstance(batch, dict) else model(batch)


def on_device(batch, device):
    """Move a batch, where it is not there yet."""
    if isinstance(batch, dict):
        return {name: tensor.to(device) for name, tensor in batch.items()}
    return batch.to(device)


def n_rows_of(batch):
    """Return how many rows a batch has."""
    return len(batch["x"] if isinstance(batch, dict) else batch)


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
        loss = sum(part * n for part, n in parts) / sum(n for _, n in parts)
        epoch[self.name] = loss
        epoch[f"{self.name}_best"] = bool(loss < self.best_score_)
        self.best_score_ = min(loss, self.best_score_)


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
    and epochs that no callback watches batch by batch run in a lean loop. The history
    then has one "batch" an epoch, with the size-weighted mean loss; every other
    callback reads it as usual.
    """

    def __init__(self, *args, lr_schedule=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.lr_schedule = lr_schedule

    skips_standardization = False
    phase = "training"

    @property
    def n_epochs_(self):
        """Epochs so far that `max_epochs` counts; a phase before them is not."""
        return len(self.history)

    def skip_standardization(self, x):
        """Standardize the rows now, so that the lean loop need not batch by batch.

        The numbers are the same bit by bit. skorch's own loop gets the rows as they
        are.
        """
        if self._needs_skorch_loop():
            return x
        self.skips_standardization = True
        return self.module_.train().standardize(x)

    @property
    def _default_callbacks(self):
        """Return skorch's callbacks, with a cheaper way to the loss of an epoch."""
        replaced = {
            "train_loss": EpochLoss("train_loss", on_train=True),
            "valid_loss": EpochLoss("valid_loss"),
        }
        callbacks = super()._default_callbacks
        return [(name, replaced.get(name, callback)) for name, callback in callbacks]

    def initialize_optimizer(self, triggered_directly=None):
        """Use the fused step of the optimizer where there is one."""
        args, kwargs = self.get_params_for_optimizer(
            "optimizer", self.get_all_learnable_params()
        )
        if _can_fuse(self.optimizer) and not {"fused", "foreach"} & kwargs.keys():
            try:
                self.optimizer_ = self.optimizer(*args, **kwargs, fused=True)
                return self
            except RuntimeError:  # this build of torch cannot on this device
                args, kwargs = self.get_params_for_optimizer(
                    "optimizer", self.get_all_learnable_params()
                )
        self.optimizer_ = self.optimizer(*args, **kwargs)
        return self

    def partial_fit(self, X, y=None, classes=None, **fit_params):
        """Train without forgetting; only early stopping may end it before its time."""
        if not self.initialized_:
            self.initialize()
        self.first_epoch_ = len(self.history)
        self.notify("on_train_begin", X=X, y=y)
        fit_params.pop("_routing_method", None)
        try:
            self.fit_loop(X, y, **fit_params)
        except KeyboardInterrupt:
            # skorch's callbacks stop training with the same exception as a user does.
            if not self._stopped_early():
                raise
        finally:
            self._close_progress()
            self._restore_lr()
            self.skips_standardization = False
        self.notify("on_train_end", X=X, y=y)
        return self

    def resume_from(self, other):
        """Go on from another net: its weights, optimizer, history and random numbers.

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
        own, theirs = self.optimizer_.state_dict(), other.optimizer_.state_dict()
        same_kind = type(self.optimizer_) is type(other.optimizer_)
        if same_kind and _keeps_same_state(own, theirs):
            self.optimizer_.load_state_dict({**own, "state": theirs["state"]})
        self.history = other.history
        self.iterator_train__generator = other.iterator_train__generator
        return self

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """Compute one pass, in skorch's own way only when somebody watches batches."""
        if iterator is None:
            return
        if training:
            self.n_batches_ = len(iterator)
        if self._needs_skorch_loop() or fit_params:
            super().run_single_epoch(iterator, training, prefix, step_fn, **fit_params)
            self._check_finite(prefix)
            return
        loss, n_rows, n_batches = self._lean_epoch(iterator, training)
        epoch = current_epoch(self.history)
        if training:
            epoch["batches"].append({})
        epoch["batches"][-1].update(
            {f"{prefix}_loss": loss, f"{prefix}_batch_size": n_rows}
        )
        epoch[f"{prefix}_batch_count"] = n_batches

    def _lean_epoch(self, iterator, training):
        if self.module_.training is not training:
            self._set_training(training)
        step = self._lean_train_step if training else self._lean_valid_step
        model = self.module_.model if self.skips_standardization else self.module_
        weights = [w for g in self.optimizer_.param_groups for w in g["params"]]
        update = plain_step(self.optimizer_) if training else None
        progress = self._open_progress(len(iterator)) if training else None
        total, n_rows, n_batches = 0.0, 0, 0
        for batch, _ in iterator:
            if training:
                self._set_lr(n_batches)
            loss = step(model, on_device(batch, self.device), weights, update)
            if not math.isfinite(loss):
                self._raise_diverged(loss, n_batches)
            size = n_rows_of(batch)
            total += loss * size
            n_rows += size
            n_batches += 1
            if progress is not None:
                progress.update()
        return total / n_rows, n_rows, n_batches

    def _lean_train_step(self, model, batch, weights, update):
        for weight in weights:
            weight.grad = None
        losses = row_losses(model, batch)
        losses.backward(mean_gradient(losses.shape, losses.dtype, losses.device))
        update()
        # A number, not the tensor: a list of tiny tensors pins the heap between
        # batches. Torch's mean would take one kernel more.
        return losses.detach().sum().item() / losses.numel()

    @torch.no_grad()
    def _lean_valid_step(self, model, batch, *_):
        return row_losses(model, batch).mean().item()

    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        """Open a batch in the history; skorch's own loop sets its schedule here."""
        super().on_batch_begin(net, batch=batch, training=training, **kwargs)
        if training:
            self._set_lr(len(self.history[-1, "batches"]) - 1)

    def _set_lr(self, batch):
        """Set the learning rate of a step: a function of the progress, not a state."""
        if self.lr_schedule is None:
            return
        epoch = len(self.history) - 1 - self.first_epoch_
        fraction = (epoch + batch / self.n_batches_) / self.max_epochs
        for group in self._param_groups():
            group.setdefault("initial_lr", group["lr"])
            group["lr"] = group["initial_lr"] * self.lr_schedule(fraction)

    def _restore_lr(self):
        """Put the learning rate back: more training starts with what the user set."""
        if self.lr_schedule is not None:
            for group in self._param_groups():
                group["lr"] = group.pop("initial_lr", group["lr"])

    def _param_groups(self):
        """Groups of weights whose learning rate the schedule sets."""
        return self.optimizer_.param_groups

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Reduce the losses of the rows; the rows are their own targets."""
        return self.criterion_(y_pred, y_true)

    def _needs_skorch_loop(self):
        if self.optimizer is torch.optim.LBFGS or self._overrides_training():
            return True
        return any(_watches_batches(callback) for _, callback in self.callbacks_)

    def _overrides_training(self):
        hooks = ("train_step", "train_step_single", "validation_step", *_BATCH_HOOKS)
        return any(getattr(type(self), h) is not getattr(DetectorNet, h) for h in hooks)

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

    def _open_progress(self, n_batches):
        """Return the progress bar over all epochs, made when training starts."""
        if self.verbose != 1:
            return None
        if getattr(self, "_progress", None) is None:
            total = self.max_epochs * n_batches
            self._progress = tqdm(total=total, desc=self.phase, unit="batch")
        return self._progress

    def _close_progress(self):
        if getattr(self, "_progress", None) is not None:
            self._progress.close()
        self._progress = None


_BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_grad_computed")


def _keeps_same_state(own, theirs):
    """Whether two optimizers of a class remember the same things of each weight."""
    switches = ("amsgrad", "centered", "momentum")
    pairs = zip(own["param_groups"], theirs["param_groups"], strict=True)
    return all(bool(a.get(s)) == bool(b.get(s)) for a, b in pairs for s in switches)


def _watches_batches(callback):
    if isinstance(callback, LRScheduler) and callback.step_every == "epoch":
        return False
    if isinstance(callback, EpochScoring) and not callback.use_caching:
        return False
    return any(
        getattr(type(callback), hook) is not getattr(Callback, hook)
        for hook in _BATCH_HOOKS
    )


def _can_fuse(optimizer):
    try:
        return "fused" in inspect.signature(optimizer).parameters
    except (TypeError, ValueError):
        return False
