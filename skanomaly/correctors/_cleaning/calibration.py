"""Calibration without labels: errors of the learned channel, injected on purpose."""

import numpy as np
from sklearn.isotonic import IsotonicRegression

__all__ = ["Calibration", "ErrorRates", "draw_errors", "draw_values"]

# Keeps the order of cells that isotonic regression would tie.
TIE_BREAK = 1e-3
# Scores above which cells and injected errors are counted.
THRESHOLDS = np.array([0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99])
# Errors that must be expected above a threshold if all cells were in error.
MIN_EXPECTED, MIN_SHARE = 50, 0.2
# What the whole table says about a column's rate weighs as much as so many cells.
SHRINK = 100
TINY = 1e-9
# Conditionals have learned part of the errors, so that not all that they make likely
# are rare truths.
SUBTRACT = 0.6


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


class ErrorRates:
    """Share of replaced cells of each column, from injected ones.

    Above any threshold there are at least as many cells as errors. So the share of the
    cells there, over that of the injected errors, bounds the share of errors, and the
    threshold that divides best gives the tightest bound: the class prior of learning
    from positive and unlabelled cases (Elkan and Noto, 2008). A column whose errors
    would not be seen tells nothing about its rate; it gets that of the whole table,
    which the columns know in which errors would be seen.
    """

    def __init__(self, observed, injected, right):
        """Take the scores of cells, of injected errors, and of values that are right.

        An array for each column; the last are drawn from what rows make likely, and
        tell how many rare truths are to be expected above a threshold.
        """
        parts = zip(observed, injected, right, strict=True)
        counts = [_above(*part) for part in parts]
        self.table = _smallest(*np.sum(counts, axis=0)) if counts else 0.0
        self.columns = np.array(
            [
                _smallest(n + SHRINK * self.table, e + SHRINK) if len(o) else 0.0
                for o, (n, e) in zip(observed, counts, strict=True)
            ]
        )


def _above(observed, injected, right):
    """Cells above each threshold, and how many there would be were all in error.

    Without the cells that would be there if all were right.
    """
    if not len(injected) or not len(observed):
        return np.zeros(len(THRESHOLDS)), np.zeros(len(THRESHOLDS))
    share = [_share_above(scores) for scores in (observed, injected, right)]
    n = np.maximum(share[0] - SUBTRACT * share[2], 0.0) * len(observed)
    return n, np.maximum(share[1] - SUBTRACT * share[2], TINY) * len(observed)


def _share_above(scores):
    if not len(scores):
        return np.zeros(len(THRESHOLDS))
    return 1 - np.searchsorted(np.sort(scores), THRESHOLDS) / len(scores)


def _smallest(n, expected):
    # Few errors above a threshold would make the smallest of the bounds too small.
    seen = expected >= max(MIN_EXPECTED, MIN_SHARE * expected.max(initial=0))
    if not seen.any():
        return 0.0
    return min(1.0, float(((n[seen] + 0.5) / expected[seen]).min()))


def draw_errors(true, channel, rng):
    """Return values that replace the right ones, drawn by the channel."""
    return _draw_substitutes(true, channel.substitute, rng)


def draw_values(log_p, rng):
    """Return one value for each row, drawn by its probability."""
    level = np.cumsum(np.exp(log_p), axis=1)
    point = rng.random(len(log_p))[:, None] * level[:, -1:]
    return np.minimum((level < point).sum(axis=1), log_p.shape[1] - 1)


def _draw_substitutes(true, chances, rng):
    """One other value for each, by its chance."""
    level = np.cumsum(chances) / chances.sum()
    start = np.concatenate([[0.0], level[:-1]])[true]
    width = level[true] - start
    # A uniform draw over the circle without the value's own arc.
    point = (level[true] + rng.random(len(true)) * (1 - width)) % 1.0
    drawn = np.minimum(np.searchsorted(level, point, side="right"), len(chances) - 1)
    return np.where(drawn == true, (true + 1) % len(chances), drawn)
