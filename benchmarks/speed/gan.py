"""Time of AnoGAN's search, all rows at once against PyOD's loop over rows."""

from itertools import pairwise

from torch import nn

from benchmarks.common import has_pyod, interleave, say
from benchmarks.speed.check import Check
from benchmarks.speed.fit import N_COLUMNS, table
from skanomaly.detectors import AnoGAN, FastAnoGAN

# PyOD's own sizes.
N_CODES, G_UNITS, D_UNITS = 2, (20, 10, 3, 10, 20), (20, 10, 5)
N_ROWS, N_STEPS = 500, 100
VS_PYOD = 500.0
VS_GROWTH = 1.1

GAN_TITLE = (
    f"Scoring with AnoGAN, latent size {N_CODES}, generator "
    f"{'-'.join(map(str, G_UNITS))}, discriminator {'-'.join(map(str, D_UNITS))}, "
    f"hyperbolic tangents, {N_COLUMNS} columns: time of a step of the search, divided "
    "by the rows. *PyOD* is the loop over the rows in its `fit`, without any training: "
    "its `decision_function` does not search. Ours computes in float64 and chooses "
    "each row's start among 256 beforehand, PyOD computes in float32. *FastAnoGAN* has "
    "the same sizes and no search."
)


class GANPart(nn.Sequential):
    """PyOD's generator; its discriminator up to the last hidden layer; an encoder."""

    def __init__(self, n_inputs, n_outputs):
        sizes = (n_inputs, *D_UNITS)
        if n_inputs == N_CODES:
            sizes = (n_inputs, *G_UNITS, n_outputs)
        elif n_outputs == N_CODES:
            sizes = (*sizes, n_outputs)
        layers = []
        for n_in, n_out in pairwise(sizes):
            layers += [nn.Linear(n_in, n_out), nn.Tanh()]
        super().__init__(*layers[:-1])


def ours(detector=AnoGAN, **params):
    """Our detector with PyOD's networks, hardly trained: only its speed counts."""
    network = {"module": GANPart, "hidden_units": D_UNITS, "latent_dim": N_CODES}
    rest = {"activation": "tanh", "max_epochs": 1, "contamination": 0.1}
    return detector(**network, **rest, **params, random_state=0).fit(table(500))


def pyod(n_steps):
    """PyOD's detector, whose `fit` then only scores."""
    from pyod.models.anogan import AnoGAN as PyODAnoGAN

    return PyODAnoGAN(epochs=0, epochs_query=n_steps, preprocessing=True)


def same_networks(detector, n_steps):
    """Stop unless both sides search through the same number of weights."""
    model, theirs = detector.net_.module_.model, pyod(n_steps).fit(table(2))
    for mine, other in (
        (model.generator, theirs.generator),
        (model.critic, theirs.discriminator),
    ):
        n_mine, n_theirs = (
            sum(p.numel() for p in m.parameters()) for m in (mine, other)
        )
        if n_mine != n_theirs:
            raise RuntimeError(f"{n_mine} weights, PyOD {n_theirs}")
        say(f"{n_mine} weights on both sides")


def gan_section(quick, n_rounds):
    """Time a step of the search for one row."""
    detector, fast = ours(n_steps=N_STEPS), ours(FastAnoGAN)
    few, many = table(N_ROWS), table(N_ROWS * (2 if quick else 10))
    variants = {
        "ours": lambda: detector.score_samples(few),
        "ours, more rows": lambda: detector.score_samples(many),
        "FastAnoGAN": lambda: fast.score_samples(many),
    }
    n_pyod_rows, n_pyod_steps = (4, 20) if quick else (20, 20)
    if has_pyod():
        same_networks(detector, n_pyod_steps)
        rows = table(n_pyod_rows)
        variants["PyOD"] = lambda: pyod(n_pyod_steps).fit(rows)
    rounds = interleave(variants, n_rounds, f"search, {N_ROWS} rows, {N_STEPS} steps")
    return gan_checks(rounds, len(many), n_pyod_rows * n_pyod_steps)


def gan_checks(rounds, n_many, n_pyod):
    """Ratios of the seconds by row and step."""

    def ratio(name, above, below, factor, **facts):
        return Check.of_ratio("gan", name, rounds, above, below, factor=factor, **facts)

    growth = {"sign": "<=", "target": VS_GROWTH}
    name = f"a row of {n_many} / a row of {N_ROWS}"
    checks = [ratio(name, "ours, more rows", "ours", N_ROWS / n_many, **growth)]
    if "PyOD" in rounds[0]:
        target = {"sign": ">=", "target": VS_PYOD}
        name = "PyOD's loop / ours, by row and step"
        checks.insert(
            0, ratio(name, "PyOD", "ours", N_ROWS * N_STEPS / n_pyod, **target)
        )
    name = f"AnoGAN, {N_STEPS} steps / FastAnoGAN"
    return [*checks, ratio(name, "ours, more rows", "FastAnoGAN", 1.0)]
