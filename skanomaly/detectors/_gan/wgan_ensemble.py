"""Ensemble of WGAN critics that learn to tell training rows from generated ones."""

from numbers import Integral, Real
from typing import Any, Unpack

from torch import nn
from torch.nn.functional import softplus

from skanomaly._training.detector import DeepDetector
from skanomaly._training.ensemble import EnsembleMixin, EnsembleModel
from skanomaly._training.parameters import EnsembleParams, NetworkParams
from skanomaly.detectors._gan.base import AdversarialMixin
from skanomaly.detectors._gan.models import WassersteinGAN
from skanomaly.nets.layers import NetworkType
from skanomaly.utils._compat import Interval
from skanomaly.utils._warn import warn_user

__all__ = ["WGANEnsemble"]

# The critic takes more steps before each of the generator's first ones, and before
# every 500th (rich_latent).
N_FIRST_STEPS = 25
LONG_EVERY = 500


class CriticModel(WassersteinGAN):
    """A WGAN-GP whose critic then learns to tell real from generated rows."""

    supports_stacking = True

    def __init__(self, *, n_critic_long, **gan):
        super().__init__(**gan)
        self.n_critic_long = n_critic_long

    def n_critic_steps(self):
        """Steps of the critic before the next one of the generator."""
        n_done = self.n_generator_steps
        if n_done < N_FIRST_STEPS or n_done % LONG_EVERY == 0:
            return self.n_critic_long
        return self.n_critic

    def classifier_loss(self, x):
        """Cross-entropy of a real row and of a generated one, shape (n,)."""
        real, fake, _ = self.critic_values(x)
        return softplus(-real) + softplus(fake)

    def forward(self, x):
        """Loss of each row, shape (n,), of the second phase."""
        return self.classifier_loss(x)

    def score(self, x):
        """Minus the log-odds that a row is real, shape (n,)."""
        return -self.critic(x)


class WGANEnsembleModel(EnsembleModel):
    """Members whose networks of a kind take their steps together."""

    @property
    def critic(self):
        """Critics of all members."""
        return nn.ModuleList(part.critic for part in self.members.parts())

    @property
    def generator(self):
        """Generators of all members."""
        return nn.ModuleList(part.generator for part in self.members.parts())

    # The second phase continues the critic by another loss.
    classifier = critic

    def takes_turn(self, player):
        """Whether the networks of this kind take a step with this batch."""
        return self.members.parts()[0].takes_turn(player)

    def critic_loss(self, x):
        """Sum over the members, shape (n,)."""
        return self.call("critic_loss", x).sum(dim=0)

    def generator_loss(self, x):
        """Sum over the members, shape (n,)."""
        return self.call("generator_loss", x).sum(dim=0)

    def classifier_loss(self, x):
        """Sum over the members, shape (n,)."""
        return self.call("classifier_loss", x).sum(dim=0)


class WGANEnsembleParams(EnsembleParams, NetworkParams, total=False):
    """Parameters of the members, and how many there are."""


class CriticDetector(AdversarialMixin, DeepDetector):
    """One member: it scores rows by a critic, without codes."""

    _last_player = "classifier"

    latent_dim: int
    penalty: float
    n_critic: int
    n_critic_long: int

    def _make_model(self, n_features, **build):
        self._check_shapes(n_features)
        return CriticModel(
            generator=self._decoder(self.latent_dim, n_features, **build),
            critic=self._critic(n_features, **build),
            latent_dim=self.latent_dim,
            penalty=self.penalty,
            n_critic=self.n_critic,
            n_critic_long=self.n_critic_long,
            stream=build["stream"],
        )


class WGANEnsemble(EnsembleMixin, CriticDetector):
    r"""Score rows by an ensemble of critics that tell generated rows from real ones.

    Each member trains a generator :math:`G` against a critic :math:`D` with a gradient
    penalty (WGAN-GP). Then the generator is frozen and the critic trained further, to
    tell training rows from generated ones by its logit

    .. math:: D(x) = \log \frac{p(\text{real} \mid x)}{p(\text{generated} \mid x)} .

    The members' scores are :math:`s_m(x) = -D_m(x)`. Away from all training rows the
    output of a critic is arbitrary, and critics differ; the score is therefore the
    variance over the members,

    .. math:: s(x) = \operatorname{var}_m s_m(x) ,

    or with ``statistic="waic"`` the mean plus the variance.

    All members are trained and scored at once, with one product of matrices for all of
    a layer.

    Parameters
    ----------
    module : type, default=None
        Class of the generators and of the critics up to their last hidden layer, for
        which `hidden_units`, `activation` and `dropout` do not count, called as
        ``module(n_inputs, n_outputs, **module__…)``. None takes fully connected
        networks, or convolutional ones when `image_shape` is given; of the latter, and
        of the user's, one member is computed after the other.
    n_critic : int, default=5
        Steps of the critics, each on a batch of its own, for one of the generators.
    n_critic_long : int, default=20
        The same for the first 25 steps of the generators and for every 500th; the
        publication takes 100.
    penalty : float, default=10.0
        Weight of the gradient penalty, at least 0.
    {parameters}

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net of all members. ``net_.history`` holds the losses of every epoch
        of both phases, summed over the members: ``critic_loss``, ``generator_loss`` and
        ``classifier_loss``.
    {threshold_attributes}

    Raises
    ------
    ValueError
        By `fit`, when there is one member and the statistic needs two.
    TrainingDivergedError
        By `fit`, when a loss is no longer finite.

    See Also
    --------
    FastAnoGAN : Scores by the generator, not the critic.
    VAEEnsemble : The same statistics of likelihoods.

    Notes
    -----
    "waic" is called so in the publication, but it is not the widely applicable
    information criterion: a critic's logit is no log-likelihood. It is the mean less
    the variance of the logits, with the sign of an anomaly score. Nor is any logit a
    density: where there were neither real nor generated rows, it can have any value.
    From the rows of a perfect generator the critic learns nothing.

    Each phase takes `max_epochs` epochs, and `lr_schedule` starts again;
    `early_stopping` applies to the second. The generators take their first step after
    `n_critic_long` batches: with fewer in all, they are never trained. The publication
    trains with RMSProp at a rate of 5e-5, 20,001 steps of the generator and 4,001 of
    the second phase; here Adam's moments decay with (0, 0.9), as in WGAN-GP, unless
    ``optimizer__betas`` says otherwise.

    References
    ----------
    .. [1] H. Choi, E. Jang, A. A. Alemi, "WAIC, but why? Generative ensembles for
       robust anomaly detection", 2018. :arxiv:`1810.01392`
    .. [2] I. Gulrajani, F. Ahmed, M. Arjovsky, V. Dumoulin, A. Courville, "Improved
       training of Wasserstein GANs", NeurIPS 2017. :arxiv:`1704.00028`

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skanomaly.detectors import WGANEnsemble
    >>> X, benign = load_breast_cancer(return_X_y=True)
    >>> detector = WGANEnsemble(
    ...     n_estimators=3, max_epochs=50, contamination=0.1, random_state=0
    ... )
    >>> scores = detector.fit(X[benign == 1]).anomaly_score(X)
    >>> bool(scores[benign == 0].mean() > scores[benign == 1].mean())
    True
    """

    _ensemble_model = WGANEnsembleModel
    _params = WGANEnsembleParams
    _changed_params: dict[str, Any] = {
        "lr": {"default": 3e-3},
        "statistic": {"default": "variance"},
    }
    _parameter_constraints: dict = {
        "module": [callable, None],
        "n_critic": [Interval(Integral, 1, None, closed="left")],
        "n_critic_long": [Interval(Integral, 1, None, closed="left")],
        "penalty": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        module: NetworkType | None = None,
        *,
        n_critic: int = 5,
        n_critic_long: int = 20,
        penalty: float = 10.0,
        **params: Unpack[WGANEnsembleParams],
    ) -> None:
        super().__init__(**params)
        self.module = module
        self.n_critic = n_critic
        self.n_critic_long = n_critic_long
        self.penalty = penalty

    def _fit(self, X):
        super()._fit(X)
        first = self.net_.module_.model.members.parts()[0]
        if not first.n_generator_steps:
            warn_user(
                f"{type(self).__name__}: the generators were never trained. They take "
                f"their first step after n_critic_long={self.n_critic_long} batches, "
                f"but there were only {first.n_waiting}. Raise max_epochs, or lower "
                "n_critic_long.",
            )
