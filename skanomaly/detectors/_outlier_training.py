"""What is shared by networks that are trained on rows and on sampled outliers."""

from functools import partial
from numbers import Integral, Real
from typing import Any

import torch
from sklearn.frozen import FrozenEstimator
from torch import nn

from skanomaly.detectors._images import ImageDetector
from skanomaly.nets import ACTIVATIONS, MLP, ConvEncoder, build_network
from skanomaly.samplers._outliers import OutlierStream, draw_rows, fit_sampler
from skanomaly.utils._compat import HasMethods, Interval, StrOptions
from skanomaly.utils._random import spawn_seeds

__all__ = ["NETWORK_CONSTRAINTS", "SAMPLER_DOCSTRING", "OutlierModel", "OutlierTrainer"]

SAMPLER_DOCSTRING = """
sampler : object with `fit` and `sample`, or array-like of rows, default=None
    Where outliers come from: a sampler of `skanomaly.samplers`, or scikit-learn's
    `KernelDensity` or `GaussianMixture`. A copy is fitted to the training rows, but
    ``FrozenEstimator(sampler)`` is taken as it is. Its parameters are ``sampler__…``.
    Rows are real outliers, drawn with replacement. None is a `FlowSampler`.
module : type, default=None
    Class of the network, called as ``module(n_inputs, n_outputs, **module__…)``;
    `hidden_units`, `activation` and `dropout` then do not count. None takes a fully
    connected network, or a convolutional one when `image_shape` is given.
n_outliers : int, default=32768
    How many different outliers training sees at most. They are drawn as they are
    needed, and come again when all have been seen.
hidden_units : tuple of int, default=None
    Units of the hidden layers, or channels of the convolutions. None takes (128, 128)
    for tables and (16, 32) for images.
activation : str or type, default="silu"
    "elu", "gelu", "leaky_relu", "relu", "sigmoid", "silu", "tanh", or a class.
dropout : float, default=0.0
    Probability, in [0, 1), of a zero behind each hidden layer of dense networks.
image_shape : tuple of (channels, height, width), default=None
    Tells that rows are images, and selects a convolutional network.
"""

NETWORK_CONSTRAINTS: dict = {
    "sampler": [HasMethods(["fit", "sample"]), "array-like", None],
    "module": [callable, None],
    "n_outliers": [Interval(Integral, 1, None, closed="left")],
    "hidden_units": ["array-like", None],
    "activation": [StrOptions(set(ACTIVATIONS)), callable],
    "dropout": [Interval(Real, 0, 1, closed="left")],
}

# Cells of outliers are cut here, in standard deviations of the training rows: a flow
# may throw a row anywhere, and one such row would be all that a batch teaches.
FARTHEST = 100.0


class OutlierModel(nn.Module):
    """A network that has outliers at hand while it is trained."""

    outliers: Any  # an `OutlierStream` in training, else None

    def __init__(self, network, *, stream, **module_params):
        super().__init__()
        self.network = network(stream=stream, **module_params)
        self.stream, self.outliers, self.n_drawn = stream, None, 0

    def with_outliers(self, x):
        """Outputs for rows and for as many outliers, drawn now."""
        n_rows, n_features = x.shape[:-1].numel(), x.shape[-1]
        outliers = self.outliers.take(n_rows).view(*x.shape[:-1], n_features)
        return self.network(torch.cat([x, outliers], dim=-2)).tensor_split(2, dim=-2)


class OutlierTrainer(ImageDetector):
    """A detector whose model is an `OutlierModel`."""

    _parameter_constraints: dict = {
        **ImageDetector._parameter_constraints,
        **NETWORK_CONSTRAINTS,
    }

    def __init__(
        self,
        sampler=None,
        module=None,
        *,
        n_outliers=32768,
        hidden_units=None,
        activation="silu",
        dropout=0.0,
        image_shape=None,
        **training,
    ):
        super().__init__(**training)
        self.sampler = sampler
        self.module = module
        self.n_outliers = n_outliers
        self.hidden_units = hidden_units
        self.activation = activation
        self.dropout = dropout
        self.image_shape = image_shape

    def _make_net(self, X, is_warm_start, is_partial_fit=False):
        net = super()._make_net(X, is_warm_start, is_partial_fit)
        if not is_warm_start:
            (seed,) = spawn_seeds([net.module_.model.stream.seed, 0], 1)
            self.sampler_ = self._fit_sampler(X, seed)
        return net

    def _fit_sampler(self, X, seed):
        return fit_sampler(self._given_sampler(), X, None, seed)

    def _given_sampler(self):
        if self.sampler is not None:
            return self.sampler
        # Imported late: the sampler is built on a detector.
        from skanomaly.samplers._flow_sampler import FlowSampler

        return FlowSampler()

    def _train(self, net, X, updates_threshold=True):
        model = net.module_.model
        model.outliers = OutlierStream(
            partial(draw_rows, self.sampler_),
            partial(self._as_seen, net.module_),
            self.n_outliers,
            model.stream.seed,
            model.n_drawn,
        )
        super()._train(net, X, updates_threshold)
        # The outliers stay behind: they would travel with every pickle.
        model.n_drawn, model.outliers = model.outliers.position, None

    def _as_seen(self, module, rows):
        """Outliers as the model sees them."""
        x = module.standardize(torch.tensor(rows).to(module.precision.device))
        return x.clamp(-FARTHEST, FARTHEST)

    def _set_offset(self, X):
        # The copies that draw the line take the outliers of this detector.
        given, self.sampler = self.sampler, FrozenEstimator(self.sampler_)
        super()._set_offset(X)
        self.sampler = given

    def _network(self, n_inputs, n_outputs):
        if self.module is not None:
            return partial(build_network, self.module, n_inputs, n_outputs)
        if self.image_shape is not None:
            units = (16, 32) if self.hidden_units is None else tuple(self.hidden_units)
            params = {"channels": units, "activation": self.activation}
            return partial(ConvEncoder, tuple(self.image_shape), n_outputs, **params)
        units = (128, 128) if self.hidden_units is None else tuple(self.hidden_units)
        params = {"activation": self.activation, "dropout": self.dropout}
        return partial(MLP, n_inputs, n_outputs, units, **params)

    def _user_modules(self):
        own = [] if isinstance(self.activation, str) else [self.activation]
        return super()._user_modules() + own
