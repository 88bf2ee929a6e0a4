"""Outputs come into place whole, where they were asked for."""

import gzip
import os
import stat

import pytest

from skanomaly._cli.errors import InputError
from skanomaly._cli.outputs import Outputs, create


def test_a_link_stays_and_its_file_keeps_its_mode(tmp_path):
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("mine")
    real.chmod(0o640)
    link.symlink_to(real)
    with Outputs([], force=True) as outputs:
        with create(outputs.path("-o", str(link))) as file:
            file.write(b"new")
        assert real.read_text() == "mine"
        outputs.finish()
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(os.listdir(tmp_path)) == ["link.csv", "real.csv"]


def test_without_finish_nothing_is_left(tmp_path):
    with Outputs([], force=False) as outputs:
        with create(outputs.path("-o", str(tmp_path / "a.csv"))) as file:
            file.write(b"new")
    assert os.listdir(tmp_path) == []


def test_a_link_to_the_input_is_the_input(tmp_path):
    (tmp_path / "in.csv").write_text("mine")
    (tmp_path / "out.csv").symlink_to(tmp_path / "in.csv")
    with Outputs([str(tmp_path / "in.csv")], force=True) as outputs:
        with pytest.raises(InputError, match="this file is read"):
            outputs.path("-o", str(tmp_path / "out.csv"))


def test_only_one_output_is_the_standard_output():
    with Outputs([], force=False) as outputs:
        outputs.path("-o", "-")
        with pytest.raises(InputError, match="only one output can be '-'"):
            outputs.path("--report", "-")


def test_packed_files_of_equal_tables_are_equal(tmp_path):
    for name in ("a.csv.gz", "b.csv.gz"):
        with create(str(tmp_path / name)) as file:
            file.write(b"x" * 99)
    a, b = ((tmp_path / name).read_bytes() for name in ("a.csv.gz", "b.csv.gz"))
    assert a == b
    assert gzip.decompress(a) == b"x" * 99
