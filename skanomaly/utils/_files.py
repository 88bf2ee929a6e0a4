"""Write a file so that at every moment either the old or the new one is there."""

import contextlib
import os
import secrets
from pathlib import Path

__all__ = ["check_target", "path_text", "write_aside"]


def path_text(path):
    """Text of a path; an open file, or what else is none, is refused."""
    if not isinstance(path, str | bytes | os.PathLike):
        raise TypeError(
            f"path={path!r} must be the path of a file, such as 'folder/file', not "
            f"{type(path).__name__}."
        )
    return os.fsdecode(path)


def check_target(path):
    """Refuse a path to which no file can be written.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    str
        Its text.
    """
    path = path_text(path)
    folder = os.path.dirname(os.path.abspath(path))
    if not os.path.basename(path) or os.path.isdir(path):
        raise IsADirectoryError(
            f"path={path!r} is a folder; name a file in it, such as "
            f"{os.path.join(path, 'file')!r}."
        )
    if not os.path.isdir(folder):
        raise FileNotFoundError(
            f"path={path!r}: there is no folder {folder!r}. Make it first."
        )
    return path


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
    path = Path(os.path.realpath(check_target(path)))
    if path.exists() and not path.is_file():
        # A pipe or a device: nothing to keep, and not to be replaced by a file.
        path.write_bytes(data)
        return
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
