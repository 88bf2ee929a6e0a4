"""Autoencoder: rows that the network cannot reconstruct are anomalous."""

from functools import partial

from torch import nn

from skanomaly.detectors._reconstruction import ReconstructionDetector, squared_error
from skanomaly.nets import MLP, ConvDecoder, ConvEncoder, build_network

__all__ = ["AutoEncoder"]


class AutoEncoderModel(nn.Module):
    """Squared error between a row and its reconstruction.

    In training the network sees the row with noise on it and has to give back the row
    without.
    """

    def __init__(self, encoder, decoder, noise=0.0, *, stream, **module_params):
        super().__init__()
        self.encoder = encoder(stream=stream, **module_params)
        self.decoder = decoder(stream=stream, **module_params)
        self.noise, self.stream = noise, stream

    def encode(self, x):
        """Codes, shape (n, n_codes)."""
        return self.encoder(x)

    def decode(self, z):
        """Rows from codes, shape (n, n_features)."""
        return self.decoder(z)

    def forward(self, x):
        """Loss of each row, shape (n,)."""
        return squared_error(self.decode(self.encode(self.corrupt(x))), x).sum(dim=1)

    def corrupt(self, x):
        """Add noise to the rows, in training only."""
        if not self.training or self.noise == 0.0:
            return x
        return x + self.noise * self.stream.normal_like(x)

    def feature_scores(self, x):
        """Squared error of each cell, shape (n, n_features)."""
        return squared_error(self.decode(self.encode(x)), x)

    def score(self, x):
        """Anomaly score of each row, shape (n,)."""
        return self.feature_scores(x).sum(dim=1)


class AutoEncoder(ReconstructionDetector):
    r"""Score rows by the error of their reconstruction.

    Parameters
    ----------
    module : type, default=None
        Class of the encoder and the decoder, called as
        ``module(n_inputs, n_outputs, **module__…)``. None takes fully connected networks,
        or convolutional ones when `image_shape` is given.
    {training_parameters}
    """

    def __init__(
        self,
        module=None,
        *,
        hidden_units=None,
        latent_dim=16,
        activation="relu",
        dropout=0.0,
        noise=0.1,
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
        self.image_shape = image_shape

    def _make_model(self, n_features):
        self._check_shapes(n_features)
        return partial(
            AutoEncoderModel,
            self._encoder(n_features, self.latent_dim),
            self._decoder(self.latent_dim, n_features),
            noise=self.noise,
        )

    def _encoder(self, n_features, n_codes):
        if self.module is None and self.image_shape is not None:
            return self._conv_encoder(n_codes)
        return self._dense_encoder(n_features, n_codes)

    def _conv_encoder(self, n_codes):
        shape = tuple(self.image_shape)
        return partial(ConvEncoder, shape, n_codes, **self._conv_params())

    def _dense_encoder(self, n_features, n_codes):
        if self.module is not None:
            return partial(build_network, self.module, n_features, n_codes)
        return partial(MLP, n_features, n_codes, self._units(), **self._mlp_params())

    def _decoder(self, n_codes, n_features):
        if self.module is not None:
            return partial(build_network, self.module, n_codes, n_features)
        if self.image_shape is not None:
            shape = tuple(self.image_shape)
            return partial(ConvDecoder, n_codes, shape, **self._conv_params())
        units = self._units()[::-1]
        return partial(MLP, n_codes, n_features, units, **self._mlp_params())

    def _units(self):
        """Units of the hidden layers, or channels of the convolutions."""
        if self.hidden_units is not None:
            return tuple(self.hidden_units)
        return (16, 32) if self.image_shape is not None else (256, 256)

    def _mlp_params(self):
        return {"activation": self.activation, "dropout": self.dropout}

    def _conv_params(self):
        return {"channels": self._units(), "activation": self.activation}
