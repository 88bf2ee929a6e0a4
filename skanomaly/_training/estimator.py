"""The base of deep estimators: how they build a net, train and evaluate it."""

import difflib
from abc import abstractmethod
from contextlib import nullcontext
from functools import partial
from inspect import signature
from typing import Any

import torch

from skanomaly._saving.mixin import SavingMixin
from skanomaly._training.batches import batch_sizes
from skanomaly._training.docstrings import (
    ATTRIBUTES,
    INPUT_ATTRIBUTES,
    NET_PARAMS,
    THRESHOLD_ATTRIBUTES,
)
from skanomaly._training.evaluate import in_chunks
from skanomaly._training.fit import (
    build_net,
    check_callback_names,
    check_monitors,
    check_optimizer_params,
    check_unbuilt,
    copied_callbacks,
    early_stopping_options,
    iterator_options,
    run_phases,
    schedule,
    with_gradients,
)
from skanomaly._training.net import DetectorNet
from skanomaly._training.parameters import TrainingParams
from skanomaly._training.phases import Phase
from skanomaly._training.references import random_rows
from skanomaly._training.resuming import built_from, warn_of_ignored
from skanomaly._training.standardized import (
    MAX_COPY,
    StandardizedModel,
    column_moments,
)
from skanomaly._training.table import TableEncoder
from skanomaly.nets.layers import RandomStream, global_seed, takes_stream
from skanomaly.utils._params import NetParamsMixin
from skanomaly.utils._seeds import draw_seed, spawn_seeds

__all__ = ["DeepEstimator"]


# max_epochs="auto" trains for about this many gradient steps: ten epochs are too few on
# 200 rows and too many on 100,000.
AUTO_STEPS = 4000


class DeepEstimator(SavingMixin, NetParamsMixin):
    """An estimator that is a torch model trained by skorch.

    Subclasses write `_make_model`. A model is a torch module: calling it on rows gives
    the loss of each row. If it has a method `set_reference_rows`, that is called after
    training with at most `n_references` training rows.

    Think twice before adding anything to this class.
    """

    _params = TrainingParams
    _components = (
        "module", "optimizer", "iterator_train", "iterator_valid", "callbacks",
    )  # fmt: skip
    _undeclared = ("iterator_train", "iterator_valid")
    # Parameters that continued training takes up, beside those of training.
    _resumed_params: tuple[str, ...] = ()
    _score_params: tuple[str, ...] = ()
    # Fewest and most gradient steps of max_epochs="auto" for tables; between them, as
    # many as there are rows. None: as many as for images.
    _table_steps: tuple[int, int] | None = None
    _shared_docstrings = {
        "attributes": ATTRIBUTES,
        "further_parameters": NET_PARAMS,
        "input_attributes": INPUT_ATTRIBUTES,
        "threshold_attributes": THRESHOLD_ATTRIBUTES,
    }
    optimizer: Any
    lr: float
    lr_schedule: str
    batch_size: int
    max_epochs: Any
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    callbacks: Any
    device: str
    standardize: bool
    random_state: Any
    verbose: int
    net_: DetectorNet
    n_features_in_: int
    # Of a table: its categories, for estimators that take them.
    _table: TableEncoder | None = None
    # What the progress bar says of copies.
    _title = ""

    def __init__(self, **params: Any) -> None:
        self._store_params(params)

    @abstractmethod
    def _make_model(self, n_features, **build):
        """Build the model.

        It is given ``stream``, the `RandomStream` to draw weights and noise from, and
        the user's ``module__…`` parameters.
        """

    def _phases(self, n_epochs, *, is_resumed=False, is_partial_fit=False):
        """Phases of the training, in order."""
        return [Phase(n_epochs)]

    @with_gradients()
    def _train(self, X, context=None, *, is_resumed=False, is_partial_fit=False):
        """Train a net on validated rows and their context."""
        kind = {"is_resumed": is_resumed, "is_partial_fit": is_partial_fit}
        net = self._make_net(X, **kind)
        run_phases(
            net,
            self._phases(net.max_epochs, **kind),
            X,
            context,
            # Callbacks get the rows in their own units.
            standardize_once=not self.callbacks
            and 4 * len(X) * self._n_inputs(X) <= MAX_COPY,
            random_context=self._random_context,
        )
        return net

    def _make_net(self, X, *, is_resumed, is_partial_fit):
        """Build a net from the parameters; if resumed, with the state of `net_`."""
        check_unbuilt(self._user_classes())
        check_optimizer_params(self.optimizer, self._net_params)
        stream, order, split = self._random_streams(draw_seed(self.random_state))
        net = build_net(
            partial(self._standardized_model, X, is_resumed, stream),
            **self._net_options(len(X), is_partial_fit, order, split),
        )
        net.title_ = self._title
        check_callback_names(net, self._net_params)
        check_monitors(net)
        if not is_resumed:
            net.built_from_ = built_from(self)
            return net
        warn_of_ignored(self, self.net_.built_from_)
        return net.resume_from(self.net_)

    def _net_options(self, n_rows, is_partial_fit, order, split):
        """Parameters as options of `build_net`."""
        return {
            "optimizer": self.optimizer,
            "lr": self.lr,
            "batch_size": self.batch_size,
            "device": self.device,
            "verbose": self.verbose,
            **self._optimizer_options(),
            **self._training_options(n_rows, is_partial_fit, split),
            **self._iterators(order),
        }

    def _standardized_model(self, X, is_resumed, stream, **module_params):
        try:
            model = self._make_model(self._n_inputs(X), stream=stream, **module_params)
        except TypeError as error:
            raise TypeError(self._explained(error, "module", module_params)) from error
        center, scale = (None, None) if is_resumed else self._moments(X)
        expansion = None if self._table is None else self._table.expansion()
        return StandardizedModel(model, center, scale, expansion)

    def _n_inputs(self, X):
        """Inputs of the network: one for a column of numbers, more for categories."""
        return X.shape[1] if self._table is None else self._table.n_inputs

    def _explained(self, error, component, params):
        """Message of a call that failed, if it named one of the user's arguments."""
        named = [name for name in params if f"'{name}'" in str(error)]
        if not named:
            return str(error)
        close = difflib.get_close_matches(named[0], self._get_param_names(), n=1)
        hint = f" Did you mean the parameter {close[0]!r}?" if close else ""
        return f"{component}__{named[0]}: {error}.{hint}"

    def _random_streams(self, seed):
        """Sources of weights and noise, of the order of the rows, of the hold-out."""
        noise, order, split = spawn_seeds(seed, 3)
        return RandomStream(noise), torch.Generator().manual_seed(order), split

    def _iterators(self, generator):
        return iterator_options(generator, self._net_params)

    def _optimizer_params(self):
        """Arguments of the optimizer, for those optimizers that have them."""
        return {}

    def _optimizer_options(self):
        known = signature(self.optimizer).parameters
        params = self._optimizer_params().items()
        return {f"optimizer__{name}": v for name, v in params if name in known}

    def _training_options(self, n_rows, is_partial_fit, split_seed):
        """Length of the training, learning rate and callbacks, as skorch's options."""
        callbacks = copied_callbacks(self.callbacks)
        options = {"max_epochs": 1, "lr_schedule": None, "train_split": None}
        if not is_partial_fit:
            options["max_epochs"] = self._n_epochs(n_rows)
            options["lr_schedule"] = schedule(self.lr_schedule, callbacks)
            if self.early_stopping:
                stopper, options["train_split"] = early_stopping_options(
                    self.validation_fraction, self.n_iter_no_change, n_rows, split_seed
                )
                callbacks.append(stopper)
        return {**options, "callbacks": callbacks}

    def _n_epochs(self, n_rows):
        if self.max_epochs != "auto":
            return self.max_epochs
        n_batches = len(batch_sizes(n_rows, *self._batching(n_rows)))
        return max(1, round(self._n_auto_steps(n_rows) / n_batches))

    def _batching(self, n_rows):
        """Rows in a batch, and whether a last one that is not full is left out."""
        size = self._net_params.get("iterator_train__batch_size", self.batch_size)
        drop_last = self._net_params.get("iterator_train__drop_last", False)
        return n_rows if size == -1 else size, drop_last

    def _n_auto_steps(self, n_rows):
        """Gradient steps of max_epochs="auto"."""
        if self._table_steps is None or getattr(self, "image_shape", None) is not None:
            return AUTO_STEPS
        fewest, most = self._table_steps
        return min(max(n_rows, fewest), most)

    def _user_classes(self):
        """User's classes, which may draw from torch's global generator."""
        given = [getattr(self, name, None) for name in ("module", "activation")]
        return [kind for kind in given if not isinstance(kind, str | None)]

    def _random_context(self, n_epochs):
        """Seed torch's global generator while users' modules are trained.

        The seed depends on the epochs so far, or each chunk would draw the same.
        """
        if all(takes_stream(module) for module in self._user_classes()):
            return nullcontext()
        return global_seed(*spawn_seeds([draw_seed(self.random_state), n_epochs], 1))

    def _moments(self, X):
        """Centre and scale of the inputs, or nothing."""
        if not self.standardize:
            return None, None
        shape = getattr(self, "image_shape", None)
        moments = column_moments(self, X, n_groups=None if shape is None else shape[0])
        if self._table is None:
            return moments
        return self._table.expanded_moments(*moments)

    def _set_reference_rows(self, module, X):
        """Give the trained model some of its rows, if it has a use for them."""
        n_references = getattr(module.model, "n_references", 0)
        if n_references == 0:
            return
        chosen = random_rows(X, n_references)
        x = torch.tensor(chosen).to(module.precision.device)
        module.model.set_reference_rows(module.standardize(x))

    def _restored(self, Z):
        """Rows in units of X, from standardized rows; codes for categories.

        Not in `in_chunks`, which rounds to float32: that does not hold a time stamp.
        """
        module = self.net_.module_
        rows = torch.from_numpy(Z).to(module.precision.device)
        return module.restore(rows).cpu().numpy()

    def _in_chunks(self, X, function, context=None):
        module = self.net_.module_
        n_members = getattr(module.model, "n_members", 1)
        return in_chunks(
            module, X, function, self.net_.device, context=context, n_members=n_members
        )
