"""From the parameters of `DiffusionInpainter` to a model that is ready to fit."""

from functools import partial

from skanomaly.correctors._diffusion.absorbing import N_STEPS, AbsorbingDiffusion
from skanomaly.correctors._diffusion.gaussian import GaussianDiffusion
from skanomaly.correctors._diffusion.multinomial import MultinomialDiffusion

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


def model_maker(estimator, seed, n_folds):
    """Return a callable that makes an unfitted model; None leaves the model's own.

    The models of several folds share the gradient steps of one.
    """
    model, names = FORMULATIONS[estimator.formulation]
    given = {name: getattr(estimator, name) for name in names}
    given = {name: value for name, value in given.items() if value is not None}
    if n_folds > 1:
        given["n_steps"] = max(1, given.get("n_steps", N_STEPS) // n_folds)
    return partial(
        model, seed=seed, device=estimator.device, verbose=estimator.verbose, **given
    )
