"""Detectors without a network: scikit-learn's and PyOD's."""

import numpy as np
from pyod.models.knn import KNN
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import make_pipeline
from sklearn.svm import OneClassSVM

from skanomaly.pyod import PyODDetector

# Rows on which the bandwidth of the kernel density is chosen.
BANDWIDTH_ROWS = 1000


class ChosenBandwidth(OutlierMixin, BaseEstimator):
    """Kernel density with the bandwidth that suits held-out training rows best."""

    def __init__(self, bandwidths, random_state=None):
        self.bandwidths = bandwidths
        self.random_state = random_state

    def fit(self, X, y=None):
        """Choose the bandwidth on some rows in five folds, and take all rows."""
        rng = np.random.default_rng(self.random_state)
        rows = rng.permutation(len(X))[:BANDWIDTH_ROWS]
        grid = {"bandwidth": self.bandwidths}
        self.search_ = GridSearchCV(KernelDensity(), grid, cv=5).fit(X[rows])
        self.density_ = self.search_.best_estimator_.fit(X)
        return self

    def score_samples(self, X):
        """Log density: higher is more normal."""
        return self.density_.score_samples(X)


def one_class_svm(seed, shape, paper):
    """One-class SVM; nothing is chosen by test labels, as it is in the paper."""
    return make_pipeline(PCA(0.95, random_state=seed), OneClassSVM(nu=0.1))


def kernel_density(seed, shape, paper):
    """Kernel density with a bandwidth chosen without labels."""
    density = ChosenBandwidth(tuple(2.0 ** np.linspace(0.5, 5, 10)), seed)
    return make_pipeline(PCA(0.95, random_state=seed), density)


def isolation_forest(seed, shape, paper):
    """Isolation forest: 100 trees, 256 rows each."""
    return make_pipeline(
        PCA(0.95, random_state=seed), IsolationForest(random_state=seed)
    )


def isolation_forest_of_pixels(seed, shape, paper):
    """Isolation forest of the pixels themselves."""
    return IsolationForest(random_state=seed)


def nearest_neighbors(seed, shape, paper):
    """Mean distance to five training images."""
    return PyODDetector(KNN(n_neighbors=5, method="mean"))
