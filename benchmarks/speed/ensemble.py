"""Time of ensembles trained at once, against one member, and of PyOD's VAE."""

from benchmarks.common import has_pyod, interleave, say
from benchmarks.speed.check import Check
from benchmarks.speed.fit import N_CODES, UNITS, table
from skanomaly.detectors import VAE, VAEEnsemble

# By batch size: epochs, and the most that so many members may cost, in members.
EPOCHS = {256: 20, 32: 20}
MAX_RATIO = {256: {5: 2.5, 10: 4.5}, 32: {10: 1.6}}
VS_PYOD = 3.0


class TrainingOnly:
    """A detector without the scoring of its training rows."""

    def _set_offset(self, X):
        self.offset_ = 0.0


class MemberTraining(TrainingOnly, VAE):
    """One member, only trained."""


class EnsembleTraining(TrainingOnly, VAEEnsemble):
    """Members at once, only trained."""


def ours(detector, batch_size, n_epochs, **params):
    """Our VAE or an ensemble of it with the network that all sides have."""
    network = {"hidden_units": UNITS, "latent_dim": N_CODES, "activation": "relu"}
    network["n_draws"] = 1  # as PyOD scores
    training = {"batch_size": batch_size, "max_epochs": n_epochs, "contamination": 0.1}
    return detector(**network, **training, **{"random_state": 0, **params})


def looped(X, n_members, *args):
    """Train members one after the other, as a loop over detectors does."""
    for seed in range(n_members):
        ours(VAE, *args, random_state=seed).fit(X)


def pyod_vae(batch_size, n_epochs):
    """PyOD's VAE with our network and our loss, but for the scale of the columns."""
    from pyod.models.vae import VAE as PyODVAE

    return PyODVAE(
        encoder_neuron_list=list(UNITS),
        decoder_neuron_list=list(UNITS[::-1]),
        latent_dim=N_CODES,
        capacity=float("inf"),  # by default its KL term is cut off at zero
        batch_norm=False,
        dropout_rate=0.0,
        optimizer_params={},
        batch_size=batch_size,
        epoch_num=n_epochs,
        verbose=0,
        random_state=0,
    )


def ensemble_section(quick, n_rounds):
    """Time whole fits at equal network, batch, epochs and threads."""
    checks = []
    for batch_size, n_epochs in EPOCHS.items():
        n_epochs = 2 if quick else n_epochs
        X = table(2000 if quick else 10_000)
        variants = ensemble_variants(X, batch_size, n_epochs)
        rounds = interleave(variants, n_rounds, f"ensemble, batch {batch_size}")
        checks += ensemble_checks(rounds, batch_size)
    return checks


def ensemble_variants(X, *args):
    """Return callables by name; the data are ready before the clock runs."""
    variants = {"one": lambda: ours(VAE, *args).fit(X)}
    variants["one, training"] = lambda: ours(MemberTraining, *args).fit(X)
    for k in (5, 10):
        variants |= {
            f"{k}": lambda k=k: ours(VAEEnsemble, *args, n_estimators=k).fit(X),
            f"{k}, training": lambda k=k: ours(
                EnsembleTraining, *args, n_estimators=k
            ).fit(X),
        }
    variants["loop of 5"] = lambda: looped(X, 5, *args)
    if has_pyod():
        compare_sizes(X)
        variants["PyOD"] = lambda: pyod_vae(*args).fit(X)
    return variants


def compare_sizes(X):
    """Say how many weights both sides train: PyOD's has no scale of the columns."""
    X = X[:512]
    own = ours(VAE, 32, 1).fit(X).net_.module_.parameters()
    theirs = pyod_vae(32, 1).fit(X).model.parameters()
    counts = [sum(p.numel() for p in weights) for weights in (own, theirs)]
    say(f"VAE: {counts[0]} weights, PyOD {counts[1]}")


def ensemble_checks(rounds, batch_size):
    """Ratios of the variants' times."""

    def ratio(name, above, below, **facts):
        full_name = f"{name}, batch {batch_size}"
        return Check.of_ratio("ensemble", full_name, rounds, above, below, **facts)

    checks = []
    for k in (5, 10):
        most = MAX_RATIO[batch_size].get(k)
        target = {"sign": "<=", "target": most} if most else {}
        checks += [
            ratio(f"{k} members / one", f"{k}", "one", **target),
            ratio(
                f"{k} members / one, without scoring",
                f"{k}, training",
                "one, training",
            ),
        ]
    checks.append(ratio("loop of 5 / one", "loop of 5", "one"))
    if "PyOD" in rounds[0]:
        target = {"sign": ">=", "target": VS_PYOD}
        checks.append(ratio("PyOD's VAE / ours", "PyOD", "one", **target))
    return checks
