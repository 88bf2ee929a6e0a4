"""Fitted detectors that tests share, to save most of the time."""

import copy

import pytest

from tests.contract.estimators import EVERY
from tests.contract.rows import frame, rows

_FITTED: dict = {}


@pytest.fixture
def fitted(blob):
    """Copy a detector that is fitted, at its settings, to `blob`, rows or a frame."""
    tables = {"blob": lambda: blob, "rows": rows, "frame": frame}

    def copied(name, to="blob"):
        if (name, to) not in _FITTED:
            _FITTED[name, to] = EVERY[name]().fit(tables[to]())
        return copy.deepcopy(_FITTED[name, to])

    return copied
