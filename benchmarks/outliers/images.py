"""Part "images": networks that are trained against outliers, tested on others."""

from functools import lru_cache

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.utils import check_random_state

from benchmarks.common import DATA
from skanomaly.classifiers import OutlierExposureClassifier
from skanomaly.datasets import fetch_fashion_mnist, fetch_mnist
from skanomaly.detectors import NormalizingFlow, OutlierDiscriminator
from skanomaly.samplers import ArchetypalFlowSampler, FlowSampler, UniformSampler

SIDE = 14  # images are averaged to 14 x 14 pixels: two cores train a dense flow on them
TESTED_ON = ("notmnist", "fashion_mnist")
NORMAL, GUMBEL, DEEP_AA = (1.5, 2.0, 2.5, 3.0, 5.0), (1.5, 2.5, 5.0), (0.1, 1.0)
AS_DRAWN = (1.5, 2.5)
AGAINST = (
    "none",
    "uniform",
    *(f"INN normal {p}" for p in NORMAL),
    *(f"INN Gumbel {p}" for p in GUMBEL),
    *(f"DeepAA {p}" for p in DEEP_AA),
    *(f"INN as drawn, normal {p}" for p in AS_DRAWN),
    *TESTED_ON,
)
BATCH_SIZE = 128
SIZES = {  # rows for training, test rows of a set, steps of a flow, steps of a network
    True: (2000, 500, 100, 100),
    False: (60000, 10000, 2500, 1500),
}
# Pixels have one scale: standardized one by one, those at the border, which digits
# leave empty, would give other images away.
NOISE = 0.15  # on all images in training, as in the original: samples have it, too
FLOW = {
    "n_transforms": 4,
    "hidden_units": (128, 128),
    "lr": 1e-3,
    "noise": NOISE,
    "standardize": False,
}
NETWORK = {
    "image_shape": (1, SIDE, SIDE),
    "hidden_units": (32, 64),
    "lr": 3e-3,
    "batch_size": BATCH_SIZE,
    "standardize": False,
}


def run(against, seed, *, quick=False):
    """Train both networks against one kind of outliers; return all their figures."""
    X, y, X_test, y_test = digits(quick)
    X, figures = noisy(X, seed), {}
    if against != "none":
        detector = OutlierDiscriminator(
            sampler(against, seed, quick),
            max_epochs=epochs(SIZES[quick][3], len(X)),
            contamination=0.1,
            random_state=seed,
            **NETWORK,
        ).fit(X)
        figures |= _figures("discriminator", detector.score_samples, X_test, quick)
    classifier = OutlierExposureClassifier(
        sampler(against, seed, quick),
        beta=0.0 if against == "none" else 1.0,
        max_epochs=epochs(SIZES[quick][3], len(X)),
        random_state=seed,
        **NETWORK,
    ).fit(X, y)
    figures |= _figures("classifier", classifier.score_samples, X_test, quick)
    accuracy = classifier.score(X_test, y_test)
    return {**figures, ("classifier", "digits", "accuracy"): accuracy}


class Pictures(BaseEstimator):
    """Samples of another sampler, cut to the range of pixels, with their own noise.

    Far from the training rows a flow makes numbers that no picture has, by which a
    network would know them without looking at the rest.
    """

    def __init__(self, sampler):
        self.sampler = sampler

    def fit(self, X, y=None):
        """Fit the sampler."""
        self.sampler_ = clone(self.sampler).fit(X, y)
        return self

    def sample(self, n_samples=1, random_state=None):
        """Draw pictures."""
        rng = check_random_state(random_state)
        X = self.sampler_.sample(n_samples, random_state=rng).clip(-1.0, 1.0)
        return X + NOISE * rng.standard_normal(X.shape)


def sampler(against, seed, quick):
    """Return what draws the outliers of a row of the table."""
    kind, _, p = against.rpartition(" ")
    if kind == "DeepAA":
        archetypal = _with_p(_archetypal(seed, quick), float(p))
        return Pictures(FrozenEstimator(archetypal))
    if kind:
        flow = FrozenEstimator(_flow(seed, quick))
        law = "normal" if kind.endswith("normal") else "extremal"
        drawn = FlowSampler(float(p), kind=law, flow=flow)
        return drawn if "as drawn" in kind else Pictures(drawn)
    if against in TESTED_ON:
        return noisy(outliers(against, quick)[0], seed)
    return Pictures(UniformSampler(margin=0.0))


def noisy(X, seed):
    """Put the noise of training on images."""
    noise = np.random.default_rng(seed).standard_normal(X.shape, dtype=np.float32)
    return X + NOISE * noise


def _with_p(archetypal, p):
    return archetypal.set_params(p=p)


@lru_cache(maxsize=1)
def _flow(seed, quick):
    X = digits(quick)[0]
    return _flow_to_train(len(X), quick).set_params(random_state=seed).fit(X)


@lru_cache(maxsize=1)
def _archetypal(seed, quick):
    X = digits(quick)[0]
    flow = _flow_to_train(len(X), quick)
    return ArchetypalFlowSampler(flow=flow, random_state=seed).fit(X)


def _flow_to_train(n_rows, quick):
    n_epochs = epochs(SIZES[quick][2], n_rows)
    return NormalizingFlow(
        "coupling", max_epochs=n_epochs, contamination=0.1, **FLOW
    )  # fmt: skip


def epochs(n_steps, n_rows):
    """Passes that make about so many steps."""
    return max(1, round(n_steps * BATCH_SIZE / n_rows))


@lru_cache(maxsize=1)
def digits(quick):
    """Return rows and classes of MNIST, for training and for testing."""
    n_train, n_test, *_ = SIZES[quick]
    parts = []
    for subset, n_rows in (("train", n_train), ("test", n_test)):
        X, y = fetch_mnist(subset=subset, return_X_y=True, download_if_missing=False)
        parts += [_small(X[:n_rows]), y[:n_rows]]
    return parts


@lru_cache(maxsize=2)
def outliers(name, quick):
    """Return images of another kind: some to train against, others to test on.

    notMNIST has one set of 10,000 letters, so half of it is for each purpose.
    """
    n_train, n_test, *_ = SIZES[quick]
    if name == "notmnist":
        path = DATA / "images" / "notmnist_test.npz"
        with np.load(path, allow_pickle=False) as file:
            X = next(file[k] for k in file.files if file[k].ndim >= 3)
        X = X[np.random.default_rng(0).permutation(len(X))]
        train, test = X[: len(X) // 2], X[len(X) // 2 :]
    else:
        train, test = (
            fetch_fashion_mnist(
                subset=subset, return_X_y=True, download_if_missing=False
            )[0]
            for subset in ("train", "test")
        )
    return _small(train[:n_train]), _small(test[:n_test])


def _small(X):
    """Average blocks of 2 x 2 pixels; values in [-1, 1]."""
    X = np.asarray(X).reshape(-1, SIDE, 2, SIDE, 2)
    X = X.mean(axis=(2, 4)).reshape(-1, SIDE * SIDE)
    return (X / 127.5 - 1.0).astype(np.float32)


def _figures(network, score_samples, X_in, quick):
    """AUROC and AP of telling digits, the positive class, from others."""
    figures, inside = {}, score_samples(X_in)
    for name in TESTED_ON:
        outside = score_samples(outliers(name, quick)[1])
        y = np.repeat([1, 0], [len(inside), len(outside)])
        scores = np.concatenate([inside, outside])
        figures[network, name, "auroc"] = roc_auc_score(y, scores)
        figures[network, name, "ap"] = average_precision_score(y, scores)
        figures[network, name, "chance ap"] = y.mean()
    return figures
