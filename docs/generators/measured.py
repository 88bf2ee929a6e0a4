"""Pages and tables of what was measured, from benchmarks/results."""

import os
import re

import pandas as pd

from benchmarks import summary
from benchmarks.common import RESULTS, rounded

SCORES = ["AUROC", "held out", "AP"]


def detection_table():
    """All detectors in both settings, as a Markdown table."""
    clean, contaminated = map(summary.detection, ("clean", "contaminated"))
    parts = [
        clean.index.map(summary.shown).to_frame(index=False, name="detector"),
        _scores(clean, "clean"),
        _scores(contaminated.reindex(clean.index), "contaminated"),
        clean["fit s"].map(rounded).reset_index(drop=True),
    ]
    return summary.markdown(pd.concat(parts, axis=1))


def _scores(frame, setting):
    """Columns of texts, empty where nothing was measured."""
    texts = frame[SCORES].map(lambda value: "" if pd.isna(value) else f"{value:.3f}")
    return texts.rename(columns={"AUROC": setting}).reset_index(drop=True)


def fit_seconds_table():
    """Processor seconds of a fit with all defaults by number of rows."""
    table = pd.read_csv(RESULTS / "speed.csv")
    table = table[table["section"] == "rows"]
    names = table["name"].str.extract(r"(.*), ([\d,]+) rows")
    seconds = table.assign(detector=names[0].map(summary.shown), rows=names[1]).pivot(
        index="detector", columns="rows", values="measured"
    )
    # In the order of the file: by size of the table, ours first.
    seconds = seconds.loc[names[0].map(summary.shown).unique(), names[1].unique()]
    texts = seconds.map(lambda value: "" if pd.isna(value) else rounded(value))
    return summary.markdown(texts.reset_index(names="fit s, by number of rows"))


def pages():
    """A page for each report in benchmarks/results, by file name."""
    return {path.name: _page(path) for path in sorted(RESULTS.glob("*.md"))}


def _page(path):
    # Pictures stay where they are; a link from the page finds them.
    text = path.read_text(encoding="utf-8")
    folder = os.path.relpath(RESULTS, RESULTS.parents[1] / "docs/generated/measured")
    return re.sub(r"(!\[[^]]*\]\()", rf"\1{folder}/", text)
