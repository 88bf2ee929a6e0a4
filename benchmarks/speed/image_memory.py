"""Peak memory of fits to images by their number, each in a process of its own.

python -m benchmarks.speed.image_memory 20000
"""

import json
import math
import statistics
import sys

import numpy as np
import psutil

from benchmarks._memory import forget_peak, give_back, peak
from benchmarks.common import one_thread, say
from benchmarks.speed.check import Check
from benchmarks.speed.memory import LIMIT_MB, MEGABYTE, in_own_process
from skanomaly.detectors import AutoEncoder

SHAPE = (3, 32, 32)
# What the allocator keeps differs by some ten megabytes.
N_RUNS = 3
IMAGE_MEMORY_TITLE = (
    "Peak resident memory beyond that with the images loaded (uint8, 3 x 32 x 32), "
    "one epoch of a small plain autoencoder in batches of 128, after a warm-up. Some "
    "are held out for the threshold, and all are scored in float64. Median of "
    f"{N_RUNS} processes, the lowest and the highest in brackets; 1 MB is 10^6 bytes."
)


def image_memory_section(quick, n_rounds):
    """Peak resident memory beyond that of the loaded images."""
    checks = []
    for n_images in (2000, 4000) if quick else (5000, 40_000):
        runs = [in_own_process(__spec__.name, str(n_images)) for _ in range(N_RUNS)]
        extra = sorted(facts["peak"] - facts["loaded"] for facts in runs)
        facts = {
            "name": f"fit {n_images:,} images: extra peak",
            "measured": statistics.median(extra),
            "low": extra[0],
            "high": extra[-1],
            "note": f"images {runs[0]['images']:.0f} MB",
        }
        say(f"image-memory: {facts}")
        limit = {"unit": "MB", "sign": "<=", "target": LIMIT_MB}
        checks.append(Check("image-memory", **facts, **limit))
    return checks


def images(n_images):
    """Random images, from 0 to 255."""
    size = n_images, math.prod(SHAPE)
    return np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)


def measure(n_images):
    """Return megabytes in use with the images loaded, and at the peak of the fit."""
    one_thread()
    model = AutoEncoder(
        image_shape=SHAPE, hidden_units=(4,), latent_dim=16, noise=0.0, n_passes=1,
        max_epochs=1, batch_size=128, random_state=0,
    )  # fmt: skip
    model.fit(images(1000))
    X = images(n_images)
    give_back()
    loaded = psutil.Process().memory_info().rss
    forget_peak()
    model.fit(X)
    facts = {"images": X.nbytes, "loaded": loaded, "peak": peak()}
    return {name: n_bytes / MEGABYTE for name, n_bytes in facts.items()}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
