"""The formats of real dirty tables, and clean tables that must stay as they are."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors._formats.neighbours import learn_moves
from skanomaly.correctors._formats.program import learn_program

DATA = os.environ.get("SKANOMALY_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="needs the folder of real data")
MARKERS = ["", "N/A", "-", "?", "empty"]


def read(*parts):
    table = pd.read_csv(Path(DATA, *parts), dtype=str, keep_default_na=False)
    return table.astype(object).mask(table.isin(MARKERS), None)


def unify(table):
    result = table.copy()
    for name in table:
        cells = table[name].dropna()
        values, codes = np.unique(cells.to_numpy(dtype=object), return_inverse=True)
        program = learn_program(name, values, np.bincount(codes))
        result.loc[cells.index, name] = program.apply(values)[0][codes]
    for move in learn_moves(result):
        rows, source, target = move.apply(result)
        result.loc[rows, move.source] = source
        result.loc[rows, move.target] = target
    return result


def n_differing(a, b):
    return int((a.fillna("").to_numpy() != b.fillna("").to_numpy()).sum())


def test_all_of_beers_is_a_matter_of_format():
    dirty, clean = read("repair", "beers", "dirty.csv"), read("repair/beers/clean.csv")
    assert n_differing(dirty, clean) > 3000
    assert n_differing(unify(dirty), clean) == 0


@pytest.mark.parametrize(
    "path",
    [
        *(f"repair/{name}/clean.csv" for name in ("beers", "flights", "hospital")),
        "repair/rayyan/clean.csv",
        "categorical/mushroom.csv",
        "categorical/nursery.csv",
    ],
)
def test_clean_tables_stay_as_they_are(path):
    table = read(path)
    assert n_differing(unify(table), table) == 0
