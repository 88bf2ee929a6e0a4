"""Anything that tells anomalous rows from normal ones, as log-odds of codes."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch
from scipy.special import log_expit
from sklearn.base import is_outlier_detector
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted
from skorch import NeuralNet
from torch import nn

from skanomaly._training.double import float64_copy
from skanomaly._training.evaluate import on_float32_grid
from skanomaly.base import BaseDetector
from skanomaly.correctors._search.boosted_trees import BoostedTrees
from skanomaly.correctors._search.classifier import RowClassifier
from skanomaly.correctors._table.one_hot import OneHotLayout
from skanomaly.utils._chunks import row_slices, rows_per_chunk

__all__ = [
    "LogOddsModel",
    "as_anomaly_model",
    "is_fitted",
    "of_width",
    "one_hot",
    "probability",
]

# Two classes that can be understood, and which of them is the anomaly: labels as in
# `fit`, or as scikit-learn's outlier detectors say it.
ANOMALY_OF = {frozenset({0, 1}): 1, frozenset({-1, 1}): -1}


class LogOddsModel(ABC):
    """Log-odds of an anomaly for rows of codes.

    Subclasses write `_logits(codes)`. Log-odds are rounded to the float32 grid, so that
    a row's do not depend on its neighbours in a batch.

    Parameters
    ----------
    n_categories : sequence of int
        Categories of each column.
    """

    differentiable = False

    def __init__(self, n_categories):
        self.blocks = OneHotLayout(n_categories)

    def logits(self, codes):
        """Log-odds of each row, shape (n,)."""
        logits = np.empty(len(codes))
        for rows in row_slices(len(codes), self.blocks.n_units):
            logits[rows] = on_float32_grid(self._logits(codes[rows]))
        return logits

    @abstractmethod
    def _logits(self, codes):
        """Log-odds of a chunk of rows, shape (n,), as precise as they come."""

    def changed_logits(self, codes, edits, combinations):
        """Log-odds of each row after each of some changes, shape (n, n_combinations).

        Parameters
        ----------
        codes : ndarray of shape (n, d)
        edits : CellEdits
            Single changes of each row.
        combinations : ndarray of shape (n_combinations, t)
            Which t edits to take together.
        """
        n_rows, n_combinations = len(codes), len(combinations)
        result = np.empty((n_rows, n_combinations))
        step = rows_per_chunk(self.blocks.n_columns * n_rows)
        for start in range(0, n_combinations, step):
            part = combinations[start : start + step]
            rows = np.repeat(np.arange(n_rows), len(part))
            changed = edits.apply(codes, rows, np.tile(part, (n_rows, 1)))
            result[:, start : start + step] = self.logits(changed).reshape(n_rows, -1)
        return result

    def gradient(self, p):
        """Log-odds of probabilities of shape (n, n_units), and their gradient."""
        raise NotImplementedError

    def require_gradient(self):
        """Refuse a model that has none."""
        if not self.differentiable:
            raise TypeError(
                "A gradient needs a classifier that is a torch network; this one can "
                "only be evaluated. Use search='exact', 'beam' or 'auto', or fit with "
                "search='gradient' and no other classifier."
            )


class TorchModel(LogOddsModel):
    """A torch function of probabilities, evaluated in float64.

    Parameters
    ----------
    score : callable
        Maps probabilities (n, n_units) to log-odds (n,).
    n_categories : sequence of int
    split : pair, default=None
        The first layer, an `nn.Linear`, and a callable of all that follows. A changed
        cell then costs one addition instead of the first layer.
    device : str, default="cpu"
    """

    differentiable = True

    def __init__(self, score, n_categories, *, split=None, device="cpu"):
        super().__init__(n_categories)
        self.score, self.device = score, device
        self._table: Any = None
        if split is not None:
            self._split_off(*split)

    def _split_off(self, linear, rest):
        weight = linear.weight.detach().T
        means = [b.mean(dim=0) for b in weight.split(self.blocks.sizes)]
        # A column without categories has no mean, and no cell that could change.
        self._table = torch.cat([weight, torch.stack(means).nan_to_num()])
        self._bias = 0.0 if linear.bias is None else linear.bias.detach()
        self._rest = rest

    @torch.no_grad()
    def _logits(self, codes):
        if self._table is not None:
            return self._rest(self._first_layer(codes)).cpu().numpy()
        p = self.blocks.one_hot(torch.from_numpy(codes).to(self.device))
        return self.score(p).cpu().numpy()

    def _first_layer(self, codes):
        units = torch.from_numpy(self.blocks.units(codes)).to(self.device)
        return self._table[units].sum(dim=1) + self._bias

    @torch.no_grad()
    def changed_logits(self, codes, edits, combinations):
        """Log-odds of each row after each change; see the parent."""
        if self._table is None:
            return super().changed_logits(codes, edits, combinations)
        first, steps = self._first_layer(codes), self._first_layer_steps(codes, edits)
        index = torch.from_numpy(combinations).to(self.device)
        result = np.empty((len(codes), len(index)))
        n_hidden = first.shape[1]
        n_columns = max(1, min(len(index), rows_per_chunk(n_hidden)))
        n_rows = rows_per_chunk(n_columns * n_hidden)
        for i in range(0, len(codes), n_rows):
            for j in range(0, len(index), n_columns):
                hidden = first[i : i + n_rows, None]
                for edit in index[j : j + n_columns].T:
                    hidden = hidden + steps[i : i + n_rows].index_select(1, edit)
                z = self._rest(hidden.flatten(0, 1)).cpu().numpy()
                result[i : i + n_rows, j : j + n_columns] = z.reshape(len(hidden), -1)
        return on_float32_grid(result)

    def _first_layer_steps(self, codes, edits):
        """What each edit adds to the first layer of each row, (n, n_edits, hidden)."""
        units = edits.units(codes, self.blocks)
        new, old = (torch.from_numpy(u).to(self.device) for u in units)
        return self._table[new] - self._table[old]

    def gradient(self, p):
        """Log-odds of probabilities of shape (n, n_units), and their gradient."""
        with torch.inference_mode(False), torch.enable_grad():
            p = p.detach().clone().requires_grad_()
            z = self.score(p)
            return z.detach(), torch.autograd.grad(z.sum(), p)[0]


class CodesModel(LogOddsModel):
    """Trees that read codes.

    Parameters
    ----------
    trees : BoostedTrees
    """

    def __init__(self, trees):
        super().__init__(trees.n_categories)
        self.trees = trees

    def _logits(self, codes):
        return self.trees.log_odds(codes)


class EstimatorModel(LogOddsModel):
    """An estimator of one-hot rows that can only be evaluated.

    Parameters
    ----------
    decide : callable
        Maps one-hot rows (n, n_units) to log-odds (n,).
    n_categories : sequence of int
    """

    def __init__(self, decide, n_categories):
        super().__init__(n_categories)
        self.decide = decide

    def _logits(self, codes):
        rows = self.blocks.one_hot(torch.from_numpy(codes)).numpy()
        return np.array(self.decide(rows), dtype=np.float64)


def as_anomaly_model(classifier, n_categories, *, scale=1.0):
    """Make log-odds of codes from whatever can tell anomalies.

    Parameters
    ----------
    classifier : nn.Module, skorch.NeuralNet, detector or estimator
        Fitted on one-hot rows. A module maps them to log-odds (n,); of a detector of
        skanomaly the network's score is used, zero at the threshold of `predict`; a
        skorch classifier gives its two classes; a scikit-learn estimator its
        `predict_proba` or `decision_function`. Of the classes 0 and 1 the anomaly is 1,
        of -1 and 1 it is -1.
    n_categories : sequence of int
        Categories of each column.
    scale : float, default=1.0
        What to divide the score of a detector by: scores have no unit, and only
        the sign of ``score - offset`` is sure to mean something.

    Returns
    -------
    LogOddsModel
        With `differentiable` True where a gradient search can use it.

    Raises
    ------
    TypeError
        If the classifier can neither be called nor asked for decisions.
    ValueError
        If its two classes are not 0 and 1 or -1 and 1, or it was fitted on other
        columns.
    """
    sizes = tuple(int(size) for size in n_categories)
    if isinstance(classifier, BoostedTrees) and classifier.n_categories == sizes:
        return CodesModel(classifier)
    model = _torch_model(classifier, n_categories, scale)
    if model is None:
        model = EstimatorModel(_decision(classifier, scale), n_categories)
    _try_out(model, classifier)
    return model


def _try_out(model, classifier):
    """Ask about one row, to say early and in our words what is wrong."""
    codes = np.minimum(np.array([model.blocks.sizes]) - 1, 0)
    name = type(classifier).__name__
    wanted = f"{model.blocks.n_units} columns, one for each category of each column"
    try:
        shape = np.shape(model._logits(codes))
    except (ValueError, RuntimeError, IndexError) as error:
        raise ValueError(f"{name} does not take rows of {wanted}: {error}") from error
    if shape != (1,):
        raise ValueError(f"{name} must give one number a row, got shape {shape}.")


def _torch_model(classifier, n_categories, scale):
    """Return the model if there is a torch network inside, else None."""
    net = getattr(classifier, "net_", classifier)
    module = getattr(net, "module_", net)
    if not isinstance(module, nn.Module):
        return None
    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    module = float64_copy(module).requires_grad_(False)
    if isinstance(module, RowClassifier):
        options = {"split": module.split(), "device": device}
        return TorchModel(module.score, n_categories, **options)
    if isinstance(classifier, BaseDetector):
        score: Any = module.score  # mypy takes it for a weight
        offset = classifier.offset_
        return TorchModel(
            lambda p: (score(p) + offset) / scale, n_categories, device=device
        )
    finish = _log_odds
    if isinstance(classifier, NeuralNet):
        finish = _skorch_log_odds(classifier)
    return TorchModel(
        lambda p: finish(module(p)),
        n_categories,
        split=_sequential_split(module, finish),
        device=device,
    )


def _sequential_split(module, finish):
    if isinstance(module, nn.Sequential) and isinstance(module[0], nn.Linear):
        rest = nn.Sequential(*list(module)[1:])
        return module[0], lambda x: finish(rest(x))
    return None


def _log_odds(output):
    """Output of a network with one unit, or none of two dimensions, as (n,)."""
    return output[:, 0] if output.ndim == 2 else output


def _skorch_log_odds(net):
    """What turns the output of a skorch classifier's network into log-odds."""
    sign = _sign(getattr(net, "classes_", None))
    criterion = net.criterion_
    if isinstance(criterion, nn.BCEWithLogitsLoss):
        return lambda output: sign * _log_odds(output)
    if isinstance(criterion, nn.CrossEntropyLoss):
        return lambda output: sign * (output[:, 1] - output[:, 0])
    if isinstance(criterion, nn.NLLLoss):  # skorch wants probabilities for it
        tiny = torch.finfo(torch.float64).tiny
        return lambda output: sign * output.clamp_min(tiny).log().diff(dim=1)[:, 0]
    raise TypeError(
        f"The criterion {type(criterion).__name__} of the net is not known; expected "
        "BCEWithLogitsLoss, CrossEntropyLoss or NLLLoss."
    )


def _decision(classifier, scale):
    """Return the function from rows to log-odds of an evaluated estimator."""
    if getattr(classifier, "novelty", True) is False:
        name = type(classifier).__name__
        raise TypeError(
            f"{name}() judges only the rows it was fitted to: write "
            f"{name}(novelty=True), which has a decision_function for others."
        )
    if hasattr(classifier, "__sklearn_tags__") and is_outlier_detector(classifier):
        return lambda X: -classifier.decision_function(X) / scale
    if hasattr(classifier, "predict_proba"):
        sign = _sign(classifier.classes_)
        return lambda X: sign * _proba_log_odds(classifier.predict_proba(X))
    if hasattr(classifier, "decision_function"):
        sign = _sign(classifier.classes_)
        return lambda X: sign * classifier.decision_function(X)
    raise TypeError(
        f"{type(classifier).__name__} cannot tell anomalies: expected a torch module, "
        "a skorch net, a detector, or an estimator with predict_proba or "
        "decision_function."
    )


def _proba_log_odds(proba):
    tiny = np.finfo(np.float64).tiny
    logs = np.log(np.maximum(proba, tiny))
    return logs[:, 1] - logs[:, 0]


def _sign(classes):
    """+1 if the anomaly is the second class, -1 if it is the first."""
    if classes is None:
        return 1.0
    classes = np.asarray(classes).tolist()
    anomaly = ANOMALY_OF.get(frozenset(classes))
    if anomaly is None:
        raise ValueError(
            f"The classifier knows the classes {classes}; expected 0 and 1, where 1 is "
            "the anomaly, or -1 and 1, where -1 is. Fit it on such labels."
        )
    return 1.0 if classes.index(anomaly) == 1 else -1.0


def one_hot(codes, n_categories):
    """Encode rows of codes as a classifier sees them."""
    return OneHotLayout(n_categories).one_hot(torch.from_numpy(codes)).numpy()


def probability(log_odds):
    """Probability of an anomaly, from its log-odds."""
    return np.exp(log_expit(log_odds))


def is_fitted(estimator):
    """Whether a classifier that a user brings along has been fitted."""
    if getattr(estimator, "initialized_", True) is False:  # skorch before its fit
        return False
    try:
        check_is_fitted(estimator)
    except (NotFittedError, TypeError):
        return False
    return True


def of_width(estimator, n_units):
    """Refuse a fitted classifier that saw other columns."""
    width = getattr(estimator, "n_features_in_", n_units)
    if width != n_units:
        raise ValueError(
            f"The fitted classifier expects {width} columns, but the one-hot rows have "
            f"{n_units}: fit it on one_hot(X) of a repair that was fitted on these X."
        )
    return estimator
