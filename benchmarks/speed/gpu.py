"""What a GPU is worth: fits and scores by batch, beside the CPU of the same machine.

    python -m benchmarks.speed.gpu            # eight minutes at most
    python -m benchmarks.speed.gpu --quick    # few rows, the smallest batch

A machine without a GPU says so, and nothing is written. Otherwise results/gpu.csv and
results/gpu.md, again after every line, so that what was measured is kept.
"""

import argparse
import copy
import time
import warnings
from functools import partial

import numpy as np
import pandas as pd
import torch

from benchmarks.common import QUICK_RESULTS, RESULTS, machine, say, to_markdown
from benchmarks.speed.fit import bare_torch, ours, table
from skanomaly import detectors

BUDGET_SECONDS = 440  # of eight minutes; a case that runs is ended by its own size
BATCHES = (256, 4096, 65_536)
N_ROWS, N_IMAGES = 131_072, 16_384
# Rows that the CPU scores for comparison, and trains on once.
N_COMPARED = 2048
COMMON = {"contamination": 0.1, "max_epochs": 1, "random_state": 0}
FAMILIES = (
    "AutoEncoder", "VAE", "VAEEnsemble", "NormalizingFlow", "DeepSVDD", "FastAnoGAN",
    "GeometricTransformations", "NoiseContrastiveAutoEncoder",
)  # fmt: skip
WITHOUT_IMAGES = ("NormalizingFlow",)
TITLE = (
    "Microseconds a row of one epoch, whole fit, and of scoring, by the clock on the "
    "wall, after a warm-up that is not counted; the CPU gets an eighth of the rows; "
    "`bare torch` is a loop over a ready tensor with the network of `ours`, a plain "
    "autoencoder. Memory is the most that torch held on the GPU. The last column "
    "compares the scores of {n:,} rows with those that the CPU computes from the same "
    "weights, in millionths of their spread. Neither AMP nor `torch.compile` is used."
)


def main():
    """Measure every family, the smallest batch last, as long as there is time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rows, one batch")
    args = parser.parse_args()
    if not torch.cuda.is_available():
        say("no GPU: torch.cuda.is_available() is False, nothing was measured")
        return
    warnings.simplefilter("ignore")
    end = time.monotonic() + BUDGET_SECONDS
    run(args.quick, end, QUICK_RESULTS if args.quick else RESULTS)


def run(quick, end, folder, device="cuda"):
    """Write one line a case; name those for which there was no time."""
    lines, left_out = [], []
    for kind, name, batch in _cases(quick):
        if time.monotonic() > end:
            left_out.append(f"{name} ({kind}, batch {batch})")
            continue
        try:
            lines.append(measure(kind, name, batch, quick, device))
        except (RuntimeError, MemoryError) as error:
            line = {"rows": kind, "model": name, "batch": batch}
            lines.append(line | {"failed": str(error).splitlines()[0][:80]})
        say(f"gpu: {lines[-1]}")
        _write(folder, lines, left_out)
    _write(folder, lines, left_out)


def _cases(quick):
    """Rows, model and batch; large batches first, which are quick."""
    for batch in BATCHES[:1] if quick else BATCHES[::-1]:
        yield "table", "bare torch", batch
        yield "table", "ours", batch
        for name in FAMILIES:
            yield "table", name, batch
            if name not in WITHOUT_IMAGES:
                yield "image", name, batch


def measure(kind, name, batch, quick, device):
    """Fit and score on the GPU, then on the CPU with fewer rows, per row."""
    X = _rows(kind, quick)
    line = {"rows": kind, "model": name, "batch": batch}
    seconds = {}
    for place in (device, "cpu"):
        some = X if place == device else X[: max(N_COMPARED, len(X) // 8)]
        fit = partial(_fit, kind, name, some, batch, place)
        if place == device:
            _fit(kind, name, X[:N_COMPARED], batch, place)  # warm-up
            torch.cuda.reset_peak_memory_stats() if device == "cuda" else None
        fitted, seconds[place] = _timed(fit, place)
        line[f"fit us/row, {place}"] = 1e6 * seconds[place] / len(some)
        if name == "bare torch":
            continue
        _, taken = _timed(partial(fitted.score_samples, some), place)
        line[f"score us/row, {place}"] = 1e6 * taken / len(some)
        if place == device:
            line |= _compared(fitted, X[:N_COMPARED])
            line["GPU MB"] = torch.cuda.max_memory_allocated() / 1e6
    return line


def _fit(kind, name, X, batch, device):
    if name == "bare torch":
        return bare_torch(torch.from_numpy(X).to(device), batch, 1, device)
    params = {**COMMON, "batch_size": batch, "device": device}
    if name == "ours":
        return ours(**params).fit(X)
    if kind == "image":
        params["image_shape"] = (1, 28, 28)
    return getattr(detectors, name)(**params).fit(X)


def _compared(detector, X):
    """Largest difference of the scores to those of the same weights on the CPU."""
    twin = copy.deepcopy(detector)
    twin.net_.module_.to("cpu")
    twin.net_.device = "cpu"
    here, there = detector.score_samples(X), twin.score_samples(X)
    return {"difference": 1e6 * float(np.abs(here - there).max() / np.ptp(there))}


def _timed(function, device):
    """Return a result, and the wall seconds until the device has finished."""
    start = time.perf_counter()
    result = function()
    if device == "cuda":
        torch.cuda.synchronize()
    return result, time.perf_counter() - start


def _rows(kind, quick):
    if kind == "table":
        return table(4096 if quick else N_ROWS)
    rng = np.random.default_rng(0)
    n_images = 512 if quick else N_IMAGES
    return rng.uniform(size=(n_images, 784)).astype(np.float32)


def _write(folder, lines, left_out):
    frame = pd.DataFrame(lines)
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / "gpu.csv", index=False)
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    parts = [
        "# GPU",
        f"Written by `python -m benchmarks.speed.gpu`. {name}; {machine()}.",
        TITLE.format(n=N_COMPARED),
        to_markdown(frame, digits=3),
    ]
    if left_out:
        parts.append(f"There was no time for {', '.join(left_out)}.")
    (folder / "gpu.md").write_text("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
