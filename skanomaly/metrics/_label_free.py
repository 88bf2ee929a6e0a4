"""Criteria for an anomaly score that need no labels."""

from __future__ import annotations

import numpy as np
from sklearn.isotonic import isotonic_regression
from sklearn.metrics import roc_curve

from skanomaly.utils._checks import check_fraction
from skanomaly.utils._scores import check_scores
from skanomaly.utils._typing import VectorLike
from skanomaly.utils._warn import warn_user


def excess_mass(
    anomaly_score: VectorLike, uniform_score: VectorLike, *, min_mass: float = 0.9
) -> float:
    r"""Area under the excess-mass curve: much probability mass in little volume.

    A threshold selects the region of all points that score below it. With the fraction
    of rows :math:`P` and of volume :math:`V` inside,

    .. math::
        EM(t) = \max_\mathrm{thresholds} (P - t V), \qquad
        \mathrm{area} = \int_0^{t^*} EM(t)\,dt, \qquad EM(t^*) = \mathtt{min\_mass}.

    Volumes are fractions of the box that the uniform points fill, so values can be
    compared only for the same rows and the same box.

    Parameters
    ----------
    anomaly_score : array-like of shape (n_samples,)
        Finite scores of held-out rows, higher = more anomalous.
    uniform_score : array-like of shape (n_draws,)
        Scores, by the same detector, of points drawn uniformly from a box around the
        rows. They measure volume, to a resolution of ``1 / n_draws``.
    min_mass : float, default=0.9
        Mass in (0, 1) at which the curve is cut; Goix (2016) takes 0.9.

    Returns
    -------
    area : float
        Higher is better, at most `n_draws`: beyond ``t = n_draws`` one uniform point
        outweighs all rows, and the curve is cut there too.

    See Also
    --------
    mass_volume : Uses the largest regions only.
    anomaly_scorer : Draws the points and calls this function in a grid search.

    Notes
    -----
    Monte-Carlo volumes fail as the number of columns grows. When no uniform point lands
    among nearly all rows, the curve is cut, and a warning says so: the area is then
    close to `n_draws`, and dominates a mean over folds. With 20 columns this is usual.
    A detector that scores the empty part of the box high is preferred, whether or not
    the anomalies are there.

    References
    ----------
    N. Goix, "How to evaluate the quality of unsupervised anomaly detection
    algorithms?", ICML Anomaly Detection Workshop, 2016, arXiv:1607.01152.

    Examples
    --------
    >>> import numpy as np
    >>> from skanomaly.metrics import excess_mass
    >>> rng = np.random.default_rng(0)
    >>> rows, box = rng.normal(size=500), rng.uniform(-4, 4, size=1000)
    >>> good = excess_mass(np.abs(rows), np.abs(box))
    >>> bad = excess_mass(np.abs(rows - 3), np.abs(box - 3))
    >>> good > bad
    True
    """
    check_fraction("min_mass", min_mass, upper_closed=False)
    volume, mass = _volume_and_mass(anomaly_score, uniform_score)
    start, width, slope = _concave_majorant(volume, mass)
    n_draws = len(np.ravel(uniform_score))
    stop = _level_with_mass(min_mass, start, width, slope, most=n_draws)
    if stop >= n_draws:
        _warn_unresolved(n_draws)
    # EM(t) = start + sum(width * max(slope - t, 0)), integrated from 0 to stop.
    wedge = slope**2 - np.maximum(slope - stop, 0) ** 2
    return float(start * stop + width @ wedge / 2)


def mass_volume(
    anomaly_score: VectorLike, uniform_score: VectorLike, *, min_mass: float = 0.9
) -> float:
    r"""Mean volume of the smallest normal regions that hold nearly all rows.

    .. math::
        \frac{1}{1 - \mathtt{min\_mass}} \int_\mathtt{min\_mass}^1
        \min \{ V : P \ge \alpha \} \, d\alpha

    over the regions of points that score below a threshold, with the fraction of rows
    :math:`P` and of volume :math:`V` inside.

    Parameters
    ----------
    anomaly_score : array-like of shape (n_samples,)
        Finite scores of held-out rows, higher = more anomalous.
    uniform_score : array-like of shape (n_draws,)
        Scores, by the same detector, of points drawn uniformly from a box around the
        rows. They measure volume, to a resolution of ``1 / n_draws``.
    min_mass : float, default=0.9
        Smallest mass in (0, 1); Goix (2016) takes 0.9.

    Returns
    -------
    volume : float
        Fraction of the box, between 0 and 1. Lower is better.

    See Also
    --------
    excess_mass : Uses all regions, the dense ones most.
    anomaly_scorer : Draws the points and calls this function in a grid search.

    Notes
    -----
    It fails with many columns as :func:`excess_mass` does. It depends only on the
    rows that score highest: anomalies among the held-out rows affect it in full.

    References
    ----------
    N. Goix, "How to evaluate the quality of unsupervised anomaly detection
    algorithms?", ICML Anomaly Detection Workshop, 2016, arXiv:1607.01152.

    Examples
    --------
    >>> from skanomaly.metrics import mass_volume
    >>> mass_volume([0, 0, 1, 1], [0, 1, 2, 2])
    0.5
    """
    check_fraction("min_mass", min_mass, upper_closed=False)
    volume, mass = _volume_and_mass(anomaly_score, uniform_score)
    share = np.diff(np.clip(mass, min_mass, 1.0))
    mean_volume = float(share @ volume[1:] / (1 - min_mass))
    if mean_volume == 0:
        _warn_unresolved(len(np.ravel(uniform_score)))
    return mean_volume


def _warn_unresolved(n_draws):
    warn_user(
        f"None of {n_draws} uniform points scores as normal as the rows do: their "
        "volume cannot be measured. The rows have too many columns for this "
        "criterion, or n_draws is too small."
    )


def _volume_and_mass(anomaly_score, uniform_score):
    """Return volume and mass of the regions below each threshold, both growing."""
    rows = check_scores("anomaly_score", anomaly_score)
    box = check_scores("uniform_score", uniform_score)
    # The mass-volume curve is the ROC curve of rows against uniform points.
    is_row = np.repeat([1, 0], [len(rows), len(box)])
    normality = -np.concatenate([rows, box])
    volume, mass, _ = roc_curve(is_row, normality, drop_intermediate=False)
    return volume, mass


def _concave_majorant(volume, mass):
    """Return the least concave function above the curve: start, widths, slopes."""
    volume, first = np.unique(volume, return_index=True)
    last = np.append(first[1:], len(mass)) - 1
    mass = mass[last]
    width = np.diff(volume)
    slope = np.diff(mass) / width
    slope = isotonic_regression(slope, sample_weight=width, increasing=False)
    return mass[0], width, slope


def _level_with_mass(min_mass, start, width, slope, most):
    """Return the level t <= `most` where the excess mass has fallen to `min_mass`."""
    levels = np.unique(np.append(slope[slope < most], [0.0, most]))
    steep = np.maximum(slope - levels[:, None], 0)
    return np.interp(-min_mass, -(start + steep @ width), levels)
