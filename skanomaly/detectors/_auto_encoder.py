"""Autoencoder: rows that the network cannot reconstruct are anomalous."""

from functools import partial
from numbers import Integral, Real

import numpy as np
import torch
from torch import nn

from skanomaly.detectors._neighbors import MAX_REFERENCES, Neighbors
from skanomaly.detectors._reconstruction import ReconstructionDetector, squared_error
from skanomaly.utils._compat import Interval

__all__ = ["AutoEncoder"]


_AUTO_ENCODER_DOCSTRING = """
hidden_units : tuple of int, default=None
    Units of the encoder's hidden layers, or channels of its convolutions; the decoder
    mirrors them. None takes (128,) for tables and (16, 32) for images.
latent_dim : int, default=32
    Size of the code.
activation : str or type, default="silu"
    "elu", "gelu", "leaky_relu", "relu", "sigmoid", "silu", "tanh", or a class.
dropout : float, default=0.0
    Probability, in [0, 1), of a zero behind each hidden layer of dense networks;
    convolutional ones have none.
noise : float or pair of floats, default=(0.05, 2.0)
    Standard deviation of the noise on the training rows, in units of the standardized
    columns. A pair draws it anew for every row, log-uniformly between the two. 0 trains
    a plain autoencoder.
n_passes : int, default=2
    How often a row goes through the network before it is compared with itself. Another
    pass takes it further towards the training rows and costs as much as the first.
n_neighbors : int, default=None
    Nearest training rows whose mean squared distance is added to the error; 0 leaves
    the error alone. None takes 5 for tables and 0 for images.
image_shape : tuple of (channels, height, width), default=None
    Tells that rows are images, and selects convolutional networks. Arrays of shape
    (n_samples, channels, height, width) are then accepted too.
"""


class AutoEncoderModel(nn.Module):
    """Squared error between a row and its reconstruction.

    In training the network sees the row with noise on it and has to give back the row
    without.
    """

    supports_stacking = True  # see `skanomaly.nets.stacked`

    def __init__(
        self, encoder, decoder, noise, n_passes, neighbors, *, stream, **module_params
    ):
        super().__init__()
        self.neighbors = neighbors()
        # What an average training row has of each; learned by `set_reference_rows`.
        self.register_buffer("unit_error", torch.ones(()))
        self.register_buffer("unit_distance", torch.ones(()))
        self.encoder = encoder(stream=stream, **module_params)
        self.decoder = decoder(stream=stream, **module_params)
        self.noise, self.n_passes, self.stream = noise, n_passes, stream

    def encode(self, x):
        """Codes, shape (n, n_codes)."""
        return self.encoder(x)

    def decode(self, z):
        """Rows from codes, shape (n, n_features)."""
        return self.decoder(z)

    def forward(self, x):
        """Loss of each row, shape (n,)."""
        return squared_error(self.decode(self.encode(self.corrupt(x))), x).sum(dim=-1)

    def corrupt(self, x):
        """Add noise to the rows, in training only."""
        if not self.training or self.noise == (0.0, 0.0):
            return x
        low, high = self.noise
        level = low * (high / low) ** self.stream.uniform((*x.shape[:-1], 1), like=x)
        return x + level * self.stream.normal_like(x)

    def reconstruct(self, x):
        """Rows after all passes through the network, shape (n, n_features)."""
        output = x
        for _ in range(self.n_passes):
            output = self.decode(self.encode(output))
        return output

    def feature_scores(self, x):
        """Anomaly score of each cell, shape (n, n_features)."""
        error = squared_error(self.reconstruct(x), x)
        if self.neighbors is None:
            return error
        return error / self.unit_error + self.neighbors(x) / self.unit_distance

    @torch.no_grad()
    def set_reference_rows(self, x):
        """Take training rows as references and as the measure of both parts."""
        if self.neighbors is None:
            return
        self.neighbors.set_reference_rows(x)
        self.unit_error = _mean_or_one(squared_error(self.reconstruct(x), x))
        self.unit_distance = _mean_or_one(self.neighbors(x))

    def score(self, x):
        """Anomaly score of each row, shape (n,)."""
        return self.feature_scores(x).sum(dim=-1)


def _mean_or_one(cells):
    mean = cells.sum(dim=1).mean()
    return mean if mean > 0 else torch.ones_like(mean)


class AutoEncoder(ReconstructionDetector):
    r"""Score rows by how badly an autoencoder reconstructs them.

    An encoder :math:`f` squeezes a row into a code and a decoder :math:`g` expands the
    code again. Trained on normal rows, the pair learns to reproduce those; what it
    cannot reproduce is anomalous. The error is that of the standardized row,

    .. math:: e(x) = \lVert x - r(x) \rVert^2, \quad r = (g \circ f)^{n} ,

    after `n_passes` = :math:`n` passes through the network. For tables the mean squared
    distance :math:`d(x)` to the `n_neighbors` nearest of at most 1,000 training rows is
    added, because an error is blind to local density. Each part is divided by its mean
    over training rows,

    .. math:: s(x) = e(x) / \bar e + d(x) / \bar d ;

    with ``n_neighbors=0`` the score is :math:`e(x)` alone.

    By default the network is trained to remove noise of many strengths from its inputs
    (a denoising autoencoder). The best denoiser returns the weighted mean of the
    training rows around :math:`x`, so that the error grows with the distance to where
    the training rows are, even though the code is wide enough to copy most tables.

    Parameters
    ----------
    module : type, default=None
        Class of the encoder and of the decoder, for which `hidden_units`,
        `activation` and `dropout` do not count, called as
        ``module(n_inputs, n_outputs, **module__…)``. None takes fully
        connected networks, or convolutional ones when `image_shape` is given.
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

    Raises
    ------
    TrainingDivergedError
        By `fit`, when the loss is no longer finite.

    See Also
    --------
    MultiEncoderAutoEncoder : Several encoders of different kinds.
    NoiseContrastiveAutoEncoder : A classifier beside the decoder.
    skanomaly.displays.ReconstructionDisplay : Look at what was not reconstructed.

    Notes
    -----
    ``noise=0, n_passes=1, n_neighbors=0`` is the plain autoencoder; with `image_shape`
    it is the deep convolutional autoencoder (DCAE) of the one-class literature. The
    code is a linear layer, and so is the output: standardized columns have no bounds. A
    default fit makes 4,000 gradient steps whatever the number of rows: seconds on one
    core for a table. The fewer the rows, the better the network knows them, and the
    larger its error on new rows beside that on training rows: the error then outweighs
    the distance, and the line of `predict` has to be drawn on other rows than those
    (``contamination="auto"``, `calibrate`). With neighbours the model keeps up to 1,000
    training rows, also in its pickle.

    References
    ----------
    .. [1] P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol, "Extracting and
       composing robust features with denoising autoencoders", ICML 2008.
       :doi:`10.1145/1390156.1390294`
    .. [2] T. Sattarov, M. Schreyer, D. Borth, "Diffusion-scheduled denoising
       autoencoders for anomaly detection in tabular data", KDD 2025.
       :arxiv:`2508.00758`

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skanomaly.detectors import AutoEncoder
    >>> X, benign = load_breast_cancer(return_X_y=True)
    >>> detector = AutoEncoder(max_epochs=50, random_state=0).fit(X[benign == 1])
    >>> scores = detector.anomaly_score(X)
    >>> bool(scores[benign == 0].mean() > 2 * scores[benign == 1].mean())
    True
    """

    _parameter_constraints: dict = {
        **ReconstructionDetector._parameter_constraints,
        "noise": [Interval(Real, 0, None, closed="left"), tuple, list],
        "n_passes": [Interval(Integral, 1, None, closed="left")],
        "n_neighbors": [Interval(Integral, 0, None, closed="left"), None],
    }
    _shared_docstrings = {
        **ReconstructionDetector._shared_docstrings,
        "auto_encoder_parameters": _AUTO_ENCODER_DOCSTRING,
    }

    def __init__(
        self,
        module=None,
        *,
        hidden_units=None,
        latent_dim=32,
        activation="silu",
        dropout=0.0,
        noise=(0.05, 2.0),
        n_passes=2,
        n_neighbors=None,
        image_shape=None,
        **training,
    ):
        super().__init__(**training)
        self.module = module
        self.hidden_units = hidden_units
        self.latent_dim = latent_dim
        self.activation = activation
        self.dropout = dropout
        self.noise = noise
        self.n_passes = n_passes
        self.n_neighbors = n_neighbors
        self.image_shape = image_shape

    def _make_model(self, n_features):
        self._check_shapes(n_features)
        return partial(
            AutoEncoderModel,
            self._encoder(n_features, self.latent_dim),
            self._decoder(self.latent_dim, n_features),
            self._noise_levels(),
            self.n_passes,
            self._neighbors(n_features),
        )

    def _noise_levels(self):
        """Lowest and highest standard deviation of the noise."""
        low, high = levels = (
            tuple(self.noise)
            if isinstance(self.noise, (tuple, list)) and len(self.noise) == 2
            else (self.noise, self.noise)
        )
        numbers = _is_number(low) and _is_number(high)
        if levels == (0, 0) or (numbers and 0 < low <= high):
            return float(low), float(high)
        raise ValueError(
            f"noise={self.noise!r} must be a number that is not negative, or a pair "
            "(low, high) with 0 < low <= high."
        )

    def _neighbors(self, n_features):
        n_neighbors = self.n_neighbors
        if n_neighbors is None:
            n_neighbors = 0 if self.image_shape is not None else 5
        if n_neighbors == 0:
            return _nothing
        return partial(Neighbors, n_neighbors, n_features)

    def _after_training(self, module, X):
        # Not drawn from `random_state`: which rows hardly matters, that they stay does.
        generator = torch.Generator().manual_seed(len(X))
        index = torch.randperm(len(X), generator=generator)[:MAX_REFERENCES].numpy()
        x = torch.tensor(X[index]).to(module.precision.device)
        module.model.set_reference_rows(module.standardize(x))


def _nothing():
    return None


def _is_number(value):
    return isinstance(value, (int, float, np.number)) and np.isfinite(value)
