"""Which rows are suggested."""

import numpy as np
import pandas as pd

from skanomaly.correctors._examples.suggesting import suggest


def _table():
    return pd.DataFrame(
        {
            "size": ["12"] * 60 + ["12 oz"] * 30 + ["12 oz."] * 9 + [None],
            "rate": np.arange(100.0),
        }
    )


def test_frequent_patterns_come_first_and_none_twice_before_others():
    n = len(_table())
    rows = suggest(_table(), np.zeros(n, bool), np.zeros((n, 2)), 5)
    assert rows.tolist() == [0, 1, 60, 2, 61]
    assert len(set(suggest(_table(), np.zeros(n, bool), np.zeros((n, 2)), 12))) == 12


def test_what_is_known_is_not_asked_again():
    known = np.arange(100) < 70
    rows = suggest(_table(), known, np.zeros((100, 2)), 3)
    assert rows.tolist()[:2] == [90, 91]
    assert not known[rows].any()


def test_doubt_counts_too():
    doubt = np.zeros((100, 2))
    doubt[50, 1] = 0.9  # of two rows with the same patterns
    assert suggest(_table(), np.zeros(100, bool), doubt, 1).tolist() == [50]
    doubt[90:99, 0] = 0.9  # of a pattern that is rare
    known = np.isin(np.arange(100), [0, 1, 60])
    assert suggest(_table(), known, doubt, 1).tolist() == [90]


def test_no_more_rows_than_there_are():
    assert len(suggest(_table(), np.arange(100) > 3, np.zeros((100, 2)), 20)) == 4


def test_a_table_without_text():
    X = pd.DataFrame({"a": np.arange(5.0)})
    assert suggest(X, np.zeros(5, bool), np.zeros((5, 1)), 2).tolist() == [0, 1]
