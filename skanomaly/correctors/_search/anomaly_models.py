"""Classifiers, detectors and networks of any make as models of anomalous rows."""

import copy
from typing import Any

import numpy as np
import torch
from sklearn.base import is_outlier_detector
from skorch import NeuralNet
from torch import nn

from skanomaly.base import BaseDetector
from skanomaly.correctors._search.classifier import RowClassifier
from skanomaly.correctors._search.log_odds import (
    EstimatorModel,
    LogOddsModel,
    TorchModel,
)
from skanomaly.correctors._table.one_hot import OneHotLayout

__all__ = ["as_anomaly_model"]


def as_anomaly_model(
    classifier, n_categories, *, encode="one_hot", anomaly_label=1, scale=1.0
):
    """Make log-odds of codes from whatever can tell anomalies.

    Parameters
    ----------
    classifier : LogOddsModel, nn.Module, skorch.NeuralNet, detector or estimator
        Fitted. A module maps probabilities (n, n_units) to log-odds (n,); of a detector
        of skanomaly the network's score is used, zero on the line that `predict` draws;
        a skorch classifier gives its two classes; a scikit-learn estimator its
        `predict_proba` or `decision_function`.
    n_categories : sequence of int
        Categories of each column.
    encode : {"one_hot", "codes"} or callable, default="one_hot"
        What rows the classifier was fitted on; a callable maps codes (n, d) to them.
        Gradients need "one_hot".
    anomaly_label : int or str, default=1
        Which class of a two-class estimator is the anomaly.
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
        If it knows no class `anomaly_label`, or not two classes, or was fitted on
        other columns.
    """
    if isinstance(classifier, LogOddsModel):
        return classifier
    model = None
    if isinstance(encode, str) and encode == "one_hot":
        model = _torch_model(classifier, n_categories, anomaly_label, scale)
    if model is None:
        decide = _decision(classifier, anomaly_label, scale)
        encode = _encoder(encode, OneHotLayout(n_categories))
        model = EstimatorModel(decide, n_categories, encode)
    _try_out(model, classifier)
    return model


def _try_out(model, classifier):
    """Ask about one row, to say early and in our words what is wrong."""
    codes = np.minimum(np.array([model.blocks.sizes]) - 1, 0)
    name = type(classifier).__name__
    wanted = f"{model.blocks.n_units} columns, one for each category of each column"
    try:
        shape = model.logits(codes).shape
    except (ValueError, RuntimeError, IndexError) as error:
        raise ValueError(f"{name} does not take rows of {wanted}: {error}") from error
    if shape != (1,):
        raise ValueError(f"{name} must give one number a row, got shape {shape}.")


def _torch_model(classifier, n_categories, anomaly_label, scale):
    """Return the model if there is a torch network inside, else None."""
    net = getattr(classifier, "net_", classifier)
    module = getattr(net, "module_", net)
    if not isinstance(module, nn.Module):
        return None
    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    module = copy.deepcopy(module).double().eval().requires_grad_(False)
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
        finish = _skorch_log_odds(classifier, anomaly_label)
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


def _skorch_log_odds(net, anomaly_label):
    """What turns the output of a skorch classifier's network into log-odds."""
    sign = _sign(getattr(net, "classes_", None), anomaly_label)
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


def _decision(classifier, anomaly_label, scale):
    """Return the function from rows to log-odds of an evaluated estimator."""
    if hasattr(classifier, "__sklearn_tags__") and is_outlier_detector(classifier):
        return lambda X: -classifier.decision_function(X) / scale
    if hasattr(classifier, "predict_proba"):
        sign = _sign(classifier.classes_, anomaly_label)
        return lambda X: sign * _proba_log_odds(classifier.predict_proba(X))
    if hasattr(classifier, "decision_function"):
        sign = _sign(classifier.classes_, anomaly_label)
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


def _sign(classes, anomaly_label):
    """+1 if the anomaly is the second class, -1 if it is the first."""
    if classes is None:
        return 1.0
    classes = list(classes)
    if len(classes) != 2 or anomaly_label not in classes:
        raise ValueError(
            f"The classifier knows the classes {classes}; expected two, one of them "
            f"the anomaly {anomaly_label!r}."
        )
    return 1.0 if classes.index(anomaly_label) == 1 else -1.0


def _encoder(encode, blocks):
    if callable(encode):
        return encode
    if encode == "codes":
        return lambda codes: codes
    return lambda codes: blocks.one_hot(torch.from_numpy(codes)).numpy()
