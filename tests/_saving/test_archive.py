"""Files that are none of ours, or want to be more than they are."""

import io
import json
import os
import struct
import zipfile

import joblib
import numpy as np
import pytest
import skops.io

import skanomaly
from skanomaly._saving import archive
from skanomaly._saving.encoding import FORMAT
from skanomaly.exceptions import LoadError, UntrustedTypesError
from tests._saving.damage import members, sealed


def _refused(path, content, match):
    path.write_bytes(content)
    with pytest.raises(LoadError, match=match):
        skanomaly.load(path)


def test_every_other_file_is_refused(tmp_path, detector):
    path = tmp_path / "file"
    _refused(path, b"", "cut off")
    _refused(path, b"PK\x05\x06" + bytes(18), "was not written by skanomaly.save")
    joblib.dump(detector, path)
    _refused(path, path.read_bytes(), "was not written by skanomaly.save")
    skops.io.dump(detector, path)
    _refused(path, path.read_bytes(), "was not written by skanomaly.save")


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        skanomaly.load(tmp_path / "nothing")
    with pytest.raises(LoadError, match="no file that can be loaded"):
        skanomaly.load(tmp_path)
    with pytest.raises(TypeError, match=r"path=.*BytesIO.* must be the path of a file"):
        skanomaly.load(io.BytesIO())
    if hasattr(os, "mkfifo"):  # one could wait for it for ever
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(LoadError, match="no file that can be loaded"):
            skanomaly.load(tmp_path / "pipe")


def test_a_member_that_is_compressed_is_refused(tmp_path, content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bomb:
        for name, part in members(content).items():
            bomb.writestr(name, part)
        bomb.writestr("1.npy", bytes(10**7))
    _refused(tmp_path / "bomb", file.getvalue(), "is compressed")


def test_a_member_that_claims_more_than_the_file_is_refused(tmp_path, content):
    start = content.index(b"PK\x01\x02")  # of the directory; its sizes are at 20 and 24
    claimed = struct.pack("<II", 2**31, 2**31)
    content = content[: start + 20] + claimed + content[start + 28 :]
    _refused(tmp_path / "file", content, "larger than the file")


def test_a_member_of_another_name_is_refused(tmp_path, content):
    parts = {**members(content), "../../evil.py": b"print()"}
    _refused(tmp_path / "file", sealed(parts), "foreign member")


def test_an_array_that_claims_more_than_it_has_is_refused(tmp_path, content):
    parts = members(content)
    name = next(n for n in parts if n.endswith(".npy"))
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, header)
    parts[name] = file.getvalue()
    _refused(tmp_path / "file", sealed(parts), "not as large as it claims")


def test_an_array_of_objects_is_refused(tmp_path, content):
    parts = members(content)
    name = next(n for n in parts if n.endswith(".npy"))
    file = io.BytesIO()
    np.save(file, np.array([{}], dtype=object), allow_pickle=True)
    parts[name] = file.getvalue()
    _refused(tmp_path / "file", sealed(parts), "not as large as it claims")


def test_a_tree_that_explodes_is_refused(tmp_path, content):
    """Each list holds the one before it twice; skops would visit 2**60 nodes."""
    node = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode"}
    tree = {**node, "__id__": 1, "content": []}
    for n in range(2, 60):
        tree = {**node, "__id__": n, "content": [tree, {**node, "__id__": n - 1}]}
    parts = members(content)
    parts[archive.SCHEMA] = json.dumps({**tree, "protocol": 2}).encode()
    _refused(tmp_path / "file", sealed(parts), "refer to each other too often")


def test_a_tree_that_is_too_deep_is_refused(tmp_path, content):
    parts = members(content)
    parts[archive.SCHEMA] = b'{"protocol": 2, "content": ' + b"[" * 10**5
    _refused(tmp_path / "file", sealed(parts), "damaged")


def test_a_newer_format_is_refused(tmp_path, content):
    """Whatever else is in it: a newer one may well have other members."""
    parts = {**members(content), "weights.bin": b"new"}
    newer = sealed(parts, header={"format": FORMAT + 1})
    _refused(tmp_path / "file", newer, rf"reads formats 1 to {FORMAT}\. A newer .*\.$")


@pytest.mark.parametrize("header", [{"versions": None}, {"versions": 3}])
def test_a_header_that_lacks_versions_is_refused(header, tmp_path, content):
    changed = sealed(members(content), header=header)
    _refused(tmp_path / "file", changed, "its header names no versions")


@pytest.mark.parametrize(
    "name", ["os.system", "builtins.eval", "subprocess.Popen", "pickle.loads"]
)
def test_a_function_that_could_do_harm_is_not_trusted(name, tmp_path, content):
    module, _, short = name.rpartition(".")
    node = {"__module__": module, "__class__": short, "__loader__": "FunctionNode"}
    parts = members(content)
    schema = json.loads(parts[archive.SCHEMA])
    schema["content"]["content"]["others"]["content"].append(node)
    parts[archive.SCHEMA] = json.dumps(schema).encode()
    path = tmp_path / "file"
    path.write_bytes(sealed(parts))
    with pytest.raises(UntrustedTypesError, match=name):
        skanomaly.load(path)


def test_a_file_is_one_that_skops_reads_too(tmp_path, content, detector, rows):
    path = tmp_path / "detector.skops"
    path.write_bytes(content)
    assert skops.io.get_untrusted_types(file=path) == [
        "skanomaly.detectors._auto_encoder.AutoEncoder"
    ]
    loaded = skops.io.load(path, trusted=skanomaly.trusted_types())
    np.testing.assert_array_equal(
        loaded.score_samples(rows), detector.score_samples(rows)
    )
