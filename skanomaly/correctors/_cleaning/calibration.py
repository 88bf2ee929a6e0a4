"""Calibration without labels: errors of the learned channel, injected on purpose."""

import numpy as np
from sklearn.isotonic import IsotonicRegression

__all__ = ["Calibration", "draw_errors", "error_share"]

# Keeps the order of cells that isotonic regression would tie.
TIE_BREAK = 1e-3
# Injected errors that a threshold must leave above it: fewer say little.
MIN_REACHED = 0.1


class Calibration:
    """Monotone map from predicted probabilities to frequencies.

    Among the cells with the prediction s, the share of errors is the density at s of
    errors times their rate, over the density at s of all cells. The first is known from
    injected errors, the second from the table; their ratio is made monotone by isotonic
    regression of "injected" against "observed".
    """

    def __init__(self, observed, injected, mass):
        """Fit to predictions for cells, and for injected errors of a mass each."""
        predicted = np.concatenate([observed, injected])
        weight = np.concatenate([np.ones(len(observed)), mass])
        is_injected = np.repeat([0.0, 1.0], [len(observed), len(injected)])
        self.map = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
        self.map.fit(predicted, is_injected, sample_weight=weight)

    def __call__(self, predicted):
        """Calibrated probabilities, of the same shape."""
        share = self.map.predict(np.ravel(predicted)).reshape(np.shape(predicted))
        calibrated = np.minimum(1.0, share / np.maximum(1 - share, 1e-12))
        return (1 - TIE_BREAK) * calibrated + TIE_BREAK * predicted


def error_share(observed, injected):
    """Share of errors among cells, by predictions for them and for injected errors.

    Above any threshold there are at least as many cells as errors. So the share of the
    cells there, over that of the injected errors, is a bound on the share of errors,
    and the threshold that divides best gives the tightest one: the class prior of
    learning from positive and unlabelled cases (Elkan and Noto, 2008).
    """
    if not len(observed) or not len(injected):
        return 0.0
    observed, injected = np.sort(observed), np.sort(injected)
    threshold = injected[: int((1 - MIN_REACHED) * len(injected)) + 1]
    n_observed = len(observed) - np.searchsorted(observed, threshold)
    reached = len(injected) - np.searchsorted(injected, threshold)
    # One more than observed: a threshold that nothing reaches is no proof of none.
    bound = (n_observed + 1) / len(observed) / (reached / len(injected))
    return min(1.0, float(bound.min()))


def draw_errors(true, channel, rng):
    """Return values as the channel would have corrupted them, none of them right."""
    by_typo = _draw_typos(true, channel, rng)
    typed = (rng.random(len(true)) < channel.typo_share) & (by_typo >= 0)
    return np.where(typed, by_typo, _draw_substitutes(true, channel.substitute, rng))


def _draw_typos(true, channel, rng):
    """One typing error for each value among those on record, -1 where none is."""
    by_clean = channel.likelihood.T.tocsr()[true]
    total = np.asarray(by_clean.sum(axis=1)).ravel()
    if by_clean.nnz == 0:
        return np.full(len(true), -1)
    level = np.concatenate([[0.0], np.cumsum(by_clean.data)])
    target = level[by_clean.indptr[:-1]] + rng.random(len(true)) * total
    at = np.searchsorted(level, target, side="right") - 1
    at = np.clip(at, by_clean.indptr[:-1], np.maximum(by_clean.indptr[1:] - 1, 0))
    drawn = by_clean.indices[np.minimum(at, by_clean.nnz - 1)]
    return np.where(total > 0, drawn, -1)


def _draw_substitutes(true, chances, rng):
    """One other value for each, by its chance."""
    level = np.cumsum(chances) / chances.sum()
    start = np.concatenate([[0.0], level[:-1]])[true]
    width = level[true] - start
    # A uniform draw over the circle without the value's own arc.
    point = (level[true] + rng.random(len(true)) * (1 - width)) % 1.0
    drawn = np.minimum(np.searchsorted(level, point, side="right"), len(chances) - 1)
    return np.where(drawn == true, (true + 1) % len(chances), drawn)
