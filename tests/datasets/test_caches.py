"""Caches that are damaged, full, read-only, shared, or left by a killed process."""

import io
import os
import resource
import signal
import subprocess
import sys
import tarfile
import time

import numpy as np
import pytest

from skanomaly.datasets import _registry, fetch_adbench, fetch_cifar10, fetch_mnist
from skanomaly.datasets._store import STALE_SECONDS, checksum

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

X, Y = np.random.default_rng(0).normal(size=(400, 5)), np.arange(400) % 10 == 0

# What the child processes do: fetch "wine" from the server of the test.
FETCH = """
import sys
import numpy as np
from skanomaly.datasets import _registry, fetch_adbench
_registry.ADBENCH["origin"], known, home = sys.argv[1:4]
_registry.ADBENCH["checksums"]["45_wine"] = known
print(fetch_adbench("wine", data_home=home).data.sum())
"""


@pytest.fixture
def known(monkeypatch):
    """Make `X` and `Y` the known values of the set "wine"."""
    digest = checksum({"X": X, "y": Y})
    monkeypatch.setitem(_registry.ADBENCH["checksums"], "45_wine", digest)
    return digest


@pytest.fixture
def origin(server, monkeypatch):
    """Serve "wine" from a server on this machine."""
    folder, url = server
    np.savez_compressed(folder / "45_wine.npz", X=X, y=Y)
    monkeypatch.setitem(_registry.ADBENCH, "origin", url)
    return url


def cached(home):
    """Put the file into a cache, and return its path."""
    path = home / "adbench" / "45_wine.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, X=X, y=Y)
    return path


def child(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-c", FETCH, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_every_file_that_is_cut_or_flipped_is_refused(known, tmp_path):
    path = cached(tmp_path)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    assert (fetch_adbench("wine", data_home=tmp_path).data == X).all()
    for i in range(300):
        content = bytearray(whole)
        if i % 3:
            at = rng.integers(len(content))
            content[at] ^= 1 << rng.integers(8)
        else:
            del content[rng.integers(len(content)) :]
        path.write_bytes(content)
        try:
            data, target = fetch_adbench("wine", data_home=tmp_path, return_X_y=True)
        except OSError as error:
            assert "45_wine.npz is damaged" in str(error)
            assert "Delete it to have it downloaded again" in str(error)
        else:  # the flipped bit was one of a date, say
            assert (data == X).all() and (target == Y).all()


def test_half_a_table_is_refused(real_data, tmp_path):
    from skanomaly.datasets import fetch_categorical

    text = (real_data / "categorical" / "nursery.csv").read_text()
    path = tmp_path / "categorical" / "nursery.csv"
    path.parent.mkdir()
    path.write_text("\n".join(text.split("\n")[:6000]) + "\n")
    with pytest.raises(OSError, match=r"nursery\.csv is damaged.*Delete it"):
        fetch_categorical("nursery", data_home=tmp_path)


def test_labels_of_another_number_of_rows_are_refused(server, tmp_path, monkeypatch):
    folder, url = server
    monkeypatch.setitem(_registry.ADBENCH, "origin", url)
    np.savez(folder / "36_speech.npz", X=np.eye(3), y=np.arange(2))
    with pytest.raises(OSError, match="X has 3 rows, but y has 2 labels"):
        fetch_adbench("speech", data_home=tmp_path)


def test_a_folder_in_place_of_a_file_of_an_archive(server, tmp_path, monkeypatch):
    folder, url = server
    monkeypatch.setitem(_registry.IMAGES["cifar10"], "origin", url)
    with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as archive:
        for name in [f"data_batch_{i}.bin" for i in range(1, 6)]:
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.type = tarfile.DIRTYPE
            archive.addfile(member, io.BytesIO())
    with pytest.raises(OSError, match=r"data_batch_1\.bin is a folder"):
        fetch_cifar10(data_home=tmp_path)


def test_two_processes_fetch_into_one_cache(known, origin, tmp_path):
    children = [child(origin, known, tmp_path) for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in children]
    assert [error for _, error in outputs] == ["", ""]
    assert {float(text) for text, _ in outputs} == {X.sum()}
    assert os.listdir(tmp_path / "adbench") == ["45_wine.npz"]


def test_what_a_killed_download_left_is_removed_later(known, origin, tmp_path):
    folder = tmp_path / "adbench" / ".45_wine.npz.left"
    young = tmp_path / "adbench" / ".45_wine.npz.runs"
    for path in (folder, young):
        path.mkdir(parents=True)
        (path / "0").write_bytes(b"half")
    old = time.time() - STALE_SECONDS - 1
    os.utime(folder, (old, old))
    fetch_adbench("wine", data_home=tmp_path)
    assert sorted(os.listdir(tmp_path / "adbench")) == [young.name, "45_wine.npz"]


def test_a_download_that_is_killed_leaves_no_data_file(known, tmp_path):
    # A server that accepts, and never answers.
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        process = child(url, known, tmp_path)
        silent.accept()
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert [p for p in os.listdir(tmp_path / "adbench") if p[0] != "."] == []


def test_a_full_disk_leaves_nothing_behind(known, origin, tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))

    process = child(origin, known, tmp_path, preexec_fn=limit)
    _, error = process.communicate(timeout=120)
    assert "OSError: adbench/45_wine.npz is not in the data home" in error
    assert "File too large" in error
    assert os.listdir(tmp_path / "adbench") == []


def test_a_cache_that_cannot_be_written_is_read(known, origin, tmp_path, monkeypatch):
    cached(tmp_path)

    def refuse(*args, **kwargs):
        raise OSError(30, "Read-only file system")

    for name in ("mkdir", "write_text", "write_bytes"):
        monkeypatch.setattr(f"pathlib.Path.{name}", refuse)
    assert (fetch_adbench("wine", data_home=tmp_path).data == X).all()
    with pytest.raises(OSError, match=r"mnist\.npz is not in.*Read-only file system"):
        fetch_mnist(data_home=tmp_path)
