"""The base of deep detectors: anomaly scores of the rows, and their threshold."""

from copy import deepcopy
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skanomaly._training.chosen_rows import chosen_rows
from skanomaly._training.double import float64_copy
from skanomaly._training.estimator import DeepEstimator
from skanomaly._training.fit import with_gradients
from skanomaly._training.folds import needs_cross_fit, out_of_fold_scores
from skanomaly._training.gap import find_gap, warn_of_gap
from skanomaly._training.held_out import ENOUGH_FOR_GAP, choose_held_out
from skanomaly._training.parameters import CATEGORIES, DetectorParams
from skanomaly._training.table import TableEncoder
from skanomaly._training.table_mixin import TableMixin
from skanomaly._training.threshold import AUTO_CONTAMINATION, MAX_CROSS_FIT_ROWS
from skanomaly._training.weights import WeightedFitMixin, repeated
from skanomaly.base import BaseDetector
from skanomaly.utils._chunks import dense
from skanomaly.utils._seeds import draw_seed
from skanomaly.utils._state import all_or_nothing, of_one_fit
from skanomaly.utils._typing import FloatArray, MatrixLike

__all__ = ["DeepDetector"]


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
    # Copies that score training rows out of fold are trained on fewer rows. Where the
    # score falls as long as it is trained, they need as many steps all the same.
    _copies_take_all_steps = False

    warm_start: bool
    contamination: Any
    training_scores_: FloatArray

    _table: TableEncoder

    @all_or_nothing
    def partial_fit(self, X: MatrixLike, y: object = None) -> Self:
        """Train on one more chunk of rows, for one pass.

        The first call builds the network and fixes the standardization by its chunk;
        later calls continue from there and keep it. `offset_`, `training_scores_`, and
        the training rows that a model keeps, come from the latest chunk with at least
        ``1 / contamination`` rows (10 for "auto", which here means 0.1 of the chunk),
        so use chunks with many more. `max_epochs`, `early_stopping` and `lr_schedule`
        have no effect.

        A network forgets: it knows the latest chunks best. Shuffle rows that are
        sorted, by a label or by time, before you cut them into chunks; a first chunk
        of one kind of rows would also fix the standardization by that kind alone.

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
        self._validate_params()
        rows = dense(self._validate(X, reset=not is_resumed))
        updates = not is_resumed or len(rows) * self._contamination_rate() >= 1
        net = self._train(rows, is_resumed=is_resumed, is_partial_fit=True)
        self.calibration_scores_ = None
        self._set_net(net, rows, updates_references=updates)
        if updates:
            self._set_offset_by(self._score(rows))
        return self

    @of_one_fit
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
        self._check_threshold()
        return super().decision_function(X)

    def _check_threshold(self):
        """Refuse a threshold that was set for another score."""
        if self._threshold_params != self._chosen_score():
            raise ValueError(
                f"offset_ was set for {_listed(self._threshold_params)}, but now "
                f"{_listed(self._chosen_score())}. Call calibrate(X) or fit(X) to set "
                "it for this score; score_samples(X) needs no threshold."
            )

    @with_gradients()
    def _fit_repeated(self, rows, counts, *labels):
        held_out = self._held_out(self._may_be_held_out(rows, *labels), counts)
        if held_out is None:
            super()._fit_repeated(rows, counts, *labels)
            return
        trained = chosen_rows(rows, counts, ~held_out)
        self._fit(trained, *repeated(labels, counts, ~held_out))
        self._set_offset_by_held_out(rows, held_out, counts)

    def _may_be_held_out(self, rows):
        """Rows whose scores may set the threshold."""
        return np.ones(len(rows), dtype=bool)

    def _held_out(self, candidates, counts):
        """Images that are not trained on, or None for tables, and for few images."""
        if getattr(self, "image_shape", None) is None:
            return None
        if not (self._is_warm_start() and hasattr(self, "_held_out_seed")):
            # Kept, because continued training must not see them either. Of a generator
            # it is the number that training draws next: the networks are those of
            # the generator's first number, held-out images or not.
            self._held_out_seed = draw_seed(deepcopy(self.random_state))
        if counts is not None:
            candidates = candidates & (counts > 0)
        return choose_held_out(candidates, self._held_out_seed)

    def _set_offset_by_held_out(self, rows, held_out, counts):
        """Set threshold and p-values by the scores of images that were held out."""
        scores = self._score(rows)
        self.training_scores_ = -scores
        (chosen,) = repeated((scores,), counts, held_out)
        self._set_threshold(chosen)
        self.calibration_scores_ = -chosen
        if self.contamination == "auto" and len(chosen) >= ENOUGH_FOR_GAP:
            warn_of_gap(find_gap(chosen, np.zeros(len(chosen))))

    def _is_warm_start(self):
        return self.warm_start and hasattr(self, "net_")

    def _fit(self, X):
        self._set_net(self._train(X, is_resumed=self._is_warm_start()), X)

    @with_gradients()
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

    def _scoring_module(self):
        if self._score_params:
            self._validate_params()
        module = float64_copy(self.net_.module_).cpu()
        self._configure_score(module.model)
        return module

    def _configure_score(self, model):
        """Set the parameters of the score in a model, a copy."""
        for name, value in self._chosen_score().items():
            setattr(model, name, value)


def _listed(params):
    return ", ".join(f"{name}={value!r}" for name, value in params.items())
