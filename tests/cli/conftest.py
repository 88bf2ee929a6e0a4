"""A small table with errors, and a way to run the command line."""

import os

import numpy as np
import pytest

from skanomaly._cli.main import main

TOWNS = {"Bern": "03011", "Oslo": "00150", "Rome": "00184"}


@pytest.fixture(scope="session")
def rows():
    """Return 240 rows of town, zip and note; "Brn" and "Olso" are wrong."""
    towns = np.random.default_rng(0).choice(list(TOWNS), 240)
    table = [[str(town), TOWNS[town], f"no. {i}"] for i, town in enumerate(towns)]
    table[3][:2], table[8][:2] = ["Brn", "03011"], ["Olso", "00150"]
    return table


@pytest.fixture
def dirty(tmp_path, rows):
    """Return the path of that table as a plain CSV file."""
    path = tmp_path / "dirty.csv"
    path.write_text("town,zip,note\n" + "".join(",".join(row) + "\n" for row in rows))
    return path


@pytest.fixture
def run(tmp_path, capfd, monkeypatch):
    """Return a function that runs arguments: exit status, output, error output."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as end:  # argparse
            status = end.code
        out, err = capfd.readouterr()
        return status, out, err

    return run


def refused(run, *arguments):
    """Run, expect status 2 and one line, and return the line."""
    before = sorted(os.listdir())
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert sorted(os.listdir()) == before
    return err.strip().splitlines()[-1]
