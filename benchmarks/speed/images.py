"""Time of convolutional fits against bare torch, and what would make them quicker.

python -m benchmarks.speed.images 3 1 28 28
"""

import functools
import json
import math
import sys

import numpy as np
import torch
from torch import nn

from benchmarks.common import clock, interleave, one_thread
from benchmarks.speed.check import Check
from benchmarks.speed.memory import in_own_process
from skanomaly._training.convolutions import keep_freed_memory
from skanomaly.detectors import AutoEncoder
from skanomaly.nets import ConvDecoder, ConvEncoder

N_CODES, BATCH_SIZE, N_MEMBERS = 32, 128, 5
# By shape: images, of which `fit` holds out 100, and epochs.
TASKS = {(1, 28, 28): (1000, 30), (3, 64, 64): (1000, 10)}
# Images in a batch of members, and in all batches of a round.
MEMBER_BATCHES, STEP_IMAGES = (8, BATCH_SIZE), 3 * BATCH_SIZE
VS_BARE = 1.1
VS_ONE_MEMBER = 3.0
IMAGES_TITLE = (
    "Fitting 1,000 images of which 900 are trained on, convolutions of 16 and 32 "
    "channels and back, plain autoencoder, Adam, batches of 128; 30 epochs of 1 x 28 "
    "x 28 pixels, 10 of 3 x 64 x 64. *Ours* is the whole `fit`, which ends with the "
    "scoring of all images in float64; that costs as much as some 20 steps, of which "
    "64 x 64 pixels have 80 here and 4,000 by default. *Bare torch* gets 900 "
    "standardized images, with fused Adam and nothing else; the lines below it are "
    "bare torch with channels last, and in bfloat16 (`torch.autocast`). `fit` lets the "
    "C library keep freed memory, and bare torch beside it has the use of that; *in a "
    "process of its own* it may not have it. "
    "*Members*: forward and backward passes of the convolutions of five networks, one "
    "after the other or as grouped convolutions, in batches of so many images. A pass "
    "of *one image* has all the work that does not grow with the images: five networks "
    "as one can save at most four times as much, and compute five times the rest."
)


def network(shape):
    """Encoder and decoder as our autoencoder has them."""
    encoder = ConvEncoder(shape, N_CODES, activation="silu")
    return nn.Sequential(encoder, ConvDecoder(N_CODES, shape, activation="silu"))


class TrainingOnly(AutoEncoder):
    """Our autoencoder without the scoring of its images."""

    def _set_offset_by_held_out(self, rows, held_out, counts):
        self.offset_ = 0.0


def ours(X, shape, n_epochs, detector=AutoEncoder):
    """Our autoencoder with this network."""
    return detector(
        image_shape=shape, latent_dim=N_CODES, noise=0.0, n_passes=1,
        batch_size=BATCH_SIZE, max_epochs=n_epochs, random_state=0,
    ).fit(X)  # fmt: skip


def bare_torch(X, shape, n_epochs, *, channels_last=False, bfloat16=False):
    """Batches sliced from a ready tensor, fused Adam, nothing else."""
    model = network(shape)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    for _ in range(n_epochs):
        for rows in torch.randperm(len(X)).split(BATCH_SIZE):
            x = X.index_select(0, rows)
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                output = model(x)
            nn.functional.mse_loss(output.float(), x).backward()
            optimizer.step()


def convolutions(n_channels, n_groups):
    """The convolutions of an autoencoder, of several side by side."""
    sizes = [n_groups * n for n in (n_channels, 16, 32)]
    kind = {"kernel_size": 4, "stride": 2, "padding": 1, "groups": n_groups}
    return nn.Sequential(
        nn.Conv2d(*sizes[:2], **kind), nn.SiLU(),
        nn.Conv2d(*sizes[1:], **kind), nn.SiLU(),
        nn.ConvTranspose2d(*sizes[:0:-1], **kind), nn.SiLU(),
        nn.ConvTranspose2d(*sizes[1::-1], **kind),
    )  # fmt: skip


def passes(networks, images, n_steps):
    """Forward and backward passes, one network after the other."""
    for _ in range(n_steps):
        for model, x in zip(networks, images, strict=True):
            model(x).square().sum().backward()


def member_variants(shape, n_images, n_steps):
    """Return callables: one network, five in a loop, five as one."""
    n_channels = shape[0]
    members = [convolutions(n_channels, 1) for _ in range(N_MEMBERS)]
    x = torch.rand(n_images, *shape)
    joint = x.repeat(1, N_MEMBERS, 1, 1)
    last = {"memory_format": torch.channels_last}
    grouped = convolutions(n_channels, N_MEMBERS)
    grouped_last = convolutions(n_channels, N_MEMBERS).to(**last)
    run = functools.partial(functools.partial, passes)
    return {
        "one": run(members[:1], [x], n_steps),
        "one image": run(members[:1], [x[:1]], n_steps),
        "loop": run(members, [x] * N_MEMBERS, n_steps),
        "grouped": run([grouped], [joint], n_steps),
        "grouped, last": run([grouped_last], [joint.contiguous(**last)], n_steps),
    }


def images_section(quick, n_rounds):
    """Time whole fits at equal network, batch, epochs and threads."""
    checks = []
    for shape, (n_images, n_epochs) in TASKS.items():
        n_epochs = 1 if quick else n_epochs
        title = " x ".join(map(str, shape))
        variants = fit_variants(shape, n_images, n_epochs)
        rounds = interleave(variants, n_rounds, f"images, {title}")
        checks += fit_checks(rounds, title)
        checks.append(alone_check(n_epochs, shape, title))
        for n_images in MEMBER_BATCHES:
            n_steps = 1 if quick else STEP_IMAGES // n_images
            variants = member_variants(shape, n_images, n_steps)
            rounds = interleave(variants, n_rounds, f"members, {n_images}")
            checks += member_checks(rounds, title, n_images)
    return checks


def alone_check(n_epochs, shape, title):
    """Compare bare torch in a process of its own with itself after one of our fits."""
    args = map(str, (n_epochs, *shape))
    rounds = in_own_process("benchmarks.speed.images", *args)
    name = "bare torch in a process of its own / bare torch"
    return _ratio(rounds, title, name, "alone", "kept")


def alone(n_epochs, *shape, n_rounds=3):
    """Time bare torch in this process as it is, then with freed memory kept."""
    one_thread()
    bare = fit_variants(shape, TASKS[shape][0], n_epochs)["bare"]
    rounds = [{} for _ in range(n_rounds)]
    for name in ("alone", "kept"):
        if name == "kept":
            keep_freed_memory()
        bare()
        for seconds in rounds:
            with clock() as seconds[name]:
                bare()
    return rounds


def fit_variants(shape, n_images, n_epochs):
    """Return callables by name; the data are ready before the clock runs."""
    rng = np.random.default_rng(0)
    X = rng.random((n_images, math.prod(shape)), dtype=np.float32)
    rows = torch.from_numpy((X[:-100] - X.mean()) / X.std())
    bare = functools.partial(bare_torch, rows, shape, n_epochs)
    return {
        "bare": bare,
        "ours": functools.partial(ours, X, shape, n_epochs),
        "ours, training": functools.partial(ours, X, shape, n_epochs, TrainingOnly),
        "channels last": functools.partial(bare, channels_last=True),
        "bfloat16": functools.partial(bare, bfloat16=True),
        "both": functools.partial(bare, channels_last=True, bfloat16=True),
    }


def fit_checks(rounds, title):
    """Ratios of whole fits."""
    ratio = functools.partial(_ratio, rounds, title)
    others = [
        ratio(f"{name} / bare torch", name, "bare")
        for name in ("channels last", "bfloat16", "both")
    ]
    target = {"sign": "<=", "target": VS_BARE}
    training = "ours without scoring / bare torch", "ours, training", "bare"
    return [
        ratio("ours / bare torch", "ours", "bare", **target),
        ratio(*training, **target),
        *others,
    ]


def member_checks(rounds, title, n_images):
    """Ratios of five members to one."""
    ratio = functools.partial(_ratio, rounds, f"{title}, {n_images} images")
    target = {"sign": "<=", "target": VS_ONE_MEMBER} if n_images == BATCH_SIZE else {}
    return [
        ratio("one image / one member", "one image", "one"),
        ratio("members in a loop / one", "loop", "one"),
        ratio("members by grouped convolutions / one", "grouped", "one", **target),
        ratio("the same, channels last / one", "grouped, last", "one", **target),
    ]


def _ratio(rounds, title, name, above, below, **facts):
    name = f"{name}, {title}"
    return Check.of_ratio("images", name, rounds, above, below, **facts)


if __name__ == "__main__":
    print(json.dumps(alone(*map(int, sys.argv[1:]))))
