"""Geometric transformations: who knows normal rows can tell how they were changed."""

from functools import partial
from numbers import Integral, Real

import torch
from torch import nn

from skanomaly._training.evaluate import CHUNK_CELLS
from skanomaly._training.rescoring import RescoringMixin
from skanomaly.detectors._images import ImageDetector
from skanomaly.detectors._transformations.models import (
    SCORES,
    GeometricModel,
    LinearModel,
)
from skanomaly.detectors._transformations.transformations import pixel_maps
from skanomaly.nets import ACTIVATIONS, MLP, ConvEncoder, build_network
from skanomaly.nets.layers import initialized
from skanomaly.nets.single_precision import SinglePrecision
from skanomaly.utils._compat import Interval, StrOptions

__all__ = ["GeometricTransformations"]

# Training rows that the laws of the answers, and the centres, are learned from: an
# image goes through the network once for each transformation.
MAX_ROWS = 2000


class GeometricTransformations(RescoringMixin, ImageDetector):
    r"""Score rows by how well a classifier can tell how they were transformed.

    A classifier learns from normal rows, and from nothing else, to name the
    transformation that a row went through. To do so it has to know what normal rows
    look like, and with rows of another kind it fails.

    Images (`image_shape`) are flipped, shifted by a quarter and turned in all 72
    combinations (GEOM [1]_). With :math:`y_k(T_t x)` the probability that the
    classifier gives to transformation :math:`k` when it was :math:`t` of :math:`m`, and
    :math:`\alpha_t` the parameters of the Dirichlet law that its answers follow for
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
        Number :math:`m` of random matrices; tables only, as are the next two.
    transformation_dim : int, default=32
        Columns of a transformed row.
    latent_dim : int, default=32
        Size of the code.
    hidden_units : tuple of int, default=None
        Units of the hidden layers, or channels of the convolutions. None takes (64,)
        for tables and (16, 32, 64) for images.
    activation : str or type, default="leaky_relu"
        "elu", "gelu", "leaky_relu", "relu", "sigmoid", "silu", "tanh", or a class.
    margin : float, default=1.0
        Margin of the triplet loss, at least 0, in squared units of the code; tables
        only.
    n_draws : int, default=1
        Transformations of an image that are drawn in a training step, out of 72; a
        step costs in proportion. ``n_draws=1, max_epochs=216`` trains on as many
        images as three epochs over all 72, the schedule of the paper.
    score_type : {"dirichlet", "likelihood", "softmax"}, default="likelihood"
        The anomaly score: the first is that of GEOM, for images only, the second that
        of GOAD. It can be changed after `fit`, but not to "dirichlet", whose laws are
        learned there; `predict` then wants a new line (`calibrate`).
    image_shape : tuple of (channels, height, width), default=None
        Tells that rows are images. Arrays of shape (n_samples, channels, height, width)
        are then accepted too.
    {training_parameters}

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net; ``net_.history`` holds the losses of every epoch.
    offset_ : float
        What `decision_function` subtracts from `score_samples`.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all of them are strings.

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
    but shifted by fewer pixels; images that are not square are turned by 180 degrees
    only (36 transformations). Pixels beyond twice the largest training pixel are cut
    for the classifier, and what is cut is added to the score. The Dirichlet laws are
    learned from at most 2,000 training rows. From GOAD: :math:`\epsilon` is in the
    denominator only, so that the score does not stop growing far from all centres.
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
    _parameter_constraints: dict = {
        **ImageDetector._parameter_constraints,
        "module": [callable, None],
        "n_transformations": [Interval(Integral, 2, None, closed="left")],
        "transformation_dim": [Interval(Integral, 1, None, closed="left")],
        "hidden_units": ["array-like", None],
        "latent_dim": [Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS)), callable],
        "margin": [Interval(Real, 0, None, closed="left")],
        "n_draws": [Interval(Integral, 1, None, closed="left")],
        "score_type": [StrOptions(set(SCORES))],
    }

    def __init__(
        self,
        module=None,
        *,
        n_transformations=16,
        transformation_dim=32,
        hidden_units=None,
        latent_dim=32,
        activation="leaky_relu",
        margin=1.0,
        n_draws=1,
        score_type="likelihood",
        image_shape=None,
        **training,
    ):
        super().__init__(**training)
        self.module = module
        self.n_transformations = n_transformations
        self.transformation_dim = transformation_dim
        self.hidden_units = hidden_units
        self.latent_dim = latent_dim
        self.activation = activation
        self.margin = margin
        self.n_draws = n_draws
        self.score_type = score_type
        self.image_shape = image_shape

    def _make_model(self, n_features):
        self._check_shapes(n_features)
        if self.image_shape is not None:
            return self._geometric_model(tuple(self.image_shape))
        if self.score_type == "dirichlet":
            raise ValueError(
                "score_type='dirichlet' is for images: give image_shape, or take "
                "'likelihood' or 'softmax' for a table."
            )
        return partial(
            LinearModel,
            self._network(),
            n_features,
            self.n_transformations,
            self.transformation_dim,
            self.latent_dim,
            float(self.margin),
            self.score_type,
        )

    def _geometric_model(self, shape):
        if len(pixel_maps(*shape[1:])) < 2:
            raise ValueError(
                f"image_shape={shape!r}: an image of one pixel has no transformations."
            )
        return partial(
            GeometricModel,
            self._classifier(shape),
            shape,
            self.n_draws,
            self.score_type,
        )

    def _configure_score(self, model):
        if self.score_type == "dirichlet" and model.score_type != "dirichlet":
            raise ValueError(
                "score_type='dirichlet' needs laws that fit learns when it is set: "
                f"this detector was fitted with {model.score_type!r}. Fit it again."
            )
        super()._configure_score(model)

    def _network(self):
        if self.module is not None:
            return partial(build_network, self.module)
        units = self._units((64,))
        return partial(MLP, hidden_units=units, activation=self.activation)

    def _classifier(self, shape):
        if self.module is not None:
            return partial(build_network, self.module, shape)
        channels = self._units((16, 32, 64))
        return partial(conv_classifier, shape, channels, self.activation)

    def _units(self, default):
        return default if self.hidden_units is None else tuple(self.hidden_units)

    def _user_modules(self):
        own = [] if isinstance(self.activation, str) else [self.activation]
        return super()._user_modules() + own

    def _after_training(self, module, X):
        # Not drawn from `random_state`: which rows hardly matters, that they stay does.
        generator = torch.Generator().manual_seed(len(X))
        index = torch.randperm(len(X), generator=generator)[:MAX_ROWS].numpy()
        n_rows = max(1, CHUNK_CELLS // X.shape[1])
        chunks = [index[i : i + n_rows] for i in range(0, len(index), n_rows)]
        device = module.precision.device
        module.model.score_type = self.score_type  # of a warm start it may be new
        module.model.learn(
            [module.standardize(torch.tensor(X[i]).to(device)) for i in chunks]
        )


def conv_classifier(image_shape, channels, activation, n_outputs, *, stream, bias=True):
    """Strided convolutions, which score in float32, and a linear layer."""
    layers = ConvEncoder(
        image_shape, None, channels, activation=activation, bias=bias, stream=stream
    )
    head = initialized(nn.Linear, layers.n_codes, n_outputs, bias=bias, stream=stream)
    return nn.Sequential(SinglePrecision(layers), head)
