"""The old file or the new one at every moment; what is no file stays what it is."""

import io
import os
import threading
from pathlib import Path

import pytest

from skanomaly.utils._files import check_target, write_aside

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs links of POSIX")


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "file"
    for data in (b"old", b"new"):
        write_aside(path, data)
        assert path.read_bytes() == data
    assert os.listdir(tmp_path) == ["file"]


def test_rights_are_those_of_the_old_file_or_of_any_new_one(tmp_path):
    write_aside(tmp_path / "file", b"")
    (tmp_path / "plain").touch()
    modes = [(tmp_path / name).stat().st_mode for name in ("file", "plain")]
    assert modes[0] == modes[1]
    (tmp_path / "file").chmod(0o640)
    write_aside(tmp_path / "file", b"new")
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


def test_a_link_stays_one(tmp_path):
    write_aside(tmp_path / "file", b"old")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_aside(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_save_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    write_aside(tmp_path / "file", b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_aside(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_named_pipe_is_written_to_and_not_replaced(tmp_path):
    """As a device: as root, /dev/null would become a file."""
    os.mkfifo(tmp_path / "pipe")
    read = []
    reader = threading.Thread(
        target=lambda: read.append((tmp_path / "pipe").read_bytes())
    )
    reader.start()
    write_aside(tmp_path / "pipe", b"new")
    reader.join()
    assert read == [b"new"]
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("kind", [str, Path, os.fsencode])
def test_paths_are_text_objects_or_bytes(kind, tmp_path):
    write_aside(kind(str(tmp_path / "file")), b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


@pytest.mark.parametrize("path", [None, 5, io.BytesIO()], ids=["None", "5", "file"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(TypeError, match=r"path=.* must be the path of a file"):
        write_aside(path, b"")


def test_folders_are_refused(tmp_path):
    for path in (tmp_path, f"{tmp_path}/new/", ""):
        with pytest.raises(IsADirectoryError, match="is a folder; name a file in it"):
            check_target(path)
    with pytest.raises(FileNotFoundError, match=r"there is no folder '.*nodir'"):
        check_target(tmp_path / "nodir" / "file")
