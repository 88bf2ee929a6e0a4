"""The skorch net of a detector: batches sliced from a tensor, a loop without ballast.

Stock skorch fetches and collates row by row, steps Adam parameter by parameter and
notifies every callback of every batch. For small networks that is most of the time;
`DetectorNet` does the same arithmetic without it, and falls back to skorch's own loop
whenever a callback or a subclass wants to see single batches.
"""

import inspect
import math

import torch
from skorch import NeuralNet
from skorch.callbacks import Callback, EarlyStopping, EpochScoring, LRScheduler
from torch import nn
from torch.utils.data import Dataset, Subset
from tqdm.auto import tqdm

from skanomaly.exceptions import TrainingDivergedError

__all__ = ["DetectorNet", "HoldOut", "RowMean", "Rows", "TensorBatches"]


class Rows(Dataset):
    """The training rows as one tensor; a row is its own target.

    Parameters
    ----------
    X : tensor of shape (n_samples, n_features)
        The rows.
    y : None
        Ignored: skorch passes it.
    """

    def __init__(self, X, y=None):
        self.X = self.y = X

    def __len__(self):
        return len(self.X)

    def __getitem__(self, index):
        return self.X[index], self.X[index]


class TensorBatches:
    """Iterate over batches sliced from the tensor of a `Rows` data set.

    The rows of a `Subset` are gathered through its indices, so that a hold-out costs no
    copy. A last batch of one row is joined to the one before it: batch normalisation
    cannot train on a single row.

    Parameters
    ----------
    dataset : Rows or Subset of Rows
        What to iterate over.
    batch_size : int, default=256
        Rows in a batch.
    shuffle : bool, default=False
        Whether every pass takes a new order.
    drop_last : bool, default=False
        Whether to leave out a last batch that is not full (unless it is the only one).
    generator : torch.Generator, default=None
        Source of the order; None is torch's global one.
    """

    def __init__(
        self, dataset, batch_size=256, shuffle=False, drop_last=False, generator=None
    ):
        self.indices = None
        if isinstance(dataset, Subset):
            self.indices = torch.as_tensor(dataset.indices)
            dataset = dataset.dataset
        self.rows = dataset.X
        self.n_rows = len(self.rows) if self.indices is None else len(self.indices)
        self.shuffle, self.generator = shuffle, generator
        self.sizes = _batch_sizes(self.n_rows, batch_size, drop_last)

    def __len__(self):
        return len(self.sizes)

    def __iter__(self):
        order = self._order()
        n_used = sum(self.sizes)
        if order is None:
            batches = self.rows[:n_used].split(self.sizes)
        else:
            order = order[:n_used].to(self.rows.device)
            batches = (self.rows.index_select(0, i) for i in order.split(self.sizes))
        for x in batches:
            yield x, x

    def _order(self):
        if not self.shuffle:
            return self.indices
        order = torch.randperm(self.n_rows, generator=self.generator)
        return order if self.indices is None else self.indices[order]


def _batch_sizes(n_rows, batch_size, drop_last):
    n_full, rest = divmod(n_rows, batch_size)
    sizes = [batch_size] * n_full
    if rest == 1 and sizes and not drop_last:
        sizes[-1] += 1
    elif rest and not (drop_last and sizes):
        sizes.append(rest)
    return sizes


class HoldOut:
    """Split off a random part of the rows, for skorch's `train_split`.

    Parameters
    ----------
    n_valid : int
        Rows to hold out.
    seed : int
        Which rows.
    """

    def __init__(self, n_valid, seed):
        self.n_valid, self.seed = n_valid, seed

    def __call__(self, dataset, y=None):
        """Return the training part and the held-out part."""
        generator = torch.Generator().manual_seed(self.seed)
        order = torch.randperm(len(dataset), generator=generator)
        return (
            Subset(dataset, order[self.n_valid :]),
            Subset(dataset, order[: self.n_valid]),
        )


class RowMean(nn.Module):
    """The criterion: a model already returns the loss of each row."""

    def forward(self, row_losses, _):
        """Mean over the rows."""
        return row_losses.mean()


class DetectorNet(NeuralNet):
    """`skorch.NeuralNet` for models that return the loss of each row.

    Differences from its parent: Ctrl-C is an error instead of an early success, a loss
    that is not finite raises `TrainingDivergedError`, Adam is fused where torch can, and
    epochs that no callback watches batch by batch run in a lean loop. The history then
    has one "batch" an epoch, with the size-weighted mean loss; every other callback reads
    it as usual.
    """

    def initialize_optimizer(self, triggered_directly=None):
        """Use the fused step of the optimizer where there is one: a third of the time."""
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
        self.notify("on_train_end", X=X, y=y)
        return self

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """Compute one pass, batch by batch in skorch's way only when somebody watches."""
        if iterator is None:
            return
        if self._somebody_watches_batches() or fit_params:
            super().run_single_epoch(iterator, training, prefix, step_fn, **fit_params)
            self._check_finite(prefix)
            return
        loss, n_rows, n_batches = self._lean_epoch(iterator, training)
        if training:
            self.history.new_batch()
        self.history.record_batch(f"{prefix}_loss", loss)
        self.history.record_batch(f"{prefix}_batch_size", n_rows)
        self.history.record(f"{prefix}_batch_count", n_batches)

    def _lean_epoch(self, iterator, training):
        self._set_training(training)
        step = self._lean_train_step if training else self._lean_valid_step
        weights = list(self.module_.parameters())
        progress = self._open_progress(len(iterator)) if training else None
        total, n_rows, n_batches = 0.0, 0, 0
        for x, _ in iterator:
            loss = step(x.to(self.device), weights)
            if not math.isfinite(loss):
                self._raise_diverged(loss, n_batches)
            total += loss * len(x)
            n_rows += len(x)
            n_batches += 1
            if progress is not None:
                progress.update()
        return total / n_rows, n_rows, n_batches

    def _lean_train_step(self, x, weights):
        for weight in weights:
            weight.grad = None
        loss = self.module_(x).mean()
        loss.backward()
        self.optimizer_.step()
        # A number, not the tensor: a list of tiny tensors pins the heap between batches.
        return loss.item()

    @torch.no_grad()
    def _lean_valid_step(self, x, _):
        return self.module_(x).mean().item()

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Reduce the losses of the rows; the rows are their own targets."""
        return self.criterion_(y_pred, y_true)

    def _somebody_watches_batches(self):
        if self.optimizer is torch.optim.LBFGS or self._overrides_training():
            return True
        return any(_watches_batches(callback) for _, callback in self.callbacks_)

    def _overrides_training(self):
        hooks = ("train_step", "train_step_single", "validation_step", *_BATCH_HOOKS)
        return any(getattr(type(self), h) is not getattr(NeuralNet, h) for h in hooks)

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
        lr = self.optimizer_.param_groups[0]["lr"]
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
            self._progress = tqdm(total=total, desc="training", unit="batch")
        return self._progress

    def _close_progress(self):
        if getattr(self, "_progress", None) is not None:
            self._progress.close()
        self._progress = None


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


def _can_fuse(optimizer):
    try:
        return "fused" in inspect.signature(optimizer).parameters
    except (TypeError, ValueError):
        return False
