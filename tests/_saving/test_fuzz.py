"""Damaged and forged files: a clear error, never other scores, a hang or a crash.

``SKANOMALY_FUZZ_FILES=100000 pytest -m slow tests/_saving/test_fuzz.py`` looks further.
"""

import collections
import os
import signal
import warnings

import numpy as np
import pytest

import skanomaly
from skanomaly.exceptions import LoadError
from tests._saving.damage import DAMAGE, forged, generator

N_FILES = int(os.environ.get("SKANOMALY_FUZZ_FILES", "10000"))
SECONDS = 20


def _too_long(*_):
    raise TimeoutError("loading takes too long")


@pytest.fixture
def in_time():
    """Interrupt what hangs, where the system can."""
    if not hasattr(signal, "SIGALRM"):
        yield lambda seconds: None
        return
    before = signal.signal(signal.SIGALRM, _too_long)
    yield signal.alarm
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _outcome(content, path):
    """What became of a file: its estimator, or None where it was refused."""
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return skanomaly.load(path)
        except LoadError as error:
            assert str(path) in str(error)
            return None


@pytest.mark.parametrize(
    "n_files", [300, pytest.param(N_FILES, marks=pytest.mark.slow)]
)
def test_a_damaged_file_is_refused_or_scores_as_before(
    n_files, content, detector, rows, tmp_path, in_time
):
    expected, counts = detector.score_samples(rows), collections.Counter()
    for seed in range(n_files):
        rng = generator(seed)
        damage = DAMAGE[seed % len(DAMAGE)]
        in_time(SECONDS)
        loaded = _outcome(damage(content, rng), tmp_path / "file")
        counts["refused" if loaded is None else "as before"] += 1
        if loaded is not None:
            np.testing.assert_array_equal(loaded.score_samples(rows), expected)
    in_time(0)
    print(f"{n_files} damaged files: {dict(counts)}")
    assert counts["refused"] > 0.9 * n_files


@pytest.mark.parametrize(
    "n_files", [200, pytest.param(N_FILES, marks=pytest.mark.slow)]
)
def test_a_forged_file_is_refused_or_gives_an_estimator(
    n_files, content, detector, rows, tmp_path, in_time
):
    """With a checksum that agrees, all the rest has to stand on its own."""
    counts = collections.Counter()
    for seed in range(n_files):
        in_time(SECONDS)
        loaded = _outcome(forged(content, generator(seed)), tmp_path / "file")
        counts["refused" if loaded is None else "loaded"] += 1
        # What comes back is what was asked for, whatever numbers are in it.
        assert loaded is None or hasattr(loaded, "get_params")
    in_time(0)
    print(f"{n_files} forged files: {dict(counts)}")
    assert counts["refused"] > 0.2 * n_files
