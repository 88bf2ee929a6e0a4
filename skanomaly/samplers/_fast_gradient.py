"""Rows moved one step along the sign of the gradient of their anomaly score."""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np
import torch
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skanomaly._training.detector import DeepDetector
from skanomaly.utils._chunks import dense
from skanomaly.utils._seeds import draw_seed
from skanomaly.utils._typing import (
    Estimator,
    FloatArray,
    MatrixLike,
    RandomStateLike,
    VectorLike,
)

__all__ = ["fast_gradient_perturbation"]

VARIANTS = ("fast_gradient", "rich_latent")
DIRECTIONS = {"down": -1.0, "up": 1.0}

# Derivatives smaller than this fraction of the row's largest are rounding errors.
FLAT = 1e-10


def fast_gradient_perturbation(
    detector: Estimator,
    X: MatrixLike,
    epsilon: float | VectorLike,
    *,
    variant: Literal["fast_gradient", "rich_latent"] = "fast_gradient",
    direction: Literal["down", "up"] = "down",
    clip: Literal["auto"]
    | tuple[float | VectorLike, float | VectorLike]
    | None = "auto",
    random_state: RandomStateLike = None,
) -> FloatArray:
    r"""Move rows so that their anomaly score changes much and no cell does.

    With the anomaly score :math:`s` of the detector, a row becomes

    .. math:: x' = x - \epsilon \, \mathrm{sign} \nabla_x s(x) ,

    which, of all rows within :math:`\epsilon` in every cell, lowers the score most as
    far as the score is linear: adversarial examples for a detector, or tests of it.

    Parameters
    ----------
    detector : DeepDetector
        Fitted detector of skanomaly, or a search over one.
    X : array-like of shape (n_samples, n_features)
        Rows to move.
    epsilon : float or array-like of shape (n_features,)
        How far to move a cell, in units of `X`: a number for all columns, or one for
        each, such as ``0.1 * X.std(axis=0)``.
    variant : {"fast_gradient", "rich_latent"}, default="fast_gradient"
        "fast_gradient" moves the rows themselves. "rich_latent" is what was done with
        images in [0, 1] in the code of [2]_: normal noise of variance 1 takes the place
        of the rows, and is moved by the gradient *at the rows*.
    direction : {"down", "up"}, default="down"
        Whether to lower or to raise the anomaly score.
    clip : "auto", None or pair (low, high), default="auto"
        Range to which the result is clipped: a pair of numbers, or of arrays with one
        for each column. None does not clip. "auto" is the range of each column of `X`
        (all columns together if the detector has an `image_shape`), and None for
        "rich_latent". Cells of `X` beyond a given range are clipped, too.
    random_state : int, RandomState instance or None, default=None
        Source of the noise of "rich_latent".

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        The moved rows.

    Raises
    ------
    TypeError
        When the detector has no gradient, or is behind other steps of a Pipeline.
    ValueError
        When an argument is not as described.
    sklearn.exceptions.NotFittedError
        When the detector is not fitted.

    Notes
    -----
    The gradient is that of the score in float64, row by row: the result for a row does
    not depend on the others, but for the range of `X`. Cells that the score does not
    depend on stay. A step too wide for the score to be linear can raise it.

    References
    ----------
    .. [1] I. J. Goodfellow, J. Shlens, C. Szegedy, "Explaining and harnessing
       adversarial examples", ICLR 2015. :arxiv:`1412.6572`
    .. [2] H. Choi, E. Jang, A. A. Alemi, "WAIC, but why? Generative ensembles for
       robust anomaly detection", 2018. :arxiv:`1810.01392`

    Examples
    --------
    >>> import numpy as np
    >>> from skanomaly.detectors import AutoEncoder
    >>> from skanomaly.samplers import fast_gradient_perturbation
    >>> X = np.random.default_rng(0).normal(size=(200, 4))
    >>> detector = AutoEncoder(max_epochs=20, random_state=0).fit(X)
    >>> moved = fast_gradient_perturbation(detector, X, 0.05)
    >>> float(np.abs(moved - X).max().round(3))
    0.05
    >>> bool(detector.anomaly_score(moved).mean() < detector.anomaly_score(X).mean())
    True
    """
    detector = _differentiable(detector)
    _check_choice("variant", variant, VARIANTS)
    _check_choice("direction", direction, DIRECTIONS)
    rows = _rows_of_numbers(detector, X)
    step = DIRECTIONS[direction] * _step_width(epsilon, rows.shape[1])
    bounds = _bounds(clip, variant, rows, detector)
    detector._validate_params()  # they may have changed since the fit
    signs = detector._in_chunks(rows, partial(_sign_of_gradient, detector))
    start = rows if variant == "fast_gradient" else _noise(rows, random_state)
    moved = start + step * signs
    return moved if bounds is None else np.clip(moved, *bounds)


def _differentiable(estimator):
    """Return the detector itself, or say why there is no gradient."""
    while not isinstance(estimator, DeepDetector):
        if isinstance(estimator, Pipeline) and len(estimator) == 1:
            estimator = estimator[-1]
        elif isinstance(estimator, Pipeline):
            raise TypeError(
                "detector is a Pipeline, whose transformers have no gradient: give "
                "its last step, pipeline[-1], and the rows as they reach it, "
                "pipeline[:-1].transform(X)."
            )
        elif hasattr(estimator, "estimator") and hasattr(estimator, "refit"):
            check_is_fitted(estimator, "best_estimator_")
            estimator = estimator.best_estimator_
        else:
            raise TypeError(
                f"detector={estimator!r} has no gradient: give a deep detector of "
                "skanomaly.detectors, such as AutoEncoder."
            )
    check_is_fitted(estimator)
    return estimator


def _rows_of_numbers(detector, X):
    """Validated rows, whose cells can all be moved."""
    rows = dense(detector._validate(X, reset=False)).astype(np.float64)
    if detector._table.categories or np.isnan(rows).any():
        raise ValueError(
            "X has categories or missing cells, which cannot be moved along a "
            "gradient: give a detector, and rows, of numbers alone."
        )
    return rows


def _sign_of_gradient(detector, module, x):
    """Sign of the derivative of each row's score with respect to each cell."""
    with torch.inference_mode(False), torch.enable_grad():
        x = x.clone().requires_grad_()
        scores = detector._module_score(module.requires_grad_(False), x)
        if not scores.requires_grad:
            raise TypeError(
                f"The score of {type(module.model).__name__} has no gradient with "
                "respect to the rows."
            )
        (gradient,) = torch.autograd.grad(scores.sum(), x)
    largest = gradient.abs().amax(dim=1, keepdim=True)
    return torch.where(gradient.abs() > FLAT * largest, gradient.sign(), 0.0)


def _noise(rows, random_state):
    return np.random.default_rng(draw_seed(random_state)).standard_normal(rows.shape)


def _check_choice(name, value, choices):
    if value not in choices:
        raise ValueError(f"{name}={value!r} must be one of {list(choices)}.")


def _step_width(epsilon, n_features):
    """Number or numbers by which to move the cells."""
    width = _numbers("epsilon", epsilon, n_features)
    if (width < 0).any():
        raise ValueError(f"epsilon={epsilon!r} must not be negative; see direction.")
    return width


def _bounds(clip, variant, rows, detector):
    """Lowest and highest values of the result, or nothing."""
    if clip is None or (isinstance(clip, str) and clip == "auto"):
        if clip is None or variant == "rich_latent":
            return None
        return _range(rows, getattr(detector, "image_shape", None) is not None)
    if isinstance(clip, str) or not hasattr(clip, "__len__") or len(clip) != 2:
        raise ValueError(f"clip={clip!r} must be 'auto', None or a pair (low, high).")
    low, high = (_numbers("clip", end, rows.shape[1]) for end in clip)
    if (low > high).any():
        raise ValueError(f"clip={clip!r}: low is above high.")
    return low, high


def _range(rows, is_image):
    low, high = (rows.min(), rows.max()) if is_image else (rows.min(0), rows.max(0))
    if np.all(low == high):
        raise ValueError(
            f"clip='auto' is the range of X, and the {len(rows)} rows of X are all the "
            "same: give clip=(low, high), or None."
        )
    return low, high


def _numbers(name, values, n_features):
    """Check a number, or an array with one for each column."""
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name}={values!r} must be a number, or an array of numbers.")
    if array.shape not in ((), (n_features,)) or not np.isfinite(array).all():
        raise ValueError(
            f"{name}={values!r} must be finite: a number, or one for each of the "
            f"{n_features} columns."
        )
    return array.astype(np.float64)
