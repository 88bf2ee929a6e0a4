"""How a deep detector is trained and scored; with `_net.py` the only user of skorch."""

import copy
import warnings
from abc import abstractmethod
from contextlib import contextmanager, nullcontext
from functools import partial
from numbers import Integral, Real

import numpy as np
import torch
from skorch.callbacks import EarlyStopping, LRScheduler
from skorch.utils import noop
from torch import nn

from skanomaly.base import BaseDetector
from skanomaly.detectors._batches import HoldOut, Rows, TensorBatches
from skanomaly.detectors._net import DetectorNet, RowMean, cosine
from skanomaly.detectors._standardized import (
    CHUNK_CELLS,
    StandardizedModel,
    column_moments,
)
from skanomaly.nets.layers import takes_stream
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._params import NetParamsMixin
from skanomaly.utils._random import RandomStream, draw_seed, global_seed, spawn_seeds

__all__ = ["DeepDetector"]

# max_epochs="auto" trains for about this many gradient steps: ten epochs are nothing on
# 200 rows and plenty on 100,000.
AUTO_STEPS = 4000

# Below this many floating-point operations in a step, a second thread costs more in
# synchronisation than it saves in arithmetic (benchmarks/speed.py).
SINGLE_THREAD_FLOP = 3e8

SCHEDULES = {"constant": None, "cosine": cosine}

_TRAINING_DOCSTRING = """
optimizer : type, default=torch.optim.Adam
    Class of the optimizer; its arguments are ``optimizer__…``. Its fused step is
    used where torch has one.
lr : float, default=5e-3
    Learning rate.
lr_schedule : {"cosine", "constant"}, default="cosine"
    Whether the learning rate falls to zero along a cosine, or stays. It stays in
    `partial_fit`, and when `callbacks` has an `LRScheduler` of its own.
batch_size : int, default=128
    Rows in a training batch, at most all.
max_epochs : int or "auto", default="auto"
    Passes over the training rows. "auto" takes as many as make 4,000 gradient
    steps, whatever the number of rows, and at least one.
early_stopping : bool, default=False
    Whether to hold out `validation_fraction` of the rows, to stop when their loss
    has not improved for `n_iter_no_change` epochs, and to go back to the best epoch.
validation_fraction : float, default=0.1
    Fraction of the training rows, in (0, 1), that `early_stopping` holds out.
n_iter_no_change : int, default=10
    Epochs without improvement that `early_stopping` allows.
warm_start : bool, default=False
    Whether `fit` goes on from the weights of the fit before. The standardization of
    the first fit is kept, because the weights were learned with it.
callbacks : list of skorch callbacks, default=None
    Callbacks, or pairs (name, callback), beside skorch's own; copied in `fit`. Their
    parameters are ``callbacks__name__…``.
device : str, default="cpu"
    Where to train and score; "auto" takes an accelerator if there is one.
standardize : bool, default=True
    Whether the model centres and scales its inputs with the moments of the training
    rows. Images share the moments of a channel.
contamination : float, default=0.1
    Fraction of the training rows, in (0, 0.5], that `predict` calls anomalous.
random_state : int, RandomState instance or None, default=None
    Source of the initial weights, the order of the rows and every noise. An integer
    gives bit-equal scores on the same machine. The global generators of torch and
    numpy are left alone.
verbose : int, default=0
    0 is silent, 1 shows a progress bar, 2 prints a line for every epoch.
**net_params : dict
    ``module__…``, ``optimizer__…``, ``iterator_train__…``, ``iterator_valid__…`` and
    ``callbacks__…`` go to the network, the optimizer, the batch iterators and the
    callbacks, as in skorch.
"""


class DeepDetector(NetParamsMixin, BaseDetector):
    """A detector that is a torch model trained by skorch.

    Subclasses write `_make_model(n_features)`: a callable that builds the model, not an
    instance, because it is built once the seeds are there. A model is a torch module:
    calling it on rows gives the loss of each row, `score` the anomaly score of each
    row.

    Think twice before adding anything to this class.
    """

    _components = (
        "module", "optimizer", "iterator_train", "iterator_valid", "callbacks",
    )  # fmt: skip
    _undeclared = ("iterator_train", "iterator_valid")
    _shared_docstrings: dict = {"training_parameters": _TRAINING_DOCSTRING}

    _parameter_constraints: dict = {
        **BaseDetector._parameter_constraints,
        "optimizer": [callable],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "lr_schedule": [StrOptions(set(SCHEDULES))],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "max_epochs": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"auto"}),
        ],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "warm_start": ["boolean"],
        "callbacks": [list, tuple, None],
        "device": [str],
        "standardize": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        optimizer=torch.optim.Adam,
        lr=5e-3,
        lr_schedule="cosine",
        batch_size=128,
        max_epochs="auto",
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        warm_start=False,
        callbacks=None,
        device="cpu",
        standardize=True,
        contamination=0.1,
        random_state=None,
        verbose=0,
        **training,
    ):
        super().__init__(contamination=contamination)
        self.optimizer = optimizer
        self.lr = lr
        self.lr_schedule = lr_schedule
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.device = device
        self.standardize = standardize
        self.random_state = random_state
        self.verbose = verbose
        self._store_net_params(training)

    @abstractmethod
    def _make_model(self, n_features):
        """Return a callable that builds the model.

        It is called with ``stream``, the `RandomStream` to draw weights and noise from,
        and with the user's ``module__…`` parameters.
        """

    def partial_fit(self, X, y=None):
        """Train on one more chunk of rows, for one pass.

        The first call builds the network and fixes the standardization by its chunk;
        later calls go on from there and keep it. `offset_` is set by the latest chunk
        under the latest weights, so let chunks have many more rows than
        ``1 / contamination``. `max_epochs` and `early_stopping` play no part.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The chunk; a single row is enough from the second call on.
        y : Ignored
            Present for API consistency.

        Returns
        -------
        self : object
            The detector. When anything fails, it is as before the call.
        """
        first = not hasattr(self, "net_")
        with self._all_or_nothing():
            self._validate_params()
            X = self._validate(X, reset=first)
            net = self._make_net(X) if first else copy.deepcopy(self.net_)
            net.set_params(train_split=None, lr_schedule=None)
            self._train(net, X, n_epochs=1)
            self._set_offset(X)
        return self

    def _fit(self, X):
        if self.warm_start and hasattr(self, "net_"):
            net = copy.deepcopy(self.net_)
        else:
            net = self._make_net(X)
        self._train(net, X, n_epochs=self._n_epochs(len(X)))

    def _train(self, net, X, n_epochs):
        net.max_epochs = n_epochs
        rows = Rows(_tensor(X).to(net.device))
        with self._threads(net, len(X)), self._global_draws():
            net.partial_fit(rows)
        net.module_.eval().zero_grad(set_to_none=True)
        self.net_ = net

    def _n_epochs(self, n_rows):
        if self.max_epochs != "auto":
            return self.max_epochs
        n_batches = max(1, n_rows // min(self.batch_size, n_rows))
        return max(1, round(AUTO_STEPS / n_batches))

    def _make_net(self, X):
        """Build the untrained net: seeds, standardization, model, optimizer."""
        self._check_modules()
        draws, order, split = spawn_seeds(draw_seed(self.random_state), 3)
        module = partial(
            _build,
            self._make_model(X.shape[1]),
            self._moments(X),
            RandomStream(draws),
        )
        net = self._net_class(
            module,
            criterion=RowMean,
            dataset=Rows,
            optimizer=self.optimizer,
            lr=self.lr,
            lr_schedule=self._schedule(),
            batch_size=min(self.batch_size, len(X)),
            device=self._device(),
            verbose=self.verbose,
            **self._hold_out(len(X), split),
            **self._net_defaults(order),
        )
        return net.initialize()

    _net_class = DetectorNet

    def _net_defaults(self, order_seed):
        """What skorch is told unless the user says otherwise by a dunder name."""
        defaults = {
            "iterator_train": TensorBatches,
            "iterator_train__shuffle": True,
            "iterator_train__generator": torch.Generator().manual_seed(order_seed),
            "iterator_valid": TensorBatches,
            "iterator_valid__batch_size": 4096,
        }
        if self.verbose < 2:
            defaults["callbacks__print_log"] = None
        return {**defaults, **self._net_params}

    def _hold_out(self, n_rows, seed):
        """Callbacks and train_split, with early stopping if it is wanted."""
        callbacks = copy.deepcopy(list(self.callbacks or []))
        if not self.early_stopping:
            return {"callbacks": callbacks, "train_split": None}
        n_valid = int(self.validation_fraction * n_rows)
        if n_valid < 1:
            warnings.warn(
                f"validation_fraction={self.validation_fraction} of {n_rows} rows is "
                "less than one row: early stopping watches the training loss instead.",
                UserWarning,
                stacklevel=6,
            )
        stopper = EarlyStopping(
            monitor="valid_loss" if n_valid else "train_loss",
            patience=self.n_iter_no_change,
            # Relative thresholds are wrong for negative losses such as log-likelihoods.
            threshold=0.0,
            threshold_mode="abs",
            load_best=True,
            sink=noop,
        )
        return {
            "callbacks": [*callbacks, ("early_stopping", stopper)],
            "train_split": HoldOut(n_valid, seed) if n_valid else None,
        }

    def _schedule(self):
        """The learning rate's decay, which a user's own scheduler replaces."""
        callbacks = [c[1] if isinstance(c, tuple) else c for c in self.callbacks or ()]
        if any(isinstance(c, LRScheduler) for c in callbacks):
            return None
        return SCHEDULES[self.lr_schedule]

    def _user_modules(self):
        """Classes that the user gave us and that may draw random numbers globally."""
        return [m for m in [getattr(self, "module", None)] if m is not None]

    def _check_modules(self):
        for module in self._user_modules():
            if isinstance(module, nn.Module):
                raise TypeError(
                    f"{module!r} is already built. Pass the class, and its arguments "
                    "as module__name, so that every fit starts from fresh weights."
                )

    def _global_draws(self):
        """Lend torch's global generator to users' modules while they train."""
        if all(takes_stream(module) for module in self._user_modules()):
            return nullcontext()
        return global_seed(draw_seed(self.random_state))

    def _device(self):
        if self.device == "auto":
            if torch.cuda.is_available():
                return "cuda"
            return "mps" if torch.backends.mps.is_available() else "cpu"
        if self.device.startswith("cuda") and not torch.cuda.is_available():
            raise ValueError(
                f"device={self.device!r} but torch.cuda.is_available() is False."
            )
        return self.device

    def _moments(self, X):
        """Centre and scale of the columns, or nothing."""
        return column_moments(self, X) if self.standardize else (None, None)

    def _score(self, X):
        return self._in_chunks(X, StandardizedModel.score)

    def _in_chunks(self, X, function):
        """Apply a function of (module, rows) to all rows, in chunks and in float64.

        In float32 a row's result depends on its neighbours in the seventh digit,
        because the matrix products round differently. Float64 rounded to the float32
        grid does not.
        """
        module = copy.deepcopy(self.net_.module_).double().eval()
        n_rows = int(np.clip(CHUNK_CELLS // X.shape[1] // 4, 16, 4096))
        results, start = None, 0
        with torch.inference_mode():
            while start < len(X):
                x = torch.tensor(X[start : start + n_rows], device=self.net_.device)
                try:
                    part = _on_float32_grid(function(module, x))
                except torch.OutOfMemoryError as error:
                    n_rows = _smaller_chunk(n_rows, error)
                    continue
                if results is None:
                    # A list of parts would pin the heap between the chunks.
                    results = np.empty((len(X), *part.shape[1:]))
                results[start : start + n_rows] = part
                start += n_rows
        return results

    @contextmanager
    def _threads(self, net, n_rows):
        """Train small networks on one thread, and put the number back."""
        n_weights = sum(p.numel() for p in net.module_.parameters())
        before = torch.get_num_threads()
        small = 6 * n_weights * min(self.batch_size, n_rows) < SINGLE_THREAD_FLOP
        if small and before > 1 and net.device == "cpu":
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if torch.get_num_threads() != before:
                torch.set_num_threads(before)


def _build(make_model, moments, stream, **module_params):
    return StandardizedModel(make_model(stream=stream, **module_params), *moments)


def _tensor(X):
    """Share memory with the rows if torch can: it refuses read-only arrays."""
    return torch.from_numpy(X if X.flags.writeable else X.copy())


def _smaller_chunk(n_rows, error):
    if n_rows == 1:
        raise MemoryError("A single row does not fit the device's memory.") from error
    torch.cuda.empty_cache()
    return n_rows // 2


def _on_float32_grid(values):
    limit = torch.finfo(torch.float32).max
    values = values.clamp(-limit, limit).to(torch.float32)
    return values.to(torch.float64).cpu().numpy()
