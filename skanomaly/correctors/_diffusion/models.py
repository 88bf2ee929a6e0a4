"""The diffusion of a `DiffusionInpainter`, one for each fold of the rows."""

from functools import partial

import numpy as np

from skanomaly.correctors._diffusion.absorbing import AbsorbingDiffusion
from skanomaly.correctors._diffusion.gaussian import GaussianDiffusion
from skanomaly.correctors._diffusion.multinomial import MultinomialDiffusion
from skanomaly.correctors._table.keys import keys_of_rows, position_keys

__all__ = ["FoldedModel", "model_maker"]

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
        given["n_steps"] = max(
            1, given.get("n_steps", AbsorbingDiffusion.n_steps) // n_folds
        )
    return partial(
        model, seed=seed, device=estimator.device, verbose=estimator.verbose, **given
    )


def folds_by_content(codes, n_folds, seed=0):
    """Fold of each row, decided by what stands in it and by nothing else.

    A row must be judged by the model that has not learned from it, also when it comes
    back in `transform` among others, or twice in the table. Its position would not
    tell; its content does.
    """
    return (keys_of_rows(codes, seed) % np.uint64(n_folds)).astype(np.int64)


class FoldedModel:
    """Models of a table, one for each fold, each fitted on the rows of the others.

    It answers like one model: every row is passed to the one that never saw it. New
    rows are assigned by their content too; each model is as good for them.

    Parameters
    ----------
    models : list
        One for each fold.
    seed : int
        Of the folds.
    """

    def __init__(self, models, seed):
        self.models, self.seed = models, seed

    @classmethod
    def fit(cls, make, codes, n_categories, n_folds, seed):
        """Fit one model without each fold; with one fold, one on all rows."""
        folds = folds_by_content(codes, n_folds, seed)
        largest = np.bincount(folds, minlength=n_folds).max()
        if n_folds == 1 or len(codes) - largest < 2:  # all rows in one fold
            return cls([make().fit(codes, n_categories)], seed)
        parts = [codes[folds != k] for k in range(n_folds)]
        return cls([make().fit(part, n_categories) for part in parts], seed)

    @property
    def is_exact(self):
        """Whether the models know probabilities, and need not draw to guess them."""
        return hasattr(self.models[0], "log_proba_masked")

    def log_conditionals(self, codes, asked=None):
        """See `AbsorbingDiffusion`."""
        return self._blocks(codes, lambda m, i: m.log_conditionals(codes[i], asked))

    def log_proba_masked(self, codes, mask):
        """See `AbsorbingDiffusion`."""
        return self._blocks(codes, lambda m, i: m.log_proba_masked(codes[i], mask[i]))

    def log_likelihood(self, codes):
        """See `AbsorbingDiffusion`."""
        result = np.empty(len(codes))
        for model, rows in self._split(codes):
            result[rows] = model.log_likelihood(codes[rows])
        return result

    def fill(self, codes, mask, n_draws=1, seed=0, keys=None, **options):
        """See `AbsorbingDiffusion`."""
        keys = position_keys(len(codes)) if keys is None else keys
        filled = np.empty((n_draws, *codes.shape), dtype=codes.dtype)
        for model, rows in self._split(codes):
            args = codes[rows], mask[rows], n_draws, seed
            filled[:, rows] = model.fill(*args, keys=keys[rows], **options)
        return filled

    def _blocks(self, codes, ask):
        result = None
        for model, rows in self._split(codes):
            part = ask(model, rows)
            if result is None:
                result = [np.empty((len(codes), p.shape[1])) for p in part]
            for block, values in zip(result, part, strict=True):
                block[rows] = values
        return result

    def _split(self, codes):
        """Pairs of a model and the numbers of its rows."""
        if len(self.models) == 1:
            return [(self.models[0], np.arange(len(codes)))]
        folds = folds_by_content(codes, len(self.models), self.seed)
        pairs = [(m, np.flatnonzero(folds == k)) for k, m in enumerate(self.models)]
        return [(model, rows) for model, rows in pairs if len(rows)]
