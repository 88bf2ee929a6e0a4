"""T14: what a person teaches by correcting a few rows, played by the clean table."""

from functools import cache

import numpy as np

from benchmarks.repair.common import Target, Track, timed
from benchmarks.repair.methods import CORRECTORS, cell_corrector
from benchmarks.repair.pairs import pair
from benchmarks.repair.scoring import counts, risks, same_cells
from benchmarks.repair.taught import TAUGHT
from benchmarks.repair.users import CASES

DEFAULT = CORRECTORS[0]
N_ROWS = (5, 10, 20)
REAL = ("beers", "rayyan", "hospital", "flights")
ALL_CONFIRMED = "all rows, of the clean table"


@cache
def _tables(data, seed):
    """Dirty and clean table; made-up ones differ by seed."""
    if data in REAL:
        return pair(data)[:2]
    if data in TAUGHT:
        return TAUGHT[data](seed)
    case = CASES[data](seed)
    return case.dirty, case.clean


def teach(data, method, seed, quick):
    """Correct some rows, fit, repair the table; count with and without these rows."""
    dirty, clean = _tables(data, seed)
    if method == ALL_CONFIRMED:
        return _confirmed(clean, seed)
    corrector = cell_corrector(DEFAULT, seed)
    rows, fit_s = timed(METHODS[method], corrector, dirty, clean, seed)
    repaired, seconds = timed(corrector.transform, dirty)
    figures = counts(dirty, repaired, clean)
    others = counts(*(t.drop(index=rows) for t in (dirty, repaired, clean)))
    figures |= {f"{name}, other rows": others[name] for name in ("P", "R", "F1")}
    figures["corrected cells"] = (
        int((~same_cells(dirty, clean)).sum()) - others["wrong"]
    )
    learned = [program for program in corrector.programs_ if program.is_learned]
    figures["programs"] = len(learned)
    return figures | risks(corrector, figures) | {"seconds": fit_s + seconds}


def _confirmed(clean, seed):
    """A clean table of which a person confirms every row: nothing may change."""
    corrector = cell_corrector(DEFAULT, seed)
    _, fit_s = timed(lambda: corrector.fit(clean, corrections=clean))
    repaired, seconds = timed(corrector.transform, clean)
    figures = counts(clean, repaired, clean)
    return {name: figures[name] for name in ("changed", "broken")} | {
        "seconds": fit_s + seconds
    }


def _no_rows(corrector, dirty, clean, seed):
    corrector.fit(dirty)
    return []


def _corrected(choose):
    """Return what corrects the rows that are chosen, and fits."""

    def correct(corrector, dirty, clean, seed):
        rows = choose(corrector, dirty, seed)
        corrector.fit(dirty, corrections=clean.loc[rows])
        return rows

    return correct


def _suggested(n):
    return lambda corrector, dirty, seed: corrector.suggest_rows(dirty, n)


def _random(n):
    def choose(corrector, dirty, seed):
        order = np.random.default_rng(seed).permutation(len(dirty))
        return list(dirty.index[order[:n]])

    return choose


def _in_rounds(n, n_round=5):
    """Suggest five rows, correct them, fit, and again."""

    def correct(corrector, dirty, clean, seed):
        rows: list = []
        while len(rows) < n:
            rows += corrector.suggest_rows(dirty, n_round)
            corrector.fit(dirty, corrections=clean.loc[rows])
        return rows

    return correct


METHODS = {
    "no rows": _no_rows,
    **{f"{n} suggested": _corrected(_suggested(n)) for n in N_ROWS},
    **{f"{n} random": _corrected(_random(n)) for n in N_ROWS},
    "20 suggested, in rounds of 5": _in_rounds(20),
}
T14 = Track(
    "T14", "Corrections: a few rows that a person corrects",
    "`AnomalyCorrector` at its defaults, fitted with the clean rows of a few labels as "
    "`corrections`; *suggested* are those of `suggest_rows`, asked before any fit "
    "(*in rounds*: five, a fit, five more). The corrected rows are taken over and "
    "count; *other rows* leaves them out. *corrected cells*: wrong cells in the rows "
    "that were corrected; *programs*: learned ones. Five tables are made up "
    "(`benchmarks/repair/taught.py`): errors of a kind that one or two examples "
    "determine. Of the clean table all rows are confirmed, and nothing may change. "
    "Published for comparison: Raha + Baran with 40 labelled rows reach F1 .90 on "
    "beers and .35 on rayyan.",
    (*REAL, "orders", *TAUGHT), (*METHODS, ALL_CONFIRMED), teach,
    quick_data=("lab",),
    once=(ALL_CONFIRMED, "20 suggested, in rounds of 5"),
    targets=(
        Target("beers", "20 suggested", "F1", ">=", 0.97),
        Target("rayyan", "20 suggested", "F1", ">=", 0.88),
        Target("hospital", "20 suggested", "F1", ">=", 0.9779),
        Target("flights", "20 suggested", "F1", ">=", 0.58),
        *(Target(name, ALL_CONFIRMED, "changed", "<=", 0)
          for name in (*REAL, "orders", *TAUGHT)),
    ),
)  # fmt: skip
TRACKS = (T14,)
