"""Write a file so that at every moment either the old or the new one is there."""

import contextlib
import os
import secrets
from pathlib import Path

__all__ = ["write_aside"]


def write_aside(path, data):
    """Write a new file beside an old one, then put it in its place.

    A process that is killed leaves the old file, and perhaps a hidden one that ends in
    ``.part``.

    Parameters
    ----------
    path : path-like
        Where; of a link, the file that it points to.
    data : bytes
        What.
    """
    path = Path(os.path.realpath(path))
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(aside, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            os.chmod(aside, path.stat().st_mode & 0o777)
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder):
    """Let the new name reach the disk, where folders can be opened."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
