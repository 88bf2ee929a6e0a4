"""Deep SVDD: rows that a network maps far from a fixed centre are anomalous."""

import inspect
from functools import partial
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from skanomaly._training.evaluate import in_chunks
from skanomaly._training.options import TRAINING_DOCSTRING
from skanomaly.detectors._deep_svdd_model import (
    OBJECTIVES,
    DeepSVDDModel,
    DeepSVDDNet,
    Pretraining,
)
from skanomaly.detectors._hypersphere import (
    AS_GOOD_AS_BIASES,
    codes,
    distances,
    mean_code,
    place_anchors,
    warn_of_shortcuts,
)
from skanomaly.detectors._images import ImageDetector
from skanomaly.nets import (
    ACTIVATIONS,
    MLP,
    AnchoredMLP,
    LeNetDecoder,
    LeNetEncoder,
    build_network,
)
from skanomaly.utils._compat import Interval, StrOptions

__all__ = ["DeepSVDD"]

# The shared docstring, with the learning rate of the paper.
_TRAINING_DOCSTRING = TRAINING_DOCSTRING.replace(
    "lr : float, default=5e-3", "lr : float, default=1e-4"
).replace(
    "steps, whatever the number of rows, and at least one.",
    "steps with images and 1,000 with tables, whatever the number of rows, and at\n"
    "    least one.",
)

# Part of the usual number of steps that max_epochs="auto" takes for tables: a network
# that is trained for longer shrinks whatever the training rows happen to share.
TABLE_PART = 0.25


class DeepSVDD(ImageDetector):
    r"""Score rows by the distance of their code to a fixed centre.

    A network :math:`\varphi` learns to map the training rows close to a point
    :math:`c`. Rows unlike them have nothing that pulls them there. The anomaly score is

    .. math:: s(x) = \lVert \varphi(x) - c \rVert^2 .

    Training has two phases. First the network is the encoder of an autoencoder (by
    default only for images); then the decoder is dropped, :math:`c` is set to the mean
    code of the training rows, and the objective "one-class",

    .. math:: \frac1n \sum_i \lVert \varphi(x_i) - c \rVert^2 ,

    is minimised. The objective "soft-boundary" shrinks a ball instead, of which a
    fraction :math:`\nu` of the rows may stay outside,

    .. math::

        R^2 + \frac{1}{\nu n} \sum_i \max(0, \lVert \varphi(x_i) - c \rVert^2 - R^2) ,

    and the score becomes :math:`\lVert \varphi(x) - c \rVert^2 - R^2`, whose sign says
    on which side a row is. Either has a weight decay on top.

    A network that maps everything to :math:`c` would be perfect, and useless. So
    the network has no biases, its normalisation learns no shift, its activations
    have no bound but zero, the centre is not learned, and none of its coordinates is
    within 0.1 of zero. For tables, each unit of its first layer measures rows from a
    fixed anchor of its own, the middle of two training rows, since a network without
    biases could otherwise only bend at the origin. No unit becomes a bias by that, but
    several together can: there, training must not go on for too long.

    Parameters
    ----------
    module : type, default=None
        Class of the network and of the decoder, for which `hidden_units` and
        `activation` do not count, called as ``module(n_inputs, n_outputs,
        **module__…)``. None takes a fully connected network, or a
        convolutional one when `image_shape` is given; for those ``module__bias=True``
        gives biases to the decoder alone.
    hidden_units : tuple of int, default=None
        Units of the hidden layers, or channels of the convolutions. None takes (1024,)
        for tables, (8, 4) for images in grey and (32, 64, 128) for those with more
        channels.
    latent_dim : int, default=None
        Size of the code. None takes 128, and 32 for images in grey.
    activation : str or type, default="leaky_relu"
        "gelu", "leaky_relu", "relu", "silu", or a class. One with which a unit can
        be constant and not zero is refused: one that has a bound other than zero
        ("tanh", "sigmoid", "elu") or is not zero at zero (``nn.Softplus``).
    objective : {"one-class", "soft-boundary"}, default="one-class"
        What the second phase minimises.
    nu : float, default=0.1
        Fraction of the rows, in (0, 1), that "soft-boundary" leaves outside.
    pretrain_epochs : int or "auto", default="auto"
        Passes of the first phase; 0 leaves it out, and the centre is then the mean code
        of the untrained network. "auto" takes as many as the second phase for images
        and none for tables.
    warmup : float, default=0.1
        Fraction of the second phase, in [0, 1], before the radius of "soft-boundary"
        follows the batches. Until then it is 0.
    weight_decay : float, default=5e-7
        Weight decay of the optimizer in both phases, if it has one.
    image_shape : tuple of (channels, height, width), default=None
        Tells that rows are images, and selects a convolutional network. Arrays of shape
        (n_samples, channels, height, width) are then accepted too.
    {training_parameters}

    Attributes
    ----------
    center_ : ndarray of shape (latent_dim,)
        The centre.
    radius_ : float
        Radius of the ball: for "soft-boundary" the 1 - `nu` quantile of the distances
        of the training rows, else 0.
    net_ : skorch.NeuralNet
        The trained net. ``net_.history`` holds the losses of every epoch of both
        phases; its column "phase" is "pretraining" or "training".
    offset_ : float
        What `decision_function` subtracts from `score_samples`.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all of them are strings.

    Raises
    ------
    ValueError
        By `fit`, when `activation` has a bound other than zero, or is not zero at zero.
    TrainingDivergedError
        By `fit`, when the loss is no longer finite.

    Warns
    -----
    UserWarning
        When `module` has parameters that are biases, or such activations.

    See Also
    --------
    AutoEncoder : Scores by reconstruction.

    Notes
    -----
    `warm_start` and `partial_fit` keep the centre and go on with the second phase. The
    other training parameters count for each phase by itself: `early_stopping` may end
    either, and `lr_schedule` begins anew. The defaults for tables, little training of
    a wide network with anchors and no pretraining, were chosen on twelve sets of
    ADBench; on twelve others the anchors gained no AUROC. The decoder mirrors the
    network, with a linear map from the code to the smallest feature map where the
    paper reshapes, and without its sigmoid, since standardized pixels have no bounds.
    The radius follows each batch in training; at the end it is taken over all training
    rows.

    References
    ----------
    .. [1] L. Ruff, R. Vandermeulen, N. Goernitz, L. Deecke, S. A. Siddiqui, A. Binder,
       E. Müller, M. Kloft, "Deep one-class classification", ICML 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skanomaly.detectors import DeepSVDD
    >>> X, benign = load_breast_cancer(return_X_y=True)
    >>> detector = DeepSVDD(max_epochs=50, random_state=0).fit(X[benign == 1])
    >>> scores = detector.anomaly_score(X)
    >>> bool(scores[benign == 0].mean() > 2 * scores[benign == 1].mean())
    True
    """

    _net_class = DeepSVDDNet
    _shared_docstrings = {"training_parameters": _TRAINING_DOCSTRING}

    _parameter_constraints: dict = {
        **ImageDetector._parameter_constraints,
        "module": [callable, None],
        "hidden_units": ["array-like", None],
        "latent_dim": [Interval(Integral, 1, None, closed="left"), None],
        "activation": [StrOptions(set(ACTIVATIONS)), callable],
        "objective": [StrOptions(set(OBJECTIVES))],
        "nu": [Interval(Real, 0, 1, closed="neither")],
        "pretrain_epochs": [
            Interval(Integral, 0, None, closed="left"),
            StrOptions({"auto"}),
        ],
        "warmup": [Interval(Real, 0, 1, closed="both")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        module=None,
        *,
        hidden_units=None,
        latent_dim=None,
        activation="leaky_relu",
        objective="one-class",
        nu=0.1,
        pretrain_epochs="auto",
        warmup=0.1,
        weight_decay=5e-7,
        image_shape=None,
        lr=1e-4,
        **training,
    ):
        super().__init__(lr=lr, **training)
        self.module = module
        self.hidden_units = hidden_units
        self.latent_dim = latent_dim
        self.activation = activation
        self.objective = objective
        self.nu = nu
        self.pretrain_epochs = pretrain_epochs
        self.warmup = warmup
        self.weight_decay = weight_decay
        self.image_shape = image_shape

    def encode(self, X):
        """Compute the codes of rows, of which the score measures the distance.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to encode.

        Returns
        -------
        ndarray of shape (n_samples, latent_dim)
            The code of each row; normal ones are near `center_`.
        """
        check_is_fitted(self)
        return self._in_chunks(self._validate(X, reset=False), codes)

    def _make_model(self, n_features):
        self._check_shapes(n_features)
        self._check_activation()
        n_codes = self._n_codes()
        encoder, decoder = self._networks(n_features, n_codes)
        return partial(
            DeepSVDDModel, encoder, decoder, n_codes, self.objective, self.nu
        )

    def _networks(self, n_features, n_codes):
        if self.module is not None:
            build = partial(build_network, self.module)
            return partial(build, n_features, n_codes), partial(
                build, n_codes, n_features
            )
        units, own = self._units(), {"activation": self.activation}
        if self.image_shape is not None:
            shape = tuple(self.image_shape)
            return partial(_unbiased, LeNetEncoder, shape, n_codes, units, own), (
                partial(LeNetDecoder, n_codes, shape, units, **own)
            )
        decoder = partial(MLP, n_codes, n_features, units[::-1], bias=False, **own)
        return partial(_unbiased, AnchoredMLP, n_features, n_codes, units, own), decoder

    def _units(self):
        """Units of the hidden layers, or channels of the convolutions."""
        if self.hidden_units is not None:
            return tuple(self.hidden_units)
        if self.image_shape is None:
            return (1024,)
        return (8, 4) if self.image_shape[0] == 1 else (32, 64, 128)

    def _n_codes(self):
        if self.latent_dim is not None:
            return self.latent_dim
        is_grey = self.image_shape is not None and self.image_shape[0] == 1
        return 32 if is_grey else 128

    def _check_activation(self):
        kind = ACTIVATIONS.get(self.activation, self.activation)
        if self.module is None and kind in AS_GOOD_AS_BIASES:
            raise ValueError(
                f"activation={self.activation!r} has a bound other than zero, or is "
                "not zero at zero. Units can then be constant, which is as good as a "
                "bias: all rows can be mapped to the centre. Use 'leaky_relu', 'relu', "
                "'gelu' or 'silu'."
            )

    def _user_modules(self):
        own = [] if isinstance(self.activation, str) else [self.activation]
        return super()._user_modules() + own

    def _training_options(self, n_rows, is_partial_fit, split_seed):
        course = super()._training_options(n_rows, is_partial_fit, split_seed)
        if "weight_decay" in inspect.signature(self.optimizer).parameters:
            course["optimizer__weight_decay"] = self.weight_decay
        return course

    def _make_net(self, X, is_warm_start, is_partial_fit=False):
        net = super()._make_net(X, is_warm_start, is_partial_fit)
        if is_warm_start:
            return net
        net.pretrain_epochs = self._n_pretrain_epochs(net.max_epochs)
        if is_partial_fit:
            net.pretrain_epochs = min(1, net.pretrain_epochs)
        net.warmup_epochs = int(self.warmup * net.max_epochs)
        return net

    def _n_epochs(self, n_rows):
        n_epochs = super()._n_epochs(n_rows)
        if self.max_epochs == "auto" and self.image_shape is None:
            return max(1, round(TABLE_PART * n_epochs))
        return n_epochs

    def _n_pretrain_epochs(self, n_epochs):
        if self.pretrain_epochs != "auto":
            return self.pretrain_epochs
        # Of tables, that phase makes a network learn what any rows have in common.
        return n_epochs if self.image_shape is not None else 0

    def _train(self, net, X, updates_threshold=True):
        is_fresh = not net.history
        if is_fresh:
            self._prepare(net, X)
        super()._train(net, X, updates_threshold)
        if is_fresh:
            net.first_epoch_ = 0  # both phases are one course
        model = net.module_.model
        self.center_ = model.center[0].cpu().numpy().astype(np.float64)
        self.radius_ = float(model.radius)

    def _prepare(self, net, X):
        """Place the anchors, pretrain the network and set the centre."""
        model, n_epochs = net.module_.model, net.max_epochs
        if isinstance(model.encoder, AnchoredMLP):
            place_anchors(net, X)
        if self.module is not None:
            warn_of_shortcuts(model.encoder)
        if net.pretrain_epochs:
            autoencoder = Pretraining(model.encoder, model.make_decoder())
            autoencoder.to(net.device)
            net.start("pretraining", autoencoder, net.pretrain_epochs)
            super()._train(net, X, updates_threshold=False)
        net.start("training", model, n_epochs)
        model.center.copy_(torch.tensor(mean_code(net, X)))

    def _after_training(self, module, X):
        if module.model.has_radius:
            distance = in_chunks(module, X, distances, module.precision.device)
            radius = np.sqrt(np.quantile(distance, 1.0 - self.nu))
            module.model.radius = torch.full_like(module.model.radius, radius)


def _unbiased(network, *args, stream, **module_params):
    *sizes, own = args
    return network(*sizes, stream=stream, **{**module_params, **own, "bias": False})
