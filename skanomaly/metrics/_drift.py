"""Whether new rows score as the rows did that a detector was calibrated by."""

from __future__ import annotations

from typing import NamedTuple

from scipy.stats import ks_2samp

from skanomaly.utils._scores import check_scores
from skanomaly.utils._typing import VectorLike


class ScoreDrift(NamedTuple):
    """Result of a `score_drift_test`."""

    statistic: float
    pvalue: float


def score_drift_test(
    reference_score: VectorLike, current_score: VectorLike
) -> ScoreDrift:
    r"""Test whether scores have drifted: the two-sample test of Kolmogorov and Smirnov.

    With the empirical distribution functions of both samples,

    .. math:: D = \max_s | F_\mathrm{reference}(s) - F_\mathrm{current}(s) | .

    Once scores drift, a threshold calls another fraction of the normal rows anomalous
    than it was set for, and p-values are no longer valid.

    Parameters
    ----------
    reference_score : array-like of shape (n_reference,)
        Finite scores of rows that were not used for training:
        ``detector.calibration_scores_``, or those of other held-out rows. A network
        scores its training rows too low, which would pass for drift.
    current_score : array-like of shape (n_samples,)
        Finite scores of new rows, by the same detector and in the same direction:
        ``detector.score_samples(X)`` for `calibration_scores_`.

    Returns
    -------
    result : ScoreDrift
        A named tuple of ``statistic``, how large the drift is, between 0 and 1, and
        ``pvalue``, how probable such a value is without any drift. With many rows the
        p-value of a drift that does not matter is small, too: look at both.

    See Also
    --------
    scipy.stats.ks_2samp : The test itself, which is exact up to 10,000 scores.
    anomaly_roc_auc : How well scores separate anomalies, which needs labels.

    Notes
    -----
    It sees scores, and nothing else: rows that changed and score as before are no
    drift, and neither is a change of what counts as an anomaly. It is weak in the
    tails: a few more anomalies (2 % of 500 rows, say) change the number of alarms
    long before they change :math:`D`. Rows are taken to be independent; where
    successive rows are alike, p-values are too small. If a stream is tested again and
    again, a fraction `alpha` of the tests without drift is below `alpha`: divide it by
    the number of tests, or ask for several in a row.

    References
    ----------
    N. V. Smirnov, "Table for estimating the goodness of fit of empirical
    distributions", Annals of Mathematical Statistics 19, 1948.
    :doi:`10.1214/aoms/1177730256`

    Examples
    --------
    >>> import numpy as np
    >>> from skanomaly.metrics import score_drift_test
    >>> rng = np.random.default_rng(0)
    >>> reference = rng.normal(size=1000)
    >>> score_drift_test(reference, rng.normal(size=200)).pvalue > 0.05
    True
    >>> statistic, pvalue = score_drift_test(reference, rng.normal(1, size=200))
    >>> round(statistic, 2), pvalue < 1e-9
    (0.42, True)
    """
    reference = check_scores("reference_score", reference_score)
    current = check_scores("current_score", current_score)
    result = ks_2samp(reference, current)
    return ScoreDrift(float(result.statistic), float(result.pvalue))
