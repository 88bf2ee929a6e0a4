"""The encoding of a CSV file: found from its bytes, and undone byte by byte."""

import codecs
import gzip
from dataclasses import dataclass

from skanomaly._cli.errors import InputError

__all__ = ["Encoding", "find_encoding", "open_bytes", "read_blocks"]

BLOCK = 1 << 22

# The longer mark first: that of UTF-32 begins with that of UTF-16.
MARKS = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]


@dataclass(frozen=True)
class Encoding:
    """How the characters of a file are written.

    Fields are cut in bytes, for which an ASCII character must be one byte. A file in
    UTF-16 or UTF-32 is therefore read as UTF-8, and written back as what it was; valid
    text survives that bit by bit.
    """

    name: str
    mark: bytes = b""  # byte order mark
    note: str = ""  # why it was chosen, where that was a guess

    @property
    def inner(self):
        """Encoding of the bytes that are cut into fields."""
        return "utf-8" if self.name.startswith(("utf-16", "utf-32")) else self.name

    def to_file(self, data):
        """Return bytes as they stand in the file."""
        if self.inner == self.name:
            return data
        return data.decode("utf-8").encode(self.name)

    def __str__(self):
        name = self.name.upper() if self.name.startswith("utf") else self.name
        return name + (" with byte order mark" if self.mark else "")


def open_bytes(path):
    """Open a file to read its bytes, unpacked if it is a gzip file."""
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else open(path, "rb")


def read_blocks(path, encoding):
    """Yield the bytes to cut into fields, without byte order mark, block by block."""
    decoder = codecs.getincrementaldecoder(encoding.name)()
    with open_bytes(path) as file:
        file.read(len(encoding.mark))
        while block := file.read(BLOCK):
            if encoding.inner != encoding.name:
                block = decoder.decode(block).encode("utf-8")
            yield block
    if encoding.inner != encoding.name:
        decoder.decode(b"", final=True)


def find_encoding(path, file_name, name=None):
    """Find the encoding of a whole file, and check that all of it can be read.

    Without a byte order mark it is UTF-8 if it can be. If not, it is one byte a
    character: which of the many cannot be known, so Western European is taken.
    """
    with open_bytes(path) as file:
        head = file.read(4)
    mark, marked = next((m for m in MARKS if head.startswith(m[0])), (b"", None))
    if name is not None:
        return _checked(path, file_name, _named(name, mark, marked))
    if marked is not None:
        return _checked(path, file_name, Encoding(marked, mark))
    problem = _problem(path, Encoding("utf-8"))
    if problem is None:
        return Encoding("utf-8")
    note = f"it is not UTF-8 at byte {problem.start:,}; --encoding says another"
    guesses = [Encoding(guess, b"", note) for guess in ("cp1252", "latin-1")]
    return next(guess for guess in guesses if _problem(path, guess) is None)


def _named(name, mark, marked):
    try:
        found = codecs.lookup(name).name
    except LookupError:
        raise InputError(f"--encoding: {name!r} is not an encoding.") from None
    found = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(
        found, found
    )
    if marked is not None and marked.startswith(found[:6]):
        return Encoding(marked, mark)
    if not found.startswith("utf-") and not _is_single_byte(found):
        raise InputError(
            f"--encoding: {name!r} has characters of several bytes, which can be read "
            "but not be kept byte by byte; convert the file to UTF-8."
        )
    return Encoding(found)


def _is_single_byte(name):
    try:
        plain = bytes(range(128)).decode(name) == bytes(range(128)).decode("ascii")
        return plain and len(bytes(range(256)).decode(name, "replace")) == 256
    except (LookupError, UnicodeError):  # "rot13" and the like code no bytes
        return False


def _checked(path, name, encoding):
    problem = _problem(path, encoding)
    if problem is None:
        return encoding
    raise InputError(
        f"{name}: not valid {encoding} ({problem.reason}); "
        "--encoding says which encoding it has."
    )


def _problem(path, encoding):
    """Return the first UnicodeDecodeError of a file, at its offset there, or None."""
    decoder = codecs.getincrementaldecoder(encoding.name)()
    done = 0
    with open_bytes(path) as file:
        file.read(len(encoding.mark))
        while True:
            block = file.read(BLOCK)
            kept = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                error.start += done - kept + len(encoding.mark)
                return error
            if not block:
                return None
            done += len(block)
