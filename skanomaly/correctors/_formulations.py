"""From the parameters of `DiffusionInpainter` to a model that is ready to fit."""

from functools import partial

from skanomaly.correctors._absorbing import AbsorbingDiffusion
from skanomaly.correctors._gaussian import GaussianDiffusion
from skanomaly.correctors._multinomial import MultinomialDiffusion

__all__ = ["FORMULATIONS", "model_maker"]

# The class of each formulation, and the parameters that it shares with the estimator.
FORMULATIONS = {
    "absorbing": (AbsorbingDiffusion, ("hidden_units", "n_steps")),
    "multinomial": (
        MultinomialDiffusion,
        ("hidden_units", "n_steps", "n_timesteps", "n_resamplings"),
    ),
    "gaussian": (
        GaussianDiffusion,
        ("hidden_units", "n_steps", "n_timesteps", "n_resamplings", "variant"),
    ),
}


def model_maker(estimator, seed):
    """Return a callable that makes an unfitted model; None leaves the model's own."""
    model, names = FORMULATIONS[estimator.formulation]
    given = {name: getattr(estimator, name) for name in names}
    given = {name: value for name, value in given.items() if value is not None}
    return partial(
        model, seed=seed, device=estimator.device, verbose=estimator.verbose, **given
    )
