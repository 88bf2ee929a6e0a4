"""Autoencoder with a classifier that tells reconstructions from decoded noise."""

from numbers import Real
from typing import Literal, Unpack

import torch
from torch import nn
from torch.nn.functional import softplus

from skanomaly._training.missing import filled
from skanomaly.detectors._auto_encoder import (
    AutoEncoder,
    AutoEncoderModel,
    AutoEncoderParams,
)
from skanomaly.nets.layers import NetworkType
from skanomaly.utils._compat import Interval, StrOptions

__all__ = ["NoiseContrastiveAutoEncoder"]


class ReverseGradient(torch.autograd.Function):
    """Gradient reversal: the identity, with the sign of its gradient changed."""

    @staticmethod
    def forward(ctx, x):
        """Pass the rows on."""
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        """Change the sign of the gradient."""
        return -gradient


def cooperative(reconstruction, decoded_noise):
    """Let the decoder help the classifier to tell the two apart."""
    return reconstruction, decoded_noise


def adversarial(reconstruction, decoded_noise):
    """Let the decoder make noise look like a reconstruction, as in a GAN."""
    return reconstruction.detach(), ReverseGradient.apply(decoded_noise)


OBJECTIVES = {"adversarial": adversarial, "cooperative": cooperative}


class UnitScale(nn.Module):
    """Batch normalisation that learns nothing, for one network or several, stacked.

    A batch of one row has no variance, and is normalised as in evaluation.

    Parameters
    ----------
    n_codes : int
        Size of a code.
    """

    supports_stacking = True  # see `skanomaly.nets.stacked`
    MOMENTUM, EPSILON = 0.1, 1e-5
    mean: torch.Tensor
    variance: torch.Tensor

    def __init__(self, n_codes):
        super().__init__()
        self.register_buffer("mean", torch.zeros(n_codes))
        self.register_buffer("variance", torch.ones(n_codes))

    def forward(self, z):
        """Codes with the mean 0 and the variance 1, in the shape of `z`."""
        if not self.training or z.shape[-2] == 1:
            return (z - self.mean) * (self.variance + self.EPSILON).rsqrt()
        mean = z.mean(dim=-2, keepdim=True)
        centered = z - mean
        variance = centered.square().mean(dim=-2, keepdim=True)
        self._keep(mean, variance * (z.shape[-2] / (z.shape[-2] - 1)))
        return centered * (variance + self.EPSILON).rsqrt()

    @torch.no_grad()
    def _keep(self, mean, variance):
        """Move the running moments towards those of a batch."""
        self.mean = self.mean.lerp(mean.view_as(self.mean), self.MOMENTUM)
        self.variance = self.variance.lerp(
            variance.view_as(self.variance), self.MOMENTUM
        )


class NoiseContrastiveModel(AutoEncoderModel):
    """An autoencoder, decoded noise, and a classifier that tells them apart."""

    supports_stacking = True  # see `skanomaly.nets.stacked`

    def __init__(
        self, *, classifier, n_codes, objective, weight, score_type, **autoencoder
    ):
        super().__init__(**autoencoder)
        self.classifier = classifier
        # Codes get unit scale, so that N(0, I) is noise like them.
        self.unit_scale = UnitScale(n_codes)
        self.objective, self.weight = OBJECTIVES[objective], weight
        self.adds_classifier = score_type == "total"

    def encode(self, x):
        """Codes of unit scale, shape (n, n_codes)."""
        return self.unit_scale(self.encoder(filled(x)))

    def forward(self, x):
        """Loss of each row and of one noise code beside it, shape (n,)."""
        z = self.encode(self.corrupt(x))
        output = self.decode(z)
        real, fake = self.objective(output, self.decode(self.stream.normal_like(z)))
        contrast = softplus(-self.logit(real)) + softplus(self.logit(fake))
        return self.error(output, x).sum(dim=-1) + self._weight(x) * contrast

    def logit(self, output):
        """Log-odds that an output is the reconstruction of a row, shape (n,)."""
        return self.classifier(output).squeeze(-1)

    def row_score(self, cells, x):
        """Anomaly score of each row from those of its cells, shape (n,)."""
        score = super().row_score(cells, x)
        if not self.adds_classifier:
            return score
        surprise = softplus(-self.logit(self.reconstruct(x)))
        return score + self._weight(x) / self.unit_error * surprise

    def _weight(self, x):
        # The error is a sum over the columns; the published weights are for its mean.
        return self.weight * x.shape[-1]


class NoiseContrastiveAutoEncoder(AutoEncoder):
    r"""Score rows by an autoencoder whose decoder learns from decoded noise, too.

    Beside the code of a row, a random code goes through the same decoder; a classifier
    learns to tell the two outputs apart. The decoder thus learns what is *not* a
    reconstruction of normal rows. With the encoder :math:`f`, the decoder :math:`g`,
    the classifier :math:`c` and noise :math:`n \sim N(0, I)` a row of :math:`d` columns
    costs

    .. math::

        \lVert x - g(f(x)) \rVert^2
        - \lambda d \left[\log c(g(f(x))) + \log(1 - c(g(n)))\right],

    and its anomaly score is :math:`s(x) = \lVert x - r(x) \rVert^2` with the
    reconstruction :math:`r(x)` after `n_passes` passes; ``score_type="total"`` adds
    :math:`-\lambda d \log c(r(x))`. For tables distances to training rows are added as
    in `AutoEncoder`.

    Parameters
    ----------
    module : type, default=None
        Class of the encoder, the decoder and the classifier, called as
        ``module(n_inputs, n_outputs, **module__…)``. None takes fully connected
        networks, or convolutional ones when `image_shape` is given.
    objective : {"cooperative", "adversarial"}, default="cooperative"
        Whether the decoder helps the classifier, or makes noise look like a
        reconstruction, as the generator of a GAN does.
    classifier_weight : float, default=0.05
        The weight :math:`\lambda`, at least 0.
    score_type : {"reconstruction", "total"}, default="reconstruction"
        What the anomaly score is made of.
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    AutoEncoder : Without noise codes and classifier.
    MultiEncoderAutoEncoder : Several encoders.

    Notes
    -----
    The course gives only a figure. The losses, the weight, both objectives and the
    score are our reading of it; codes are brought to unit scale so that the noise
    matches them. `feature_scores` explains the reconstruction part of the score,
    to which ``score_type="total"`` adds.

    References
    ----------
    .. [1] H.-Y. Lee, "Machine Learning 2022 Spring, Homework 8: Anomaly Detection",
       National Taiwan University, 2022.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skanomaly.detectors import NoiseContrastiveAutoEncoder
    >>> X, benign = load_breast_cancer(return_X_y=True)
    >>> detector = NoiseContrastiveAutoEncoder(max_epochs=50, random_state=0)
    >>> scores = detector.fit(X[benign == 1]).anomaly_score(X)
    >>> bool(scores[benign == 0].mean() > 2 * scores[benign == 1].mean())
    True
    """

    _parameter_constraints: dict = {
        "objective": [StrOptions(set(OBJECTIVES))],
        "classifier_weight": [Interval(Real, 0, None, closed="left")],
        "score_type": [StrOptions({"reconstruction", "total"})],
    }

    def __init__(
        self,
        module: NetworkType | None = None,
        *,
        objective: Literal["cooperative", "adversarial"] = "cooperative",
        classifier_weight: float = 0.05,
        score_type: Literal["reconstruction", "total"] = "reconstruction",
        **params: Unpack[AutoEncoderParams],
    ) -> None:
        super().__init__(module, **params)
        self.objective = objective
        self.classifier_weight = classifier_weight
        self.score_type = score_type

    def _make_model(self, n_features, **build):
        self._check_shapes(n_features)
        return NoiseContrastiveModel(
            encoder=self._encoder(n_features, self.latent_dim, **build),
            decoder=self._decoder(self.latent_dim, n_features, **build),
            classifier=self._encoder(n_features, 1, **build),
            n_codes=self.latent_dim,
            objective=self.objective,
            weight=self.classifier_weight,
            score_type=self.score_type,
            stream=build["stream"],
            **self._common(n_features),
        )
