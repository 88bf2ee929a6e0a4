"""The demonstration's part on repair: irises, with errors as people make them."""

import numpy as np
import pandas as pd
from common import clock, say
from sklearn.datasets import load_iris

from skanomaly.correctors import AnomalyCorrector
from skanomaly.displays import RepairDisplay
from skanomaly.metrics import repair_scores

SEED = 0
SHOWN = ["row", "column", "old", "new", "status", "reason"]
OTHER = {"setosa": "virginica", "versicolor": "setosa", "virginica": "setosa"}
LOOK = """\
Look at the reasons: each has its evidence. Look at review.html in a browser: accept,
reject or edit each change. What is flagged looks wrong, but nothing in the table says
surely what should stand there, so it stays for a person. Here every error is repaired
or flagged; with other errors some would be missed, or right cells flagged as well.
"""


def irises():
    """Petals and sepals in cm, as text, and the species."""
    iris = load_iris(as_frame=True)
    X = iris.data.rename(columns=lambda name: name.removesuffix(" (cm)")).astype(str)
    return X.assign(species=np.array(iris.target_names, dtype=object)[iris.target])


ERRORS = [
    (3, "species", lambda name: name[:3] + name[4:]),  # a letter is missing
    (4, "species", str.upper),
    (3, "species", OTHER.get),
    (4, "petal length", lambda length: f"{length} cm"),
    (3, "sepal width", lambda width: f"{10 * float(width):.1f}"),
]


def with_errors(clean):
    """Put each kind of error into as many rows as it says."""
    dirty = clean.copy()
    rows = iter(np.random.default_rng(SEED).permutation(clean.index))
    for n_rows, column, error in ERRORS:
        for _ in range(n_rows):
            row = next(rows)
            dirty.loc[row, column] = error(clean.loc[row, column])
    return dirty


def repair_irises(folder, save):
    """Repair the table, write the review page, and count against the truth.

    Parameters
    ----------
    folder : Path
        Where the page goes.
    save : callable
        Takes a figure and a name, and writes the file.
    """
    clean = irises()
    dirty = with_errors(clean)
    corrector = AnomalyCorrector(random_state=SEED)
    with clock() as seconds:
        repaired = corrector.fit(dirty).transform(dirty)
    report = corrector.report_
    with pd.option_context("display.max_colwidth", None, "display.width", None):
        say(report[SHOWN].to_string(index=False))
    scores = repair_scores(dirty, repaired, clean)
    say(
        f"{scores.n_errors} wrong cells: {scores.n_fixed} repaired, "
        f"{(report['status'] == 'flagged').sum()} flagged, {scores.clean_broken} right "
        f"ones changed, in {seconds['wall']:.1f} s, without labels or rules"
    )
    dirty.to_csv(folder / "irises_with_errors.csv")
    repaired.to_csv(folder / "irises_repaired.csv")
    corrector.review(dirty, folder / "review.html")
    say("  demo_output/irises_with_errors.csv, irises_repaired.csv, review.html")
    changed = report[report["status"] == "repaired"]
    display = RepairDisplay.from_predictions(changed, X=dirty, name="Irises, repaired")
    save(display.figure_, "repair")
    say(LOOK)
