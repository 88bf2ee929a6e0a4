"""
A file, without writing a program
=================================

``skanomaly repair`` changes the wrong cells of a file, and ``skanomaly detect`` scores
its rows. Here both run on a small file of orders, as they would in a terminal.
"""

# %%
# A file with four errors: a town, a zip, a total and a number of pieces.
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
zips = {"Bern": "03011", "Oslo": "00150", "Rome": "00184"}
town = rng.choice(list(zips), 500)
pieces, price = rng.integers(1, 9, 500), rng.normal(20, 2, 500).round(2)
table = pd.DataFrame(
    {"order": range(500), "town": town, "zip": [zips[t] for t in town]}
)
table = table.assign(weight=rng.normal(5, 1, 500).round(1), pieces=pieces, price=price)
table["total"] = (pieces * price).round(2)
table.loc[3, "town"], table.loc[5, "zip"] = "Brn", "99999"
table.loc[8, "total"], table.loc[9, "pieces"] = 1.0, 199

folder = Path(tempfile.mkdtemp())
table.to_csv(folder / "dirty.csv", index=False)

# %%
# A terminal, as a function.
import shlex
import subprocess
import sys


def run(command):
    """Run a command in the folder and print what it says."""
    words = [sys.executable, "-m", *shlex.split(command)]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    print(done.stdout + done.stderr)


run("skanomaly repair dirty.csv -o clean.csv --report changes.csv")

# %%
# The report, as a table and as a picture. An apostrophe guards a text that a
# spreadsheet would rewrite, such as "03011"; the repaired file has none.
changes = pd.read_csv(folder / "changes.csv")
changes[["row", "column", "old", "new", "p_new", "reason"]].style.hide(axis="index")

# %%
from skanomaly.displays import RepairDisplay

RepairDisplay.from_predictions(changes, X=table)

# %%
# All other bytes of the file are as before: only four lines differ.
before, after = (
    (folder / name).read_text().splitlines() for name in ("dirty.csv", "clean.csv")
)
for old, new in zip(before, after, strict=True):
    if old != new:
        print(f"{old:36} -> {new}")

# %%
# Scores of the rows, with the columns that contribute most to each.
run("skanomaly detect dirty.csv -o scores.csv --explain")
scores = pd.read_csv(folder / "scores.csv")
scores.nlargest(4, "score").iloc[:, :7].round(1).style.hide(axis="index")
