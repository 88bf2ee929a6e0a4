"""Ways of writing that another column tells apart."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors._formats.table import TableFormats

N = 900
RARE = [40, 333, 338, 702, 870]


def genes(change, told):
    """Genes, a few of them written in another way, in rows of another species."""
    rare = np.isin(np.arange(N), RARE)
    gene = np.array(["TP53", "BRCA1", "MYC"], dtype=object)[np.arange(N) % 3]
    written = np.array([change(g) if r else g for g, r in zip(gene, rare, strict=True)])
    species = np.where(rare, "mouse", "human") if told else np.repeat("human", N)
    flag, lab = np.arange(N) % 2, np.arange(N) // 2
    columns = {"gene": written, "species": species, "even": flag, "lab": lab}
    frame = pd.DataFrame(columns)
    return frame, frame.assign(gene=gene)


def fit(frame, used=(True, True, True, True)):
    formats = TableFormats("auto", np.array(used))
    return formats.fit(frame), formats.steps(0)


@pytest.mark.parametrize("change", [str.capitalize, lambda gene: gene + "."])
def test_spellings_that_another_column_tells_apart_are_both_meant(change):
    frame, _ = genes(change, told=True)
    table, steps = fit(frame)
    assert table is frame
    assert steps == []
    # A column that the user leaves out says nothing.
    assert fit(frame, (True, False, True, True))[1] != []


def test_errors_have_no_reason_in_another_column():
    frame, right = genes(str.capitalize, told=False)
    # Careless writing of the whole row is none: the other cell is written so, too.
    careless = frame["gene"] != right["gene"]
    frame["species"] = frame["species"].mask(careless, "HUMAN")
    table, steps = fit(frame)
    assert len(steps) == 1
    assert table["gene"].tolist() == right["gene"].tolist()


def test_decimal_commas_that_another_column_tells_are_meant():
    rng = np.random.default_rng(0)
    comma = np.isin(np.arange(N), RARE)
    numbers = [f"{x:.2f}" for x in rng.normal(12, 3, N)]
    written = [
        n.replace(".", ",") if c else n for n, c in zip(numbers, comma, strict=True)
    ]
    frame = pd.DataFrame({"size": written, "land": np.where(comma, "AT", "UK")})
    assert fit(frame, (True, True))[0] is frame
    table, _ = fit(frame, (True, False))
    assert table["size"].tolist() == numbers
