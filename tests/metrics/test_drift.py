import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from skanomaly.metrics import score_drift_test


def by_hand(a, b):
    """Largest distance between the two distribution functions, by counting."""
    return max(abs(np.mean(a <= s) - np.mean(b <= s)) for s in [*a, *b])


@pytest.mark.parametrize("decimals", [1, 9])
def test_the_statistic_is_what_the_formula_says(decimals):
    rng = np.random.default_rng(0)
    a = rng.normal(size=60).round(decimals)
    b = rng.normal(0.5, size=40).round(decimals)
    assert score_drift_test(a, b).statistic == pytest.approx(by_hand(a, b))


def test_direction_order_and_unit_of_the_scores_do_not_count():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=300), rng.normal(0.2, size=200)
    result = score_drift_test(a, b)
    for other in [
        score_drift_test(b, a),
        score_drift_test(-a, -b),
        score_drift_test(a[::-1], b),
        score_drift_test(np.exp(a), np.exp(b)),
        score_drift_test(a.tolist(), pd.Series(b)),
    ]:
        assert other == pytest.approx(result)


def p_values(draw, n_tests=200):
    rng = np.random.default_rng(0)
    return np.array([score_drift_test(*draw(rng)).pvalue for _ in range(n_tests)])


def test_without_drift_a_fraction_alpha_of_the_tests_is_below_alpha():
    p = p_values(lambda rng: (rng.normal(size=400), rng.normal(size=100)))
    assert 0.01 <= np.mean(p <= 0.05) <= 0.1
    assert 0.4 <= np.mean(p <= 0.5) <= 0.6


def test_shifted_and_spread_scores_are_drift():
    for args in [(1.0, 1.0), (-1.0, 1.0), (0.0, 2.0)]:
        p = p_values(lambda rng, a=args: (rng.normal(size=400), rng.normal(*a, 100)), 9)
        assert p.max() < 0.05


def test_few_more_anomalies_are_not_seen_here_but_in_the_number_of_alarms():
    """The notes of the docstring say so."""
    rng, seen, counted = np.random.default_rng(0), [], []
    for _ in range(100):
        reference, current = rng.normal(size=2000), rng.normal(size=500)
        current[:10] += 5
        n_alarms = int((current > np.quantile(reference, 0.98)).sum())
        seen.append(score_drift_test(reference, current).pvalue < 0.05)
        counted.append(binomtest(n_alarms, 500, 0.02).pvalue < 0.05)
    assert np.mean(seen) < 0.2 < 0.7 < np.mean(counted)


def test_no_size_and_no_ties_make_scipy_warn():
    rng = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n, m in [(1, 1), (1, 3000), (997, 7), (2000, 1999), (10_001, 10)]:
            for shift in (0, 9):
                score_drift_test(rng.integers(5, size=n), rng.normal(shift, size=m))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([], "is empty"),
        ([0.1, np.nan], "contains NaN"),
        ([0.1, np.inf], "infinity"),
        ([[0.1, 0.2], [0.3, 0.4]], "1d array"),
        (["a", "b"], "could not convert|dtype"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_are_no_scores_is_refused(bad, message, first):
    with pytest.raises(ValueError, match=message) as caught:
        score_drift_test(*((bad, [0.1]) if first else ([0.1], bad)))
    if message in ("is empty", "contains NaN", "infinity"):
        assert ("reference" if first else "current") + "_score" in str(caught.value)
