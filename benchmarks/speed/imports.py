"""What an import costs: processor seconds of fresh processes.

    python -m benchmarks.speed.imports
    python -m benchmarks.speed.imports --before FOLDER   # an older checkout beside it

Writes results/imports.csv and results/imports.md.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

import pandas as pd

from benchmarks.common import RESULTS, ROOT, machine, say, to_markdown

N_ROUNDS = 5
STATEMENTS = {
    "nothing": ["-c", "pass"],
    "`skanomaly --help`": ["-m", "skanomaly", "--help"],
    **{
        f"`{statement}`": ["-c", statement]
        for statement in (
            "import skanomaly",
            "import skanomaly.detectors",
            "import skanomaly.correctors",
            "from skanomaly.correctors import AnomalyCorrector",
            "from skanomaly.detectors import AutoEncoder",
        )
    },
}


def main():
    """Measure every statement, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, help="a checkout to compare with")
    parser.add_argument("--results", type=Path, default=RESULTS)
    args = parser.parse_args()
    folders = {"CPU s": ROOT}
    if args.before:
        folders["before, CPU s"] = args.before.resolve()
    seconds = _measure(folders)
    table = pd.DataFrame(
        [_row(name, folders, seconds) for name in STATEMENTS]
    ).convert_dtypes()
    args.results.mkdir(parents=True, exist_ok=True)
    table.to_csv(args.results / "imports.csv", index=False)
    (args.results / "imports.md").write_text(_report(table))
    say(_report(table))


def _measure(folders):
    """Processor seconds by statement and checkout, in turn."""
    keys = [(name, kind) for name in STATEMENTS for kind in folders]
    seconds = {key: [] for key in keys}
    for i in range(N_ROUNDS):
        for name, kind in keys[:: -1 if i % 2 else 1]:
            seconds[name, kind].append(_seconds(STATEMENTS[name], folders[kind]))
        say(f"imports: round {i + 1}/{N_ROUNDS}")
    return seconds


def _seconds(arguments, folder):
    """Processor seconds of a process that uses the package in a folder."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(arguments, folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _run(arguments, folder):
    env = {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=folder, env=env
    )


def _row(name, folders, seconds):
    medians = {
        kind: round(statistics.median(seconds[name, kind]), 2) for kind in folders
    }
    flag, statement, *_ = STATEMENTS[name]
    heavy = ""
    if flag == "-c":
        code = f"{statement}; import sys; print('torch' in sys.modules)"
        heavy = _run(["-c", code], ROOT).stdout.strip()
    return {"statement": name, **medians, "imports torch": heavy}


def _report(table):
    return (
        "# Import time\n\n"
        "Written by `python -m benchmarks.speed.imports`. Processor seconds of fresh "
        f"processes, one thread, median of {N_ROUNDS}; files in the cache of the "
        f"system. {machine()}.\n\n{to_markdown(table)}\n"
    )


if __name__ == "__main__":
    main()
