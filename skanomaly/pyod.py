"""PyOD's detectors as scikit-learn estimators, and ours as PyOD's.

PyOD is imported when a detector is fitted or wrapped, not when this module is.
"""

import inspect
import io
import os
import random
import warnings
from contextlib import contextmanager, nullcontext, redirect_stdout

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skanomaly.base import BaseDetector
from skanomaly.utils._random import draw_seed, global_seed

__all__ = ["PyODDetector", "to_pyod"]

# Scores stay finite, and so does their mean.
_LARGEST_SCORE = float(np.finfo(np.float32).max)


class PyODDetector(BaseDetector):
    """Make a scikit-learn outlier detector of a detector of PyOD.

    Labels are +1 and -1, a higher `score_samples` is more normal, and `fit` trains a
    clone, so that pipelines, grid searches over ``detector__…`` and our scorers work.
    The anomaly score is PyOD's, unchanged.

    Parameters
    ----------
    detector : pyod.models.base.BaseDetector
        An unsupervised detector of PyOD. It is cloned, never fitted itself. In the clone
        a `batch_size` larger than the number of rows is lowered to it, and `n_features`
        (DeepSVDD) is set to that of the rows, whatever it was.
    contamination : float, default=0.1
        Fraction of the training rows, in (0, 0.5], that `predict` calls anomalous. It
        replaces the detector's own; a warning says so if that was set to another value.
    random_state : int, RandomState instance or None, default=None
        Seed of every generator that PyOD may draw from, at fitting and at scoring; it
        replaces every `random_state` inside the detector. None takes the detector's own.
        The global generators of numpy, torch and Python are put back as they were.
    verbose : int, default=0
        Replaces the detector's own, where it has one. 0 also silences detectors that
        print without being asked.

    Attributes
    ----------
    detector_ : pyod.models.base.BaseDetector
        The fitted clone. Its `decision_scores_`, `labels_` and `threshold_` are PyOD's.
    offset_ : float
        Score below which a row is anomalous.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all were strings.

    See Also
    --------
    to_pyod : The other way round.

    Notes
    -----
    `offset_` is a quantile of `score_samples` of the training rows, as in all our
    detectors. PyOD's neighbour methods leave a row out of its own neighbours only for
    `decision_scores_`, so ``detector_.labels_`` may differ from `predict`, and
    ``KNN(n_neighbors=1)`` gives every training row the score 0.

    What PyOD computes is not repaired. In PyOD 3.6.7 the score of a row depends on the
    rows scored with it for COPOD, DIF and ECOD; that of VAE and ALAD is random, and
    made repeatable here by the same seed in every call.

    Fitting and scoring hold a lock, because PyOD draws from generators that all threads
    share: run in parallel by processes.

    Examples
    --------
    >>> from pyod.models.knn import KNN
    >>> from skanomaly.pyod import PyODDetector
    >>> X = [[0.0], [0.1], [0.2], [0.3], [5.0]]
    >>> detector = PyODDetector(KNN(n_neighbors=2), contamination=0.2)
    >>> detector.fit_predict(X)
    array([ 1,  1,  1,  1, -1])
    """

    _parameter_constraints: dict = {
        **BaseDetector._parameter_constraints,
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(self, detector, *, contamination=0.1, random_state=None, verbose=0):
        super().__init__(contamination=contamination)
        self.detector = detector
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_clone__(self):
        # Constructing one of PyOD's deep detectors seeds all global generators.
        with _seeded(0):
            return super().__sklearn_clone__()

    def _fit(self, X):
        self._check_detector()
        self._warn_of_contamination()
        X = np.asarray(X, dtype=np.float64)
        own = getattr(self.detector, "random_state", None)
        seed = draw_seed(own if self.random_state is None else self.random_state)
        with _seeded(seed), self._quiet():
            detector = self._make_detector(X, seed)
            _fit_or_explain(detector, X)
        self.detector_ = detector
        self._seed = seed

    def _score(self, X):
        n_samples = len(X)
        X = np.asarray(X, dtype=np.float64)
        batch_size = getattr(self.detector_, "batch_size", None)
        # Some squeeze their batches, and fail on a last batch of a single row.
        if batch_size and n_samples % batch_size == 1:
            X = np.concatenate([X, X[-1:]])
        with _seeded(self._seed):
            scores = self.detector_.decision_function(X)
        scores = np.asarray(scores, dtype=np.float64).ravel()[:n_samples]
        return np.clip(scores, -_LARGEST_SCORE, _LARGEST_SCORE)

    def _make_detector(self, X, seed):
        """Clone the detector with the parameters that this class decides."""
        detector = clone(self.detector)
        given = detector.get_params(deep=False)
        ours = {
            "contamination": self.contamination,
            "n_features": X.shape[1],
            "verbose": self.verbose,
        }
        if given.get("batch_size"):
            ours["batch_size"] = min(given["batch_size"], len(X))
        detector.set_params(**{k: v for k, v in ours.items() if k in given})
        if self.random_state is not None:
            _set_random_states(detector, seed)
        # Constructors seed (AutoEncoder) and build networks (LUNAR): run them again, with
        # the parameters as they are now.
        return clone(detector)

    def _check_detector(self):
        """Refuse what would fail obscurely, or be scored upside down."""
        if not isinstance(self.detector, _pyod_base()):
            raise TypeError(
                f"detector={self.detector!r} is not a detector of PyOD. Pass an instance "
                "such as pyod.models.knn.KNN(); detectors of scikit-learn and skanomaly "
                "need no adapter."
            )
        y = inspect.signature(self.detector.fit).parameters.get("y")
        if y is not None and y.default is y.empty:
            raise TypeError(
                f"detector={self.detector!r} learns from labels, which detectors ignore. "
                "Pass an unsupervised detector of PyOD."
            )

    def _warn_of_contamination(self):
        """Say so when a contamination that was set on purpose is not used."""
        init = inspect.signature(type(self.detector).__init__).parameters
        own = getattr(self.detector, "contamination", self.contamination)
        default = init["contamination"].default if "contamination" in init else own
        if own not in (default, self.contamination):
            warnings.warn(
                f"The detector's own contamination={own!r} is not used. Set that of "
                f"PyODDetector, which is {self.contamination!r}.",
                UserWarning,
                stacklevel=4,
            )

    def _quiet(self):
        """Swallow what detectors without a parameter `verbose` print regardless."""
        if self.verbose or "verbose" in self.detector.get_params(deep=False):
            return nullcontext()
        return redirect_stdout(io.StringIO())


def to_pyod(detector, X=None, *, contamination=None):
    """Give a detector of skanomaly or scikit-learn the interface of PyOD.

    The result is a `pyod.models.base.BaseDetector`: a higher `decision_function` is more
    anomalous, labels are 0 and 1 with 1 = anomaly, and PyOD's combinations, thresholds
    and ensembles take it. Its `fit` trains a clone, kept as `detector_`.

    Parameters
    ----------
    detector : estimator with `fit` and `score_samples`
        An outlier detector, or a Pipeline that ends in one. If it is fitted, the result
        is ready for `decision_function` and `predict`, which keeps its threshold.
    X : array-like of shape (n_samples, n_features), default=None
        The training rows of a fitted detector. They are scored, not fitted, and give
        what PyOD keeps of them: `decision_scores_`, `labels_` and `threshold_`, on
        which `predict_proba` and `predict_confidence` rely. None leaves these to `fit`.
    contamination : float, default=None
        Fraction of the training rows, in (0, 0.5], labelled 1. None takes the detector's
        own if it is a number, else 0.1.

    Returns
    -------
    pyod.models.base.BaseDetector
        The adapter, a `SkanomalyDetector`. It can be cloned, pickled and searched over
        ``detector__…``.

    See Also
    --------
    PyODDetector : The other way round.

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
            f"detector={detector!r} has no score_samples to call. Pass an instance of an "
            "outlier detector of skanomaly or scikit-learn."
        )
    last = detector.steps[-1][1] if hasattr(detector, "steps") else detector
    if contamination is None:
        own = getattr(last, "contamination", None)
        contamination = own if isinstance(own, float) else 0.1
    adapter = __getattr__("SkanomalyDetector")(detector, contamination=contamination)
    return adapter._adopt(X, last) if _is_fitted(detector) else adapter


class _AsPyOD:
    """What a `SkanomalyDetector` adds to PyOD's base class, which comes behind it."""

    def __init__(self, detector, contamination=0.1):
        super().__init__(contamination=contamination)
        self.detector = detector

    def fit(self, X, y=None):
        """Fit a clone of the detector. `y` is ignored."""
        self.detector_ = clone(self.detector).fit(X)
        return self._keep_scores(X)

    def decision_function(self, X):
        """Anomaly score of each row, shape (n_samples,): higher is more anomalous."""
        check_is_fitted(self, "detector_")
        return -self.detector_.score_samples(X)

    def predict(self, X, return_confidence=False):
        """Label rows: 1 is anomalous, 0 is normal."""
        if return_confidence or hasattr(self, "decision_scores_"):
            return super().predict(X, return_confidence=return_confidence)
        check_is_fitted(self, "detector_")
        return (self.detector_.predict(X) == -1).astype(int)

    def _adopt(self, X, last):
        """Take the detector as it was fitted elsewhere, on `X` if that is known."""
        self.detector_ = self.detector
        if X is not None:
            return self._keep_scores(X)
        if hasattr(last, "offset_"):
            self.threshold_ = -last.offset_
        return self

    def _keep_scores(self, X):
        self._set_n_classes(None)
        self.decision_scores_ = self.decision_function(X)
        self._process_decision_scores()
        return self


def __getattr__(name):
    """Make `SkanomalyDetector` when it is first named, since its base is PyOD's.

    It then is an ordinary class of this module, which pickle finds by its name, in a
    fresh process too.
    """
    if name != "SkanomalyDetector":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name not in globals():
        namespace = {"__doc__": to_pyod.__doc__, "__module__": __name__}
        globals()[name] = type(_pyod_base())(name, (_AsPyOD, _pyod_base()), namespace)
    return globals()[name]


def _pyod_base():
    try:
        from pyod.models.base import BaseDetector as PyODBase
    except ImportError as error:
        raise ImportError(
            "skanomaly.pyod needs PyOD: pip install skanomaly[pyod]"
        ) from error
    return PyODBase


def _is_fitted(detector):
    try:
        check_is_fitted(detector)
    except NotFittedError:
        return False
    return True


@contextmanager
def _seeded(seed):
    """Seed all that PyOD draws from and writes to, then put it back as it was."""
    with global_seed(seed):
        numpy_generator = check_random_state(None)
        numpy_state, python_state = numpy_generator.get_state(), random.getstate()
        hash_seed = os.environ.get("PYTHONHASHSEED")
        numpy_generator.seed(seed)
        random.seed(seed)
        try:
            yield
        finally:
            numpy_generator.set_state(numpy_state)
            random.setstate(python_state)
            os.environ.pop("PYTHONHASHSEED", None)
            if hash_seed is not None:
                os.environ["PYTHONHASHSEED"] = hash_seed


def _set_random_states(detector, seed):
    """Give every `random_state`, nested ones too, an integer of its own."""
    rng = check_random_state(seed)
    names = sorted(detector.get_params())
    names = [n for n in names if n.rpartition("__")[2] == "random_state"]
    detector.set_params(**{name: draw_seed(rng) for name in names})


def _fit_or_explain(detector, X):
    try:
        detector.fit(X)
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise ValueError(
            f"detector__batch_size={detector.batch_size} leaves a last batch of one row "
            f"of n_samples={len(X)}, and {type(detector).__name__} needs two. Choose "
            "another batch size."
        ) from error
