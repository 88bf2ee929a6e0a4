"""The bases of detectors with a generator and a critic."""

from typing import Any, overload

from sklearn.utils.validation import check_is_fitted

from skanomaly._training.frames import in_form_of, is_frame
from skanomaly._training.networks import NetworkMixin
from skanomaly._training.parameters import NetworkParams
from skanomaly._training.phases import Phase
from skanomaly.detectors._gan.models import Critic
from skanomaly.detectors._reconstruction import ReconstructionDetector
from skanomaly.nets import ConvEncoder
from skanomaly.utils._state import of_one_fit
from skanomaly.utils._typing import FloatArray, FrameT, MatrixLike

__all__ = ["AdversarialMixin", "GANDetector"]


class AdversarialMixin(NetworkMixin):
    """Builders and parameters of a generator and a critic."""

    _params: Any = NetworkParams
    _changed_params: dict[str, Any] = {
        "hidden_units": {
            "text": (
                "Units of the critic's hidden layers, or channels of its convolutions; "
                "the generator mirrors them. None takes (128, 128) for tables, (8, 16) "
                "for images in grey and (16, 32) for those with more channels."
            )
        },
        "latent_dim": {
            "default": 16,
            "text": "Size of the generator's input, a standard normal vector.",
        },
        "batch_size": {"default": 64},
    }
    _default_units = ((128, 128), (8, 16), (16, 32))
    # Decay of Adam's moments, unless the user sets `optimizer__betas`.
    _betas = (0.0, 0.9)
    # The player that is trained after critic and generator, if there is one.
    _last_player: str | None = None

    def _phases(self, n_epochs, **_):
        last, players = self._last_player, ("critic", "generator")
        game = Phase(
            n_epochs, "critic and generator", players, watches_loss=last is None
        )
        return [game] if last is None else [game, Phase(n_epochs, last, (last,))]

    def _optimizer_params(self):
        return {"betas": self._betas}

    def _units(self):
        units = super()._units()
        if not units:
            raise ValueError(
                "hidden_units=() leaves the critic without a hidden layer, whose "
                "features are needed: give at least one."
            )
        return units

    def _critic(self, n_features, *, head_bias=True, **build):
        """Build the critic: like an encoder, up to its last hidden layer."""
        units, activation = self._units(), self.activation
        if self.module is None and self.image_shape is not None:
            shape, activation = tuple(self.image_shape), None
            trunk = self._convolutions(ConvEncoder, shape, None, **build)
        else:
            trunk = self._dense(n_features, units[-1], units[:-1], **build)
        return Critic(
            trunk=trunk,
            n_hidden=units[-1],
            activation=activation,
            head_bias=head_bias,
            stream=build["stream"],
        )


class GANDetector(AdversarialMixin, ReconstructionDetector):
    """A detector with a generator, a critic, and a latent vector for each row."""

    @overload
    def residual(self, X: FrameT) -> FrameT: ...  # type: ignore[overload-overlap]

    @overload
    def residual(self, X: MatrixLike) -> FloatArray: ...

    @of_one_fit
    def residual(self, X: MatrixLike) -> Any:
        """Compare rows with the most similar rows that the generator makes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to explain.

        Returns
        -------
        ndarray or DataFrame of shape (n_samples, n_features)
            The absolute difference of every cell, in the units of `X`; of categories
            1 where they differ. It is 0 where a cell is missing. A frame for a frame.
        """
        check_is_fitted(self)
        self._validate_params()

        def difference(module, x):
            self._configure_score(module.model)
            fake = module.model.reconstruct(module.standardize(x))
            return module.difference(x, module.restore(fake))

        cells = self._in_chunks(self._validate(X, reset=False), difference)
        return in_form_of(X, list(cells.T)) if is_frame(X) else cells
