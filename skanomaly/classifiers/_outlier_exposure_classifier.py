"""Outlier exposure: a classifier that is made unsure about sampled outliers."""

from numbers import Real

import numpy as np
import torch
from scipy.special import logsumexp, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from skanomaly._training.detector import DeepDetector
from skanomaly._training.options import TRAINING_DOCSTRING
from skanomaly.classifiers._exposure import ExposureTrainer
from skanomaly.detectors._outlier_training import (
    NETWORK_CONSTRAINTS,
    SAMPLER_DOCSTRING,
)
from skanomaly.samplers._class_flow import with_class
from skanomaly.utils._compat import Interval, StrOptions, validate_data
from skanomaly.utils._inputs import NUMERIC_DTYPES, refuse_non_numeric
from skanomaly.utils._params import NetParamsMixin
from skanomaly.utils._state import all_or_nothing

__all__ = ["OutlierExposureClassifier"]

# What a detector needs and a classifier does not.
_OF_DETECTORS = ("warm_start", "contamination")


def _without(text, names):
    """Leave out the entries of some parameters."""
    entries = text.strip().replace("\n    ", "\0").split("\n")
    kept = [e for e in entries if e.partition(" :")[0] not in names]
    return "\n".join(kept).replace("\0", "\n    ")


def _max_softmax(logits):
    return softmax(logits, axis=1).max(axis=1)


def _energy(logits):
    return logsumexp(logits, axis=1)


SCORES = {"max_softmax": _max_softmax, "energy": _energy}


class OutlierExposureClassifier(ClassifierMixin, NetParamsMixin):
    r"""Classify rows, and be unsure about those that belong to no class.

    An ordinary network may be sure of the class of anything, however odd. This one is
    trained on rows :math:`x` of :math:`K` classes :math:`y`, and on outliers
    :math:`\tilde x` of a `sampler`, for which every class should be as likely:

    .. math::

        -\log p_y(x) + \beta \, \mathrm{KL}(U \Vert p(\tilde x)), \quad
        \mathrm{KL}(U \Vert p) = -\log K - \frac{1}{K} \sum_k \log p_k .

    `score_samples` says how surely a row belongs to some class, higher is more normal:
    the largest probability :math:`\max_k p_k(x)`, or the negative energy
    :math:`\log \sum_k e^{f_k(x)}` of the network's outputs :math:`f_k`, in nats.

    Parameters
    ----------
    {sampler_parameters}
    beta : float, default=1.0
        Weight :math:`\beta` of the outliers, at least 0. 0 is an ordinary classifier,
        and no outliers are drawn.
    score_type : {"max_softmax", "energy"}, default="max_softmax"
        What `score_samples` returns. It may be changed after `fit`.
    {training_parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes.
    sampler_ : object
        The fitted sampler; None when `beta` is 0.
    net_ : skorch.NeuralNet
        The trained net; ``net_.history`` holds the losses of every epoch.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all of them are strings.

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

    _components = DeepDetector._components
    _undeclared = DeepDetector._undeclared
    _shared_docstrings = {
        "sampler_parameters": SAMPLER_DOCSTRING,
        "training_parameters": _without(TRAINING_DOCSTRING, _OF_DETECTORS).replace(
            "It stays in\n    `partial_fit`, and when", "It stays when"
        ),
    }

    _parameter_constraints: dict = {
        **{
            name: constraints
            for name, constraints in DeepDetector._parameter_constraints.items()
            if name not in _OF_DETECTORS
        },
        **NETWORK_CONSTRAINTS,
        "image_shape": ["array-like", None],
        "beta": [Interval(Real, 0, None, closed="left")],
        "score_type": [StrOptions(set(SCORES))],
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
        beta=1.0,
        score_type="max_softmax",
        optimizer=torch.optim.Adam,
        lr=5e-3,
        lr_schedule="cosine",
        batch_size=128,
        max_epochs="auto",
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        callbacks=None,
        device="cpu",
        standardize=True,
        random_state=None,
        verbose=0,
        **net_params,
    ):
        self.sampler = sampler
        self.module = module
        self.n_outliers = n_outliers
        self.hidden_units = hidden_units
        self.activation = activation
        self.dropout = dropout
        self.image_shape = image_shape
        self.beta = beta
        self.score_type = score_type
        self.optimizer = optimizer
        self.lr = lr
        self.lr_schedule = lr_schedule
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.callbacks = callbacks
        self.device = device
        self.standardize = standardize
        self.random_state = random_state
        self.verbose = verbose
        self._store_net_params(net_params)

    def fit(self, X, y):
        """Learn to classify rows, and to be unsure about outliers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,)
            Their classes, of any type that can be sorted; two at least.

        Returns
        -------
        self : object
            The fitted classifier. When anything fails, an earlier fit is kept.
        """
        with all_or_nothing(self):
            self._validate_params()
            X, y = validate_data(
                self, self._flat(X), y, dtype=NUMERIC_DTYPES, ensure_min_samples=2
            )
            check_classification_targets(y)
            self.classes_, codes = np.unique(y, return_inverse=True)
            if len(self.classes_) < 2:
                (only,) = self.classes_.tolist()
                raise ValueError(
                    f"y has one class only, {only!r}; a classifier needs two at least."
                )
            trainer = self._trainer()
            trainer._fit(with_class(X, codes))
            self.net_, self.sampler_ = trainer.net_, trainer.sampler_
        return self

    def decision_function(self, X):
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

    def predict_proba(self, X):
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

    def predict(self, X):
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

    def score_samples(self, X):
        """Score how surely a row belongs to some class: higher is more normal.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to score.

        Returns
        -------
        ndarray of shape (n_samples,)
            The score of each row, as `score_type` says.
        """
        self._validate_params()
        return SCORES[self.score_type](self._logits(X))

    def _logits(self, X):
        check_is_fitted(self)
        trainer = self._trainer()
        trainer.net_ = self.net_
        X = validate_data(self, self._flat(X), reset=False, dtype=NUMERIC_DTYPES)
        return trainer.logits(X)

    def _trainer(self):
        own = {name for name in self._get_param_names() if name != "score_type"}
        params = {name: getattr(self, name) for name in own}
        return ExposureTrainer(classes=self.classes_, **params, **self._net_params)

    def _flat(self, X):
        """Lay images out as rows, and refuse what is no number."""
        X = ExposureTrainer(beta=0, classes=(), image_shape=self.image_shape)._flat(X)
        refuse_non_numeric(X)
        return X
