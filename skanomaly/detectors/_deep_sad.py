"""Deep SAD: Deep SVDD that learns from a few labelled anomalies, too."""

from __future__ import annotations

from numbers import Real
from typing import Literal, Self, Unpack

import numpy as np
import torch
from sklearn.utils import check_consistent_length, column_or_1d

from skanomaly._training.chosen_rows import chosen_rows
from skanomaly._training.folds import needs_cross_fit, out_of_fold_scores
from skanomaly._training.gap import find_gap, warn_of_gap
from skanomaly._training.parameters import steps_text
from skanomaly._training.threshold import MAX_CROSS_FIT_ROWS
from skanomaly._training.weights import FitParams, check_fit_params
from skanomaly.detectors._deep_svdd import DeepSVDD, DeepSVDDModel, DeepSVDDParams
from skanomaly.nets.layers import NetworkType
from skanomaly.utils._chunks import dense
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._seeds import draw_seed
from skanomaly.utils._state import all_or_nothing
from skanomaly.utils._typing import IntArray, MatrixLike, VectorLike
from skanomaly.utils._warn import warn_user

__all__ = ["DeepSAD"]

# Added to the distances of labelled rows: an anomaly at the centre has a finite loss.
EPSILON = 1e-6

# Of all labels together beside all rows, with eta="auto" for tables; chosen on sets of
# ADBench with 1 to 50 labels (benchmarks.detection.few_labels).
TABLE_WEIGHT = 5.0

ANOMALY, UNLABELLED, NORMAL = -1, 0, 1


class DeepSADModel(DeepSVDDModel):
    """Squared distance of a row's code to the centre; labels count in training."""

    def __init__(self, *, eta, **build):
        super().__init__(objective="one-class", nu=1.0, **build)
        self.eta = eta

    def autoencoder_loss(self, x, context=None):
        """Squared error of the reconstruction of each row, whatever its label."""
        return super().autoencoder_loss(x)

    def encoder_loss(self, x, context=None):
        """Objective of each row, shape (n,); the context is its label."""
        distance = self.distance(x)
        if context is None:
            return distance
        labelled = self.eta * (distance + EPSILON) ** context
        return torch.where(context == UNLABELLED, distance, labelled)


class DeepSAD(DeepSVDD):
    r"""Score rows by the distance of their code to a centre, with the help of labels.

    Semi-supervised anomaly detection: most training rows have no label, and a few are
    known to be anomalous, or normal. As in :class:`DeepSVDD` a network :math:`\varphi`
    maps rows close to a point :math:`c`, and the anomaly score is

    .. math:: s(x) = \lVert \varphi(x) - c \rVert^2 .

    Of :math:`n` rows :math:`x_i` without a label, and :math:`m` rows
    :math:`\tilde x_j` with the label :math:`\tilde y_j`, which is +1 for normal rows
    and -1 for anomalies, it minimises

    .. math::

        \frac{1}{n + m} \sum_i \lVert \varphi(x_i) - c \rVert^2
        + \frac{\eta}{n + m} \sum_j
        \left( \lVert \varphi(\tilde x_j) - c \rVert^2 + \epsilon
        \right)^{\tilde y_j} ,

    with a weight decay on top and :math:`\epsilon = 10^{-6}`. An anomaly thus
    contributes the inverse of its distance: it is pushed away from the centre, and
    pushed less the further it is. The centre is the mean code of all rows but the
    labelled anomalies before training. Without labels this is DeepSVDD, which
    trains twice as long on tables by default.

    A classifier learns what the known anomalies look like, and may miss all others.
    This detector keeps on finding what is unlike the normal rows, so try it where
    anomalies of a new kind are to be expected; beside it try a classifier.

    Parameters
    ----------
    module : type, default=None
        Class of the network and of the decoder, for which `hidden_units` and
        `activation` do not count, called as ``module(n_inputs, n_outputs,
        **module__…)``. None takes a fully connected network, or a
        convolutional one when `image_shape` is given; for those ``module__bias=True``
        gives biases to the decoder alone.
    eta : float or "auto", default="auto"
        Weight :math:`\eta` of a labelled row, beside 1 for a row without label. "auto"
        is 1 for images, as in the paper. For tables, where a handful of labels would
        count for nothing then, it is 5 divided by the fraction of rows with a label:
        all labels together weigh five times as much as all rows.
    pretrain_epochs : int or "auto", default="auto"
        Passes of the first phase, in which the network is the encoder of an
        autoencoder; 0 leaves it out. "auto" takes as many as the second phase for
        images and none for tables.
    weight_decay : float, default=1e-6
        Weight decay of the optimizer in both phases, if it has one.
    {parameters}

    Attributes
    ----------
    center_ : ndarray of shape (latent_dim,)
        The centre.
    net_ : skorch.NeuralNet
        The trained net. ``net_.history`` holds the losses of every epoch of both
        phases; its column "phase" is "pretraining" or "training".
    {threshold_attributes}

    Raises
    ------
    ValueError
        By `fit`, when labels are no numbers, or all rows are labelled anomalies; when
        `activation` approaches a constant other than zero, or is not zero at zero.
    TrainingDivergedError
        By `fit`, when the loss is no longer finite.

    See Also
    --------
    DeepSVDD : Without labels, and with a soft boundary.

    Notes
    -----
    The threshold of `predict` and the p-values come from the rows that are not
    labelled as anomalies; with ``contamination="auto"`` by two copies, each of which
    is trained on half of these rows and on all labelled anomalies. The network is that
    of DeepSVDD, see there for what keeps it from collapsing. The paper has ``eta=1``,
    with one label for a hundred rows and more. Its program counts labelled anomalies
    for the centre as well.

    References
    ----------
    .. [1] L. Ruff, R. A. Vandermeulen, N. Görnitz, A. Binder, E. Müller, K.-R.
       Müller, M. Kloft, "Deep semi-supervised anomaly detection", ICLR 2020.
       :arxiv:`1906.02694`

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skanomaly.detectors import DeepSAD
    >>> X, benign = load_breast_cancer(return_X_y=True)
    >>> malignant = np.flatnonzero(benign == 0)
    >>> known, hidden = malignant[:10], malignant[10:15]
    >>> rows = np.concatenate([np.flatnonzero(benign == 1), known, hidden])
    >>> y = np.where(np.isin(rows, known), -1, 0)  # of most rows nothing is known
    >>> detector = DeepSAD(max_epochs=50, random_state=0).fit(X[rows], y)
    >>> scores = detector.anomaly_score(X)
    >>> bool(scores[malignant].mean() > 2 * scores[benign == 1].mean())
    True
    """

    _params = DeepSVDDParams
    _fixed_params = ("objective", "nu", "warmup")
    # With labels, more steps lose what they gain without.
    _table_steps = (100, 100)
    _changed_params = {"max_epochs": steps_text("100")}
    _parameter_constraints: dict = {
        "eta": [Interval(Real, 0, None, closed="neither"), StrOptions({"auto"})],
    }

    def __init__(
        self,
        module: NetworkType | None = None,
        *,
        eta: float | Literal["auto"] = "auto",
        pretrain_epochs: int | Literal["auto"] = "auto",
        weight_decay: float = 1e-6,
        **params: Unpack[DeepSVDDParams],
    ) -> None:
        for name in self._fixed_params:
            if name in params:
                raise TypeError(self._unexpected(name))
        super().__init__(
            module, pretrain_epochs=pretrain_epochs, weight_decay=weight_decay, **params
        )
        self.eta = eta

    @all_or_nothing
    def fit(  # type: ignore[override]
        self,
        X: MatrixLike,
        y: VectorLike | None = None,
        **fit_params: Unpack[FitParams],
    ) -> Self:
        """Learn what normal rows look like, and what anomalies do not.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,), default=None
            What is known of each row: -1 anomaly, 1 normal, 0 or NaN nothing. Labels
            without -1 that hold both 0 and 1 are those of data sets and classifiers: 1
            is an anomaly, and 0 is not known. Other numbers are taken for 0, with a
            warning. None: nothing is known.
        **fit_params : dict
            ``sample_weight``, array-like of shape (n_samples,), as in `DeepSVDD.fit`.

        Returns
        -------
        self : object
            The fitted detector. When anything fails, an earlier fit is kept.
        """
        check_fit_params(fit_params)
        self._validate_params()
        rows = dense(self._validate(X, reset=not self._is_warm_start()))
        labels = check_labels(y, len(rows))
        self._fit_weighted(rows, fit_params.get("sample_weight"), labels)
        return self

    def fit_predict(self, X: MatrixLike, y: VectorLike | None = None) -> IntArray:
        """Fit, and label the training rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,), default=None
            What is known of each row, as in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,)
            +1 for normal rows, -1 for anomalous ones.
        """
        return self.fit(X, y).predict(X)

    @all_or_nothing
    def partial_fit(  # type: ignore[override]
        self, X: MatrixLike, y: VectorLike | None = None
    ) -> Self:
        """Train on one more chunk of rows, for one pass.

        See `DeepSVDD.partial_fit`. The centre, and the weight of labels with
        ``eta="auto"``, come from the first chunk.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The chunk; a single row is enough from the second call on.
        y : array-like of shape (n_samples,), default=None
            What is known of each row, as in `fit`; a chunk by itself says which labels
            are meant, so mark anomalies by -1.

        Returns
        -------
        self : object
            The detector. When anything fails, it is as before the call.
        """
        is_resumed = hasattr(self, "net_")
        self._validate_params()
        rows = dense(self._validate(X, reset=not is_resumed))
        labels = check_labels(y, len(rows))
        net = self._train(rows, labels, is_resumed=is_resumed, is_partial_fit=True)
        self.calibration_scores_ = None
        self._set_net(net, rows)
        if not is_resumed or len(rows) * self._contamination_rate() >= 1:
            self._set_offset_by(self._score(rows), labels)
        return self

    def _fit(self, X, labels=None):
        net = self._train(X, labels, is_resumed=self._is_warm_start())
        self._set_net(net, X)

    def _make_model(self, n_features, **build):
        self._check_shapes(n_features)
        return DeepSADModel(
            encoder=self._unbiased_encoder(n_features, **build),
            n_codes=self._n_codes(),
            eta=1.0 if self.eta == "auto" else self.eta,
            stream=build["stream"],
        )

    def _set_center(self, net, X, context):
        """Set what depends on the labels: the centre, and the weight of a label."""
        if context is not None:
            fraction = (context != UNLABELLED).double().mean().item()
            if self.eta == "auto" and self.image_shape is None and fraction:
                net.module_.model.eta = TABLE_WEIGHT / fraction
            X = chosen_rows(X, None, context.cpu().numpy() != ANOMALY)
        super()._set_center(net, X, context)

    def _may_be_held_out(self, rows, labels=None):
        return super()._may_be_held_out(rows) if labels is None else labels != ANOMALY

    def _set_offset(self, X, labels=None):
        """Set threshold and calibration by all rows but the labelled anomalies."""
        self._set_offset_by(self._score(X), labels)
        if self.contamination == "auto" and needs_cross_fit(len(X)):
            scores, fold = self._out_of_fold_scores(X, labels)
            inliers = scores[_inliers(labels)]
            self.offset_ = min(self.offset_, self._quantile_offset(inliers))
            self.training_scores_ = -scores
            self.calibration_scores_ = -inliers
            warn_of_gap(find_gap(inliers, fold[_inliers(labels)]))
        elif len(X) > MAX_CROSS_FIT_ROWS:
            self.calibration_scores_ = self.training_scores_[_inliers(labels)]

    def _out_of_fold_scores(self, X, labels):
        """Score rows by copies that know all labelled anomalies."""
        seed = draw_seed(self.random_state)
        n_epochs = self.net_.n_epochs_ if self.net_.first_epoch_ else None
        known = False if labels is None else labels == ANOMALY
        return out_of_fold_scores(self, X, seed, n_epochs, labels, known)

    def _set_offset_by(self, scores, labels=None):
        self._set_threshold(scores[_inliers(labels)])
        self.training_scores_ = -scores


def _inliers(labels):
    """Rows that are not labelled as anomalies, for an index."""
    return slice(None) if labels is None else labels != ANOMALY


def check_labels(y, n_rows):
    """Return labels of -1, 0 and 1, or None if there are none.

    Parameters
    ----------
    y : array-like of shape (n_rows,) or None
        Labels, as `DeepSAD.fit` takes them.
    n_rows : int
        Number of rows that they belong to.

    Returns
    -------
    ndarray of shape (n_rows,) or None
        -1 anomaly, 0 unlabelled, 1 normal, int64.
    """
    if y is None:
        return None
    y = column_or_1d(y)
    check_consistent_length(y, range(n_rows))
    y = _numbers(y)
    if UNLABELLED in y and NORMAL in y and ANOMALY not in y:
        y = np.where(y == 1, ANOMALY, y)
        _warn_of_many(np.mean(y == ANOMALY))
    labels = np.select([y == ANOMALY, y == NORMAL], [ANOMALY, NORMAL], UNLABELLED)
    if (labels == ANOMALY).all():
        raise ValueError(
            "y labels every row as an anomaly (-1): there is no row to learn from. "
            "Label rows of which nothing is known 0."
        )
    return labels


def _numbers(y):
    """Return labels as numbers, 0 for those that are not known; warn of others."""
    try:
        y = np.asarray(y, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            "y holds labels that are no numbers. Write -1 for anomalies, 1 for normal "
            "rows, and 0 for rows of which nothing is known."
        ) from None
    y = np.nan_to_num(y, nan=UNLABELLED)
    others = np.unique(y[~np.isin(y, (ANOMALY, UNLABELLED, NORMAL))])
    if len(others):
        warn_user(
            f"y holds {len(others)} other labels than -1 (anomaly), 0 (not known) and "
            f"1 (normal), such as {others[0]:g}: these rows are taken as not known."
        )
    return y


def _warn_of_many(share):
    """Warn where 0 and 1 seem to be meant the other way round."""
    if share > 0.5:
        warn_user(
            "y holds 0 and 1 and no -1, so that 1 is an anomaly: that is "
            f"{share:.0%} of the rows. If 1 is normal here and 0 an anomaly, write -1 "
            "in place of 0."
        )
