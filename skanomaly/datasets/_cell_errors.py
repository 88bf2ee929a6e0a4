"""Errors injected into known cells of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from skanomaly.utils._checks import is_number
from skanomaly.utils._seeds import draw_seed
from skanomaly.utils._typing import BoolArray, MatrixLike, RandomStateLike

LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


def inject_cell_errors(
    X: MatrixLike,
    rate: float = 0.05,
    *,
    kind: Literal["swap", "typo", "missing"] = "swap",
    temperature: float = 2.0,
    columns: Sequence[str] | Sequence[int] | None = None,
    random_state: RandomStateLike = None,
) -> tuple[Any, BoolArray]:
    r"""Inject errors into randomly chosen cells of a table.

    Where there is no pair of a dirty and a clean table, this makes one: `X` is the
    clean table. A chosen cell never keeps its value.

    Parameters
    ----------
    X : DataFrame or array-like of shape (n_samples, n_features)
        The clean table, with columns of any type.
    rate : float, default=0.05
        Error rate: the fraction of the cells to corrupt, in [0, 1], out of those that
        can have an error of this kind. Their number is rounded; all are equally likely.
    kind : {"swap", "typo", "missing"}, default="swap"
        What happens to a cell:

        - "swap": another value of its column, drawn from the tempered marginal. The
          column needs two values.
        - "typo": one character is inserted, deleted or substituted. For text only.
        - "missing": no value. Not for integers, booleans and arrays of text, whose
          types have no missing value.
    temperature : float, default=2.0
        For "swap": a value with relative frequency :math:`p` in its column is drawn
        with a probability proportional to :math:`p^{1/\mathrm{temperature}}`. 1 is the
        marginal distribution, infinity the uniform one.
    columns : sequence of str or of int, default=None
        Columns to inject errors into: names for a DataFrame, positions for an array.
        None takes every column that can have an error of this kind.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    Returns
    -------
    X_dirty : DataFrame or ndarray of shape (n_samples, n_features)
        A copy with errors; index, columns and types are those of `X`. Only where typos
        need it, text of fixed width gets wider, and a categorical column more
        categories.
    mask : ndarray of bool of shape (n_samples, n_features)
        True = wrong.

    Raises
    ------
    ValueError
        If no column, or one of `columns`, can have an error of this kind.

    See Also
    --------
    fetch_repair_pair : Tables with real errors.
    skanomaly.metrics.repair_scores : Compares a repair with the clean table.

    Notes
    -----
    Cells that are missing in `X` stay missing.

    Examples
    --------
    >>> from skanomaly.datasets import inject_cell_errors, make_no_repeats
    >>> X, _ = make_no_repeats(100, as_frame=True, random_state=0)
    >>> X_dirty, mask = inject_cell_errors(X, rate=0.1, random_state=0)
    >>> int(mask.sum()), bool(((X_dirty != X) == mask).all(axis=None))
    (30, True)
    """
    _check_parameters(rate, kind, temperature)
    frame, back = _as_frame(X, kind)
    rng = np.random.default_rng(draw_seed(random_state))
    mask = _choose(frame, rate, _carriers(frame, kind, columns), rng)
    for j in np.flatnonzero(mask.any(axis=0)):
        dirty = ERRORS[kind](frame.iloc[:, j], mask[:, j], rng, temperature)
        frame.isetitem(j, dirty)
    return back(frame), mask


def _as_frame(X, kind):
    """Return a copy of the table as a frame, and the way back."""
    import pandas as pd

    if isinstance(X, pd.DataFrame):
        return X.copy(), lambda frame: frame
    X = np.asarray(X)
    if X.ndim != 2:
        raise ValueError(f"X has shape {X.shape}: expected a two-dimensional table.")
    if X.dtype.kind == "U" and kind == "missing":
        raise ValueError(
            f"kind='missing': an array of dtype {X.dtype} has no missing value. Pass "
            "X.astype(object)."
        )
    if X.dtype.kind == "U":
        # As objects: text of fixed width would truncate an inserted character.
        return pd.DataFrame(X.astype(object), dtype=object), _as_text
    dtype = X.dtype
    return pd.DataFrame(X, copy=True, dtype=dtype), lambda f: f.to_numpy(dtype=dtype)


def _as_text(frame):
    return frame.to_numpy(dtype=object).astype(str)


def _choose(frame, rate, carriers, rng):
    """Return which cells to corrupt (bool), none of them missing."""
    can = frame.notna().to_numpy() & carriers
    cells = np.flatnonzero(can)
    chosen = rng.choice(cells, size=round(rate * len(cells)), replace=False)
    mask = np.zeros(frame.shape, dtype=bool)
    mask.flat[chosen] = True
    return mask


def _carriers(frame, kind, columns):
    """Return which columns get errors (bool)."""
    can = np.array([CAN_CARRY[kind](frame.iloc[:, j]) for j in range(frame.shape[1])])
    if columns is None:
        if not can.any():
            raise ValueError(f"kind={kind!r} needs a column with {NEEDS[kind]}.")
        return can
    columns = [columns] if isinstance(columns, str) else list(columns)
    positions = frame.columns.get_indexer(columns)
    for name, j in zip(columns, positions, strict=True):
        if j < 0:
            raise ValueError(f"columns: {name!r} is no column of X.")
        if not can[j]:
            raise ValueError(
                f"kind={kind!r} needs {NEEDS[kind]}; column {name!r} has none."
            )
    wanted = np.zeros(len(can), dtype=bool)
    wanted[positions] = True
    return wanted


def _swap(column, wrong, rng, temperature):
    """Return the column with cells taken from its other rows."""
    import pandas as pd

    codes, values = pd.factorize(column)
    known = np.flatnonzero(codes >= 0)
    first = np.empty(len(values), dtype=np.int64)
    first[codes[known[::-1]]] = known[::-1]
    source = np.arange(len(column))
    source[wrong] = first[_other_codes(codes[known], codes[wrong], rng, temperature)]
    # Taking rows keeps the type of a column, which assigning values may change.
    return column.take(source).set_axis(column.index)


def _other_codes(codes, current, rng, temperature):
    """Draw from the tempered marginal of `codes`, given that it is not `current`."""
    shares = np.bincount(codes) / len(codes)
    weights = shares ** (1 / temperature)
    upper = np.cumsum(weights / weights.sum())
    lower = np.append(0.0, upper[:-1])
    # Remove the interval of the current value from (0, 1), and shift the rest down.
    gap = upper[current] - lower[current]
    point = rng.random(len(current)) * (upper[-1] - gap)
    point += np.where(point >= lower[current], gap, 0.0)
    drawn = np.searchsorted(upper, point, side="right").clip(max=len(upper) - 1)
    # Rounding may lead back to an end of the interval.
    return np.where(drawn == current, (current + 1) % len(upper), drawn)


def _typo(column, wrong, rng, _):
    values = column.to_numpy(dtype=object)[wrong]
    edits = rng.choice(list(EDITS), size=len(values))
    places = rng.random(len(values))
    letters = rng.integers(len(LETTERS), size=len(values))
    cells = zip(values, edits, places, letters, strict=True)
    misspelt = [_misspell(*cell) for cell in cells]
    column = column.copy()
    if hasattr(column, "cat"):
        new = dict.fromkeys(misspelt).keys() - set(column.cat.categories)
        column = column.cat.add_categories(sorted(new))
    column.iloc[np.flatnonzero(wrong)] = misspelt
    return column


def _misspell(word, edit, place, letter):
    """Change one character at `place`, a number in [0, 1)."""
    if len(word) == 0 or (len(word) == 1 and edit == "remove"):
        edit = "add"
    i = int(place * len(word))
    if edit == "replace" and word[i] == LETTERS[letter]:
        letter = (letter + 1) % len(LETTERS)
    return word[:i] + EDITS[edit](str(LETTERS[letter]), word[i : i + 1]) + word[i + 1 :]


EDITS = {
    "add": lambda letter, replaced: letter + replaced,
    "remove": lambda letter, replaced: "",
    "replace": lambda letter, replaced: letter,
}


def _lose(column, wrong, rng, _):
    column = column.copy()
    column.iloc[np.flatnonzero(wrong)] = np.nan
    return column


def _has_two_values(column):
    return column.nunique() > 1


def _is_text(column):
    from pandas.api.types import infer_dtype

    values = column.cat.categories if hasattr(column, "cat") else column
    return infer_dtype(values, skipna=True) == "string"


def _can_be_missing(column):
    return not (isinstance(column.dtype, np.dtype) and column.dtype.kind in "iub")


ERRORS = {"swap": _swap, "typo": _typo, "missing": _lose}
CAN_CARRY = {"swap": _has_two_values, "typo": _is_text, "missing": _can_be_missing}
NEEDS = {
    "swap": "two or more values",
    "typo": "text",
    "missing": "a type with missing values",
}


def _check_parameters(rate, kind, temperature):
    if not is_number(rate) or not 0 <= rate <= 1:
        raise ValueError(f"rate={rate!r}: give a number in [0, 1].")
    if not isinstance(kind, str) or kind not in ERRORS:
        raise ValueError(f"kind={kind!r}: give one of {', '.join(ERRORS)}.")
    if not is_number(temperature) or not temperature > 0:
        raise ValueError(f"temperature={temperature!r}: give a positive number.")
