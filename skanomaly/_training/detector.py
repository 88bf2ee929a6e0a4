"""How a deep detector is trained and scored; with `_net.py` the only user of skorch."""

from abc import abstractmethod
from contextlib import nullcontext
from functools import partial
from numbers import Integral, Real

import numpy as np
import torch

from skanomaly._training.batches import Rows, batch_sizes
from skanomaly._training.evaluate import in_chunks
from skanomaly._training.net import DetectorNet, RowMean
from skanomaly._training.options import (
    SCHEDULES,
    TRAINING_DOCSTRING,
    check_callback_names,
    check_unbuilt,
    device_name,
    few_threads,
    hold_out,
    iterator_options,
    own_callbacks,
    schedule,
)
from skanomaly._training.standardized import (
    MAX_COPY,
    StandardizedModel,
    column_moments,
)
from skanomaly._training.threshold import (
    AUTO_SHARE,
    needs_cross_fit,
    out_of_fold_scores,
)
from skanomaly.base import BaseDetector
from skanomaly.nets.layers import takes_stream
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._params import NetParamsMixin
from skanomaly.utils._random import RandomStream, draw_seed, global_seed, spawn_seeds
from skanomaly.utils._state import all_or_nothing

__all__ = ["DeepDetector"]

# max_epochs="auto" trains for about this many gradient steps: ten epochs are nothing on
# 200 rows and plenty on 100,000.
AUTO_STEPS = 4000


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
    _net_class: type[DetectorNet] = DetectorNet
    _undeclared = ("iterator_train", "iterator_valid")
    _shared_docstrings: dict = {"training_parameters": TRAINING_DOCSTRING}

    _parameter_constraints: dict = {
        **BaseDetector._parameter_constraints,
        "contamination": [
            *BaseDetector._parameter_constraints["contamination"],
            StrOptions({"auto"}),
        ],
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
        contamination="auto",
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
        later calls go on from there and keep it. `offset_`, and whatever rows a model
        keeps, are of the latest chunk with at least ``1 / contamination`` rows (10 for
        "auto", which here means 0.1 of the chunk), so let chunks have many more.
        `max_epochs`, `early_stopping` and `lr_schedule` play no part.

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
        is_warm_start = hasattr(self, "net_")
        with all_or_nothing(self):
            self._validate_params()
            X = self._validate(X, reset=not is_warm_start)
            updates_threshold = (
                not is_warm_start or len(X) * self._contamination_rate() >= 1
            )
            self._train(
                self._make_net(X, is_warm_start, is_partial_fit=True),
                X,
                updates_threshold,
            )
            if updates_threshold:
                super()._set_offset(X)
        return self

    def _is_warm_start(self):
        return self.warm_start and hasattr(self, "net_")

    def _fit(self, X):
        self._train(self._make_net(X, self._is_warm_start()), X)

    def _train(self, net, X, updates_threshold=True):
        x = _tensor(X).to(net.device)
        if not self.callbacks and 4 * X.size <= MAX_COPY:
            # Standardized at once, to spare each step the work. Callbacks see rows as
            # they are.
            x = net.skip_standardization(x)
        threads = few_threads(net.module_, min(self.batch_size, len(X)))
        with threads, self._global_draws(len(net.history)):
            net.partial_fit(Rows(x))
        net.module_.eval().zero_grad(set_to_none=True)
        if updates_threshold:
            self._after_training(net.module_, X)
        self.net_ = net

    def _after_training(self, module, X):
        """Let the trained model look at its rows once more, if the method asks."""

    def _contamination_rate(self):
        return AUTO_SHARE if self.contamination == "auto" else self.contamination

    def _set_offset(self, X):
        self._set_threshold(self._score(X))
        if self.contamination == "auto" and needs_cross_fit(len(X)):
            seed = draw_seed(self.random_state)
            # After a fit that went on, copies have all its epochs to catch up with.
            n_epochs = self.net_.n_epochs_ if self.net_.first_epoch_ else None
            unseen = self._quantile_offset(out_of_fold_scores(self, X, seed, n_epochs))
            # Rows are not further off for having been learned: that would be noise.
            self.offset_ = min(self.offset_, unseen)

    def _make_net(self, X, is_warm_start, is_partial_fit=False):
        """Build a net from the parameters, with what was learned if it goes on."""
        check_unbuilt(self._user_modules())
        stream, order, split = self._random_streams(draw_seed(self.random_state))
        make_model = self._make_model(X.shape[1])
        moments = (None, None) if is_warm_start else self._moments(X)
        module = partial(_build, make_model, moments, stream)
        net = self._net_class(
            module,
            criterion=RowMean,
            dataset=Rows,
            optimizer=self.optimizer,
            lr=self.lr,
            batch_size=self.batch_size,
            device=device_name(self.device),
            verbose=self.verbose,
            **{
                **self._training_options(len(X), is_partial_fit, split),
                **self._iterators(order),
            },
        ).initialize()
        check_callback_names(net, self._net_params)
        return net.resume_from(self.net_) if is_warm_start else net

    def _random_streams(self, seed):
        """Sources of weights and noise, of the order of the rows, of the hold-out."""
        draws, order, split = spawn_seeds(seed, 3)
        return RandomStream(draws), torch.Generator().manual_seed(order), split

    def _iterators(self, generator):
        return iterator_options(generator, self._net_params)

    def _training_options(self, n_rows, is_partial_fit, split_seed):
        """How long training goes and what steers it, in skorch's words."""
        callbacks = own_callbacks(self.callbacks)
        course = {"max_epochs": 1, "lr_schedule": None, "train_split": None}
        if not is_partial_fit:
            course["max_epochs"] = self._n_epochs(n_rows)
            course["lr_schedule"] = schedule(self.lr_schedule, callbacks)
            if self.early_stopping:
                stopper, course["train_split"] = hold_out(
                    self.validation_fraction, self.n_iter_no_change, n_rows, split_seed
                )
                callbacks.append(stopper)
        if self.verbose < 2:
            course["callbacks__print_log"] = None
        return {**course, "callbacks": callbacks}

    def _n_epochs(self, n_rows):
        if self.max_epochs != "auto":
            return self.max_epochs
        n_batches = len(batch_sizes(n_rows, self.batch_size, drop_last=False))
        return max(1, round(AUTO_STEPS / n_batches))

    def _user_modules(self):
        """Classes that the user gave us and that may draw random numbers globally."""
        return [m for m in [getattr(self, "module", None)] if m is not None]

    def _global_draws(self, n_epochs):
        """Lend torch's global generator to users' modules while they train.

        It is seeded by the epochs so far, too, or each chunk would draw the same.
        """
        if all(takes_stream(module) for module in self._user_modules()):
            return nullcontext()
        return global_seed(*spawn_seeds([draw_seed(self.random_state), n_epochs], 1))

    def _moments(self, X):
        """Centre and scale of the columns, or nothing."""
        return column_moments(self, X) if self.standardize else (None, None)

    def _score(self, X):
        return self._in_chunks(X, self._module_score)

    def _module_score(self, module, x):
        """Anomaly score of rows by the copy of the module that scores them."""
        return module.score(x)

    def _restored(self, Z):
        """Rows in units of X, from rows as the model sees them.

        Not in the chunks, which round to float32: it does not hold a time stamp.
        """
        module = self.net_.module_
        rows = torch.from_numpy(Z).to(module.precision.device)
        return module.restore(rows).cpu().numpy()

    def _in_chunks(self, X, function):
        n_members = getattr(self.net_.module_.model, "n_members", 1)
        return in_chunks(
            self.net_.module_, X, function, self.net_.device, n_members=n_members
        )


def _build(make_model, moments, stream, **module_params):
    return StandardizedModel(make_model(stream=stream, **module_params), *moments)


def _tensor(X):
    """Share memory with the rows if they can be gathered from and torch takes them."""
    return torch.from_numpy(np.require(X, requirements=["C", "W"]))
