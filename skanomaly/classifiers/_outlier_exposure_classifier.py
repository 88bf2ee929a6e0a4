"""Outlier exposure: a classifier that is trained to be uncertain about outliers."""

from numbers import Real
from typing import Any, Literal, Self, Unpack

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted
from torch.nn.functional import cross_entropy, log_softmax

from skanomaly._training.estimator import DeepEstimator
from skanomaly._training.outliers import (
    OutlierExposureMixin,
    OutlierModel,
    OutlierParams,
)
from skanomaly._training.parameters import TrainingParams
from skanomaly._training.phases import Phase
from skanomaly.nets.layers import NetworkType
from skanomaly.samplers import FlowSampler
from skanomaly.utils._compat import Interval, StrOptions, validate_data
from skanomaly.utils._images import flat_images
from skanomaly.utils._inputs import NUMERIC_DTYPES, refuse_non_numeric
from skanomaly.utils._state import all_or_nothing, of_one_fit
from skanomaly.utils._typing import FloatArray, MatrixLike, Sampler, VectorLike

__all__ = ["OutlierExposureClassifier"]


class ExposureModel(OutlierModel):
    r"""Cross-entropy of a row, plus the overconfidence on an outlier.

    :math:`-\log p_y(x) + \beta \mathrm{KL}(U \Vert p(\tilde x))` for the uniform
    distribution :math:`U` of the classes.
    """

    def __init__(self, *, network, beta, stream):
        super().__init__(network=network, stream=stream)
        self.beta = beta

    def forward(self, x, context):
        """Loss of each row and of one outlier beside it, shape (n,).

        The context of a row is the number of its class.
        """
        if self.beta == 0.0:
            return cross_entropy(self.network(x), context, reduction="none")
        logits, outlier_logits = self.with_outliers(x)
        loss = cross_entropy(logits, context, reduction="none")
        return loss + self.beta * self.overconfidence(outlier_logits)

    @staticmethod
    def overconfidence(logits):
        """Kullback-Leibler divergence from the prediction to the uniform, in nats."""
        return -log_softmax(logits, dim=-1).mean(-1) - np.log(logits.shape[-1])


def _max_softmax(logits):
    return softmax(logits, axis=1).max(axis=1)


def _energy(logits):
    return logsumexp(logits, axis=1)


SCORES = {"max_softmax": _max_softmax, "energy": _energy}


class ExposureParams(OutlierParams, TrainingParams, total=False):
    """Parameters that the classifier shares with others."""


class OutlierExposureClassifier(ClassifierMixin, OutlierExposureMixin, DeepEstimator):
    r"""Classify rows, and be uncertain about those that belong to no class.

    An ordinary network may be confident about any row, however unlike its training
    rows. This one is trained on rows :math:`x` of :math:`K` classes :math:`y`, and on
    outliers :math:`\tilde x` of a `sampler`, for which every class should be as likely:

    .. math::

        -\log p_y(x) + \beta \, \mathrm{KL}(U \Vert p(\tilde x)), \quad
        \mathrm{KL}(U \Vert p) = -\log K - \frac{1}{K} \sum_k \log p_k .

    `score_samples` is the confidence that a row belongs to some class, higher is more
    normal:
    the largest probability :math:`\max_k p_k(x)`, or the negative energy
    :math:`\log \sum_k e^{f_k(x)}` of the network's outputs :math:`f_k`, in nats.

    Parameters
    ----------
    {sampler}
    beta : float, default=1.0
        Weight :math:`\beta` of the outliers, at least 0. 0 is an ordinary classifier,
        and no outliers are drawn.
    score_type : {"max_softmax", "energy"}, default="max_softmax"
        What `score_samples` returns. It may be changed after `fit`.
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes.
    sampler_ : object
        The fitted sampler; None when `beta` is 0.
    net_ : skorch.NeuralNet
        The trained net; ``net_.history`` holds the losses of every epoch.
    {input_attributes}

    Raises
    ------
    ValueError
        By `fit`, when there is only one class.
    TrainingDivergedError
        By `fit`, when the loss is no longer finite.

    See Also
    --------
    skanomaly.detectors.OutlierDiscriminator : For rows without classes.
    skanomaly.samplers.FlowSampler : Outliers at a distance that can be chosen.

    Notes
    -----
    The sampler is fitted to rows and classes, so that a conditional one draws outliers
    of every class.

    References
    ----------
    .. [1] K. Lee, H. Lee, K. Lee, J. Shin, "Training confidence-calibrated classifiers
       for detecting out-of-distribution samples", ICLR 2018. :arxiv:`1711.09325`
    .. [2] D. Hendrycks, M. Mazeika, T. Dietterich, "Deep anomaly detection with outlier
       exposure", ICLR 2019. :arxiv:`1812.04606`
    .. [3] W. Liu, X. Wang, J. Owens, Y. Li, "Energy-based out-of-distribution
       detection", NeurIPS 2020. :arxiv:`2010.03759`

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skanomaly.classifiers import OutlierExposureClassifier
    >>> from skanomaly.samplers import UniformSampler
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = OutlierExposureClassifier(
    ...     UniformSampler(margin=1), max_epochs=100, random_state=0
    ... ).fit(X, y)
    >>> bool(classifier.score(X, y) > 0.9)
    True
    >>> flower, no_flower = classifier.score_samples([X[0], [9.0, 0.0, 9.0, 0.0]])
    >>> bool(flower > no_flower)
    True
    """

    _params = ExposureParams
    _changed_params = {
        "lr_schedule": {
            "text": (
                "Whether the learning rate falls to zero along a cosine, or stays "
                "constant. It is constant when `callbacks` has an `LRScheduler` of its "
                "own."
            )
        }
    }
    _parameter_constraints: dict = {
        "beta": [Interval(Real, 0, None, closed="left")],
        "score_type": [StrOptions(set(SCORES))],
    }
    _default_sampler = FlowSampler

    classes_: NDArray[Any]

    def __init__(
        self,
        sampler: Sampler | MatrixLike | None = None,
        module: NetworkType | None = None,
        *,
        beta: float = 1.0,
        score_type: Literal["max_softmax", "energy"] = "max_softmax",
        **params: Unpack[ExposureParams],
    ) -> None:
        super().__init__(**params)
        self.sampler = sampler
        self.module = module
        self.beta = beta
        self.score_type = score_type

    @all_or_nothing
    def fit(self, X: MatrixLike, y: VectorLike) -> Self:
        """Learn to classify rows, and to be uncertain about outliers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,)
            Their classes, of any type that can be sorted; at least two.

        Returns
        -------
        self : object
            The fitted classifier. When anything fails, an earlier fit is kept.
        """
        self._validate_params()
        X, y = validate_data(
            self, self._flat(X), y, dtype=NUMERIC_DTYPES, ensure_min_samples=2
        )
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            (only,) = self.classes_.tolist()
            raise ValueError(
                f"y has one class only, {only!r}; a classifier needs at least two."
            )
        self.sampler_ = None
        self.net_ = self._train(X, codes)
        if self.beta:
            self._detach_outliers(self.net_)
        return self

    @of_one_fit
    def decision_function(self, X: MatrixLike) -> FloatArray:
        """Return the outputs of the network: the higher, the more likely the class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to classify.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Unnormalized log-probabilities in nats; of two classes the log-odds of the
            second.
        """
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 else logits

    @of_one_fit
    def predict_proba(self, X: MatrixLike) -> FloatArray:
        """Estimate the probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to classify.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            They add up to 1.
        """
        return softmax(self._logits(X), axis=1)

    @of_one_fit
    def predict(self, X: MatrixLike) -> NDArray[Any]:
        """Choose the most likely class of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to classify.

        Returns
        -------
        ndarray of shape (n_samples,)
            The classes.
        """
        codes = self._logits(X).argmax(axis=1)
        return self.classes_[codes]

    @of_one_fit
    def score_samples(self, X: MatrixLike) -> FloatArray:
        """Score rows by the confidence that they belong to some class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to score.

        Returns
        -------
        ndarray of shape (n_samples,)
            The score of each row, by `score_type`; higher is more normal.
        """
        self._validate_params()
        return SCORES[self.score_type](self._logits(X))

    def _logits(self, X):
        check_is_fitted(self)
        X = validate_data(self, self._flat(X), reset=False, dtype=NUMERIC_DTYPES)
        return self._in_chunks(
            X, lambda module, x: module.model.network(module.standardize(x))
        )

    def _flat(self, X):
        """Flatten images, and refuse what is not numeric."""
        X = flat_images(self, X)
        refuse_non_numeric(X)
        return X

    def _make_model(self, n_features, **build):
        self._check_shapes(n_features)
        return ExposureModel(
            network=self._encoder(n_features, len(self.classes_), **build),
            beta=float(self.beta),
            stream=build["stream"],
        )

    def _phases(self, n_epochs, **_):
        before = self._attach_outliers if self.beta else None
        return [Phase(n_epochs, before=before)]

    def _fit_sampler(self, X, y, seed):
        return super()._fit_sampler(X, self.classes_[y], seed)
