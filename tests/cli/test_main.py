"""The program as a process: entry points, status, signals, what it imports."""

import configparser
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from skanomaly import __version__
from skanomaly._cli.main import main

ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
PROGRAM = [sys.executable, "-m", "skanomaly"]


def test_the_program_repairs_a_pipe(dirty):
    command = [*PROGRAM, "repair", "-", "-o", "-"]
    with dirty.open("rb") as file:
        done = subprocess.run(command, stdin=file, capture_output=True, env=ENV)
    assert done.returncode == 0
    expected = dirty.read_bytes().replace(b"Brn", b"Bern").replace(b"Olso", b"Oslo")
    assert done.stdout == expected
    # No terminal: lines for people, but no progress bar.
    assert done.stderr.decode().splitlines()[0].startswith("standard input: 240 rows")
    assert b"\r" not in done.stderr


def test_help_and_wrong_arguments_import_nothing_heavy(dirty):
    code = (
        "import sys\n"
        "from skanomaly._cli.main import main\n"
        "status = main(['repair', 'dirty.csv'])\n"
        "heavy = {'torch', 'sklearn'} & set(sys.modules)\n"
        "print(status, heavy or 'nothing')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=ENV,
        cwd=dirty.parent,
    )
    assert done.stdout == "2 nothing\n"


@pytest.mark.parametrize("command", ["repair", "detect"])
def test_help_says_which_files_may_be_parquet(run, command):
    status, out, _ = run(command, "--help")
    assert status == 0
    out = " ".join(out.split())  # lines are wrapped
    assert out.count("CSV or Parquet") == {"repair": 3, "detect": 1}[command]
    assert "--report CSV" not in out and "--output CSV" not in out


def test_a_killed_run_leaves_files_as_they_were(dirty):
    clean = dirty.parent / "clean.csv"
    clean.write_text("mine")
    os.mkfifo(dirty.parent / "pipe")  # the program waits here for its table
    command = [*PROGRAM, "repair", "pipe", "-o", "clean.csv", "--force"]
    program = subprocess.Popen(
        command, cwd=dirty.parent, env=ENV, stderr=subprocess.PIPE
    )
    with (dirty.parent / "pipe").open("wb"):  # opened by both: it is running
        program.send_signal(signal.SIGTERM)
        _, err = program.communicate(timeout=60)
    assert program.returncode == 130
    assert err == b""
    assert clean.read_text() == "mine"
    assert sorted(os.listdir(dirty.parent)) == ["clean.csv", "dirty.csv", "pipe"]


def test_a_reader_that_leaves_early_is_no_error(run, dirty, monkeypatch):
    def leave(*_):
        raise BrokenPipeError

    monkeypatch.setattr("skanomaly._cli.outputs.shutil.copyfileobj", leave)
    copies = []
    monkeypatch.setattr(os, "dup2", lambda *files: copies.append(files))
    assert run("repair", "dirty.csv", "-o", "-") == (141, "", "")
    assert len(copies) == 1


def test_the_entry_point_is_the_one_of_the_module():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    scripts = setup["options.entry_points"]["console_scripts"].split()
    assert scripts == ["skanomaly", "=", "skanomaly._cli.main:script"]


def test_the_version(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"{__version__}\n"
