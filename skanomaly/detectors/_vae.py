"""Variational autoencoder: rows that are unlikely under the model are anomalous.

Kingma and Welling (2014), with the raw scale shifted so that an output of 0 is the
prior's scale. Reductions are over the last dimension and parameters are broadcast from
the left, so that one model can also be several, stacked: rows of shape (k, n, d).
"""

import math
from numbers import Integral, Real
from typing import Annotated, Any, Literal, Unpack, overload

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skanomaly._training.missing import filled, known, parted
from skanomaly._training.parameters import NetworkParams, steps_text
from skanomaly.detectors._reconstruction import ReconstructionDetector
from skanomaly.nets.layers import NetworkType
from skanomaly.nets.likelihoods import LIKELIHOODS
from skanomaly.nets.normal import (
    normal_log_prob,
    softplus_scale,
    standard_normal_log_prob,
)
from skanomaly.nets.priors import FlowPrior, MixturePrior, NormalPrior
from skanomaly.utils._chunks import dense
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._inputs import check_n_samples, column_name
from skanomaly.utils._params import Param
from skanomaly.utils._seeds import draw_seed, spawn_seeds
from skanomaly.utils._state import of_one_fit
from skanomaly.utils._typing import FloatArray, FrameT, MatrixLike, RandomStateLike

__all__ = ["VAE", "VAEParams"]


def _negative_iwae(rate, distortion):
    return math.log(len(rate)) - torch.logsumexp(-rate - distortion, dim=0)


# From the parts of every draw, shape (n_draws, n), to the anomaly score of each row.
SCORES = {
    "distortion": lambda rate, distortion: distortion.mean(dim=0),
    "elbo": lambda rate, distortion: (rate + distortion).mean(dim=0),
    "iwae": _negative_iwae,
    "rate": lambda rate, distortion: rate.mean(dim=0),
}


class VAEModel(nn.Module):
    """Rate, the nats of a code, and distortion, the nats of a row given its code."""

    supports_stacking = True  # see `skanomaly.nets.stacked`
    masks_missing = True
    noise_seed: torch.Tensor
    constant_noise: torch.Tensor | None = None  # in a graph

    def __init__(
        self, *, encoder, decoder, prior, likelihood, beta, score_type, n_draws, stream
    ):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.prior, self.likelihood = prior, likelihood
        self.beta, self.score_type, self.n_draws = beta, score_type, n_draws
        self.stream = stream
        self.register_buffer("noise_seed", torch.tensor(spawn_seeds(stream.seed, 1)[0]))

    def posterior(self, x):
        """Mean and scale of the codes of each row, both of shape (n, latent_dim)."""
        loc, raw_scale = self.encoder(filled(x)).chunk(2, dim=-1)
        return loc, softplus_scale(raw_scale)

    def encode(self, x):
        """Mean of the codes of each row, shape (n, latent_dim)."""
        return self.posterior(x)[0]

    def decode(self, z):
        """Mean of the rows of each code, shape (n, n_features)."""
        return self.likelihood.mean(self.decoder(z))

    def reconstruct(self, x):
        """Mean of the rows of the mean code, shape (n, n_features)."""
        return self.decode(self.encode(x))

    def forward(self, x):
        """Loss of each row, shape (n,): the negative ELBO with the rate times beta."""
        loc, scale = self.posterior(x)
        z = loc + scale * self.stream.normal_like(loc)
        if self.prior.rate is None:
            rate = normal_log_prob(z, loc, scale) - self.prior.log_prob(z)
        else:
            rate = self.prior.rate(loc, scale)
        return self.beta * rate + self.distortion(z, x)

    def distortion(self, z, x):
        """Negative log-likelihood of each row given a code, shape (n,)."""
        return self.cell_distortion(z, x).sum(dim=-1)

    def cell_distortion(self, z, x):
        """Negative log-likelihood of each cell given a code, shape (n, n_features)."""
        x, missing = parted(x)
        return known(-self.likelihood.cell_log_prob(self.decoder(z), x), missing)

    def parts(self, x):
        """Rate and distortion of each draw and row, both of shape (n_draws, n)."""
        if torch.compiler.is_compiling():
            return self._parts_at_once(x)
        loc, scale = self.posterior(x)
        log_volume = scale.log().sum(dim=-1)
        rates, distortions = [], []
        for z, noise in self.codes(loc, scale):
            log_posterior = standard_normal_log_prob(noise) - log_volume
            rates.append(log_posterior - self.prior.log_prob(z))
            distortions.append(self.distortion(z, x))
        return torch.stack(rates), torch.stack(distortions)

    def _parts_at_once(self, x):
        """All draws in one pass: a loop would make a graph many times as large."""
        loc, scale = self.posterior(x)
        z, rows = self._draws_at_once(loc, scale, x)
        log_posterior = standard_normal_log_prob(self.scoring_noise(loc))
        log_posterior = log_posterior - scale.log().sum(dim=-1, keepdim=True)
        by_draw = -1, self.n_draws
        rate = log_posterior - self.prior.log_prob(z).unflatten(-1, by_draw)
        distortion = self.distortion(z, rows).unflatten(-1, by_draw)
        return rate.movedim(-1, 0), distortion.movedim(-1, 0)

    def _draws_at_once(self, loc, scale, x):
        """Codes of all draws and their rows, both of shape (n * n_draws, ...)."""
        # (n, 1, latent_dim) and (n_draws, latent_dim)
        z = loc.unsqueeze(-2) + scale.unsqueeze(-2) * self.scoring_noise(loc)
        rows = x.unsqueeze(-2).expand(*z.shape[:-1], x.shape[-1])
        return z.flatten(-3, -2), rows.flatten(-3, -2)

    def codes(self, loc, scale):
        """Yield draws from the posterior, and their noise, the same for all rows."""
        for noise in self.scoring_noise(loc).unbind(dim=-2):
            yield loc + scale * noise, noise

    def scoring_noise(self, loc):
        """Normal numbers from the stored seed, shape (n_draws, latent_dim).

        With more draws the first stay the same. They are made on the CPU, so that
        scores agree between devices.
        """
        if self.constant_noise is not None:
            return self.constant_noise
        shape, seeds = (self.n_draws, loc.shape[-1]), self.noise_seed
        numbers = [
            np.random.default_rng(seed).standard_normal(shape)
            for seed in seeds.flatten().tolist()
        ]
        noise = np.reshape(numbers, (*seeds.shape, *shape))
        return torch.from_numpy(noise).to(loc)

    def prepare_export(self):
        """Keep the random numbers as a constant: a graph cannot draw them."""
        codes = self.noise_seed.new_empty(self.prior.n_codes, dtype=torch.float64)
        self.constant_noise = self.scoring_noise(codes)

    def score(self, x):
        """Anomaly score of each row, shape (n,), in nats."""
        return SCORES[self.score_type](*self.parts(x))

    def feature_scores(self, x):
        """Distortion of each cell in nats, shape (n, n_features)."""
        if torch.compiler.is_compiling():
            loc, scale = self.posterior(x)
            z, rows = self._draws_at_once(loc, scale, x)
            cells = self.cell_distortion(z, rows)
            return cells.unflatten(-2, (-1, self.n_draws)).mean(dim=-2)
        codes = self.codes(*self.posterior(x))
        cells = (self.cell_distortion(z, x) for z, _ in codes)
        return sum(cells) / self.n_draws

    def draw(self, noise):
        """Turn standard normal numbers into rows, shape (n, n_features)."""
        for_prior, for_row = noise.tensor_split([self.n_normals], dim=-1)
        output = self.decoder(self.prior.draw(for_prior))
        return self.likelihood.draw(output, for_row)

    @property
    def n_normals(self):
        """Number of normal numbers that the prior turns into a code."""
        return self.prior.n_normals


def check_unit_interval(detector, X, likelihood, but=()):
    """Refuse rows with cells outside [0, 1], naming the first of them."""
    X = dense(X)
    outside = (X < 0) | (X > 1)
    outside[:, list(but)] = False  # codes of categories
    if outside.any():
        i, j = np.argwhere(outside)[0]
        # Pixels share one scale: a single one at the border may hardly vary.
        scale = "Divide by the largest possible value"
        if detector.image_shape is None:
            scale = "Scale with MinMaxScaler(clip=True)"
        raise ValueError(
            f"likelihood={likelihood!r} is for numbers in [0, 1], but column "
            f"{column_name(detector, j)} of X holds {X[i, j]:.6g}. {scale}, or take "
            "likelihood='gaussian'."
        )


AT_LEAST_ONE = [Interval(Integral, 1, None, closed="left")]


class VAEParams(NetworkParams, total=False):
    """Parameters of single VAEs and of the members of an ensemble."""

    likelihood: Annotated[
        Literal["gaussian", "bernoulli", "continuous_bernoulli"],
        Param(
            "gaussian",
            [StrOptions(set(LIKELIHOODS))],
            '{"gaussian", "bernoulli", "continuous_bernoulli"}',
            """\
Distribution of a row given the output of the decoder for its code.

- "gaussian": normal, with a learned standard deviation of each column, at least 0.1 of
  the standardized column;
- "bernoulli": for cells that are 0 or 1, as probabilities; numbers between are taken,
  but then it is no density;
- "continuous_bernoulli": a density on [0, 1].

The last two need every cell in [0, 1] and do not standardize: the input of the encoder
is 2 x - 1.""",
        ),
    ]
    prior: Annotated[
        Literal["normal", "mixture", "flow"],
        Param(
            "normal",
            [StrOptions({"flow", "mixture", "normal"})],
            '{"normal", "mixture", "flow"}',
            "Prior distribution of the codes: standard normal, or, learned with the "
            "rest, a mixture of normal distributions, or a masked autoregressive flow. "
            "A flow takes several times as long.",
        ),
    ]
    n_components: Annotated[
        int, Param(100, AT_LEAST_ONE, "int", "Normal distributions in the mixture.")
    ]
    n_transforms: Annotated[
        int, Param(6, AT_LEAST_ONE, "int", "Autoregressive blocks in the flow.")
    ]
    beta: Annotated[
        float,
        Param(
            1.0,
            [Interval(Real, 0, None, closed="left")],
            "float",
            "Weight of the rate in the loss, at least 0. With more, codes carry less "
            "information. Scores leave it out.",
        ),
    ]
    score_type: Annotated[
        Literal["elbo", "iwae", "rate", "distortion"],
        Param(
            "elbo",
            [StrOptions(set(SCORES))],
            '{"elbo", "iwae", "rate", "distortion"}',
            "Which part is the anomaly score, see above. It can be changed after "
            "`fit`; `score_samples` then gives the new score, and `predict` needs a "
            "new threshold (`calibrate`).",
        ),
    ]
    n_draws: Annotated[
        int,
        Param(
            16,
            AT_LEAST_ONE,
            "int",
            "Codes that are drawn for a row when it is scored. It can be changed after "
            "`fit` as well.",
        ),
    ]


class VAE(ReconstructionDetector):
    r"""Score rows by how unlikely they are under a variational autoencoder.

    An encoder gives the distribution of the codes of a row, :math:`q(z | x)`, normal
    with a mean and a scale for each coordinate; a decoder gives the distribution of the
    rows of a code, :math:`p(x | z)`; and codes have a prior :math:`p(z)`. Training
    minimizes

    .. math::

        \beta \, \underbrace{E_q \log \frac{q(z | x)}{p(z)}}_{\text{rate } R(x)}
        + \underbrace{E_q\left[-\log p(x | z)\right]}_{\text{distortion } D(x)} .

    With `n_draws` = :math:`S` codes :math:`z_s \sim q(z | x)` and
    :math:`e_s = \log p(x | z_s) + \log p(z_s) - \log q(z_s | x)` the anomaly scores are

    - "elbo": :math:`-\frac 1 S \sum_s e_s = R(x) + D(x)`, never below, on average,
      the negative log-likelihood :math:`-\log p(x)` of the model;
    - "iwae": :math:`-\log \frac 1 S \sum_s \exp e_s`, nearer to that, and never above
      "elbo";
    - "rate": :math:`R(x)`, how far the codes are from those of other rows;
    - "distortion": :math:`D(x)`, how badly the codes determine the row;

    all in nats, means over the same draws. Densities are those of `X` in its own units:
    with standardization the logs of the columns' scales are added to all but the rate.

    Parameters
    ----------
    module : type, default=None
        Class of the encoder and of the decoder, for which `hidden_units`,
        `activation` and `dropout` do not count, called as
        ``module(n_inputs, n_outputs, **module__…)``; the encoder has two outputs for
        every coordinate of the code. None takes fully connected networks, or
        convolutional ones when `image_shape` is given.
    {parameters}

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net; ``net_.history`` holds the losses of every epoch, in nats of
        the standardized rows.
    {threshold_attributes}

    Raises
    ------
    TrainingDivergedError
        By `fit`, when the loss is no longer finite.

    See Also
    --------
    AutoEncoder : Without probabilities.

    Notes
    -----
    The random numbers of the draws are made once in `fit` and are the same for every
    row, so that scores are reproducible and do not depend on other rows. Training
    draws one code a row and step; the rate of the normal prior is then taken in closed
    form. Scoring runs the decoder `n_draws` times.

    A low likelihood is not guaranteed: under models like this one, rows of another kind
    may be *more* likely than the training rows [3]_.

    References
    ----------
    .. [1] D. P. Kingma, M. Welling, "Auto-encoding variational Bayes", ICLR 2014.
       :arxiv:`1312.6114`
    .. [2] Y. Burda, R. Grosse, R. Salakhutdinov, "Importance weighted autoencoders",
       ICLR 2016. :arxiv:`1509.00519`
    .. [3] H. Choi, E. Jang, A. A. Alemi, "WAIC, but why? Generative ensembles for
       robust anomaly detection", 2018. :arxiv:`1810.01392`
    .. [4] G. Loaiza-Ganem, J. P. Cunningham, "The continuous Bernoulli: fixing a
       pervasive error in variational autoencoders", NeurIPS 2019. :arxiv:`1907.06845`
    .. [5] G. Papamakarios, T. Pavlakou, I. Murray, "Masked autoregressive flow for
       density estimation", NeurIPS 2017. :arxiv:`1705.07057`

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skanomaly.detectors import VAE
    >>> X, benign = load_breast_cancer(return_X_y=True)
    >>> detector = VAE(max_epochs=50, contamination=0.1, random_state=0)
    >>> scores = detector.fit(X[benign == 1]).anomaly_score(X)
    >>> bool(scores[benign == 0].mean() > scores[benign == 1].mean() + 50)
    True
    >>> detector.sample(3, random_state=0).shape
    (3, 30)
    """

    _score_params: tuple[str, ...] = ("score_type", "n_draws")
    _params = VAEParams
    _changed_params = {"latent_dim": {"default": 8}, "max_epochs": steps_text("1,000")}
    _table_steps = (1000, 1000)

    likelihood: str
    prior: str
    n_components: int
    n_transforms: int
    beta: float
    score_type: str
    n_draws: int

    def __init__(
        self, module: NetworkType | None = None, **params: Unpack[VAEParams]
    ) -> None:
        super().__init__(**params)
        self.module = module

    @overload
    def feature_scores(self, X: FrameT) -> FrameT: ...  # type: ignore[overload-overlap]

    @overload
    def feature_scores(self, X: MatrixLike) -> FloatArray: ...

    @of_one_fit
    def feature_scores(self, X: MatrixLike) -> Any:
        """Split the distortion of each row by columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to explain.

        Returns
        -------
        ndarray or DataFrame of shape (n_samples, n_features)
            Negative log-likelihood of each cell in nats, a mean over the draws; the sum
            over the columns is the anomaly score of ``score_type="distortion"``. The
            rate belongs to no column. A missing cell adds no more than the log of the
            scale of its column, which is the same in all rows. A frame for a frame.
        """
        cells = self._apply(X, lambda model, x: model.feature_scores(x))
        return self._by_column(cells + self._cell_shift(), X)

    @of_one_fit
    def sample(self, n_samples: int = 1, random_state: RandomStateLike = None) -> Any:
        """Draw rows from the model.

        Parameters
        ----------
        n_samples : int, default=1
            How many.
        random_state : int, RandomState instance or None, default=None
            Source of the draws; the same integer gives the same rows.

        Returns
        -------
        ndarray or DataFrame of shape (n_samples, n_features)
            Rows in the units of the training rows (a frame if these have categories),
            drawn from the likelihood given a
            code from the prior.
        """
        check_is_fitted(self)
        check_n_samples(n_samples)
        rng = np.random.default_rng(draw_seed(random_state))
        n_normals = self.net_.module_.model.n_normals
        shape = n_samples, n_normals + self._table.n_inputs
        noise = rng.standard_normal(shape)
        rows = self._in_chunks(noise, lambda module, e: module.model.draw(e))
        return self._as_table(self._restored(rows))

    def _make_model(self, n_features, **build):
        self._check_shapes(n_features)
        return VAEModel(
            encoder=self._encoder(n_features, 2 * self.latent_dim, **build),
            decoder=self._decoder(self.latent_dim, n_features, **build),
            prior=self._build_prior(build["stream"]),
            likelihood=LIKELIHOODS[self.likelihood](n_features),
            beta=self.beta,
            score_type=self.score_type,
            n_draws=self.n_draws,
            stream=build["stream"],
        )

    def _build_prior(self, stream):
        if self.prior == "flow":
            return FlowPrior(self.latent_dim, self.n_transforms, stream=stream)
        if self.prior == "mixture":
            return MixturePrior(self.latent_dim, self.n_components, stream=stream)
        return NormalPrior(self.latent_dim)

    def _validate(self, X, *, reset):
        X = super()._validate(X, reset=reset)
        is_new = reset and not self._is_warm_start()
        likelihood = self.likelihood if is_new else self._fitted_likelihood()
        if likelihood != "gaussian":
            check_unit_interval(self, X, likelihood, but=self._table.categories)
        return X

    def _fitted_likelihood(self):
        """Name of the net's likelihood; the parameter may have changed since."""
        model = self.net_.module_.model
        model = model.members.parts()[0] if hasattr(model, "members") else model
        kind = type(model.likelihood)
        return next(name for name, value in LIKELIHOODS.items() if value is kind)

    def _moments(self, X):
        if self.likelihood == "gaussian":
            return super()._moments(X)
        half = np.full(self._n_inputs(X), 0.5)  # the encoder's input is 2 x - 1
        return half, half

    def _score_shift(self):
        return 0.0 if self.score_type == "rate" else self._cell_shift().sum()

    def _cell_shift(self):
        # The logs of the scales make densities those of X.
        scale = self.net_.module_.scale
        if scale is None or self._fitted_likelihood() != "gaussian":
            return np.zeros(1)
        return scale.log().cpu().numpy()
