"""What the tracks share: what a track is, codes, ways to use ours."""

import importlib.metadata
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

MISSING = -1
NEW = 10_000  # added to a seed where rows must differ from the training rows


class Target(NamedTuple):
    """A figure that was aimed at: `sign` is "<=" or ">="."""

    data: str
    method: str
    metric: str
    sign: str
    value: float

    def is_kept(self, measured):
        """Whether a measured figure is as good as was wanted."""
        return measured >= self.value if self.sign == ">=" else measured <= self.value


@dataclass(frozen=True)
class Track:
    """A question, the data and the methods, and how to answer for one of each.

    `run(data, method, seed, quick)` returns a dict of figures by their names. What
    `once` names, a method or a set, is slow or has nothing random in it and runs with
    the first seed only. What `only` names runs on these sets only, and what
    `asked_for` names only where the command line names it. `is_flat` reports all sets
    in one table; `summary(rows)` returns a text that stands before the tables, or in
    their place if `is_flat` is None.
    """

    name: str
    title: str
    note: str
    data: tuple
    methods: tuple
    run: Callable
    seeds: tuple = (0, 1, 2)
    quick_data: tuple = ()
    once: tuple = ()
    only: dict = field(default_factory=dict)
    asked_for: tuple = ()
    targets: tuple = ()
    is_flat: bool | None = False
    summary: Callable | None = None

    def cases(self, quick, named=()):
        """Every (data, method, seed) of this track."""
        data = (self.quick_data or self.data[:1]) if quick else self.data
        data += tuple(name for name in self.asked_for if name in named)
        return [
            (name, method, seed)
            for name in data
            for seed in (self.seeds[:1] if quick else self.seeds)
            for method in self.methods
            if name in self.only.get(method, (name,))
            and (seed == self.seeds[0] or not {name, method} & set(self.once))
        ]


class Codes:
    """Tables of strings as integers and back, whatever the library does inside."""

    def __init__(self, *frames):
        table = pd.concat(frames)
        self.names = list(table.columns)
        self.values = [np.unique(table[name].dropna()) for name in self.names]
        self.sizes = [len(v) for v in self.values]

    def encode(self, frame):
        """Return int64 (n, d), `MISSING` for a missing cell."""
        columns = [
            pd.Index(values).get_indexer(frame[name])
            for name, values in zip(self.names, self.values, strict=True)
        ]
        return np.column_stack(columns).astype(np.int64)

    def decode(self, codes):
        """Return a frame of strings, None for `MISSING`."""
        columns = {
            name: np.append(values.astype(object), None)[codes[:, j]]
            for j, (name, values) in enumerate(
                zip(self.names, self.values, strict=True)
            )
        }
        return pd.DataFrame(columns, dtype=object)


def timed(function, *args):
    """Return what a function returns, and the processor seconds that it took."""
    start = time.process_time()
    result = function(*args)
    return result, time.process_time() - start


def sample_rows(frame, n_rows, seed):
    """Draw rows without replacement, numbered anew."""
    rows = np.random.default_rng(seed).permutation(len(frame))[:n_rows]
    return frame.iloc[rows].reset_index(drop=True)


def no_answer_as_value(table):
    """Table in which a missing answer ("?", "unknown") is a value like any other.

    The correctors would read these as missing cells, which is another question.
    """
    return table.replace({"?": "no answer", "unknown": "no answer"})


def given(mask):
    """Return what `DiffusionInpainter` takes as `mask` to regenerate known cells."""
    return np.asarray(mask, dtype=bool)


def aligned_proba(model, codec, codes, mask):
    """Return the probabilities of masked cells, (n_masked, K_j) for each column.

    A column of the result is a value of `codec`; one that the model never saw has
    probability zero.
    """
    proba = model.proba(codec.decode(codes), mask)
    result = []
    for j, name in enumerate(codec.names):
        p = np.zeros((int(mask[:, j].sum()), codec.sizes[j]))
        if len(p):
            found = pd.Index(codec.values[j]).get_indexer(model.categories_[j])
            p[:, found] = np.asarray(proba[name])
        result.append(p)
    return result


def log_pseudo_likelihood(model, codec, codes):
    """Sum over the columns of log p(cell | all other cells of the row), (n,)."""
    total = np.zeros(len(codes))
    for j in range(codes.shape[1]):
        mask = np.zeros(codes.shape, dtype=bool)
        mask[:, j] = True
        p = aligned_proba(model, codec, codes, mask)[j]
        total += np.log(p[np.arange(len(codes)), codes[:, j]] + 1e-12)
    return total


def percentile(values, reference):
    """Share of the reference below each value, ties counted half; the mean of it."""
    reference = np.sort(reference)
    below = np.searchsorted(reference, values, side="left")
    upto = np.searchsorted(reference, values, side="right")
    return float(np.mean(below + upto) / 2 / len(reference))


def installed(*packages):
    """Whether all these optional packages are there."""
    try:
        for package in packages:
            importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
