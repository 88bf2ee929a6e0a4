"""A demonstration on data that scikit-learn brings along; `make demo` runs it.

Four parts: detection beside PyOD and scikit-learn, a table with text and missing cells,
a repair with its review page, and pictures. Everything goes to demo_output/.
"""

import time

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from _demo_detect import compare
from _demo_explain import LOOK, draw_digits, draw_tumours
from _demo_mixed import find_wrong_diagnoses
from _demo_repair import repair_irises
from common import ROOT, one_thread, say

OUTPUT = ROOT / "demo_output"


def save(figure, name):
    """Write a picture and say so."""
    path = OUTPUT / f"{name}.png"
    figure.savefig(path, dpi=100, bbox_inches="tight")
    plt.close(figure)
    say(f"  {path.relative_to(ROOT)}")


def main():
    """Run all parts."""
    start = time.perf_counter()
    one_thread()
    OUTPUT.mkdir(exist_ok=True)
    say("\n1. DETECT, beside PyOD and scikit-learn (ROC AUC)\n")
    compare(OUTPUT, save)
    say("\n2. A TABLE WITH TEXT AND MISSING CELLS: tumours with wrong diagnoses\n")
    find_wrong_diagnoses(save)
    say("\n3. REPAIR: irises with errors\n")
    repair_irises(OUTPUT, save)
    say("\n4. EXPLAIN: pictures\n")
    draw_tumours(save)
    draw_digits(save)
    say(LOOK)
    say(f"Done in {time.perf_counter() - start:.0f} s. Look into {OUTPUT}.")


if __name__ == "__main__":
    main()
