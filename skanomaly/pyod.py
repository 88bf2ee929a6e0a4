"""PyOD's detectors as scikit-learn estimators, and ours as PyOD's.

PyOD is imported when a detector is fitted or wrapped, not when this module is.
"""

from __future__ import annotations

import inspect
import io
import os
import random
from contextlib import contextmanager, nullcontext, redirect_stdout
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skanomaly.base import BaseDetector
from skanomaly.exceptions import TrainingDivergedError
from skanomaly.nets.layers import global_seed
from skanomaly.utils._checks import is_number
from skanomaly.utils._seeds import draw_seed
from skanomaly.utils._typing import (
    Detector,
    Estimator,
    FloatArray,
    IntArray,
    MatrixLike,
    RandomStateLike,
)
from skanomaly.utils._warn import warn_user

__all__ = ["PyODDetector", "to_pyod"]

_LIMIT = float(np.finfo(np.float32).max)  # keeps scores finite, and their mean too
_PYOD_CONTAMINATION = 0.1  # the default of every detector of PyOD


class PyODDetector(BaseDetector):
    """Wrap a detector of PyOD as a scikit-learn outlier detector.

    Scores and threshold are PyOD's; direction and labels are scikit-learn's. `fit`
    trains a clone, so that pipelines and grid searches over ``detector__…`` work.

    Parameters
    ----------
    detector : pyod.models.base.BaseDetector
        An unsupervised detector of PyOD, never fitted itself. Its clone gets
        `n_features` (DeepSVDD) from the rows, and a smaller `batch_size` where they do
        not fill one batch or leave a single row for the last one.
    contamination : float, default=0.1
        Fraction of the training rows, in (0, 0.5], that `fit_predict` calls anomalous.
        It replaces the detector's own; a warning says so if that was set otherwise.
    random_state : int, RandomState instance or None, default=None
        Seed of all random numbers of PyOD, in fitting and scoring. It replaces each
        `random_state` in the detector; None takes the detector's own. The state of the
        global generators of numpy, torch and Python is restored.
    verbose : int, default=0
        Replaces that of the detector. 0 also silences detectors that always print.

    Attributes
    ----------
    detector_ : pyod.models.base.BaseDetector
        The fitted clone, with PyOD's `decision_scores_`, `labels_` and `threshold_`.
    offset_ : float
        Score below which a row is anomalous: the negative of PyOD's `threshold_`.

    See Also
    --------
    to_pyod : The other direction.

    Notes
    -----
    In PyOD's neighbour methods a training row is its own neighbour when `predict`
    scores it again, but not in `decision_scores_`, from which the threshold comes. To
    label training rows use `fit_predict`, as with LocalOutlierFactor.

    PyOD's results are not corrected. In PyOD 3.6.7 a row's score depends on the rows
    scored with it in COPOD, DIF, ECOD, LODA and others; that of VAE and ALAD is random,
    made repeatable here by the same seed in every call.

    PyOD uses generators that threads share, so fitting and scoring hold a lock:
    for parallel runs use processes, joblib's default.

    Examples
    --------
    >>> from pyod.models.knn import KNN
    >>> from skanomaly.pyod import PyODDetector
    >>> X = [[0.0], [0.1], [0.2], [0.3], [5.0]]
    >>> PyODDetector(KNN(n_neighbors=2), contamination=0.2).fit_predict(X)
    array([ 1,  1,  1,  1, -1])
    """

    _parameter_constraints: dict = {
        **BaseDetector._parameter_constraints,
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        detector: Estimator,
        *,
        contamination: float = 0.1,
        random_state: RandomStateLike = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.detector = detector
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_clone__(self):
        # The constructors of PyOD's deep detectors seed all global generators.
        with _seeded(0):
            return super().__sklearn_clone__()

    def fit_predict(self, X: MatrixLike, y: object = None) -> IntArray:
        """Fit, and label the training rows as PyOD does in ``labels_``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : Ignored
            Present for API consistency.

        Returns
        -------
        ndarray of shape (n_samples,)
            +1 for normal rows, -1 for anomalous ones.
        """
        return np.where(self.fit(X).detector_.labels_ == 1, -1, 1)

    def _fit(self, X: NDArray[Any]) -> None:
        self._check_detector()
        X = np.asarray(X, dtype=np.float64)
        own = getattr(self.detector, "random_state", None)
        seed = draw_seed(own if self.random_state is None else self.random_state)
        with _seeded(seed), self._quiet():
            detector = self._make_detector(X, seed)
            detector.fit(X)
        self.detector_ = detector
        self._seed = seed

    def _set_offset(self, X: NDArray[Any]) -> None:
        """Take PyOD's threshold, which neighbour methods do not set too low."""
        threshold = float(self.detector_.threshold_)
        if not np.isfinite(threshold):
            raise TrainingDivergedError(
                f"{type(self.detector_).__name__} gives training rows scores that are "
                "not finite: scale X, or remove duplicate rows."
            )
        self.offset_ = -threshold

    def _score(self, X: NDArray[Any]) -> FloatArray:
        n_samples = len(X)
        X = np.asarray(X, dtype=np.float64)
        batch_size = getattr(self.detector_, "batch_size", None)
        # AE1SVM squeezes its batches, and fails on a last batch of a single row.
        if batch_size and n_samples % batch_size == 1:
            X = np.concatenate([X, X[-1:]])
        with _seeded(self._seed):
            scores = self.detector_.decision_function(X)
        scores = np.asarray(scores, dtype=np.float64).ravel()[:n_samples]
        return np.nan_to_num(scores, nan=_LIMIT, posinf=_LIMIT, neginf=-_LIMIT)

    def _make_detector(self, X, seed):
        """Clone the detector with the parameters that this adapter sets."""
        detector = clone(self.detector)
        given = detector.get_params(deep=False)
        ours = {
            "batch_size": _batch_size(given.get("batch_size"), len(X)),
            "contamination": self.contamination,
            "n_features": X.shape[1],
            "verbose": self.verbose,
        }
        detector.set_params(**{k: v for k, v in ours.items() if k in given})
        if self.random_state is not None:
            _set_random_states(detector, seed)
        # Constructors seed (AutoEncoder) and build networks (LUNAR): run them again,
        # with the final parameters.
        return clone(detector)

    def _check_detector(self):
        """Refuse what would fail with an obscure error, or give inverted scores."""
        if not isinstance(self.detector, _import_pyod()):
            raise TypeError(
                f"detector={self.detector!r} is not a detector of PyOD. Pass one, such "
                "as KNN(); those of scikit-learn need no adapter."
            )
        y = inspect.signature(self.detector.fit).parameters.get("y")
        if y is not None and y.default is y.empty:
            raise TypeError(
                f"detector={type(self.detector).__name__} learns from labels. Pass an "
                "unsupervised detector of PyOD."
            )
        own = getattr(self.detector, "contamination", _PYOD_CONTAMINATION)
        if own not in (_PYOD_CONTAMINATION, self.contamination):
            warn_user(
                f"contamination={own!r} of the detector is not used, but that of "
                f"PyODDetector, {self.contamination!r}."
            )

    def _quiet(self):
        """Swallow what detectors print regardless of a parameter `verbose`."""
        return nullcontext() if self.verbose else redirect_stdout(io.StringIO())


def to_pyod(
    detector: Detector,
    X: MatrixLike | None = None,
    *,
    contamination: float | None = None,
) -> Any:
    """Wrap a detector of skanomaly or scikit-learn as a detector of PyOD.

    A higher `decision_function` is more anomalous, label 1 is an anomaly and 0 is not,
    and PyOD's combinations, thresholds and ensembles take the result. Its `fit` trains
    a clone, kept as `detector_`.

    Parameters
    ----------
    detector : estimator with `fit` and `score_samples`
        An outlier detector, or a Pipeline that ends in one. If it is fitted, so is the
        result, for `decision_function` and for `predict`, with its threshold.
    X : array-like of shape (n_samples, n_features), default=None
        Training rows of a fitted detector. They are scored, not fitted, and give
        `decision_scores_`, `labels_` and `threshold_`, which `predict_proba` and
        `predict_confidence` need. None leaves these to `fit`.
    contamination : float, default=None
        Fraction of the training rows, in (0, 0.5], labelled 1. None keeps the threshold
        of a detector of skanomaly, from ``contamination="auto"`` or `calibrate`; for
        others it takes the detector's `contamination` if it is a number, else 0.1.

    Returns
    -------
    pyod.models.base.BaseDetector
        The adapter. It can be cloned, pickled and searched over ``detector__…``.

    See Also
    --------
    PyODDetector : The other direction.

    Examples
    --------
    >>> from sklearn.ensemble import IsolationForest
    >>> from skanomaly.pyod import to_pyod
    >>> X = [[0.0], [0.1], [0.2], [0.3], [5.0]]
    >>> detector = to_pyod(IsolationForest(random_state=0), contamination=0.2)
    >>> detector.fit(X).labels_
    array([0, 0, 0, 0, 1])
    """
    if isinstance(detector, type) or not hasattr(detector, "score_samples"):
        raise TypeError(
            f"detector={detector!r} cannot score_samples. Pass an instance of an "
            "outlier detector of skanomaly or scikit-learn."
        )
    last = _last_step(detector)
    keeps = contamination is None and isinstance(last, BaseDetector)
    if contamination is None:
        own = getattr(last, "contamination", None)
        contamination = own if isinstance(own, float) else _PYOD_CONTAMINATION
    elif not is_number(contamination):
        raise ValueError(
            f"contamination={contamination!r}: PyOD takes a number in (0, 0.5]. Leave "
            "it out to keep the threshold of a detector of skanomaly, whose "
            'contamination="auto" is set there.'
        )
    make = __getattr__("SkanomalyDetector")
    adapter = make(detector, contamination=contamination, keep_threshold=keeps)
    if X is not None:
        check_is_fitted(detector)
        adapter.detector_ = detector
        return adapter._keep_scores(X)
    if hasattr(last, "offset_"):
        adapter.detector_, adapter.threshold_ = detector, -last.offset_
    return adapter


def _last_step(detector):
    """Return the detector in which a Pipeline ends, or the detector itself."""
    return detector.steps[-1][1] if hasattr(detector, "steps") else detector


_PyODBase: Any = object  # for type checkers; PyOD's own class comes after _AsPyOD


class _AsPyOD(_PyODBase):
    """What a `SkanomalyDetector` adds to the base class of PyOD."""

    def __init__(
        self,
        detector: Estimator,
        contamination: float = 0.1,
        keep_threshold: bool = False,
    ) -> None:
        super().__init__(contamination=contamination)
        self.detector = detector
        self.keep_threshold = keep_threshold

    def set_params(self, **params: Any) -> Self:
        """Set parameters; `contamination` then replaces a threshold that was kept."""
        if "contamination" in params:
            params = {"keep_threshold": False, **params}
        return super().set_params(**params)

    def fit(self, X: MatrixLike, y: object = None) -> Self:
        """Fit a clone of the detector; `y` is ignored."""
        self.detector_ = clone(self.detector).fit(X)
        return self._keep_scores(X)

    def decision_function(self, X: MatrixLike) -> FloatArray:
        """Anomaly score of each row, shape (n_samples,): higher is more anomalous."""
        check_is_fitted(self, "detector_")
        return -self.detector_.score_samples(X)

    def predict(self, X: MatrixLike, return_confidence: bool = False) -> Any:
        """Label rows: 1 is anomalous, 0 is normal."""
        if return_confidence or hasattr(self, "decision_scores_"):
            self._check_knows_training_rows()
            return super().predict(X, return_confidence=return_confidence)
        return (self.decision_function(X) > self.threshold_).astype(int)

    def predict_proba(
        self, X: MatrixLike, method: str = "linear", return_confidence: bool = False
    ) -> Any:
        """Probability of being normal and of being anomalous, by PyOD's `method`."""
        self._check_knows_training_rows()
        return super().predict_proba(X, method, return_confidence)

    def predict_confidence(self, X: MatrixLike) -> Any:
        """PyOD's confidence in the label of each row."""
        self._check_knows_training_rows()
        return super().predict_confidence(X)

    def _check_knows_training_rows(self):
        """Refuse what PyOD computes from the training scores, if they are unknown."""
        check_is_fitted(self, "detector_")
        if not hasattr(self, "decision_scores_"):
            raise NotFittedError(
                "PyOD computes this from the scores of the training rows, which are "
                "not known: pass them, as in to_pyod(detector, X_train)."
            )

    def _keep_scores(self, X):
        self._set_n_classes(None)
        self.decision_scores_ = self.decision_function(X)
        self._process_decision_scores()
        if self.keep_threshold:
            self.threshold_ = -_last_step(self.detector_).offset_
            self.labels_ = (self.decision_scores_ > self.threshold_).astype(int)
        return self


def __getattr__(name: str) -> Any:
    """Make `SkanomalyDetector` when first accessed, since its base class is PyOD's.

    It is an ordinary class from then on, and pickle finds it here by its name.
    """
    if name != "SkanomalyDetector":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    namespace = {"__doc__": to_pyod.__doc__, "__module__": __name__}
    made = type(_import_pyod())(name, (_AsPyOD, _import_pyod()), namespace)
    return globals().setdefault(name, made)


def _import_pyod():
    try:
        from pyod.models.base import BaseDetector as base
    except ImportError as error:
        message = "skanomaly.pyod needs PyOD: pip install skanomaly[pyod]"
        raise ImportError(message) from error
    return base


@contextmanager
def _seeded(seed):
    """Seed all generators of PyOD, then restore them and the environment."""
    generator = check_random_state(None)  # numpy's global one
    with global_seed(seed):  # torch's, under the lock that threads share
        before = generator.get_state(), random.getstate()
        hash_seed = os.environ.get("PYTHONHASHSEED")
        generator.seed(seed)
        random.seed(seed)
        try:
            yield
        finally:
            generator.set_state(before[0])
            random.setstate(before[1])
            os.environ.pop("PYTHONHASHSEED", None)
            if hash_seed is not None:
                os.environ["PYTHONHASHSEED"] = hash_seed


def _set_random_states(detector, seed):
    """Set every `random_state`, nested ones too, to an integer of its own."""
    rng = check_random_state(seed)
    names = [n for n in detector.get_params() if n.split("__")[-1] == "random_state"]
    detector.set_params(**{name: draw_seed(rng) for name in sorted(names)})


def _batch_size(wanted, n_samples):
    """Lower a batch size so that every batch has two rows, as batch norm needs."""
    size = min(wanted or n_samples, n_samples)
    return size - 1 if size > 2 and n_samples % size == 1 else size
