"""Slips of texts that stand for no value."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import AnomalyCorrector

SLIPS = "unknokwn unkvnown xunknown unknownz unjnown uqknown unknorn".split()


@pytest.fixture
def table():
    """Cities and their lands, of which some are unknown."""
    rng = np.random.default_rng(0)
    city = rng.integers(4, size=800)
    table = pd.DataFrame(
        {
            "city": np.array(["Bern", "Rome", "Oslo", "Paris"])[city],
            "land": np.array(["Swiss", "Italy", "Norway", "France"])[city],
        }
    )
    table.loc[::8, "land"] = "unknown"
    return table


def mistyped(table, texts):
    """The table with other texts in place of as many of the unknown lands."""
    dirty = table.copy()
    dirty.loc[8 * np.arange(len(texts)), "land"] = texts
    return dirty


def test_many_slips_of_a_marker_become_it(table):
    dirty = mistyped(table, SLIPS)
    corrector = AnomalyCorrector(random_state=0).fit(dirty)
    pd.testing.assert_frame_equal(corrector.transform(dirty), table)
    report = corrector.report_
    assert (report["status"] == "repaired").all()
    assert report["reason"].str.contains("which stands for no value").all()


def test_a_single_slip_of_a_marker_is_flagged_and_becomes_no_value(table):
    dirty = mistyped(table, SLIPS[:1])
    corrector = AnomalyCorrector(random_state=0).fit(dirty)
    pd.testing.assert_frame_equal(corrector.transform(dirty), dirty)
    assert corrector.report_["status"].tolist() == ["flagged"]
    assert corrector.error_proba(dirty)[0, 1] > 0.5


def test_markers_are_written_at_no_smaller_risk(table):
    dirty = mistyped(table, SLIPS)
    corrector = AnomalyCorrector(alpha=0.01, random_state=0).fit(dirty)
    pd.testing.assert_frame_equal(corrector.transform(dirty), dirty)


def test_a_short_marker_has_slips_with_a_letter_more(table):
    clean = table.replace("unknown", "?")
    dirty = mistyped(clean, ["b?", "?x", "k?", "?z", "h?", "?a", "o?"])
    repaired = AnomalyCorrector(random_state=0).fit_transform(dirty)
    pd.testing.assert_frame_equal(repaired, clean)


def test_a_frequent_value_like_a_marker_is_none(table):
    dirty = mistyped(table, ["unknowq"] * 40 + SLIPS)
    repaired = AnomalyCorrector(random_state=0).fit_transform(dirty)
    assert (repaired["land"][dirty["land"] == "unknowq"] == "unknowq").all()
