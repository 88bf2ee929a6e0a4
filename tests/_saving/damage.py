"""Ways to damage a file, and to seal it again so that the checksum agrees."""

import io
import json
import re
from zipfile import ZIP_STORED, ZipFile

import numpy as np

from skanomaly._saving import archive


def flip(content, rng):
    """Another bit."""
    place = rng.integers(len(content))
    return _put(content, place, bytes([content[place] ^ (1 << rng.integers(8))]))


def overwrite(content, rng):
    """Other bytes in a place."""
    return _put(content, rng.integers(len(content)), rng.bytes(rng.integers(1, 64)))


def cut(content, rng):
    """The end is missing."""
    return content[: rng.integers(len(content))]


def leave_out(content, rng):
    """A part is missing."""
    start = rng.integers(len(content))
    return content[:start] + content[start + rng.integers(1, 200) :]


def insert(content, rng):
    """Something was put in."""
    start = rng.integers(len(content))
    return content[:start] + rng.bytes(rng.integers(1, 200)) + content[start:]


def exchange(content, rng):
    """Two parts have changed places."""
    a, b, c = sorted(rng.integers(len(content), size=3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


def zeros(content, rng):
    """A block was never written."""
    start = rng.integers(len(content))
    n = min(512, len(content) - start)
    return _put(content, start, bytes(n))


DAMAGE = (flip, overwrite, cut, leave_out, insert, exchange, zeros)


def _put(content, start, part):
    return content[:start] + part + content[start + len(part) :]


def members(content):
    """Names and contents of the members of an archive."""
    with ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def sealed(parts, header=None):
    """An archive of members, with a checksum that agrees."""
    said = json.loads(parts[archive.HEADER]) | (header or {})
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_STORED) as zipped:
        for name, part in parts.items():
            if name != archive.HEADER:
                zipped.writestr(name, part)
        said["sha256"] = archive._digest(zipped, said)
        zipped.writestr(archive.HEADER, json.dumps(said))
    return file.getvalue()


def forged(content, rng):
    """Something else stands in the text, and the checksum agrees."""
    parts = members(content)
    name = rng.choice([n for n in parts if n != archive.HEADER])
    if name == archive.SCHEMA and rng.random() < 0.9:
        parts[name] = _other_words(parts[name].decode(), rng).encode()
    else:
        parts[name] = DAMAGE[rng.integers(len(DAMAGE))](parts[name], rng)
    return sealed(parts)


WORDS = re.compile(r"-?\d+\.?\d*|\w+|[\[\]{},:]")


def _other_words(text, rng):
    """Put a word of a text, or a number, in the place of another one."""
    words = list(WORDS.finditer(text))
    for _ in range(rng.integers(1, 4)):
        here, there = rng.choice(len(words), 2)
        new = words[there].group()
        if rng.random() < 0.3:
            new = str(
                rng.choice([-1, 0, 1, 7, 10**9, 1e308, "NaN", "null", "[]", "{}"])
            )
        start, end = words[here].span()
        text = text[:start] + new + text[end:]
        words = list(WORDS.finditer(text))
    return text


def generator(seed):
    return np.random.default_rng(seed)
