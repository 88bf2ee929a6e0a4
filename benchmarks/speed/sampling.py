"""Time of drawing outliers from a flow, against a pass of as many rows through it."""

import numpy as np

from benchmarks.common import interleave
from benchmarks.speed.check import Check
from skanomaly.detectors import NormalizingFlow
from skanomaly.samplers import FlowSampler

N_COLUMNS, AT_MOST_S, VS_FORWARD = 64, 10.0, 1.5

SAMPLING_TITLE = (
    f"Drawing rows of {N_COLUMNS} columns from a `FlowSampler` with its default flow, "
    "against the latents of as many rows, which is a pass forward through the flow. "
    "The first figure is wall time, one thread."
)


def sampling_section(quick, n_rounds):
    """Time `sample` and `encode`; what the flow has learned does not matter."""
    n_rows = 10_000 if quick else 100_000
    X = np.random.default_rng(0).normal(size=(n_rows, N_COLUMNS)).astype(np.float32)
    flow = NormalizingFlow("coupling", noise=0.1, max_epochs=1, contamination=0.1)
    sampler = FlowSampler(flow=flow, random_state=0).fit(X[:2000])
    variants = {
        "sample": lambda: sampler.sample(n_rows, random_state=0),
        "forward": lambda: sampler.encode(X),
    }
    rounds = interleave(variants, n_rounds, "sampling")
    seconds = [r["sample"]["wall"] for r in rounds]
    rows = f"{n_rows:,} x {N_COLUMNS}"
    return [
        Check(
            "sampling", f"sample {rows}", float(np.median(seconds)), unit="s",
            sign="<=", target=AT_MOST_S, low=min(seconds), high=max(seconds),
        ),
        Check.of_ratio(
            "sampling", f"sample / forward, {rows}", rounds, "sample", "forward",
            sign="<=", target=VS_FORWARD,
        ),
    ]  # fmt: skip
