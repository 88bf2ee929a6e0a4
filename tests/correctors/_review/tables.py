"""Tables whose review is tested."""

import numpy as np
import pandas as pd

# Cells that want to be more than text.
HOSTILE = (
    '<img src="x" onerror="window.hacked = 1">',
    "</script><script>window.hacked = 1</script>",
    "</noscript><script>window.hacked = 1</script>",
    "=cmd|'/c calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "a;=1+1",
    "'quoted",
    'say "hi", twice',
    "two\nlines",
    "  blanks ",
    "$title {{x}} &lt; &#60;",
    "日本語 🙂",
    "00100",
    "",
)


def hostile_table():
    """A first column whose mode is "usual", so that all hostile cells are changed."""
    cells = [*HOSTILE, *["usual"] * 20]
    label = [f'r{i} "><script>window.hacked = 1</script>' for i in range(len(cells))]
    return pd.DataFrame(
        {"<b>a</b>": cells, "=n": np.arange(len(cells))}, index=label
    ).astype({"<b>a</b>": object})


def long_table(n_changes):
    """Half of the rows change."""
    rng = np.random.default_rng(0)
    n = 2 * n_changes
    words = np.array([f"word {k}" for k in range(50)], dtype=object)
    word = np.where(np.arange(n) % 2 == 0, "usual", words[rng.integers(50, size=n)])
    others = {f"c{j}": words[rng.integers(50, size=n)] for j in range(8)}
    return pd.DataFrame({"word": word.astype(object), **others})


def shop(n=400, seed=0):
    """Orders with typing errors, exchanged cells, a unit, impossible ages."""
    rng = np.random.default_rng(seed)
    at = rng.integers(3, size=n)
    quantity = rng.integers(1, 5, n)
    price = np.round(np.array([25.0, 80.0, 6.0])[at] * rng.normal(1, 0.05, n), 2)
    clean = pd.DataFrame(
        {
            "city": np.array(["Bern", "Rome", "Oslo"], dtype=object)[at],
            "land": np.array(["CH", "IT", "NO"], dtype=object)[at],
            "weight": rng.integers(40, 99, n).astype(str).astype(object),
            "quantity": quantity,
            "price": price,
            "total": np.round(quantity * price, 2),
            "age": rng.integers(18, 80, n),
            "day": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(rng.integers(0, 300, n), unit="D"),
        }
    )
    dirty = clean.copy()
    rome = np.flatnonzero(at == 1)[:4]
    dirty.loc[rome, "city"] = ["Rmoe", "Roma", "Rme", "Rom"]
    dirty.loc[10:14, ["city", "land"]] = clean.loc[10:14, ["land", "city"]].to_numpy()
    dirty.loc[20:90:5, "weight"] += " kg"
    dirty.loc[100:107, "total"] = 0.0
    dirty.loc[120:124, "age"] = [230, -5, 999, 0, 400]
    return dirty
