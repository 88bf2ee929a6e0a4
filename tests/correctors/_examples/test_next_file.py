"""What was learned from one month's file, and taught, is applied to the next one."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import AnomalyCorrector, NoisyChannelCorrector

ZIPS = {"Graz": "8010", "Linz": "4020", "Wels": "4600", "Wien": "1010"}


def _month(first, n, seed):
    """A clean table of a month, and the same with dates and towns written wrong."""
    rng = np.random.default_rng(seed)
    day = pd.Timestamp(first) + pd.to_timedelta(rng.integers(0, 28, n), "D")
    town = rng.choice(list(ZIPS), n)
    columns = {"date": day.strftime("%Y-%m-%d"), "town": town}
    clean = pd.DataFrame(columns | {"zip": [ZIPS[t] for t in town]}, dtype=object)
    dirty = clean.copy()
    dirty.iloc[0:60:10, 0] = day[0:60:10].strftime("%d/%m/%Y")
    dirty.iloc[1:60:10, 1] += [t[-1] for t in town[1:60:10]]
    return dirty, clean


@pytest.fixture(scope="module")
def march():
    return _month("2026-03-01", 400, 0)


@pytest.fixture(scope="module")
def april():
    return _month("2026-04-01", 200, 1)


@pytest.fixture(scope="module", params=["untaught", "accepted", "corrected rows"])
def corrector(request, march):
    dirty, clean = march
    corrector = AnomalyCorrector(handle_unknown="keep", random_state=0)
    if request.param == "untaught":
        return corrector.fit(dirty)
    if request.param == "corrected rows":
        wrong = (dirty != clean).any(axis=1)
        return corrector.fit(dirty, corrections=clean[wrong])
    decisions = corrector.fit(dirty).review(dirty).assign(decision="accept")
    log = corrector.apply(dirty, decisions)[1]
    return corrector.fit(dirty, corrections=log)


def test_the_next_file_is_repaired_as_the_last_one_was(corrector, march, april):
    assert corrector.transform(march[0]).equals(march[1])
    assert corrector.transform(april[0]).equals(april[1])
    assert (corrector.report_["status"] == "repaired").all()


@pytest.mark.parametrize("row", [20, 21, 22])
def test_one_row_of_the_next_file(corrector, april, row):
    dirty, clean = (table.iloc[[row]] for table in april)
    assert corrector.transform(dirty).equals(clean)


def test_a_file_without_a_label_in_common(corrector, april):
    dirty, clean = (table.add_prefix("r", axis=0) for table in april)
    assert corrector.transform(dirty).equals(clean)


def test_the_cleaner_alone_learns_the_same(march, april):
    cleaner = NoisyChannelCorrector(handle_unknown="keep", random_state=0)
    (dirty, clean), names = march, ["town", "zip"]
    wrong = (dirty[names] != clean[names]).any(axis=1)
    cleaner.fit(dirty[names], corrections=clean.loc[wrong, names])
    assert cleaner.transform(april[0][names]).equals(april[1][names])


def test_a_corrected_error_is_called_one(corrector, april):
    corrector.transform(april[0])
    reasons = corrector.report_.set_index("column").loc["town", "reason"]
    known = "occurs only where it was corrected"
    assert reasons.str.contains("occurs once|occurs twice|" + known).all()
