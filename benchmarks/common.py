"""What the benchmarks share: threads, clocks, progress, tables."""

import gc
import importlib.metadata
import os
import platform
import statistics
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import threadpoolctl
import torch

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
# Trial runs leave the published tables alone; git ignores build/.
QUICK_RESULTS = ROOT / "build" / "benchmarks"
# What the fetchers of skanomaly.datasets read, too.
DATA = Path(os.environ.get("SKANOMALY_DATA", Path.home() / "skanomaly_data"))


def add_trial_options(parser, quick):
    """Options of most programs: a trial run, and where the results go."""
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--results", type=Path, help="folder of the results")


def results_folder(args):
    """Folder of the results; a trial run has one of its own."""
    return args.results or (QUICK_RESULTS if args.quick else RESULTS)


def one_thread():
    """Compute with one thread: small networks are slower with more, and noisier."""
    torch.set_num_threads(1)
    threadpoolctl.threadpool_limits(1)


@contextmanager
def clock():
    """Yield a dict that holds the "wall" and "cpu" seconds of the block afterwards."""
    seconds = {}
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        yield seconds
    finally:
        seconds["wall"] = time.perf_counter() - wall
        seconds["cpu"] = time.process_time() - cpu


def interleave(variants, n_rounds, title):
    """Time every variant once a round, in turning order: A B C, C B A, A B C, ...

    Parameters
    ----------
    variants : dict of str to callable
        What to time. A first round is run for warming up and not counted.
    n_rounds : int
        Rounds that count.
    title : str
        Put before the lines that tell of the progress.

    Returns
    -------
    list of dict
        For every round the seconds ("wall" and "cpu") of every variant.
    """
    rounds, start = [], time.perf_counter()
    for i in range(n_rounds + 1):
        seconds = {}
        for name in list(variants)[:: -1 if i % 2 else 1]:
            gc.collect()
            with clock() as seconds[name]:
                variants[name]()
        rounds.append(seconds)
        elapsed = time.perf_counter() - start
        left = elapsed / (i + 1) * (n_rounds - i)
        walls = ", ".join(f"{n} {seconds[n]['wall']:.3g}" for n in variants)
        label = f"round {i}/{n_rounds}" if i else "warm-up"
        say(f"{title}: {label}: {walls} s [{duration(elapsed)}<{duration(left)}]")
    return rounds[1:]


def paired_ratio(rounds, above, below, kind="cpu"):
    """Median, lowest and highest of the per-round ratios of two variants' seconds."""
    ratios = [r[above][kind] / r[below][kind] for r in rounds]
    return statistics.median(ratios), min(ratios), max(ratios)


def say(line):
    """Print a line at once, also into a pipe."""
    print(line, flush=True)


def duration(seconds):
    """Minutes and seconds, as tqdm writes them."""
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes:02d}:{seconds:02d}"


def has_pyod():
    """Whether PyOD is there; says so if not."""
    try:
        importlib.metadata.version("pyod")
    except importlib.metadata.PackageNotFoundError:
        say("PyOD is not installed (pip install skanomaly[pyod]): going on without it.")
        return False
    return True


def machine():
    """One line: processor, threads, load, versions."""
    versions = [f"Python {platform.python_version()}"]
    for package in ("torch", "scikit-learn", "skorch", "pyod", "numpy"):
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"no {package}")
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    return f"{_processor()}, {os.cpu_count()} cores, load {load}; {', '.join(versions)}"


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.machine()


def to_markdown(frame, digits=3):
    """Return a frame as a Markdown table with aligned columns, without its index."""
    cells = frame.map(lambda value: _cell(value, digits))
    table = [list(map(str, frame.columns)), *cells.values.tolist()]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    numeric = [pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes]

    def line(row):
        padded = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, numeric, strict=True)
        ]
        return "| " + " | ".join(padded) + " |"

    rule = ["-" * (w - r) + ":" * r for w, r in zip(widths, numeric, strict=True)]
    return "\n".join([line(table[0]), line(rule), *map(line, table[1:])])


def _cell(value, digits):
    if isinstance(value, (float, np.floating)):
        return "-" if np.isnan(value) else f"{value:.{digits}f}"
    return str(value)


def rounded(seconds):
    """Seconds with three significant digits, never as 1e+03."""
    return f"{seconds:.3g}" if seconds < 100 else f"{seconds:.0f}"
