"""Formats and what a person says of them."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors._examples.corrections import read_corrections
from skanomaly.correctors._examples.formats import BY_HAND, TaughtFormats
from skanomaly.correctors._formats.table import TableFormats


@pytest.fixture
def X():
    """Sizes of which most have no unit: the format drops it."""
    sizes = [f"{k % 30 + 10} cm" if k % 4 == 0 else f"{k % 30 + 10}" for k in range(80)]
    return pd.DataFrame({"size": sizes, "town": ["Bern", "Rome"] * 40})


def _taught(X, known):
    formats = TaughtFormats(
        TableFormats("auto", np.ones(2, bool)), known, np.ones(2, bool)
    )
    return formats, formats.fit(X)


def test_without_corrections_formats_are_as_they_were(X):
    formats, table = _taught(X, None)
    assert table.equals(TableFormats("auto", np.ones(2, bool)).fit(X))
    assert formats.steps(0) == ["drop the unit 'cm'"]
    assert formats.apply(X)[1].known is None


def test_a_format_that_spoils_what_was_confirmed_is_forgotten(X):
    known = read_corrections(X.iloc[[0, 4, 8]], X)
    formats, table = _taught(X, known)
    assert table.equals(X)
    assert formats.steps(0) == []


def test_a_format_that_does_what_was_corrected_stays(X):
    right = X.iloc[[0, 4]].replace(" cm", "", regex=True)
    formats, table = _taught(X, read_corrections(right, X))
    assert formats.steps(0) == ["drop the unit 'cm'"]
    assert not table["size"].str.contains("cm").any()
    assert len(formats.programs) == 1


def test_known_cells_are_what_the_person_said(X):
    entry = pd.DataFrame({"row": [0], "column": ["size"], "value": ["99"]})
    formats, table = _taught(X, read_corrections(entry, X))
    assert table.at[0, "size"] == "99"
    edits = formats.apply(X)[1]
    first = (edits.rows == 0) & (edits.columns == 0)
    assert edits.values[first].tolist() == ["99"]
    assert edits.reasons[first].tolist() == [BY_HAND]
    assert edits.known[0].all()
    assert not edits.known[1:].any()
    # Of some rows alone, too.
    part = edits.take(np.array([0, 3]))
    assert part.known.tolist() == [[True, True], [False, False]]
    assert part.rows[part.reasons == BY_HAND].tolist() == [0]
