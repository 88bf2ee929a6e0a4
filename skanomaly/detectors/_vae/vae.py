"""Variational autoencoder: rows that are unlikely under the model are anomalous."""

from numbers import Integral, Real
from typing import Annotated, Literal, Unpack

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skanomaly._training.parameters import NetworkParams
from skanomaly.detectors._reconstruction import ReconstructionDetector
from skanomaly.detectors._vae.likelihoods import LIKELIHOODS, check_unit_interval
from skanomaly.detectors._vae.model import SCORES, VAEModel
from skanomaly.detectors._vae.priors import FlowPrior, MixturePrior, NormalPrior
from skanomaly.nets.layers import NetworkType
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._inputs import check_n_samples
from skanomaly.utils._params import Param
from skanomaly.utils._random import draw_seed
from skanomaly.utils._typing import FloatArray, MatrixLike, RandomStateLike

__all__ = ["VAE", "VAEParams"]

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
    _changed_params = {"latent_dim": {"default": 8}}

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

    def feature_scores(self, X: MatrixLike) -> FloatArray:
        """Split the distortion of each row by columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to explain.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Negative log-likelihood of each cell in nats, a mean over the draws; the sum
            over the columns is the anomaly score of ``score_type="distortion"``. The
            rate belongs to no column.
        """
        cells = self._apply(X, lambda model, x: model.feature_scores(x))
        return cells + self._log_scales()

    def sample(
        self, n_samples: int = 1, random_state: RandomStateLike = None
    ) -> FloatArray:
        """Draw rows from the model.

        Parameters
        ----------
        n_samples : int, default=1
            How many.
        random_state : int, RandomState instance or None, default=None
            Source of the draws; the same integer gives the same rows.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Rows in the units of the training rows, drawn from the likelihood given a
            code from the prior.
        """
        check_is_fitted(self)
        check_n_samples(n_samples)
        rng = np.random.default_rng(draw_seed(random_state))
        n_normals = self.net_.module_.model.n_normals
        noise = rng.standard_normal((n_samples, n_normals + self.n_features_in_))
        rows = self._in_chunks(noise, lambda module, e: module.model.draw(e))
        return self._restored(rows)

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
            check_unit_interval(self, X, likelihood)
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
        half = np.full(X.shape[1], 0.5)  # the encoder's input is 2 x - 1
        return half, half

    def _score_shift(self):
        return 0.0 if self.score_type == "rate" else self._log_scales().sum()

    def _log_scales(self):
        """Logs of the columns' scales, to make densities those of X; else zero."""
        scale = self.net_.module_.scale
        if scale is None or self._fitted_likelihood() != "gaussian":
            return np.zeros(1)
        return scale.log().cpu().numpy()
