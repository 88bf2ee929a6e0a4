"""Programs as a list: read, saved, and applied without a fit."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skanomaly.correctors import AnomalyCorrector, RepairPrograms


@pytest.fixture(scope="module")
def taught():
    """A table with formats of its own, a move, and learned programs."""
    n = 80
    town = [("Bern", "CH"), ("Rome", "IT"), ("Oslo", "NO"), ("Nice", "FR")]
    rng = np.random.default_rng(0)
    at = rng.integers(4, size=n)
    clean = pd.DataFrame(
        {
            "size": [str(k % 40 + 10) for k in range(n)],
            "day": [f"2021-{k % 12 + 1:02d}-{k % 28 + 1:02d}" for k in range(n)],
            "town": [town[k][0] for k in at],
            "land": [town[k][1] for k in at],
            "kind": np.tile(["new", "used"], n // 2),
        }
    )
    dirty = clean.copy()
    dirty.loc[::3, "size"] += " cm"
    dirty.loc[::5, "day"] = [
        d[8:] + "/" + d[5:7] + " " + d[:4] for d in clean["day"][::5]
    ]
    dirty.loc[::7, "town"] += " " + clean["land"][::7]
    dirty.loc[::7, "land"] = None
    corrector = AnomalyCorrector(random_state=0)
    rows = corrector.suggest_rows(dirty, 10)
    return corrector.fit(dirty, corrections=clean.loc[rows]), dirty, clean


def _polars(table):
    """Return a polars frame, with None for what is missing."""
    filled = table.astype(object).where(table.notna(), None)
    return pl.DataFrame(filled.to_dict("list"))


def test_the_list_is_readable(taught):
    programs = taught[0].programs_
    said = list(map(str, programs))
    assert "size: drop the unit 'cm'" in said
    assert "town: move the end into empty 'land'" in said
    assert any(text.startswith("day: write") for text in said)
    assert [p.is_learned for p in programs] == sorted(p.is_learned for p in programs)
    assert repr(programs).count("\n") == len(programs) - 1
    assert len(programs[:1]) == 1
    assert repr(RepairPrograms()) == "no programs"


@pytest.mark.parametrize("make", [pd.DataFrame, _polars])
def test_what_is_saved_is_applied_without_a_fit(taught, make):
    corrector, dirty, clean = taught
    programs = RepairPrograms.from_json(corrector.programs_.to_json())
    assert list(map(str, programs)) == list(map(str, corrector.programs_))
    out = programs.apply(make(dirty[dirty.columns[::-1]]))
    assert isinstance(out, type(make(dirty)))
    assert list(out.columns) == list(dirty.columns[::-1])
    for name in clean:
        assert list(out[name]) == list(clean[name])


def test_switches_are_saved_too(taught):
    corrector, dirty, clean = taught
    programs = RepairPrograms.from_json(corrector.programs_.to_json())
    for program in programs:
        program.enabled = program.column == "size"
    again = RepairPrograms.from_json(programs.to_json())
    out = again.apply(dirty)
    assert out["size"].tolist() == clean["size"].tolist()
    assert out["day"].tolist() == dirty["day"].tolist()


def test_alpha_is_the_risk(taught):
    corrector, dirty, _ = taught
    assert corrector.programs_.apply(dirty, alpha=1e-6).equals(dirty)


def test_a_missing_column_and_other_texts_are_refused(taught):
    programs = taught[0].programs_
    with pytest.raises(ValueError, match="no column 'day'"):
        programs.apply(taught[1].drop(columns="day"))
    other = json.dumps(
        {"kind": "skanomaly programs", "version": 1, "programs": [{"is": "os"}]}
    )
    for text in ("", "[]", "{}", other):
        with pytest.raises(ValueError, match="no JSON of programs"):
            RepairPrograms.from_json(text)
