"""The detectors that are compared, and one cell of the table.

A further detector is an entry in `DETECTORS`: a function of the seed, the shape of the
images and whether the schedule is the paper's, which returns an estimator.
"""

import functools
import hashlib
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from skorch.callbacks import Callback

from benchmarks.common import clock, one_thread
from benchmarks.one_vs_rest.data import task
from benchmarks.one_vs_rest.shallow import (
    isolation_forest,
    isolation_forest_of_pixels,
    kernel_density,
    nearest_neighbors,
    one_class_svm,
)
from skanomaly.detectors import (
    AnoGAN,
    AutoEncoder,
    DeepSVDD,
    FastAnoGAN,
    GeometricTransformations,
)
from skanomaly.metrics import anomaly_roc_auc
from skanomaly.nets import LeNetDecoder, LeNetEncoder, WideResNet


class LearningRateDrop(Callback):
    """Divide the learning rate by ten from one epoch of each phase on."""

    def __init__(self, **epochs):
        self.epochs = epochs

    def on_epoch_begin(self, net, **kwargs):
        """Set the learning rate of the epoch."""
        n_done = len(net.history) - 1 - net.first_epoch_
        factor = 0.1 if n_done >= self.epochs[net.phase] else 1.0
        for group in net.optimizer_.param_groups:
            group["lr"] = net.lr * factor


def lenet(n_inputs, n_outputs, image_shape, stream=None):
    """Return the paper's encoder or, for codes, its decoder."""
    params = {"channels": channels(image_shape), "stream": stream}
    if n_inputs == math.prod(image_shape):
        return LeNetEncoder(image_shape, n_outputs, **params)
    return LeNetDecoder(n_inputs, image_shape, **params)


def channels(shape):
    """Channels of the paper's network."""
    return (8, 4) if shape[0] == 1 else (32, 64, 128)


def paper_schedule(shape, **drops):
    """Learning rate, batches and drops of the authors' code."""
    return {
        "lr": 1e-4,
        "lr_schedule": "constant",
        "batch_size": 200,
        "callbacks": [LearningRateDrop(**drops)],
    }


def svdd_schedule(shape, paper):
    """Both phases of Deep SVDD."""
    if not paper:
        n_epochs = REDUCED[shape]
        return {
            "lr": 1e-3, "batch_size": 200, "pretrain_epochs": n_epochs[0],
            "max_epochs": n_epochs[1],
        }  # fmt: skip
    n_epochs, drop = (150, 50) if shape[0] == 1 else (350, 250)
    drops = {"pretraining": drop, "training": 50}
    both = {"pretrain_epochs": n_epochs, "max_epochs": 150}
    return both | paper_schedule(shape, **drops)


# Epochs of both phases, by the shape of the images.
REDUCED = {(1, 28, 28): (10, 20), (3, 32, 32): (10, 20)}
GEOM_EPOCHS = {(1, 28, 28): 20, (3, 32, 32): 60}


def deep_svdd(seed, shape, paper, objective="one-class"):
    """Our Deep SVDD with the paper's network, which is its default for images."""
    schedule = svdd_schedule(shape, paper)
    return DeepSVDD(
        image_shape=shape, objective=objective, random_state=seed, **schedule
    )


def auto_encoder_schedule(shape, paper):
    """As long as both phases of Deep SVDD together, or as the paper's."""
    if not paper:
        return {"lr": 1e-3, "batch_size": 200, "max_epochs": sum(REDUCED[shape])}
    n_epochs, drop = (250, 150) if shape[0] == 1 else (350, 250)
    return {"max_epochs": n_epochs, **paper_schedule(shape, training=drop)}


def dcae(seed, shape, paper):
    """Return the paper's deep convolutional autoencoder: LeNet, no noise, one pass."""
    return AutoEncoder(
        module=lenet, module__image_shape=shape, image_shape=shape,
        latent_dim=32 if shape[0] == 1 else 128, noise=0.0,
        n_passes=1, n_neighbors=0, random_state=seed,
        **auto_encoder_schedule(shape, paper),
    )  # fmt: skip


def auto_encoder(seed, shape, paper):
    """Our autoencoder with its defaults, but for how long it is trained."""
    schedule = auto_encoder_schedule(shape, paper=False)
    return AutoEncoder(image_shape=shape, random_state=seed, **schedule)


def ano_gan(seed, shape, paper):
    """Our AnoGAN with its defaults, or as many steps of the search as the paper."""
    schedule = {"n_steps": 500, "latent_dim": 256} if paper else {}
    return AnoGAN(image_shape=shape, random_state=seed, **schedule)


def fast_ano_gan(seed, shape, paper):
    """Our f-AnoGAN with its defaults, or as long as the paper's encoder trains."""
    n_epochs = 50_000 * 64 // (5000 if shape[0] == 3 else 6000)
    schedule = {"n_critic": 5, "lr": 1e-4, "latent_dim": 128, "max_epochs": n_epochs}
    return FastAnoGAN(
        image_shape=shape, random_state=seed, **(schedule if paper else {})
    )


def geometric(seed, shape, paper):
    """Our GEOM: a small network for some epochs, or the paper's for its own."""
    params = {"max_epochs": GEOM_EPOCHS[shape]}
    if paper:
        params = {
            "module": WideResNet, "score_type": "dirichlet", "max_epochs": 216,
            "batch_size": 128,
        }  # fmt: skip
    return GeometricTransformations(image_shape=shape, random_state=seed, **params)


@dataclass(frozen=True)
class Candidate:
    """How to make a detector, which published column it is held against, a note."""

    make: Callable
    column: str | None
    note: str


DETECTORS = {
    "DeepSVDD": Candidate(
        deep_svdd, "one-class Deep SVDD", "objective one-class, the paper's network"
    ),
    "DeepSVDD soft": Candidate(
        functools.partial(deep_svdd, objective="soft-boundary"),
        "soft-bound Deep SVDD",
        "objective soft-boundary, nu = 0.1",
    ),
    "DCAE": Candidate(
        dcae,
        "DCAE",
        "`AutoEncoder` with the paper's network, without noise, one pass",
    ),
    "AutoEncoder": Candidate(
        auto_encoder,
        None,
        "our defaults for images (denoising, two passes), but for the epochs",
    ),
    "AnoGAN": Candidate(ano_gan, "AnoGAN", "our defaults for images"),
    "FastAnoGAN": Candidate(
        fast_ano_gan, "AnoGAN", "our defaults for images; held against AnoGAN's column"
    ),
    "GEOM": Candidate(
        geometric,
        None,
        "`GeometricTransformations` with its small default network, score likelihood",
    ),
    "OC-SVM": Candidate(
        one_class_svm,
        "OC-SVM",
        "scikit-learn, RBF kernel, `gamma='scale'`, nu = 0.1, behind PCA (95% of the "
        "variance). The published column chose nu and gamma by the AUROC on a tenth "
        "of the labelled test images",
    ),
    "KDE": Candidate(
        kernel_density,
        "KDE",
        "scikit-learn behind the same PCA, bandwidth by the likelihood of held-out "
        "training images among the paper's ten, 1.4 to 32",
    ),
    "IF": Candidate(
        isolation_forest,
        "IF",
        "scikit-learn behind the same PCA, 100 trees of 256 images",
    ),
    "IF, pixels": Candidate(isolation_forest_of_pixels, None, "the same without PCA"),
    "kNN": Candidate(
        nearest_neighbors,
        None,
        "PyOD, mean distance to the five nearest training images",
    ),
}


def make(name, seed, shape, paper):
    """Return the detector."""
    model = DETECTORS[name].make(seed, shape, paper)
    if getattr(model, "contamination", None) == "auto":
        # Only scores are compared, and the search for a threshold does not touch them.
        model.set_params(contamination=0.1)
    return model


def fingerprint(name, shape, paper):
    """Hash of all parameters: cells made with other ones are not taken for finished."""
    model = make(name, 0, shape, paper)
    params = {k: v for k, v in model.get_params().items() if k != "steps"}
    plain = {k: v.__dict__ if isinstance(v, Callback) else v for k, v in params.items()}
    if plain.get("callbacks"):
        plain["callbacks"] = [vars(callback) for callback in plain["callbacks"]]
    plain = {k: getattr(v, "__qualname__", v) for k, v in plain.items()}
    return hashlib.sha1(repr(sorted(plain.items(), key=str)).encode()).hexdigest()[:8]


def run_cell(data, normal_class, seed, name, paper=False, max_train_rows=None):
    """Fit and score once; an error is a result, too."""
    one_thread()
    cell = {"detector": name, "data": data, "class": normal_class, "seed": seed}
    make_it = functools.partial(make, name, seed, paper=paper)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return cell | _measure(data, normal_class, make_it, max_train_rows)
    except Exception as error:
        return cell | {"error": f"{type(error).__name__}: {error}"[:200]}


def _measure(data, normal_class, make_it, max_train_rows):
    X, X_test, y_test, shape = task(data, normal_class)
    X = X[:max_train_rows]
    model = make_it(shape=shape)
    with clock() as fit:
        model.fit(X)
    with clock() as scoring:
        scores = -model.score_samples(X_test)
    return {
        "auroc": 100.0 * anomaly_roc_auc(y_test, scores),
        "fit_s": fit["wall"], "fit_cpu_s": fit["cpu"],
        "score_s": scoring["wall"], "score_cpu_s": scoring["cpu"],
        "n_train": len(X), "n_test": len(X_test),
    }  # fmt: skip
