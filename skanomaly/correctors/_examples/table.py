"""Programs of all columns of a table, learned from known cells, and what they write."""

from dataclasses import dataclass, field

import numpy as np

from skanomaly.correctors._examples.columns import (
    Example,
    LearnedProgram,
    learn_programs,
)
from skanomaly.correctors._examples.proposals import propose, propose_templates
from skanomaly.correctors._examples.rewriting import Taken
from skanomaly.correctors._examples.texts import pairs_of, text_columns

__all__ = ["ColumnPrograms", "Edits", "learn_table"]

# Columns that are asked for what another one lacks, the nearest.
N_SOURCES = 12
# A review names only what looked wrong: nothing says where its programs end. They reach
# this many times as many cells as it has decided.
MAX_REACH = 3
# Shorter values are found in many texts.
MIN_LETTERS, MIN_DIGITS = 2, 3


@dataclass(frozen=True)
class Edits:
    """Cells that programs rewrite: arrays of shape (m,)."""

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    p: np.ndarray
    programs: np.ndarray  # the `LearnedProgram` of each cell


@dataclass(frozen=True)
class ColumnPrograms:
    """Programs for one column that read the same text, its own or another column's."""

    column: int
    source: int
    programs: list[LearnedProgram] = field(default_factory=list)

    def edits(self, texts):
        """Return rows, new values, probabilities and programs, by `text_columns`."""
        cells, codes, _ = pairs_of(texts[self.source], texts[self.column])
        new = np.array([old for _, old in cells], dtype=object)
        p, by = np.full(len(cells), np.nan), np.full(len(cells), None, dtype=object)
        for program in self.programs:
            left = np.flatnonzero(np.isnan(p))
            parts = zip(*(cells[k] for k in left), strict=True)
            new[left], p[left] = program.apply(*parts) if len(left) else ([], [])
            by[left[~np.isnan(p[left])]] = program
        rows = np.flatnonzero(~np.isnan(p)[codes] & texts[self.column].is_text)
        return rows, new[codes[rows]], p[codes[rows]], by[codes[rows]]


def learn_table(frame, known, right):
    """Learn the programs of a table.

    Parameters
    ----------
    frame : DataFrame
        The table before its correction.
    known : bool array of shape (n, d)
        Cells whose right value is known.
    right : DataFrame
        The table with these values in it.

    Returns
    -------
    programs : list of ColumnPrograms
    """
    texts, truths = text_columns(frame), text_columns(right)
    found, whole = [], known.all(axis=1)
    for j in texts:
        rows = np.flatnonzero(known[:, j] & texts[j].is_text)
        if j in truths and (texts[j].cells[rows] != truths[j].cells[rows]).any():
            most = np.inf if whole[rows].any() else MAX_REACH
            found += _learn_column(texts, truths, j, rows, most)
    return found


def _learn_column(texts, truths, j, rows, most):
    """Learn from a column's own text first, then from that of others."""
    found = []
    right = truths[j].cells
    for source in _sources(j, texts, truths):
        cells, codes, counts = pairs_of(texts[source], texts[j])
        stays = texts[source].cells == truths[source].cells
        examples = [
            Example(text, old, right[i], bool(stays[i]))
            for i in rows
            for text, old in [cells[codes[i]]]
        ]
        ways = _own if source == j else _taker(texts[source].name)
        learned = [
            one
            for one in learn_programs(examples, cells, counts, ways)
            if _reach(one, cells, counts) <= most * one.n_examples
        ]
        if learned:
            programs = ColumnPrograms(j, source, learned)
            found.append(programs)
            done = set(programs.edits(texts)[0])
            rows = np.array([i for i in rows if i not in done], dtype=np.int64)
        if (texts[j].cells[rows] == right[rows]).all():
            break
    return found


def _reach(program, cells, counts):
    """Number of cells that a program would rewrite, beside its examples."""
    _, p = program.apply(*zip(*cells, strict=True))
    return counts[~np.isnan(p)].sum() - program.n_examples


def _sources(j, texts, truths):
    """The column itself, then the others, the nearest first."""
    others = sorted(
        (k for k in texts if k in truths and k != j), key=lambda k: (abs(k - j), k)
    )
    return [j, *others[:N_SOURCES]]


def _is_telling(text):
    """Tell whether a text is found elsewhere by more than chance."""
    letters, digits = (
        sum(map(test, text or "")) for test in (str.isalpha, str.isdigit)
    )
    return letters >= MIN_LETTERS or digits >= MIN_DIGITS


def _own(example):
    return propose(example.old, example.new)


def _taker(name):
    """Return what proposes programs that take from a column of this name."""

    def propose_taken(example):
        if not example.source or not _is_telling(example.new):
            return []
        made = propose_templates(example.source, example.new)
        return [Taken(t.pieces, name) for t in made if not t.n_letters]

    return propose_taken
