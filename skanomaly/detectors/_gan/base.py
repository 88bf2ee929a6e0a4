"""What detectors share that have a generator and a critic."""

from functools import partial

from skanomaly._training.gan_net import GANNet
from skanomaly.detectors._gan.models import Critic
from skanomaly.detectors._reconstruction import ReconstructionDetector
from skanomaly.nets import MLP, ConvEncoder, build_network

__all__ = ["GANDetector", "training_docstring"]

_GAN_DOCSTRING = """
hidden_units : tuple of int, default=None
    Units of the critic's hidden layers, or channels of its convolutions; the generator
    mirrors them. None takes (128, 128) for tables, (8, 16) for images in grey and
    (16, 32) for those with more channels.
latent_dim : int, default=16
    Size of the generator's input, a standard normal vector.
activation : str or type, default="silu"
    "elu", "gelu", "leaky_relu", "relu", "sigmoid", "silu", "tanh", or a class.
dropout : float, default=0.0
    Probability, in [0, 1), of a zero behind each hidden layer of dense networks, in
    training; convolutional ones have none.
image_shape : tuple of (channels, height, width), default=None
    Tells that rows are images, and selects convolutional networks. Arrays of shape
    (n_samples, channels, height, width) are then accepted too.
"""


def training_docstring(shared, **defaults):
    """Change defaults in the docstring of the training parameters."""
    text = shared["training_parameters"]
    for name, default in defaults.items():
        line = next(li for li in text.split("\n") if li.startswith(f"{name} : "))
        text = text.replace(line, f"{line.partition('default=')[0]}default={default}")
    return {**shared, "training_parameters": text}


class GANDetector(ReconstructionDetector):
    """A detector with a generator, a critic, and a latent vector for each row."""

    _net_class = GANNet
    _shared_docstrings = {
        **training_docstring(
            ReconstructionDetector._shared_docstrings,
            lr="3e-3",
            batch_size="64",
        ),
        "gan_parameters": _GAN_DOCSTRING,
    }

    def residual(self, X):
        """Compare rows with the most similar rows that the generator makes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to explain.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            The absolute difference of every cell, in the units of `X`.
        """
        return self._apply(
            X,
            lambda model, x: (
                x - model.restore(model.model.reconstruct(model.standardize(x)))
            ).abs(),
        )

    def _critic(self, n_features, head_bias=True):
        """How the critic is built: like an encoder, up to its last hidden layer."""
        units, activation = self._units(), self.activation
        if self.module is not None:
            trunk = partial(build_network, self.module, n_features, units[-1])
        elif self.image_shape is not None:
            shape = tuple(self.image_shape)
            trunk = partial(ConvEncoder, shape, None, **self._conv_params())
            activation = None
        else:
            trunk = partial(
                MLP, n_features, units[-1], units[:-1], **self._mlp_params()
            )
        return partial(Critic, trunk, units[-1], activation, head_bias)

    def _units(self):
        if self.hidden_units is not None:
            if not len(self.hidden_units):
                raise ValueError(
                    "hidden_units=() leaves the critic without a hidden layer, whose "
                    "features are needed: give at least one."
                )
            return tuple(self.hidden_units)
        if self.image_shape is None:
            return (128, 128)
        return (8, 16) if self.image_shape[0] == 1 else (16, 32)
