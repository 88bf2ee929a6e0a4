"""How long a repair takes: all rows at once against row by row."""

import numpy as np
from _repair_common import Track, timed
from _repair_ours import search
from _repair_toys import RULES, as_strings

N_ROWS = 1000
N_SINGLE = 20


def batched(data, method, seed, quick):
    """Time a repair of 1,000 rows in one call, and of some of them one by one."""
    rule = RULES[data]
    X, y = rule.draw(1500, seed)
    n_rows, n_single = (100, 4) if quick else (N_ROWS, N_SINGLE)
    # Every row only once: what is equal would be searched only once, too.
    rows = np.unique(rule.anomalies(4 * n_rows, seed + 1), axis=0)
    rows = np.random.default_rng(seed).permutation(rows)[:n_rows]
    model = search(seed, name=method).fit(as_strings(X), y.astype(int))
    table = as_strings(rows)
    model.transform(table[:2])  # what is set up once is not the question
    whole, together = timed(model.transform, table)
    alone, one_by_one = timed(_row_by_row, model, table[:n_single])
    one_by_one *= len(table) / n_single
    same = np.array_equal(whole[:n_single].to_numpy(), alone)
    return {
        "rows": len(table),
        "all at once s": together,
        "row by row s": one_by_one,
        "times faster": one_by_one / together,
        "ms/row": 1000 * together / len(table),
        "same result": float(same),
    }


def _row_by_row(model, table):
    parts = [model.transform(table[i : i + 1]).to_numpy() for i in range(len(table))]
    return np.concatenate(parts)


SPEED = Track(
    "speed", "All rows at once against row by row",
    f"{N_ROWS:,} distinct rows that break the rule, one call of `transform` against "
    f"one call a row, measured on {N_SINGLE} rows and scaled. The gradient search "
    "walks from each row ten times.",
    ("sum 10x6 <= 28", "no repeats 5x7"),
    ("inverse gradient, published", "inverse gradient, corrected", "beam", "auto"),
    batched,
)  # fmt: skip
TRACKS = (SPEED,)
