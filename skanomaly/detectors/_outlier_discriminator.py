"""Discriminator: rows that look more like sampled outliers than like training rows."""

from typing import Unpack

import numpy as np
import torch
from sklearn.frozen import FrozenEstimator
from torch.nn.functional import softplus

from skanomaly._training.detector import DeepDetector
from skanomaly._training.outliers import (
    OutlierExposureMixin,
    OutlierModel,
    OutlierParams,
    fit_sampler,
    is_rows,
)
from skanomaly._training.parameters import DetectorParams
from skanomaly._training.table import validated_table
from skanomaly.nets.layers import NetworkType
from skanomaly.samplers import FlowSampler
from skanomaly.utils._typing import MatrixLike, Sampler

__all__ = ["OutlierDiscriminator"]


class OutlierDiscriminatorModel(OutlierModel):
    """Log-odds of a training row against an outlier.

    The output of a network is arbitrary beyond the range of its training data. A row
    beyond it is clipped to the range, and its distance from there is added to its
    score.
    """

    n_references = None  # all training rows
    low: torch.Tensor
    high: torch.Tensor

    def __init__(self, *, network, stream):
        super().__init__(network=network, stream=stream)
        self.register_buffer("low", torch.tensor(-torch.inf))
        self.register_buffer("high", torch.tensor(torch.inf))

    def forward(self, x):
        """Loss of each row and of one outlier beside it, shape (n,)."""
        real, fake = self.with_outliers(x)
        return (softplus(-real) + softplus(fake)).squeeze(-1)

    def score(self, x):
        """Anomaly score of each row, shape (n,)."""
        inside = x.clamp(self.low, self.high)
        return (x - inside).abs().sum(-1) - self.network(inside).squeeze(-1)

    def set_reference_rows(self, x):
        """Take the range of the rows and of the outliers."""
        blocks = [x, *self.outliers.drawn_blocks()]
        self.low = torch.stack([rows.amin(0) for rows in blocks]).amin(0)
        self.high = torch.stack([rows.amax(0) for rows in blocks]).amax(0)


class OutlierDiscriminatorParams(OutlierParams, DetectorParams, total=False):
    """Parameters that the discriminator shares with others."""


class OutlierDiscriminator(OutlierExposureMixin, DeepDetector):
    r"""Score rows by a network that tells training rows from outliers of a sampler.

    A network :math:`f` learns to be high on training rows :math:`x` and low on outliers
    :math:`\tilde x`, which a `sampler` draws: it minimizes the mean of

    .. math::

        -\log \sigma(f(x)) - \log(1 - \sigma(f(\tilde x))),
        \quad \sigma(t) = 1 / (1 + e^{-t}) .

    The anomaly score of a row is :math:`s(x) = -f(x)`, the log-odds that it is an
    outlier. The best network has :math:`f(x) = \log p(x) - \log q(x)` with the
    densities of training rows and of outliers, so the sampler decides what is detected:
    outliers that are too far away make an easy task from which little is learned.

    Parameters
    ----------
    {sampler}
    {parameters}

    Attributes
    ----------
    sampler_ : object
        The fitted sampler.
    {attributes}

    Raises
    ------
    ValueError
        By `fit`, when the outliers have another number of columns than the rows, or
        cells that are not finite.
    TrainingDivergedError
        By `fit`, when the loss is no longer finite.

    See Also
    --------
    NormalizingFlow : The density alone.
    skanomaly.samplers.FlowSampler : Outliers at a distance that can be chosen.
    skanomaly.classifiers.OutlierExposureClassifier : For rows of several classes.

    Notes
    -----
    The network gets no class labels, neither of rows nor of outliers, so that they
    cannot reveal which are outliers. For outliers of single classes fit a conditional
    sampler on rows and labels and pass it as a `FrozenEstimator`. A row beyond the
    range of all training rows and outliers is scored at the border of that range, plus
    its distance from there, column by column, in standard deviations. Continued
    training (`warm_start`, `partial_fit`) keeps the sampler of the first fit.

    References
    ----------
    .. [1] K. Lee, H. Lee, K. Lee, J. Shin, "Training confidence-calibrated classifiers
       for detecting out-of-distribution samples", ICLR 2018. :arxiv:`1711.09325`
    .. [2] I. Steinwart, D. Hush, C. Scovel, "A classification framework for anomaly
       detection", Journal of Machine Learning Research 6, 2005.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skanomaly.detectors import OutlierDiscriminator
    >>> from skanomaly.samplers import UniformSampler
    >>> X, benign = load_breast_cancer(return_X_y=True)
    >>> detector = OutlierDiscriminator(
    ...     UniformSampler(), max_epochs=20, contamination=0.1, random_state=0
    ... ).fit(X[benign == 1])
    >>> scores = detector.anomaly_score(X)
    >>> bool(scores[benign == 0].mean() > scores[benign == 1].mean())
    True
    """

    _params = OutlierDiscriminatorParams
    _default_sampler = FlowSampler

    def __init__(
        self,
        sampler: Sampler | MatrixLike | None = None,
        module: NetworkType | None = None,
        **params: Unpack[OutlierDiscriminatorParams],
    ) -> None:
        super().__init__(**params)
        self.sampler = sampler
        self.module = module

    def _make_model(self, n_features, **build):
        self._check_shapes(n_features)
        network = self._encoder(n_features, 1, **build)
        return OutlierDiscriminatorModel(network=network, stream=build["stream"])

    def _fit_sampler(self, X, y, seed):
        expansion, sampler = self._table.expansion(), self.sampler
        if expansion is None or sampler is None or not is_rows(sampler):
            return super()._fit_sampler(X, y, seed)
        rows = torch.tensor(validated_table(self, sampler, reset=False))
        return fit_sampler(np.nan_to_num(expansion(rows).numpy()), X, y, seed)

    def _set_net(self, net, X, **kwargs):
        super()._set_net(net, X, **kwargs)
        self._detach_outliers(net)

    def _fold_params(self):
        # The copies for the out-of-fold scores share the fitted sampler.
        return {"sampler": FrozenEstimator(self.sampler_)}
