"""The bases of deep estimators and of deep detectors: how they train and score."""

import difflib
from abc import abstractmethod
from contextlib import nullcontext
from functools import partial
from inspect import signature
from typing import Any, Self

import torch
from sklearn.utils.validation import check_is_fitted

from skanomaly._training.batches import batch_sizes
from skanomaly._training.evaluate import dense, in_chunks
from skanomaly._training.fit import (
    build_net,
    check_callback_names,
    check_optimizer_params,
    check_unbuilt,
    copied_callbacks,
    early_stopping_options,
    iterator_options,
    run_phases,
    schedule,
)
from skanomaly._training.folds import (
    AUTO_CONTAMINATION,
    MAX_CROSS_FIT_ROWS,
    needs_cross_fit,
    out_of_fold_scores,
)
from skanomaly._training.gap import find_gap, warn_of_gap
from skanomaly._training.net import DetectorNet
from skanomaly._training.parameters import (
    ATTRIBUTES,
    CATEGORIES,
    INPUT_ATTRIBUTES,
    NET_PARAMS,
    THRESHOLD_ATTRIBUTES,
    DetectorParams,
    TrainingParams,
)
from skanomaly._training.phases import Phase
from skanomaly._training.references import random_rows
from skanomaly._training.resuming import built_from, warn_of_ignored
from skanomaly._training.standardized import (
    MAX_COPY,
    StandardizedModel,
    column_moments,
)
from skanomaly._training.table import TableEncoder
from skanomaly._training.table_mixin import TableMixin
from skanomaly._training.weights import WeightedFitMixin
from skanomaly.base import BaseDetector
from skanomaly.nets.layers import RandomStream, global_seed, takes_stream
from skanomaly.utils._params import NetParamsMixin, all_or_nothing
from skanomaly.utils._seeds import draw_seed, spawn_seeds
from skanomaly.utils._typing import FloatArray, MatrixLike

__all__ = ["DeepDetector", "DeepEstimator"]


# max_epochs="auto" trains for about this many gradient steps: ten epochs are too few on
# 200 rows and too many on 100,000.
AUTO_STEPS = 4000


class DeepEstimator(NetParamsMixin):
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
        check_callback_names(net, self._net_params)
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
        if not hasattr(module.model, "set_reference_rows"):
            return
        chosen = random_rows(X, module.model.n_references)
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


class DeepDetector(TableMixin, WeightedFitMixin, DeepEstimator, BaseDetector):
    """A detector that is a torch model: its `score` is the anomaly score of each row.

    Parameters in `_score_params` choose among the scores of one fit and may be changed
    after it: the model has an attribute for each of them, which is set to the
    detector's value before scoring. `offset_` belongs to the values it was set for.

    Think twice before adding anything to this class.
    """

    _params = DetectorParams
    _changed_params = {
        "categorical_features": {
            "text": f"{CATEGORIES} With `image_shape` there are none."
        }
    }
    _threshold_params: dict

    warm_start: bool
    contamination: Any
    training_scores_: FloatArray
    _table: TableEncoder

    def partial_fit(self, X: MatrixLike, y: object = None) -> Self:
        """Train on one more chunk of rows, for one pass.

        The first call builds the network and fixes the standardization by its chunk;
        later calls continue from there and keep it. `offset_`, `training_scores_`, and
        the training rows that a model keeps, come from the latest chunk with at least
        ``1 / contamination`` rows (10 for "auto", which here means 0.1 of the chunk),
        so use chunks with many more. `max_epochs`, `early_stopping` and `lr_schedule`
        have no effect.

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
        is_resumed = hasattr(self, "net_")
        with all_or_nothing(self):
            self._validate_params()
            rows = dense(self._validate(X, reset=not is_resumed))
            updates = not is_resumed or len(rows) * self._contamination_rate() >= 1
            net = self._train(rows, is_resumed=is_resumed, is_partial_fit=True)
            self.calibration_scores_ = None
            self._set_net(net, rows, updates_references=updates)
            if updates:
                self._set_offset_by(self._score(rows))
        return self

    def decision_function(self, X: MatrixLike) -> FloatArray:
        """Signed distance to the threshold: negative is anomalous.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to score.

        Returns
        -------
        ndarray of shape (n_samples,)
            ``score_samples(X) - offset_``.

        Raises
        ------
        ValueError
            When `offset_` was set for another score; `calibrate` or `fit` sets it
            for the present one.
        """
        check_is_fitted(self)
        if self._threshold_params != self._chosen_score():
            raise ValueError(
                f"offset_ was set for {_listed(self._threshold_params)}, but now "
                f"{_listed(self._chosen_score())}. Call calibrate(X) or fit(X) to set "
                "it for this score; score_samples(X) needs no threshold."
            )
        return super().decision_function(X)

    def _is_warm_start(self):
        return self.warm_start and hasattr(self, "net_")

    def _fit(self, X):
        self._set_net(self._train(X, is_resumed=self._is_warm_start()), X)

    def _set_net(self, net, X, *, updates_references=True):
        """Set `net_`, and the reference rows of its model."""
        if updates_references:
            self._set_reference_rows(net.module_, X)
        self.net_ = net

    def _contamination_rate(self):
        return (
            AUTO_CONTAMINATION if self.contamination == "auto" else self.contamination
        )

    def _set_offset(self, X):
        self._set_offset_by(self._score(X))
        if self.contamination == "auto" and needs_cross_fit(len(X)):
            seed = draw_seed(self.random_state)
            # After a warm start, the copies need all epochs so far.
            n_epochs = self.net_.n_epochs_ if self.net_.first_epoch_ else None
            scores, fold = out_of_fold_scores(self, X, seed, n_epochs)
            # Out-of-fold scores that are lower than the others are so by chance.
            self.offset_ = min(self.offset_, self._quantile_offset(scores))
            self.training_scores_ = self.calibration_scores_ = -scores
            warn_of_gap(find_gap(scores, fold))
        elif len(X) > MAX_CROSS_FIT_ROWS:
            self.calibration_scores_ = self.training_scores_

    def _set_offset_by(self, scores):
        """Set the threshold by the scores of the training rows, and keep them."""
        self._set_threshold(scores)
        self.training_scores_ = -scores

    def _fold_params(self):
        """Parameters that differ in the copies that are trained on folds."""
        return {}

    def _set_threshold(self, scores):
        super()._set_threshold(scores)
        self._threshold_params = self._chosen_score()

    def _chosen_score(self):
        return {name: getattr(self, name) for name in self._score_params}

    def _score(self, X):
        if self._score_params:
            self._validate_params()  # they may have changed since the fit
        return self._in_chunks(X, self._module_score) + self._score_shift()

    def _module_score(self, module, x):
        self._configure_score(module.model)
        return module.score(x)

    def _apply(self, X, function):
        """Apply a function of (model, standardized rows) to all rows."""
        check_is_fitted(self)
        if self._score_params:
            self._validate_params()

        def apply(module, x):
            self._configure_score(module.model)
            return function(module.model, module.standardize(x))

        return self._in_chunks(self._validate(X, reset=False), apply)

    def _score_shift(self):
        """Constant that converts the model's score to the units of X."""
        return 0.0

    def _configure_score(self, model):
        """Set the parameters of the score in a model, a copy."""
        for name, value in self._chosen_score().items():
            setattr(model, name, value)


def _listed(params):
    return ", ".join(f"{name}={value!r}" for name, value in params.items())
