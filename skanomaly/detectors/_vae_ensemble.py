"""Ensemble of variational autoencoders: their disagreement measures uncertainty."""

from typing import Unpack

import torch

from skanomaly._training.ensemble import (
    STATISTICS,
    EnsembleMixin,
    EnsembleModel,
    posterior_mean_variance,
)
from skanomaly._training.parameters import EnsembleParams
from skanomaly.detectors._vae import VAE, VAEParams
from skanomaly.nets.layers import NetworkType
from skanomaly.utils._compat import StrOptions
from skanomaly.utils._state import of_one_fit
from skanomaly.utils._typing import FloatArray, MatrixLike

__all__ = ["VAEEnsemble"]


class VAEEnsembleModel(EnsembleModel):
    """Variational autoencoders, and the statistic of their scores."""

    statistics = STATISTICS | {"posterior_mean_variance": posterior_mean_variance}

    def member_values(self, x):
        """Scores or posterior means of the members, shape (n_members, n, ...)."""
        if self.statistic == "posterior_mean_variance":
            return self.call("encode", x)
        return super().member_values(x)

    def draw(self, noise):
        """Turn standard normal numbers into rows; the first chooses the member."""
        chosen = (torch.special.ndtr(noise[:, 0]) * self.n_members).long()
        rows = torch.empty_like(noise[:, self.n_normals :])
        for k in chosen.unique().tolist():
            rows[chosen == k] = self.members.member(k).draw(noise[chosen == k, 1:])
        return rows

    @property
    def n_normals(self):
        """Number of normal numbers that choose a member and a code of its prior."""
        return 1 + self.members.parts()[0].n_normals


class VAEEnsembleParams(EnsembleParams, VAEParams, total=False):
    """Parameters of the members, and how many there are."""


class VAEEnsemble(EnsembleMixin, VAE):
    r"""Score rows by several variational autoencoders, and by how much they disagree.

    A likelihood model is constrained only where there are training rows; elsewhere its
    likelihood is arbitrary, and models that were trained independently differ. With
    the anomaly scores :math:`s_1(x) \dots s_K(x)` of `n_estimators` = :math:`K`
    members (their `score_type`, see `VAE`), the score is, by `statistic`,

    - "waic": :math:`\bar s + \frac 1 K \sum_k (s_k - \bar s)^2`, the mean plus the
      variance: the negative of what [1]_ calls WAIC (Watanabe's criterion [2]_ has the
      log of the mean density in place of the mean of the logs);
    - "mean": :math:`\bar s`;
    - "variance": the variance alone;
    - "posterior_mean_variance": the variance over the members of the posterior mean,
      averaged over the coordinates of the code;
    - "single": :math:`s_1`, as if there were one member.

    The members are trained at once, as one network with one optimizer, and each becomes
    what a `VAE` with its seed would be. Five members of the size that suits tables cost
    about as much as two or three single ones.

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
        The trained net; the losses in ``net_.history`` are sums over the members, in
        nats of the standardized rows.
    {threshold_attributes}

    Raises
    ------
    TrainingDivergedError
        By `fit`, when the loss is no longer finite.

    See Also
    --------
    VAE : One member.

    Notes
    -----
    "waic" adds nats to squared nats: where members disagree by more than a few nats the
    variance dominates. It was proposed for images of other data sets [1]_; anomalies in
    tables are closer to the normal rows, and the default is the simpler mean.

    Members share the held-out rows of `early_stopping`, and stop together, by the sum
    of their losses; a callback that clips the norm of the gradient takes it over all of
    them. `encode` puts the codes of all members side by side; `reconstruct`
    and `feature_scores` are means over the members, and `sample` draws each row from a
    member drawn at random. Convolutions, a flow as the prior and networks of your own
    are computed member by member, which takes `n_estimators` times as long as one.

    References
    ----------
    .. [1] H. Choi, E. Jang, A. A. Alemi, "WAIC, but why? Generative ensembles for
       robust anomaly detection", 2018. :arxiv:`1810.01392`
    .. [2] S. Watanabe, "Asymptotic equivalence of Bayes cross validation and widely
       applicable information criterion in singular learning theory", Journal of
       Machine Learning Research 11, 2010.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skanomaly.detectors import VAEEnsemble
    >>> X, benign = load_breast_cancer(return_X_y=True)
    >>> detector = VAEEnsemble(max_epochs=20, contamination=0.1, random_state=0)
    >>> scores = detector.fit(X[benign == 1]).anomaly_score(X)
    >>> bool(scores[benign == 0].mean() > scores[benign == 1].mean() + 50)
    True
    >>> detector.member_scores(X).shape
    (569, 5)
    >>> detector.set_params(statistic="variance").anomaly_score(X).shape
    (569,)
    """

    _ensemble_model = VAEEnsembleModel
    _score_params = ("statistic", *VAE._score_params)
    _params = VAEEnsembleParams
    _changed_params = {
        "statistic": {"constraints": [StrOptions(set(VAEEnsembleModel.statistics))]}
    }

    def __init__(
        self, module: NetworkType | None = None, **params: Unpack[VAEEnsembleParams]
    ) -> None:
        # VAE stores the parameters of the ensemble with the other shared ones.
        super().__init__(module, **params)  # type: ignore[misc]

    @of_one_fit
    def member_scores(self, X: MatrixLike) -> FloatArray:
        """Score rows by every member.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to score.

        Returns
        -------
        ndarray of shape (n_samples, n_estimators)
            Each member's `score_type` in nats, higher is more anomalous.
        """
        return super().member_scores(X) + super()._score_shift()

    def _score_shift(self):
        if self.statistic in ("variance", "posterior_mean_variance"):
            return 0.0
        return super()._score_shift()
