"""Files that are written whole or not at all."""

import contextlib
import gzip
import os
import shutil
import sys
import tempfile
from pathlib import Path

from skanomaly._cli.errors import InputError

__all__ = ["STANDARD", "Outputs", "create", "spooled_input"]

STANDARD = "-"  # standard input or output


class Outputs(contextlib.AbstractContextManager):
    """Output files: each is written beside its place, and moved there at the end.

    So a run that fails or is killed leaves an earlier file as it was.

    Parameters
    ----------
    inputs : list of str
        Files that are read, which no output may replace.
    force : bool
        Whether other files may be replaced.
    """

    def __init__(self, inputs, *, force):
        self._inputs = [path for path in inputs if path not in (None, STANDARD)]
        self._force = force
        self._stack = contextlib.ExitStack()
        self._moves: list[tuple[str, str]] = []
        self._taken: set[str] = set()
        self._standard = None

    def path(self, option, target):
        """Check a target, and return where to write what will stand there."""
        if target == STANDARD:
            return self._spool()
        target = os.path.realpath(target)
        self._check(option, target)
        self._taken.add(target)
        if os.path.exists(target) and not os.path.isfile(target):
            return target  # /dev/null, a named pipe: nothing to keep
        folder, name = os.path.split(target)
        # Suffixes stay at the end: writers look at them.
        aside = os.path.join(folder, f".{os.getpid()}.{name}")
        self._stack.callback(_remove, aside)
        self._moves.append((aside, target))
        return aside

    def finish(self):
        """Move the files to their places."""
        for aside, target in self._moves:
            if os.path.exists(target):
                shutil.copymode(target, aside)
            os.replace(aside, target)
        if self._standard is not None:
            with open(self._standard, "rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()

    def __exit__(self, *error):
        self._stack.close()

    def _spool(self):
        if self._standard is not None:
            raise InputError("only one output can be '-', the standard output.")
        handle, self._standard = tempfile.mkstemp()
        os.close(handle)
        self._stack.callback(_remove, self._standard)
        return self._standard

    def _check(self, option, target):
        folder = os.path.dirname(target)
        if not os.path.isdir(folder):
            raise InputError(f"{option} {target}: there is no folder {folder}.")
        if os.path.isdir(target):
            raise InputError(f"{option} {target}: this is a folder; name a file in it.")
        if target in map(os.path.realpath, self._inputs):
            raise InputError(
                f"{option} {target}: this file is read; write to another one."
            )
        if target in self._taken:
            raise InputError(f"{option} {target}: two outputs have the same name.")
        if os.path.isfile(target) and not self._force:
            raise InputError(f"{option} {target}: it exists; --force replaces it.")


@contextlib.contextmanager
def create(path):
    """Yield a file to write bytes, packed by gzip if its name says so."""
    with open(path, "wb") as file:
        if not path.lower().endswith(".gz"):
            yield file
            return
        # Without name and time, equal tables are equal files.
        with gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed:
            yield packed


@contextlib.contextmanager
def spooled_input(path):
    """Yield a path to read: the file, or a copy of the standard input.

    A table is read more than once, which a pipe cannot be.
    """
    if path != STANDARD and os.path.isfile(_existing(path)):
        yield path
        return
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(tempfile.NamedTemporaryFile())
        pipe = sys.stdin.buffer if path == STANDARD else open(path, "rb")
        shutil.copyfileobj(pipe, file)
        file.flush()
        yield file.name


def _existing(path):
    if not os.path.exists(path):
        raise InputError(f"{path}: there is no such file.")
    if os.path.isdir(path):
        raise InputError(f"{path}: this is a folder; name a file.")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: this file may not be read.")
    return path


def _remove(path):
    Path(path).unlink(missing_ok=True)
