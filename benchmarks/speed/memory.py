"""Peak memory of fitting and scoring, each measured in a process of its own.

python -m benchmarks.speed.memory fit float64 1000000
"""

import json
import subprocess
import sys
from itertools import product

import numpy as np
import psutil

from benchmarks._memory import forget_peak, give_back, peak
from benchmarks.common import ROOT, one_thread, say
from benchmarks.speed.check import Check
from benchmarks.speed.fit import N_COLUMNS, ours, table

MEGABYTE = 1e6
LIMIT_MB = 64.0


def memory_section(quick, n_rounds):
    """Peak resident memory beyond that of the loaded rows."""
    n_rows = 200_000 if quick else 1_000_000
    checks = []
    for task, dtype in product(("score", "fit"), ("float32", "float64")):
        limit = LIMIT_MB
        if (task, dtype) == ("fit", "float64"):
            limit += n_rows * N_COLUMNS * 4 / MEGABYTE  # one copy in float32
        facts = in_own_process(__spec__.name, task, dtype, str(n_rows))
        name = f"{task} {n_rows:,} x {N_COLUMNS} {dtype}: extra peak"
        note = f"{facts['loaded']:.0f} MB with the rows loaded"
        extra = facts["peak"] - facts["loaded"]
        check = Check("memory", name, extra, "MB", "<=", limit, note=note)
        say(f"memory: {name} {extra:.1f} MB (at most {limit:.0f})")
        checks.append(check)
    return checks


def in_own_process(module, *args):
    """Run a module of ours, and read what it prints last."""
    command = [sys.executable, "-m", module, *args]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def measure(task, dtype, n_rows):
    """Return megabytes in use with the rows loaded, and at the peak of the task."""
    one_thread()
    model = ours(max_epochs=1, batch_size=256)
    # What is imported or set up once, whatever the number of rows, is not the question.
    for warm_dtype in ("float32", "float64"):
        model.fit(table(5000, warm_dtype)).score_samples(table(5000, warm_dtype))
    X = np.random.default_rng(0).standard_normal((n_rows, N_COLUMNS), dtype=dtype)
    give_back()
    loaded = psutil.Process().memory_info().rss
    forget_peak()
    model.fit(X) if task == "fit" else model.score_samples(X)
    return {"loaded": loaded / MEGABYTE, "peak": peak() / MEGABYTE}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
