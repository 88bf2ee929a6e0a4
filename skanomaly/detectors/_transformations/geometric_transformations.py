"""Transformations: a classifier of them fails on rows unlike the training rows."""

from numbers import Integral, Real
from typing import Literal, Unpack

from torch import nn

from skanomaly._training.detector import DeepDetector
from skanomaly._training.networks import NetworkMixin
from skanomaly._training.parameters import CodeParams, DetectorParams
from skanomaly.detectors._transformations.models import (
    SCORES,
    GeometricModel,
    LinearModel,
)
from skanomaly.detectors._transformations.transformations import (
    pixel_maps,
    random_maps,
)
from skanomaly.nets import ConvEncoder, build_network
from skanomaly.nets.layers import NetworkType, initialized
from skanomaly.nets.single_precision import SinglePrecision
from skanomaly.utils._compat import Interval, StrOptions

__all__ = ["GeometricTransformations"]


class GeometricParams(CodeParams, DetectorParams, total=False):
    """Parameters that the detector shares with others."""


class GeometricTransformations(NetworkMixin, DeepDetector):
    r"""Score rows by how well a classifier recognizes their transformations.

    A classifier learns from normal rows alone to predict which transformation was
    applied to a row. To do so it has to learn what normal rows look like, and on rows
    of another kind it fails.

    Images (`image_shape`) are flipped, shifted by a quarter and rotated in all 72
    combinations (GEOM [1]_). With :math:`y_k(T_t x)` the probability that the
    classifier gives to transformation :math:`k` when it was :math:`t` of :math:`m`, and
    :math:`\alpha_t` the parameters of the Dirichlet distribution of its predictions for
    normal rows, the anomaly score is one of

    .. math::

        -\frac1m \sum_t \sum_k (\alpha_{tk} - 1) \log y_k(T_t x), \quad
        -\frac1m \sum_t y_t(T_t x), \quad -\frac1m \sum_t \log y_t(T_t x) :

    ``score_type="dirichlet"``, the simplified ``"softmax"`` and ``"likelihood"``.

    Rows of a table are multiplied by :math:`m` random matrices (GOAD [2]_). A network
    :math:`f` learns codes that lie close to the centre :math:`c_t` of their
    transformation, by cross-entropy and a triplet loss,

    .. math::

        y_k(T_t x) = \frac{e^{-\lVert f(T_t x) - c_k \rVert^2}}
        {\sum_l e^{-\lVert f(T_t x) - c_l \rVert^2} + m \epsilon} , \quad
        \max(0, \lVert f(T_t x) - c_t \rVert^2 + s
        - \min_{k \ne t} \lVert f(T_t x) - c_k \rVert^2) ,

    with the margin :math:`s` and :math:`\epsilon = 10^{-6}`.

    Parameters
    ----------
    module : type, default=None
        Class of the network, for which `hidden_units` and `activation` do not count:
        ``module(n_inputs, n_outputs, **module__…)`` for tables, and
        ``module(image_shape, n_outputs, **module__…)`` for images, which it gets as
        flat rows; :class:`~skanomaly.nets.WideResNet` is the one of the paper. None
        takes fully connected networks, or small convolutional ones.
    n_transformations : int, default=16
        Number :math:`m` of random matrices; tables only, as are
        `transformation_dim` and `latent_dim`.
    transformation_dim : int, default=32
        Columns of a transformed row.
    margin : float, default=1.0
        Margin of the triplet loss, at least 0, in squared units of the code; tables
        only.
    n_draws : int, default=1
        Transformations of an image that are drawn in a training step, out of 72; a
        step costs in proportion. ``n_draws=1, max_epochs=216`` trains on as many
        images as three epochs over all 72, the schedule of the paper.
    score_type : {"dirichlet", "likelihood", "softmax"}, default="likelihood"
        The anomaly score: the first is that of GEOM, for images only, the second that
        of GOAD. It can be changed after `fit`, but not to "dirichlet", whose
        distributions are learned there; `predict` then needs a new threshold
        (`calibrate`).
    {parameters}

    Attributes
    ----------
    {attributes}

    Raises
    ------
    TrainingDivergedError
        By `fit`, when the loss is no longer finite.

    See Also
    --------
    AutoEncoder : Reconstruct rows instead.
    DeepSVDD : One centre and no transformations.

    Notes
    -----
    Differences from GEOM: the default network is small, and small images are not padded
    but shifted by fewer pixels; images that are not square are rotated by 180 degrees
    only (36 transformations). Pixels beyond twice the largest training pixel are
    clipped for the classifier, and the excess is added to the score. The Dirichlet
    distributions are learned from at most 2,000 training rows. From GOAD:
    :math:`\epsilon` is in the denominator only, so that the score does not stop growing
    far from all centres.
    Centres are those of the batch in training, and of at most 2,000 training rows
    afterwards. An image goes through the network 72 times when it is scored.

    References
    ----------
    .. [1] I. Golan, R. El-Yaniv, "Deep anomaly detection using geometric
       transformations", NeurIPS 2018. :arxiv:`1805.10917`
    .. [2] L. Bergman, Y. Hoshen, "Classification-based anomaly detection for general
       data", ICLR 2020. :arxiv:`2005.02359`

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skanomaly.detectors import GeometricTransformations
    >>> from skanomaly.metrics import anomaly_roc_auc
    >>> X, benign = load_breast_cancer(return_X_y=True)
    >>> detector = GeometricTransformations(
    ...     max_epochs=100, contamination=0.1, random_state=0
    ... ).fit(X[benign == 1])
    >>> scores = detector.anomaly_score(X)
    >>> anomaly_roc_auc(benign == 0, scores) > 0.9
    True
    """

    _score_params = ("score_type",)
    _params = GeometricParams
    _changed_params = {
        "activation": {"default": "leaky_relu"},
        "hidden_units": {
            "text": (
                "Units of the hidden layers, or channels of the convolutions. None "
                "takes (64,) for tables and (16, 32, 64) for images."
            )
        },
    }
    _parameter_constraints: dict = {
        "module": [callable, None],
        "n_transformations": [Interval(Integral, 2, None, closed="left")],
        "transformation_dim": [Interval(Integral, 1, None, closed="left")],
        "margin": [Interval(Real, 0, None, closed="left")],
        "n_draws": [Interval(Integral, 1, None, closed="left")],
        "score_type": [StrOptions(set(SCORES))],
    }
    _default_units = ((64,), (16, 32, 64), (16, 32, 64))

    latent_dim: int

    def __init__(
        self,
        module: NetworkType | None = None,
        *,
        n_transformations: int = 16,
        transformation_dim: int = 32,
        margin: float = 1.0,
        n_draws: int = 1,
        score_type: Literal["dirichlet", "likelihood", "softmax"] = "likelihood",
        **params: Unpack[GeometricParams],
    ) -> None:
        super().__init__(**params)
        self.module = module
        self.n_transformations = n_transformations
        self.transformation_dim = transformation_dim
        self.margin = margin
        self.n_draws = n_draws
        self.score_type = score_type

    def _make_model(self, n_features, **build):
        self._check_shapes(n_features)
        if self.image_shape is not None:
            return self._geometric_model(tuple(self.image_shape), **build)
        if self.score_type == "dirichlet":
            raise ValueError(
                "score_type='dirichlet' is for images: give image_shape, or take "
                "'likelihood' or 'softmax' for a table."
            )
        return self._linear_model(n_features, **build)

    def _linear_model(self, n_features, **build):
        n_inputs, n_maps = self.transformation_dim, self.n_transformations
        maps = random_maps(n_maps, n_features, n_inputs, build["stream"].generator())
        if self._table.categories:  # whose inputs have less variance than a number
            maps = maps * (n_features / self._table.variance) ** 0.5
        return LinearModel(
            weight=maps,
            network=self._dense(n_inputs, self.latent_dim, self._units(), **build),
            latent_dim=self.latent_dim,
            margin=float(self.margin),
            score_type=self.score_type,
        )

    def _geometric_model(self, shape, **build):
        maps = pixel_maps(*shape[1:])
        if len(maps) < 2:
            raise ValueError(
                f"image_shape={shape!r}: an image of one pixel has no transformations."
            )
        return GeometricModel(
            maps=maps,
            classifier=self._classifier(shape, len(maps), **build),
            n_channels=shape[0],
            n_draws=self.n_draws,
            score_type=self.score_type,
            stream=build["stream"],
        )

    def _classifier(self, shape, n_outputs, **build):
        if self.module is not None:
            return build_network(self.module, shape, n_outputs, **build)
        return self._convolutions(conv_classifier, shape, n_outputs, **build)

    def _configure_score(self, model):
        if self.score_type == "dirichlet" and model.score_type != "dirichlet":
            raise ValueError(
                "score_type='dirichlet' needs distributions that fit learns when it is "
                f"set: this detector was fitted with {model.score_type!r}. Fit it "
                "again."
            )
        super()._configure_score(model)

    def _set_reference_rows(self, module, X):
        module.model.score_type = self.score_type  # may have changed in a warm start
        super()._set_reference_rows(module, X)


def conv_classifier(image_shape, n_outputs, *, channels, activation, stream, bias=True):
    """Strided convolutions, which score in float32, and a linear layer."""
    layers = ConvEncoder(
        image_shape, None, channels, activation=activation, bias=bias, stream=stream
    )
    head = initialized(nn.Linear, layers.n_codes, n_outputs, bias=bias, stream=stream)
    return nn.Sequential(SinglePrecision(layers), head)
