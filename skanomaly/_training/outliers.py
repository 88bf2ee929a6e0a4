"""Training on rows and sampled outliers, from any object with `fit` and `sample`."""

import copy
import inspect
from functools import partial
from numbers import Integral
from typing import Annotated, Any

import numpy as np
import torch
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from torch import nn

from skanomaly._training.networks import NetworkMixin
from skanomaly._training.parameters import DropoutParams, LayerParams
from skanomaly._training.phases import Phase
from skanomaly._training.row_sampler import RowSampler
from skanomaly.utils._compat import HasMethods, Interval
from skanomaly.utils._params import Param
from skanomaly.utils._seeds import spawn_seeds

__all__ = [
    "OutlierExposureMixin", "OutlierModel", "OutlierParams", "OutlierStream",
    "draw_rows", "fit_sampler", "is_rows", "seed_params",
]  # fmt: skip

# Rows that are drawn at once: enough to hide the cost of the call.
BLOCK_SIZE = 4096

# Cells of outliers are clipped here, in standard deviations of the training rows: the
# rows of a flow have no bound, and one far away would dominate the loss of a batch.
MAX_CELL = 100.0


class OutlierModel(nn.Module):
    """A network that draws outliers while it is trained."""

    outliers: Any  # an `OutlierStream` in training, else None

    def __init__(self, *, network, stream):
        super().__init__()
        self.network = network
        self.stream, self.outliers, self.n_drawn = stream, None, 0

    def with_outliers(self, x):
        """Outputs for rows and for as many new outliers."""
        n_rows, n_features = x.shape[:-1].numel(), x.shape[-1]
        outliers = self.outliers.take(n_rows).view(*x.shape[:-1], n_features)
        return self.network(torch.cat([x, outliers], dim=-2)).tensor_split(2, dim=-2)


class OutlierParams(LayerParams, DropoutParams, total=False):
    """Parameters of a network that is trained on outliers, too."""

    n_outliers: Annotated[
        int,
        Param(
            32768,
            [Interval(Integral, 1, None, closed="left")],
            "int",
            "Largest number of different outliers in training. They are drawn as they "
            "are needed; when all have been used, they are used again.",
        ),
    ]


SAMPLER_TEXT = """\
sampler : object with `fit` and `sample`, or array-like of rows, default=None
    Where outliers come from: a sampler of `skanomaly.samplers`, or scikit-learn's
    `KernelDensity` or `GaussianMixture`. A copy is fitted to the training rows, but
    ``FrozenEstimator(sampler)`` is taken as it is. Its parameters are ``sampler__…``.
    Rows are real outliers, drawn with replacement. None is a `FlowSampler`.
module : type, default=None
    Class of the network, called as ``module(n_inputs, n_outputs, **module__…)``;
    `hidden_units`, `activation` and `dropout` then do not count. None takes a fully
    connected network, or a convolutional one when `image_shape` is given."""


class OutlierExposureMixin(NetworkMixin):
    """Outlier exposure for a deep estimator whose model is an `OutlierModel`."""

    _shared_docstrings = {"sampler": SAMPLER_TEXT}
    _changed_params = {
        "hidden_units": {
            "text": (
                "Units of the hidden layers, or channels of the convolutions. None "
                "takes (128, 128) for tables and (16, 32) for images."
            )
        },
        "image_shape": {
            "text": "Shape of the images that the rows are; it selects a convolutional "
            "network."
        },
    }
    _parameter_constraints: dict = {
        "sampler": [HasMethods(["fit", "sample"]), "array-like", None],
        "module": [callable, None],
    }
    _default_units = ((128, 128), (16, 32), (16, 32))
    _resumed_params: tuple[str, ...] = ("sampler", "n_outliers")
    # What None stands for, as a class.
    _default_sampler: type

    sampler: Any
    sampler_: Any
    n_outliers: int

    def _phases(self, n_epochs, **_):
        return [Phase(n_epochs, before=self._attach_outliers)]

    def _attach_outliers(self, net, X, context):
        """Give the model a stream of standardized outliers to train on."""
        model = net.module_.model
        if not len(net.history):
            (seed,) = spawn_seeds([model.stream.seed, 0], 1)
            inputs = sampler_inputs(net.module_, np.asarray(X))
            self.sampler_ = self._fit_sampler(inputs, context, seed)
        model.outliers = OutlierStream(
            partial(draw_rows, self.sampler_),
            partial(_standardized, net.module_),
            self.n_outliers,
            model.stream.seed,
            model.n_drawn,
        )

    def _detach_outliers(self, net):
        """Drop the outliers, which would be in every pickle."""
        model = net.module_.model
        model.n_drawn, model.outliers = model.outliers.position, None

    def _fit_sampler(self, X, y, seed):
        sampler = self._default_sampler() if self.sampler is None else self.sampler
        return fit_sampler(sampler, X, y, seed)


def _standardized(module, rows):
    """Outliers as input of the model."""
    x = torch.tensor(rows).to(module.precision.device)
    if module.expansion is not None:  # of categories, the likeliest
        x = module.expansion.collapse(x)
    x = module.standardize(x)
    return x.clamp(-MAX_CELL, MAX_CELL)


def sampler_inputs(module, X):
    """Rows for a sampler: an input for each category, no missing cell."""
    if module.expansion is not None:
        x = torch.tensor(X).to(module.precision.device)
        X = module.expansion(x).cpu().numpy()
    missing = np.isnan(X) if X.dtype.kind == "f" else np.zeros(1, dtype=bool)
    if not missing.any():
        return X
    return np.where(missing, np.nanmean(X, axis=0), X)


def fit_sampler(sampler, X, y, seed):
    """Fit a copy of a sampler; every `random_state` that is None gets a seed.

    Parameters
    ----------
    sampler : object with `fit` and `sample`, or array-like of rows
        What to copy; rows stand for a `RowSampler`.
    X : ndarray of shape (n_samples, n_features)
        The rows to learn from.
    y : ndarray of shape (n_samples,) or None
        Their classes, if there are any.
    seed : int
        Source of its random numbers, unless it has its own.

    Returns
    -------
    object
        The fitted copy.
    """
    if is_rows(sampler):
        sampler = RowSampler(sampler)
    sampler = clone(sampler)
    if not isinstance(sampler, FrozenEstimator):
        seed_params(sampler, seed)
    # Mixtures with covariances in float32 cannot be drawn from.
    sampler.fit(X if _takes_seed(sampler) else X.astype(np.float64), y)
    n_features = getattr(sampler, "n_features_in_", X.shape[1])
    if n_features != X.shape[1]:
        raise ValueError(
            f"sampler={sampler!r} draws rows of {n_features} columns, but X has "
            f"{X.shape[1]}."
        )
    return sampler


def is_rows(sampler):
    """Whether a sampler is rows to draw from; a DataFrame has a `sample`, too."""
    return not (hasattr(sampler, "fit") and hasattr(sampler, "sample"))


def seed_params(estimator, seed):
    """Give a seed to every `random_state` that is None, nested ones included."""
    params = estimator.get_params(deep=True)
    names = [
        name for name, value in sorted(params.items())
        if value is None and name.rpartition("__")[2] == "random_state"
    ]  # fmt: skip
    seeds = spawn_seeds(seed, len(names)) if names else []
    estimator.set_params(**dict(zip(names, seeds, strict=True)))


def draw_rows(sampler, n_samples, seed):
    """Draw rows from a fitted sampler, ours or one of scikit-learn.

    Parameters
    ----------
    sampler : object with `sample`
        A fitted sampler. One whose `sample` takes no `random_state`, such as
        `GaussianMixture`, gets the seed as its parameter, in a copy.
    n_samples : int
        How many rows to draw.
    seed : int
        Source of the rows.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        The rows, finite, in random order.
    """
    if isinstance(sampler, FrozenEstimator):
        sampler = sampler.estimator
    if _takes_seed(sampler):
        rows = sampler.sample(n_samples, random_state=seed)
    else:
        sampler = copy.copy(sampler)
        if "random_state" in sampler.get_params(deep=False):
            sampler.set_params(random_state=seed)
        rows = sampler.sample(n_samples)
    rows = np.asarray(rows[0] if isinstance(rows, tuple) else rows)
    n_features = getattr(sampler, "n_features_in_", rows.shape[-1])
    if rows.shape != (n_samples, n_features):
        raise ValueError(
            f"sampler={sampler!r} returned outliers of shape {rows.shape}, but "
            f"{(n_samples, n_features)} is expected."
        )
    if not np.isfinite(rows).all():
        raise ValueError(f"sampler={sampler!r} returned outliers with NaN or infinity.")
    # Mixtures return their rows sorted by component.
    return np.random.default_rng(seed).permutation(rows)


def _takes_seed(sampler):
    return "random_state" in inspect.signature(sampler.sample).parameters


class OutlierStream:
    """Outliers for training, batch by batch, as input of a model.

    They are drawn in blocks when they are needed. After `n_outliers` of them the same
    ones are used again, in another order, because a flow may take far longer to draw a
    row than a discriminator to learn from it. The position is all that continued
    training needs.

    Parameters
    ----------
    draw : callable
        ``draw(n_samples, seed)`` returns rows, an ndarray.
    transform : callable
        Maps rows to the tensor that is the input of the model.
    n_outliers : int
        Different outliers, rounded up to full blocks.
    seed : int
        Source of all of them.
    position : int, default=0
        Number of outliers that have been used.
    """

    def __init__(self, draw, transform, n_outliers, seed, position=0):
        self.draw, self.transform = draw, transform
        self.block_size = min(BLOCK_SIZE, n_outliers)
        self.n_blocks = -(-n_outliers // self.block_size)
        self.seed, self.position = seed, position
        self._drawn, self._current, self._index = {}, None, None

    def take(self, n_rows):
        """Return the next rows, a tensor of shape (n_rows, n_features)."""
        parts = []
        while n_rows > 0:
            index, start = divmod(self.position, self.block_size)
            part = self.block(index)[start : start + n_rows]
            self.position += len(part)
            n_rows -= len(part)
            parts.append(part)
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def drawn_blocks(self):
        """Blocks that were drawn so far, at least the first."""
        self.block(0)
        return list(self._drawn.values())

    def block(self, index):
        """Return a block of outliers, in the order of its pass."""
        if self._index != index:
            n_pass, number = divmod(index, self.n_blocks)
            rows = self._drawn.get(number)
            if rows is None:
                (seed,) = spawn_seeds([self.seed, number], 1)
                rows = self.transform(self.draw(self.block_size, seed))
                self._drawn[number] = rows
            generator = torch.Generator().manual_seed(
                spawn_seeds([self.seed, number, n_pass], 1)[0]
            )
            order = torch.randperm(len(rows), generator=generator)
            self._current, self._index = rows[order.to(rows.device)], index
        return self._current
