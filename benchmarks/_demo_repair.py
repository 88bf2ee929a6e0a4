"""The demonstration's part on repair: pictures of digits as a table with wrong cells.

Every pixel is a column of four shades, and one more column says which digit it is. No
label says what is wrong; what a pixel should be is learned from the other columns.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from common import clock, say
from sklearn.datasets import load_digits

from skanomaly.correctors import AnomalyCorrector, DiffusionInpainter
from skanomaly.datasets import inject_cell_errors
from skanomaly.displays import RepairDisplay
from skanomaly.metrics import repair_scores

SEED = 0
SHADES = ("white", "light", "dark", "black")
HEIGHT, WIDTH = 8, 6  # without the left and the right margin, which are white
MAX_DIGIT = 4  # half of the digits, for speed
ERROR_RATE = 0.03
N_STEPS = 250  # the default trains eight times as long
# Pictures to draw: the first so many with at least so many wrong cells.
N_PICTURES, MUCH_DAMAGE = 10, 3
SHOWN = ("row", "column", "old", "new", "p_new", "p_error")


def digits_table():
    """Handwritten digits 0 to 4 as a table of categories, one row a picture."""
    X, digit = load_digits(return_X_y=True)
    X, digit = X[digit <= MAX_DIGIT], digit[digit <= MAX_DIGIT]
    pixels = X.reshape(-1, HEIGHT, 8)[:, :, 1 : 1 + WIDTH].reshape(len(X), -1)
    shade = np.rint(pixels / 16 * (len(SHADES) - 1)).astype(int)
    names = [f"r{i}c{j}" for i in range(HEIGHT) for j in range(WIDTH)]
    table = pd.DataFrame(np.array(SHADES)[shade], columns=names)
    return table.assign(digit=[f"digit {d}" for d in digit])


def most_common_values(dirty, n_cells):
    """Null baseline: the rarest values of all columns become the most common one."""
    shares = dirty.apply(lambda column: column.map(column.value_counts(normalize=True)))
    rarest = np.argsort(shares.to_numpy(), axis=None, kind="stable")[:n_cells]
    repaired = dirty.to_numpy(dtype=object)
    row, column = np.unravel_index(rarest, repaired.shape)
    repaired[row, column] = dirty.mode().iloc[0].to_numpy()[column]
    return pd.DataFrame(repaired, columns=dirty.columns, index=dirty.index)


def say_scores(name, scores):
    """Print one line."""
    say(
        f"  {name}: precision {scores.precision:.2f}, recall {scores.recall:.2f}, "
        f"F1 {scores.f1:.2f}; {scores.n_fixed} of {scores.n_errors} wrong cells "
        f"repaired, {scores.clean_broken} right ones spoiled"
    )


def draw_pictures(tables, rows):
    """Draw rows as pictures, one line for each table; wrong cells get a red frame."""
    clean = next(iter(tables.values()))
    size = (1.1 * len(rows) + 1, 1.5 * len(tables))
    figure, axes = plt.subplots(
        len(tables), len(rows), figsize=size, layout="constrained", squeeze=False
    )
    for line, (name, table) in zip(axes, tables.items(), strict=True):
        for ax, row in zip(line, rows, strict=True):
            draw_picture(ax, table.loc[row], clean.loc[row])
        line[0].set_ylabel(name)
    return figure


def draw_picture(ax, row, clean):
    """Draw one row with its digit above it; what is wrong is red."""
    pixels = row.drop("digit")
    shade = pixels.map(SHADES.index).to_numpy(dtype=float).reshape(HEIGHT, WIDTH)
    ax.imshow(shade, cmap="gray_r", vmin=0, vmax=len(SHADES) - 1)
    wrong = (row != clean).drop("digit").to_numpy().reshape(HEIGHT, WIDTH)
    for i, j in np.argwhere(wrong):
        corner = (j - 0.5, i - 0.5)
        ax.add_patch(plt.Rectangle(corner, 1, 1, fill=False, color="tab:red", lw=1.5))
    is_right = row["digit"] == clean["digit"]
    ax.set_title(row["digit"], fontsize=9, color="black" if is_right else "tab:red")
    ax.set(xticks=[], yticks=[])


def repair_digits(save):
    """Spoil cells, repair them without labels, and show what became of them.

    Parameters
    ----------
    save : callable
        Takes a figure and a name, and writes the file.
    """
    clean = digits_table()
    dirty, is_wrong = inject_cell_errors(
        clean, ERROR_RATE, temperature=np.inf, random_state=SEED
    )
    say(
        f"  {len(dirty)} rows, {dirty.shape[1]} columns; {is_wrong.sum()} cells "
        f"({ERROR_RATE:.0%}) got another value, any one alike; no labels"
    )
    corrector = AnomalyCorrector(
        alpha=0.5,  # every change that is more likely right than wrong
        inpainter=DiffusionInpainter(n_steps=N_STEPS, hidden_units=(256, 256)),
        random_state=SEED,
    )
    with clock() as seconds:
        repaired = corrector.fit(dirty).transform(dirty)
    report = corrector.report_
    say(f"  first rows of report_, after {seconds['wall']:.1f} s:")
    say(report.loc[:, list(SHOWN)].head(6).to_string(index=False))
    say_scores("AnomalyCorrector", repair_scores(dirty, repaired, clean))
    null = most_common_values(dirty, len(report))
    say_scores("most common value for the rarest", repair_scores(dirty, null, clean))
    tables = {"as it was": clean, "damaged": dirty, "repaired": repaired}
    damaged = dirty.index[is_wrong.sum(axis=1) >= MUCH_DAMAGE][:N_PICTURES]
    save(draw_pictures(tables, damaged), "repair_before_after")
    cells = RepairDisplay.from_predictions(report, X=dirty, name="Repair of the digits")
    save(cells.figure_, "repair_cells")
    options = {"X_clean": clean, "kind": "calibration"}
    sure = RepairDisplay.from_predictions(report, **options)
    save(sure.figure_, "repair_calibration")
