"""Variational autoencoder: rows that the model finds unlikely are anomalous."""

from functools import partial
from numbers import Integral, Real

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skanomaly._training.rescoring import RescoringMixin
from skanomaly.detectors._reconstruction import ReconstructionDetector
from skanomaly.detectors._vae.likelihoods import LIKELIHOODS, check_unit_interval
from skanomaly.detectors._vae.model import SCORES, VAEModel
from skanomaly.detectors._vae.priors import FlowPrior, MixturePrior, NormalPrior
from skanomaly.utils._compat import Interval, StrOptions
from skanomaly.utils._random import draw_seed

__all__ = ["VAE"]

_VAE_DOCSTRING = """
hidden_units : tuple of int, default=None
    Units of the encoder's hidden layers, or channels of its convolutions; the decoder
    mirrors them. None takes (128,) for tables and (16, 32) for images.
latent_dim : int, default=8
    Size of the code.
activation : str or type, default="silu"
    "elu", "gelu", "leaky_relu", "relu", "sigmoid", "silu", "tanh", or a class.
dropout : float, default=0.0
    Probability, in [0, 1), of a zero behind each hidden layer of dense networks;
    convolutional ones have none.
likelihood : {"gaussian", "bernoulli", "continuous_bernoulli"}, default="gaussian"
    Law of a row around what the decoder makes of its code.

    - "gaussian": normal, with a learned standard deviation of each column, at least
      0.1 of the standardized column;
    - "bernoulli": for cells that are 0 or 1, as probabilities; numbers between are
      taken, but then it is no density;
    - "continuous_bernoulli": a density on [0, 1].

    The last two want every cell in [0, 1], do not standardize, and the encoder sees
    2 x - 1.
prior : {"normal", "mixture", "flow"}, default="normal"
    Law of the codes: standard normal, or, learned with the rest, a mixture of normal
    laws, or a masked autoregressive flow. A flow takes several times as long.
n_components : int, default=100
    Normal laws in the mixture.
n_transforms : int, default=6
    Autoregressive blocks in the flow.
beta : float, default=1.0
    Weight of the rate in the loss, at least 0. More makes codes say less. Scores leave
    it out.
score_type : {"elbo", "iwae", "rate", "distortion"}, default="elbo"
    Which part is the anomaly score, see above. It can be changed after `fit`;
    `score_samples` then gives the new score, and `predict` wants a new line
    (`calibrate`).
n_draws : int, default=16
    Codes that are drawn for a row when it is scored. It can be changed after `fit` as
    well.
image_shape : tuple of (channels, height, width), default=None
    Tells that rows are images, and selects convolutional networks. Arrays of shape
    (n_samples, channels, height, width) are then accepted too.
"""


class VAE(RescoringMixin, ReconstructionDetector):
    r"""Score rows by how unlikely a variational autoencoder finds them.

    An encoder says which codes a row may have, :math:`q(z | x)`, normal with a mean and
    a scale for each coordinate; a decoder says which rows a code may have,
    :math:`p(x | z)`; and codes have a prior :math:`p(z)`. Training lowers

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
    - "distortion": :math:`D(x)`, how badly the codes tell the row;

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
    {vae_parameters}
    {training_parameters}

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net; ``net_.history`` holds the losses of every epoch, in nats of
        the standardized rows.
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
    AutoEncoder : Without probabilities.

    Notes
    -----
    The random numbers of the draws are made once in `fit` and are the same for every
    row, so that a score repeats, and does not depend on the rows beside it. Training
    draws one code a row and step; the rate of the normal prior is then taken in closed
    form. Scoring runs the decoder `n_draws` times.

    A likelihood is no promise: models like this one may find rows of another kind
    *more* likely than those they were trained on [3]_.

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
    _parameter_constraints: dict = {
        **ReconstructionDetector._parameter_constraints,
        "likelihood": [StrOptions(set(LIKELIHOODS))],
        "prior": [StrOptions({"flow", "mixture", "normal"})],
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "n_transforms": [Interval(Integral, 1, None, closed="left")],
        "beta": [Interval(Real, 0, None, closed="left")],
        "score_type": [StrOptions(set(SCORES))],
        "n_draws": [Interval(Integral, 1, None, closed="left")],
    }

    _shared_docstrings = {
        **ReconstructionDetector._shared_docstrings,
        "vae_parameters": _VAE_DOCSTRING,
    }

    def __init__(
        self,
        module=None,
        *,
        hidden_units=None,
        latent_dim=8,
        activation="silu",
        dropout=0.0,
        likelihood="gaussian",
        prior="normal",
        n_components=100,
        n_transforms=6,
        beta=1.0,
        score_type="elbo",
        n_draws=16,
        image_shape=None,
        **training,
    ):
        super().__init__(**training)
        self.module = module
        self.hidden_units = hidden_units
        self.latent_dim = latent_dim
        self.activation = activation
        self.dropout = dropout
        self.likelihood = likelihood
        self.prior = prior
        self.n_components = n_components
        self.n_transforms = n_transforms
        self.beta = beta
        self.score_type = score_type
        self.n_draws = n_draws
        self.image_shape = image_shape

    def feature_scores(self, X):
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
        check_is_fitted(self)
        self._validate_params()

        def cells(module, x):
            self._configure_score(module.model)
            return module.model.feature_scores(module.standardize(x))

        return self._apply(X, cells) + self._log_scales()

    def sample(self, n_samples=1, random_state=None):
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
            Rows in the units of the training rows. They vary as the likelihood says,
            around the mean that the decoder makes of a code from the prior.
        """
        check_is_fitted(self)
        if not isinstance(n_samples, Integral) or n_samples < 1:
            raise ValueError(f"n_samples={n_samples!r} must be a positive integer.")
        rng = np.random.default_rng(draw_seed(random_state))
        n_normals = self.net_.module_.model.n_normals
        noise = rng.standard_normal((n_samples, n_normals + self.n_features_in_))
        rows = self._in_chunks(noise, lambda module, e: module.model.draw(e))
        return self._restored(rows)

    def _make_model(self, n_features):
        self._check_shapes(n_features)
        return partial(
            VAEModel,
            self._encoder(n_features, 2 * self.latent_dim),
            self._decoder(self.latent_dim, n_features),
            self._prior(),
            partial(LIKELIHOODS[self.likelihood], n_features),
            self.beta,
            self.score_type,
            self.n_draws,
        )

    def _prior(self):
        return {
            "flow": partial(FlowPrior, self.latent_dim, self.n_transforms),
            "mixture": partial(MixturePrior, self.latent_dim, self.n_components),
            "normal": partial(NormalPrior, self.latent_dim),
        }[self.prior]

    def _validate(self, X, *, reset):
        X = super()._validate(X, reset=reset)
        is_new = reset and not self._is_warm_start()
        likelihood = self.likelihood if is_new else self._fitted_likelihood()
        if likelihood != "gaussian":
            check_unit_interval(self, X, likelihood)
        return X

    def _fitted_likelihood(self):
        """Name of the law that the net has; the parameter may have changed since."""
        model = self.net_.module_.model
        model = model.members.parts()[0] if hasattr(model, "members") else model
        kind = type(model.likelihood)
        return next(name for name, law in LIKELIHOODS.items() if law is kind)

    def _moments(self, X):
        if self.likelihood == "gaussian":
            return super()._moments(X)
        half = np.full(X.shape[1], 0.5)  # the encoder sees 2 x - 1
        return half, half

    def _score_shift(self):
        return 0.0 if self.score_type == "rate" else self._log_scales().sum()

    def _log_scales(self):
        """Logs of the columns' scales, to make densities those of X; else zero."""
        scale = self.net_.module_.scale
        if scale is None or self._fitted_likelihood() != "gaussian":
            return np.zeros(1)
        return scale.log().cpu().numpy()
