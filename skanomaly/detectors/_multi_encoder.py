"""Multi-encoder autoencoder: several codes of a row, one reconstruction."""

from collections.abc import Sequence
from typing import Unpack

import torch
from torch import nn

from skanomaly.detectors._auto_encoder import (
    AutoEncoder,
    AutoEncoderModel,
    AutoEncoderParams,
)
from skanomaly.nets import MLP, ConvEncoder, build_network
from skanomaly.nets.layers import NetworkType

__all__ = ["MultiEncoderAutoEncoder"]


class ParallelEncoders(nn.Module):
    """Encoders of the same row, whose codes are concatenated."""

    supports_stacking = True  # see `skanomaly.nets.stacked`

    def __init__(self, encoders):
        super().__init__()
        self.encoders = nn.ModuleList(encoders)

    def forward(self, x):
        """Merged code, shape (n, sum of the code sizes)."""
        return torch.cat([encoder(x) for encoder in self.encoders], dim=-1)


class MultiEncoderAutoEncoder(AutoEncoder):
    r"""Score rows by the error of a reconstruction from several parallel encoders.

    Encoders of different kinds read the same row, their codes are concatenated, and one
    decoder reconstructs the row from all of them. A linear encoder keeps the main
    directions of the data while a deep one can be nonlinear; on images a convolutional
    encoder captures texture and a dense one layout. With encoders :math:`f_1 \dots
    f_k` and the decoder :math:`g` the anomaly score is

    .. math:: s(x) = \lVert x - g([f_1(x), \dots, f_k(x)]) \rVert^2

    after one pass; `n_passes` feeds the reconstruction in again, and for tables
    distances to training rows are added as in `AutoEncoder`.

    Parameters
    ----------
    module : type, default=None
        Class of the dense encoders and of the decoder, called as
        ``module(n_inputs, n_outputs, **module__…)``. None takes fully connected
        networks, or a convolutional decoder when `image_shape` is given.
    encoders : tuple of str or type, default=None
        Kind of each encoder:

        - "dense": a fully connected network with `hidden_units`;
        - "linear": one linear map;
        - "conv": a convolutional network, for images only;
        - a class: called as ``class(n_inputs, n_outputs, **module__…)``.

        None takes ("dense", "linear") for tables and ("conv", "dense") for images.
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    AutoEncoder : One encoder.
    NoiseContrastiveAutoEncoder : A classifier beside the decoder.

    Notes
    -----
    The course gives only a figure: three encoders, their outputs merged, one decoder.
    The kinds of encoders and merging by concatenation are our reading. Each encoder has
    `latent_dim` outputs, so the merged code has that many for each of them.

    References
    ----------
    .. [1] H.-Y. Lee, "Machine Learning 2022 Spring, Homework 8: Anomaly Detection",
       National Taiwan University, 2022.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skanomaly.detectors import MultiEncoderAutoEncoder
    >>> X, benign = load_breast_cancer(return_X_y=True)
    >>> detector = MultiEncoderAutoEncoder(max_epochs=50, random_state=0)
    >>> scores = detector.fit(X[benign == 1]).anomaly_score(X)
    >>> bool(scores[benign == 0].mean() > 2 * scores[benign == 1].mean())
    True
    """

    _parameter_constraints: dict = {"encoders": [list, tuple, None]}

    def __init__(
        self,
        module: NetworkType | None = None,
        *,
        encoders: Sequence[str | NetworkType] | None = None,
        **params: Unpack[AutoEncoderParams],
    ) -> None:
        super().__init__(module, **params)
        self.encoders = encoders

    def _make_model(self, n_features, **build):
        self._check_shapes(n_features)
        encoders = [self._one_encoder(k, n_features, **build) for k in self._kinds()]
        n_codes = self.latent_dim * len(encoders)
        return AutoEncoderModel(
            encoder=ParallelEncoders(encoders),
            decoder=self._decoder(n_codes, n_features, **build),
            stream=build["stream"],
            **self._common(n_features),
        )

    def _user_classes(self):
        own = [kind for kind in self.encoders or () if not isinstance(kind, str)]
        return super()._user_classes() + own

    def _kinds(self):
        if self.encoders is None:
            return (
                ("conv", "dense")
                if self.image_shape is not None
                else ("dense", "linear")
            )
        if not self.encoders:
            raise ValueError(
                f"encoders={self.encoders!r} must name at least one encoder."
            )
        return self.encoders

    def _one_encoder(self, kind, n_features, **build):
        if kind == "conv" and self.image_shape is not None:
            sizes = tuple(self.image_shape), self.latent_dim
            return self._convolutions(ConvEncoder, *sizes, **build)
        if kind == "dense":
            return self._dense(n_features, self.latent_dim, self._units(), **build)
        if kind == "linear":
            return self._ours(MLP, n_features, self.latent_dim, (), own={}, **build)
        if callable(kind):
            return build_network(kind, n_features, self.latent_dim, **build)
        raise ValueError(
            f"encoders={self.encoders!r} holds {kind!r}; expected 'dense', 'linear', "
            "'conv' (with image_shape) or the class of a network."
        )
