"""Deep SVDD: rows that a network maps far from a fixed centre are anomalous."""

from numbers import Integral, Real
from typing import Annotated, Literal, Unpack

import numpy as np
import torch
from torch import nn

from skanomaly._training.detector import DeepDetector
from skanomaly._training.evaluate import in_chunks
from skanomaly._training.networks import NetworkMixin
from skanomaly._training.parameters import DetectorParams, LayerParams, steps_text
from skanomaly._training.phases import Phase
from skanomaly.detectors._hypersphere import (
    check_activation,
    mean_code,
    set_anchors,
    warn_of_biases,
)
from skanomaly.nets import MLP, LeNetDecoder, LeNetEncoder, build_network
from skanomaly.nets.anchored import AnchoredLinear
from skanomaly.nets.layers import NetworkType, squared_error
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._params import Param
from skanomaly.utils._state import of_one_fit
from skanomaly.utils._typing import FloatArray, MatrixLike

__all__ = ["DeepSVDD"]


def one_class(distance, radius, nu):
    """Pull all rows to the centre."""
    return distance


def soft_boundary(distance, radius, nu):
    """Shrink a ball that leaves out about the fraction `nu` of the rows."""
    return radius**2 + torch.relu(distance - radius**2) / nu


OBJECTIVES = {"one-class": one_class, "soft-boundary": soft_boundary}


class DeepSVDDModel(nn.Module):
    """Squared distance of a row's code to the centre."""

    supports_stacking = True  # see `skanomaly.nets.stacked`

    center: torch.Tensor
    radius: torch.Tensor
    batch_radius: torch.Tensor

    def __init__(self, *, encoder, n_codes, objective, nu, stream):
        super().__init__()
        self.encoder, self.stream = encoder, stream
        # The encoder and a decoder, in pretraining only.
        self.autoencoder: nn.Module | None = None
        self.register_buffer("center", torch.zeros(n_codes))
        self.register_buffer("radius", torch.zeros(()))
        # That of the latest batch, in training.
        self.register_buffer("batch_radius", torch.zeros(()))
        self.objective, self.nu = OBJECTIVES[objective], nu
        self.has_radius = objective == "soft-boundary"
        self.updates_radius = False

    def distance(self, x):
        """Squared distance to the centre, shape (n,)."""
        return squared_error(self.encoder(x), self.center).sum(dim=-1)

    def autoencoder_loss(self, x):
        """Squared error of the reconstruction of each row, shape (n,)."""
        assert self.autoencoder is not None
        return squared_error(self.autoencoder(x), x).sum(dim=-1)

    def encoder_loss(self, x):
        """Objective of each row, shape (n,)."""
        distance = self.distance(x)
        loss = self.objective(distance, self.batch_radius, self.nu)
        if self.training and self.updates_radius:
            self.batch_radius = self.boundary(distance)
        return loss

    def forward(self, x):
        """Loss of each row, shape (n,)."""
        return self.encoder_loss(x)

    @torch.no_grad()
    def boundary(self, distance):
        """Radius beyond which the fraction `nu` of the rows lies, shape (1,)."""
        return distance.quantile(1.0 - self.nu, dim=-1, keepdim=True).sqrt()

    def score(self, x):
        """Anomaly score of each row, shape (n,)."""
        return self.distance(x) - self.radius**2


class HypersphereParams(LayerParams, total=False):
    """A network between rows and codes whose size depends on the rows."""

    latent_dim: Annotated[
        int | None,
        Param(
            None,
            [Interval(Integral, 1, None, closed="left"), None],
            "int",
            "Size of the code. None takes 128, and 32 for images in grey.",
        ),
    ]


class DeepSVDDParams(HypersphereParams, DetectorParams, total=False):
    """Parameters of Deep SVDD's network and its training."""


class DeepSVDD(NetworkMixin, DeepDetector):
    r"""Score rows by the distance of their code to a fixed centre.

    A network :math:`\varphi` learns to map the training rows close to a point
    :math:`c`. For rows unlike them nothing is learned. The anomaly score is

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

    A network that maps everything to :math:`c` minimises the objective, and is useless
    (hypersphere collapse). So the network has no biases, its normalisation learns no
    shift, its activations have no bound but zero, the centre is not learned, and none
    of its coordinates is within 0.1 of zero. Such a network can bend at the origin
    only, so for tables each unit of its first layer has an origin of its own, the
    middle of two training rows that are drawn at random:
    :math:`h_i = a(w_i \cdot (x - o_i))`.

    Parameters
    ----------
    module : type, default=None
        Class of the network and of the decoder, for which `hidden_units` and
        `activation` do not count, called as ``module(n_inputs, n_outputs,
        **module__…)``. None takes a fully connected network, or a
        convolutional one when `image_shape` is given; for those ``module__bias=True``
        gives biases to the decoder alone.
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
    {parameters}

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
    {threshold_attributes}

    Raises
    ------
    ValueError
        By `fit`, when `activation` approaches a constant other than zero, or is not
        zero at zero.
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
    `warm_start` and `partial_fit` keep the centre and continue the second phase. The
    other training parameters apply to each phase by itself: `early_stopping` may end
    either, and `lr_schedule` starts again. The defaults for tables, little training of
    a wide network and no pretraining, were chosen on twelve sets of ADBench. Without
    origins of the units the mean row of a standardized table would have a code near
    zero, from which the centre is kept away, and look anomalous. A unit that is
    constant on all training rows is zero on them, so an origin is no bias; two units
    together can be constant, and long training may find that. The decoder mirrors the
    network, with a linear map from the code to the smallest feature map where the paper
    reshapes, and without its sigmoid, since standardized pixels have no bounds. The
    radius follows each batch in training; at the end it is taken over all training
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

    _params = DeepSVDDParams
    _resumed_params = ("weight_decay",)
    # Longer training shrinks whatever the rows of a table happen to have in common.
    _table_steps = (200, 200)
    _copies_take_all_steps = True
    _changed_params = {
        "lr": {"default": 1e-4},
        "activation": {
            "default": "leaky_relu",
            "text": (
                '"gelu", "leaky_relu", "relu", "silu", or a class. One with which a '
                "unit can be constant and not zero is refused: one that approaches a "
                'constant other than zero ("tanh", "sigmoid", "elu") or is not zero '
                "at zero (``nn.Softplus``)."
            ),
        },
        "hidden_units": {
            "text": (
                "Units of the hidden layers, or channels of the convolutions. None "
                "takes (1024,) for tables, (8, 4) for images in grey and (32, 64, 128) "
                "for those with more channels."
            )
        },
        "max_epochs": steps_text("200"),
    }
    _parameter_constraints: dict = {
        "module": [callable, None],
        "objective": [StrOptions(set(OBJECTIVES))],
        "nu": [Interval(Real, 0, 1, closed="neither")],
        "pretrain_epochs": [
            Interval(Integral, 0, None, closed="left"),
            StrOptions({"auto"}),
        ],
        "warmup": [Interval(Real, 0, 1, closed="both")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
    }
    _default_units = ((1024,), (8, 4), (32, 64, 128))

    latent_dim: int | None

    def __init__(
        self,
        module: NetworkType | None = None,
        *,
        objective: Literal["one-class", "soft-boundary"] = "one-class",
        nu: float = 0.1,
        pretrain_epochs: int | Literal["auto"] = "auto",
        warmup: float = 0.1,
        weight_decay: float = 5e-7,
        **params: Unpack[DeepSVDDParams],
    ) -> None:
        super().__init__(**params)
        self.module = module
        self.objective = objective
        self.nu = nu
        self.pretrain_epochs = pretrain_epochs
        self.warmup = warmup
        self.weight_decay = weight_decay

    @of_one_fit
    def encode(self, X: MatrixLike) -> FloatArray:
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
        return self._apply(X, lambda model, x: model.encoder(x))

    def _make_model(self, n_features, **build):
        self._check_shapes(n_features)
        return DeepSVDDModel(
            encoder=self._unbiased_encoder(n_features, **build),
            n_codes=self._n_codes(),
            objective=self.objective,
            nu=self.nu,
            stream=build["stream"],
        )

    def _unbiased_encoder(self, n_features, **build):
        n_codes, units = self._n_codes(), self._units()
        if self.module is not None:
            return build_network(self.module, n_features, n_codes, **build)
        check_activation(self.activation)
        own = {**build, "activation": self.activation, "bias": False}
        if self.image_shape is not None:
            return LeNetEncoder(tuple(self.image_shape), n_codes, units, **own)
        network = MLP(n_features, n_codes, units, **own)
        if units:  # the first module is the linear one, which mypy cannot know
            network[0] = AnchoredLinear(network[0])  # type: ignore[arg-type]
        return network

    def _mirrored_decoder(self, n_features, **build):
        n_codes, units = self._n_codes(), self._units()
        if self.module is not None:
            return build_network(self.module, n_codes, n_features, **build)
        own = {"activation": self.activation, **build}
        if self.image_shape is not None:
            return LeNetDecoder(n_codes, tuple(self.image_shape), units, **own)
        return MLP(n_codes, n_features, units[::-1], **{"bias": False, **own})

    def _n_codes(self):
        if self.latent_dim is not None:
            return self.latent_dim
        is_grey = self.image_shape is not None and self.image_shape[0] == 1
        return 32 if is_grey else 128

    def _make_net(self, X, *, is_resumed, is_partial_fit):
        net = super()._make_net(X, is_resumed=is_resumed, is_partial_fit=is_partial_fit)
        if not is_resumed:
            set_anchors(net, X)
        return net

    def _optimizer_params(self):
        return {"weight_decay": self.weight_decay}

    def _phases(self, n_epochs, *, is_resumed=False, is_partial_fit=False):
        training = {"n_epochs": n_epochs, "players": ("encoder",)}
        if is_resumed:
            return [Phase(**training, on_epoch=self._radius_updater(0))]
        updater = self._radius_updater(int(self.warmup * n_epochs))
        phases = [Phase(**training, before=self._set_center, on_epoch=updater)]
        n_pretraining = self._n_pretrain_epochs(n_epochs)
        if is_partial_fit:
            n_pretraining = min(1, n_pretraining)
        if n_pretraining:
            pretraining = Phase(
                n_pretraining,
                "pretraining",
                players=("autoencoder",),
                before=self._add_decoder,
                after=self._drop_decoder,
            )
            phases.insert(0, pretraining)
        return phases

    def _n_pretrain_epochs(self, n_epochs):
        if self.pretrain_epochs != "auto":
            return self.pretrain_epochs
        # For tables, pretraining makes the network learn what any rows have in common.
        return n_epochs if self.image_shape is not None else 0

    def _radius_updater(self, n_warmup):
        """Let "soft-boundary" update its radius by batches after the warm-up."""

        def update(model, n_done):
            model.updates_radius = model.has_radius and n_done >= n_warmup

        return update

    def _add_decoder(self, net, X, context):
        model, n_chars = net.module_.model, len("module__")
        params = {
            name[n_chars:]: value
            for name, value in self._net_params.items()
            if name.startswith("module__")
        }
        decoder = self._mirrored_decoder(
            self._n_inputs(X), stream=model.stream, **params
        )
        model.autoencoder = nn.Sequential(model.encoder, decoder).to(net.device)

    def _drop_decoder(self, net, X, context):
        net.module_.model.autoencoder = None
        net.drop_player("autoencoder")

    def _set_center(self, net, X, context):
        if self.module is not None:
            warn_of_biases(net.module_.model.encoder)
        net.module_.model.center.copy_(torch.tensor(mean_code(net, X)))

    def _set_reference_rows(self, module, X):
        if module.model.has_radius:
            distance = in_chunks(module, X, distances, module.precision.device)
            radius = np.sqrt(np.quantile(distance, 1.0 - module.model.nu))
            module.model.radius = torch.full_like(module.model.radius, radius)

    @property
    def center_(self) -> FloatArray:
        """The centre, shape (latent_dim,)."""
        return self.net_.module_.model.center.cpu().numpy().astype(np.float64)

    @property
    def radius_(self) -> float:
        """Radius of the ball."""
        return float(self.net_.module_.model.radius)


def distances(module, x):
    """Squared distance of each row to the centre, shape (n,)."""
    return module.model.distance(module.standardize(x))
