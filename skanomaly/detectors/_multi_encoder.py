"""Multi-encoder autoencoder: several views of a row, one reconstruction."""

from functools import partial

import torch
from torch import nn

from skanomaly.detectors._auto_encoder import AutoEncoder, AutoEncoderModel
from skanomaly.nets import MLP, build_network

__all__ = ["MultiEncoderAutoEncoder"]


class ParallelEncoders(nn.Module):
    """Encoders side by side; their codes are concatenated."""

    def __init__(self, encoders, *, stream, **module_params):
        super().__init__()
        self.encoders = nn.ModuleList(
            encoder(stream=stream, **module_params) for encoder in encoders
        )

    def forward(self, x):
        """Merged code, shape (n, sum of the code sizes)."""
        return torch.cat([encoder(x) for encoder in self.encoders], dim=1)


class MultiEncoderAutoEncoder(AutoEncoder):
    r"""Score rows by the error of a reconstruction from several parallel encoders.

    Encoders of different kinds read the same row, their codes are joined, and one
    decoder reconstructs the row from all of them. A linear encoder keeps the main
    directions of the data while a deep one bends around them; on images a convolutional
    encoder sees texture and a dense one sees layout. With encoders :math:`f_1 \dots
    f_k` and the decoder :math:`g` the anomaly score is

    .. math:: s(x) = \lVert x - g([f_1(x), \dots, f_k(x)]) \rVert^2

    after one pass; `n_passes` feeds the reconstruction in again, and for tables the
    distance to `n_neighbors` training rows is added as in `AutoEncoder`.

    Parameters
    ----------
    module : type, default=None
        Class of the dense encoders and of the decoder, called as
        ``module(n_inputs, n_outputs, **module__…)``; None takes ours.
    encoders : tuple of str or type, default=None
        Kind of each encoder:

        - "dense": a fully connected network with `hidden_units`;
        - "linear": one linear map;
        - "conv": a convolutional network, for images only;
        - a class: called as ``class(n_inputs, n_outputs, **module__…)``.

        None takes ("dense", "linear") for tables and ("conv", "dense") for images.
    {auto_encoder_parameters}
    {training_parameters}

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net; ``net_.history`` holds the losses of every epoch.
    offset_ : float
        What `decision_function` subtracts from `score_samples`.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all of them are strings.

    See Also
    --------
    AutoEncoder : One encoder.
    NoiseContrastiveAutoEncoder : A classifier beside the decoder.

    Notes
    -----
    The course gives only a figure: three encoders, their outputs merged, one decoder.
    The kinds of encoders and merging by concatenation are our reading. Each encoder has
    `latent_dim` outputs, so the merged code is as many times as wide.

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

    _parameter_constraints: dict = {
        **AutoEncoder._parameter_constraints,
        "encoders": [list, tuple, None],
    }

    def __init__(self, module=None, *, encoders=None, **training):
        super().__init__(module, **training)
        self.encoders = encoders

    def _make_model(self, n_features):
        self._check_shapes(n_features)
        encoders = [self._make_encoder(kind, n_features) for kind in self._kinds()]
        return partial(
            AutoEncoderModel,
            partial(ParallelEncoders, encoders),
            self._decoder(self.latent_dim * len(encoders), n_features),
            self._noise_levels(),
            self.n_passes,
            self._neighbors(n_features),
        )

    def _user_modules(self):
        own = [kind for kind in self.encoders or () if not isinstance(kind, str)]
        return super()._user_modules() + own

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

    def _make_encoder(self, kind, n_features):
        if kind == "conv" and self.image_shape is not None:
            return self._conv_encoder(self.latent_dim)
        if kind == "dense":
            return self._dense_encoder(n_features, self.latent_dim)
        if kind == "linear":
            return self._own(MLP, n_features, self.latent_dim, ())
        if callable(kind):
            return partial(build_network, kind, n_features, self.latent_dim)
        raise ValueError(
            f"encoders={self.encoders!r} holds {kind!r}; expected 'dense', 'linear', "
            "'conv' (with image_shape) or the class of a network."
        )
