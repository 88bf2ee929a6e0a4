"""AnoGAN: rows that a generator of normal rows cannot generate are anomalous."""

import math
from numbers import Integral, Real
from typing import Any, Unpack

import torch

from skanomaly._training.missing import filled
from skanomaly._training.parameters import NetworkParams
from skanomaly.detectors._gan.base import GANDetector
from skanomaly.detectors._gan.models import NonSaturatingGAN
from skanomaly.nets.layers import NetworkType
from skanomaly.utils._compat import Interval

__all__ = ["AnoGAN"]

# Latent vectors from which the starting points of a row's search are chosen. They are
# the same for all rows: a draw for each would depend on its position.
N_STARTS = 256


class AnoGANModel(NonSaturatingGAN):
    """A GAN, and a search for the latent vector of each row."""

    masks_missing = True

    starts: torch.Tensor

    def __init__(self, *, feature_weight, n_steps, n_restarts, search_lr, **gan):
        super().__init__(**gan)
        self.feature_weight = feature_weight
        self.n_steps, self.n_restarts, self.search_lr = n_steps, n_restarts, search_lr
        starts = torch.empty(N_STARTS, self.latent_dim)
        self.register_buffer("starts", self.stream.normal_like(starts))

    def discrepancy(self, x, x_features, z):
        """Loss of latent vectors, z of shape (n, k, latent_dim), as (n, k)."""
        fake = self.decode(z.flatten(0, 1))
        fakes = fake.unflatten(0, z.shape[:2])
        residual = self.difference(x[:, None], fakes).abs().mean(dim=-1)
        if self.feature_weight == 0.0:
            return residual
        features = self.critic.features(fake).unflatten(0, z.shape[:2])
        mismatch = (x_features[:, None] - features).abs().mean(dim=-1)
        return torch.lerp(residual, mismatch, self.feature_weight)

    def search(self, x):
        """Best latent vector of each row, shape (n, latent_dim)."""
        # Scores are computed in inference mode, but the search needs gradients.
        with torch.inference_mode(False), torch.enable_grad():
            x = x.detach().clone()
            x_features = self.critic.features(filled(x)).detach()
            z = self._nearest_starts(x).requires_grad_()
            optimizer = torch.optim.Adam([z], lr=self.search_lr)
            for step in range(self.n_steps):
                # The sum, not the mean: a row's steps do not depend on how many there
                # are.
                loss = self.discrepancy(x, x_features, z).sum()
                # Of z alone: the two networks accumulate no gradient.
                (gradient,) = torch.autograd.grad(loss, z)
                z.grad = _rounded(gradient)
                fraction = math.pi * step / self.n_steps
                optimizer.param_groups[0]["lr"] = (
                    self.search_lr * 0.5 * (1.0 + math.cos(fraction))
                )
                optimizer.step()
            return self._best(x, x_features, z.detach())

    @torch.no_grad()
    def _nearest_starts(self, x):
        distance = torch.cdist(filled(x), self.decode(self.starts), p=1.0)
        k = min(self.n_restarts, N_STARTS)
        nearest = distance.topk(k, dim=1, largest=False, sorted=True).indices
        return self.starts[nearest]

    @torch.no_grad()
    def _best(self, x, x_features, z):
        best = self.discrepancy(x, x_features, z).argmin(dim=1)
        return z[torch.arange(len(z), device=z.device), best]

    def encode(self, x):
        """Latent vector whose row is most like each row, shape (n, latent_dim)."""
        return self.search(x)

    def reconstruct(self, x):
        """Most similar generated rows, shape (n, n_features)."""
        return self.decode(self.search(x))

    def feature_scores(self, x):
        """Contribution of each cell to the residual part of the score, (n, d)."""
        weight = (1.0 - self.feature_weight) / x.shape[-1]
        return weight * self.difference(x, self.reconstruct(x)).abs()

    def score(self, x):
        """Anomaly score of each row, shape (n,)."""
        z = self.search(x)
        features = self.critic.features(filled(x))
        return self.discrepancy(x, features, z[:, None]).squeeze(1)


def _rounded(gradient):
    """Round to two digits.

    The loss has kinks, at which a search is chaotic: in the last digits matrix products
    depend on the number of rows, and hundreds of steps amplify that. A rounded gradient
    does not depend on the last digits, and is as good a direction.
    """
    return gradient.to(torch.bfloat16).to(gradient.dtype)


class AnoGAN(GANDetector):
    r"""Score rows by their distance to the most similar row that a GAN generates.

    A generator :math:`G` learns to turn noise :math:`z \sim N(0, I)` into rows that a
    critic :math:`D` (the discriminator) cannot tell from the training rows. For a row
    :math:`x` the latent vector is then searched for whose generated row is most similar
    to it: Adam minimizes, with both networks frozen,

    .. math::

        L(z) = (1 - \lambda) \, \frac{1}{d} \lVert x - G(z) \rVert_1
        + \lambda \, \frac{1}{h} \lVert f(x) - f(G(z)) \rVert_1

    over :math:`z`. The first term is the residual, mean over the :math:`d` standardized
    columns; the second compares the :math:`h` units of the critic's last hidden layer
    :math:`f`. The smallest loss found is the anomaly score. Rows like those that the
    generator generates score low; of other rows a residual remains.

    Parameters
    ----------
    module : type, default=None
        Class of the generator and of the critic up to its last hidden layer, for which
        `hidden_units`, `activation` and `dropout` do not count, called as
        ``module(n_inputs, n_outputs, **module__…)``. None takes fully connected
        networks, or convolutional ones when `image_shape` is given.
    feature_weight : float, default=0.1
        The weight :math:`\lambda`, in [0, 1], of the critic's features.
    n_steps : int, default=50
        Steps of the search; 0 takes the best starting point as it is. The publication
        takes 500 from a random start. A step costs a pass through both networks and
        back for every row.
    n_restarts : int, default=1
        Starting points of the search, at most 256: the best of 256 fixed latent
        vectors for the row. The best result counts, so more of them never raise a
        score. They multiply time and memory.
    search_lr : float, default=0.1
        Learning rate of the search; it falls to zero along a cosine.
    {parameters}

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net. ``net_.history`` holds the losses of both networks,
        ``critic_loss`` and ``generator_loss``.
    {threshold_attributes}

    Raises
    ------
    TrainingDivergedError
        By `fit`, when a loss is no longer finite.

    See Also
    --------
    FastAnoGAN : An encoder in place of the search.
    WGANEnsemble : An ensemble of critics alone.

    Notes
    -----
    All rows of a chunk are searched for at once, and still no row depends on the
    others: each has its own latent vector, its own moments of Adam and the same fixed
    starting points. A row that is scored twice gets the same score. `encode` gives the
    latent vectors, `reconstruct` the generated rows, `residual` their differences in
    the units of `X`; `feature_scores` splits the residual part of the score alone. Each
    of them runs the search again. `feature_weight`, `n_steps`, `n_restarts` and
    `search_lr` belong to the search alone and may be changed after `fit`; `predict`
    then needs a new threshold (`calibrate`).

    Both networks take a step with every batch. Their losses do not measure how good the
    generator is, so that ``early_stopping`` has nothing useful to monitor here. Adam's
    moments decay with (0.5, 0.999), as in DCGAN, unless ``optimizer__betas`` says
    otherwise. `fit` scores its rows for `offset_`, and that is a search as well.

    References
    ----------
    .. [1] T. Schlegl, P. Seeböck, S. M. Waldstein, U. Schmidt-Erfurth, G. Langs,
       "Unsupervised anomaly detection with generative adversarial networks to guide
       marker discovery", IPMI 2017. :arxiv:`1703.05921`
    .. [2] A. Radford, L. Metz, S. Chintala, "Unsupervised representation learning with
       deep convolutional generative adversarial networks", ICLR 2016.
       :arxiv:`1511.06434`

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skanomaly.detectors import AnoGAN
    >>> X, benign = load_breast_cancer(return_X_y=True)
    >>> detector = AnoGAN(max_epochs=50, n_steps=20, contamination=0.1, random_state=0)
    >>> scores = detector.fit(X[benign == 1]).anomaly_score(X)
    >>> bool(scores[benign == 0].mean() > 2 * scores[benign == 1].mean())
    True
    """

    _score_params = ("feature_weight", "n_steps", "n_restarts", "search_lr")
    _changed_params: dict[str, Any] = {"lr": {"default": 3e-3}}
    _parameter_constraints: dict = {
        "feature_weight": [Interval(Real, 0, 1, closed="both")],
        "n_steps": [Interval(Integral, 0, None, closed="left")],
        "n_restarts": [Interval(Integral, 1, N_STARTS, closed="both")],
        "search_lr": [Interval(Real, 0, None, closed="neither")],
    }
    _betas = (0.5, 0.999)

    def __init__(
        self,
        module: NetworkType | None = None,
        *,
        feature_weight: float = 0.1,
        n_steps: int = 50,
        n_restarts: int = 1,
        search_lr: float = 0.1,
        **params: Unpack[NetworkParams],
    ) -> None:
        super().__init__(**params)
        self.module = module
        self.feature_weight = feature_weight
        self.n_steps = n_steps
        self.n_restarts = n_restarts
        self.search_lr = search_lr

    def _make_model(self, n_features, **build):
        self._check_shapes(n_features)
        return AnoGANModel(
            generator=self._decoder(self.latent_dim, n_features, **build),
            critic=self._critic(n_features, **build),
            latent_dim=self.latent_dim,
            stream=build["stream"],
            **self._chosen_score(),
        )
