"""f-AnoGAN: an encoder in place of the search of AnoGAN."""

from numbers import Integral, Real
from typing import Unpack

from skanomaly._training.missing import filled
from skanomaly._training.parameters import NetworkParams
from skanomaly.detectors._gan.base import GANDetector
from skanomaly.detectors._gan.models import WassersteinGAN
from skanomaly.nets.layers import NetworkType
from skanomaly.utils._compat import Interval

__all__ = ["FastAnoGAN"]


class FastAnoGANModel(WassersteinGAN):
    """A WGAN-GP, then an encoder that learns through the frozen networks."""

    masks_missing = True

    def __init__(self, *, encoder, feature_weight, **gan):
        super().__init__(**gan)
        self.encoder, self.feature_weight = encoder, feature_weight

    def encode(self, x):
        """Latent vectors, shape (n, latent_dim)."""
        return self.encoder(filled(x))

    def reconstruct(self, x):
        """Generated rows, shape (n, n_features)."""
        return self.decode(self.encode(x))

    def encoder_loss(self, x):
        """Mean squared difference of rows and of their features ("izi_f")."""
        fake = self.reconstruct(x)
        residual = self.difference(x, fake).square().mean(dim=-1)
        if self.feature_weight == 0.0:
            return residual
        mismatch = self.critic.features(filled(x)) - self.critic.features(fake)
        return residual + self.feature_weight * mismatch.square().mean(dim=-1)

    def forward(self, x):
        """Loss of each row, shape (n,), of the last phase."""
        return self.encoder_loss(x)

    def feature_scores(self, x):
        """Contribution of each cell to the residual part of the score, (n, d)."""
        return self.difference(x, self.reconstruct(x)).square() / x.shape[-1]

    def score(self, x):
        """Anomaly score of each row, shape (n,)."""
        return self.encoder_loss(x)


class FastAnoGAN(GANDetector):
    r"""Score rows by their difference to the row that a GAN generates from their code.

    As in `AnoGAN`, a row :math:`x` is compared with a similar one of a generator
    :math:`G` of normal rows; in place of the search, an encoder :math:`E` gives its
    latent vector in one pass. Training has two phases. In the first, the generator
    learns from a critic :math:`D` by the Wasserstein distance with a gradient penalty.
    In the second, both are frozen and the encoder minimizes, by what is called "izi"
    training with features, the score itself:

    .. math::

        s(x) = \frac{1}{d} \lVert x - G(E(x)) \rVert^2
        + \kappa \, \frac{1}{h} \lVert f(x) - f(G(E(x))) \rVert^2 .

    The first term is the mean over the :math:`d` standardized columns, the second over
    the :math:`h` units of the critic's last hidden layer :math:`f`.

    Parameters
    ----------
    module : type, default=None
        Class of the generator, the encoder, and the critic up to its last hidden layer,
        for which `hidden_units`, `activation` and `dropout` do not count, called as
        ``module(n_inputs, n_outputs, **module__…)``. None takes fully connected
        networks, or convolutional ones when `image_shape` is given.
    feature_weight : float, default=1.0
        The weight :math:`\kappa`, at least 0, of the critic's features.
    n_critic : int, default=2
        Steps of the critic, each on a batch of its own, for one of the generator; the
        publication takes 5.
    penalty : float, default=10.0
        Weight of the gradient penalty, at least 0.
    {parameters}

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net. ``net_.history`` holds the losses of every epoch of both
        phases, ``critic_loss``, ``generator_loss`` and ``encoder_loss``; ``train_loss``
        is the critic's in the first phase and the encoder's in the second, and
        ``phase`` says which of the two it is.
    {threshold_attributes}

    Raises
    ------
    TrainingDivergedError
        By `fit`, when a loss is no longer finite.

    See Also
    --------
    AnoGAN : A search in place of the encoder.
    AutoEncoder : A decoder that learns together with the encoder.

    Notes
    -----
    Each phase takes `max_epochs` epochs, and `lr_schedule` starts again;
    `early_stopping` applies to the second. `warm_start` and `partial_fit` continue both
    phases, one after the other. Adam's moments decay with (0, 0.9), as in WGAN-GP,
    unless ``optimizer__betas`` says otherwise. The published encoder ends with a
    hyperbolic tangent although the latent vectors are normal, so that it cannot reach a
    third of each coordinate's mass; ours is linear.

    References
    ----------
    .. [1] T. Schlegl, P. Seeböck, S. M. Waldstein, G. Langs, U. Schmidt-Erfurth,
       "f-AnoGAN: Fast unsupervised anomaly detection with generative adversarial
       networks", Medical Image Analysis 54, 2019. :doi:`10.1016/j.media.2019.01.010`
    .. [2] I. Gulrajani, F. Ahmed, M. Arjovsky, V. Dumoulin, A. Courville, "Improved
       training of Wasserstein GANs", NeurIPS 2017. :arxiv:`1704.00028`

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skanomaly.detectors import FastAnoGAN
    >>> X, benign = load_breast_cancer(return_X_y=True)
    >>> detector = FastAnoGAN(max_epochs=50, contamination=0.1, random_state=0)
    >>> scores = detector.fit(X[benign == 1]).anomaly_score(X)
    >>> bool(scores[benign == 0].mean() > 2 * scores[benign == 1].mean())
    True
    """

    _last_player = "encoder"
    _parameter_constraints: dict = {
        "feature_weight": [Interval(Real, 0, None, closed="left")],
        "n_critic": [Interval(Integral, 1, None, closed="left")],
        "penalty": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        module: NetworkType | None = None,
        *,
        feature_weight: float = 1.0,
        n_critic: int = 2,
        penalty: float = 10.0,
        **params: Unpack[NetworkParams],
    ) -> None:
        super().__init__(**params)
        self.module = module
        self.feature_weight = feature_weight
        self.n_critic = n_critic
        self.penalty = penalty

    def _make_model(self, n_features, **build):
        self._check_shapes(n_features)
        return FastAnoGANModel(
            generator=self._decoder(self.latent_dim, n_features, **build),
            critic=self._critic(n_features, head_bias=False, **build),
            encoder=self._encoder(n_features, self.latent_dim, **build),
            latent_dim=self.latent_dim,
            penalty=self.penalty,
            n_critic=self.n_critic,
            feature_weight=self.feature_weight,
            stream=build["stream"],
        )
