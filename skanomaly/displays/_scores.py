"""Distribution of anomaly scores, and the threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from skanomaly.displays import _drawing as drawing
from skanomaly.displays._drawing import Axes
from skanomaly.utils._scores import anomaly_score_of, check_ranking, check_scores
from skanomaly.utils._typing import (
    BoolArray,
    Estimator,
    FloatArray,
    MatrixLike,
    VectorLike,
)

MIN_BINS, MAX_BINS = 10, 50
HEIGHT_LABELS = {"share": "Fraction of the class", "count": "Rows"}


@dataclass(kw_only=True, eq=False, repr=False)
class ScoreDistributionDisplay:
    """Histogram of anomaly scores by class, with the threshold of the detector.

    Use :meth:`from_estimator` or :meth:`from_predictions` to make one. Scores grow to
    the right: rows right of the threshold are called anomalous; it is an edge between
    two bins. Every class is normalized on its own, so that a few anomalies can be seen
    beside many normal rows.

    Parameters
    ----------
    anomaly_score : ndarray of shape (n_samples,)
        Scores, higher = more anomalous, in the unit of the detector.
    is_anomaly : ndarray of bool of shape (n_samples,), default=None
        Which rows are anomalies. None draws all rows as one class.
    threshold : float, default=None
        Anomaly score above which `predict` says anomalous. None draws no threshold.
    name : str, default=None
        Name of the detector, for the title.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    bars_ : list of matplotlib StepPatch
        The histogram of all rows, or those of normal and of anomalous rows.
    threshold_line_ : matplotlib Line2D or None
        The vertical line at `threshold`.
    legend_ : matplotlib Legend
        The legend. With labels its title holds ROC AUC, average precision and
        prevalence, the chance level of average precision.

    See Also
    --------
    ReconstructionDisplay : Contributions of columns to the score of a row.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import IsolationForest
    >>> from skanomaly.displays import ScoreDistributionDisplay
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = np.arange(200) % 10 == 0
    >>> X[y] += 4
    >>> detector = IsolationForest(n_estimators=20, random_state=0).fit(X)
    >>> display = ScoreDistributionDisplay.from_estimator(detector, X, y)
    >>> print(display.legend_.get_title().get_text())
    ROC AUC 0.978, average precision 0.770 (prevalence 0.1)
    """

    anomaly_score: FloatArray
    is_anomaly: BoolArray | None = None
    threshold: float | None = None
    name: str | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        X: MatrixLike,
        y: VectorLike | None = None,
        *,
        anomaly_label: int | str = 1,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Score rows and draw the scores.

        Parameters
        ----------
        estimator : estimator
            Fitted outlier detector, or a Pipeline or a search that ends in one. The
            anomaly score is ``-score_samples(X)`` and the threshold ``-offset_``; a
            detector without `score_samples` gives ``-decision_function(X)``, whose
            threshold is 0.
        X : array-like of shape (n_samples, n_features)
            Rows to score.
        y : array-like of shape (n_samples,), default=None
            Labels; rows equal to `anomaly_label` are anomalies, all others are normal.
        anomaly_label : int, str or bool, default=1
            The label of anomalies. Pass -1 for labels in scikit-learn's convention.
        name : str, default=None
            Name for the title. None takes the name of the detector's class.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : ScoreDistributionDisplay
            The display, drawn.
        """
        drawing.import_pyplot()
        detector = drawing.last_step(estimator)
        return cls.from_predictions(
            y,
            anomaly_score_of(estimator, X),
            threshold=_threshold(estimator, detector),
            anomaly_label=anomaly_label,
            name=type(detector).__name__ if name is None else name,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: VectorLike | None,
        anomaly_score: VectorLike,
        *,
        threshold: float | None = None,
        anomaly_label: int | str = 1,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw given scores.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,) or None
            Labels; rows equal to `anomaly_label` are anomalies, all others are normal.
        anomaly_score : array-like of shape (n_samples,)
            Finite scores, higher = more anomalous.
        threshold : float, default=None
            Anomaly score above which a row is called anomalous. None draws no
            threshold.
        anomaly_label : int, str or bool, default=1
            The label of anomalies. Pass -1 for labels in scikit-learn's convention.
        name : str, default=None
            Name for the title. None leaves it out.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : ScoreDistributionDisplay
            The display, drawn.
        """
        is_anomaly, score = None, check_scores("anomaly_score", anomaly_score)
        if y_true is not None:
            is_anomaly, _ = check_ranking(y_true, score, anomaly_label)
        return cls(
            anomaly_score=score, is_anomaly=is_anomaly, threshold=threshold, name=name
        ).plot(ax=ax, **kwargs)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        bins: int | VectorLike | Literal["auto"] = "auto",
        xscale: Literal["auto", "linear", "log", "symlog"] = "auto",
        stat: Literal["share", "count"] = "share",
        **kwargs: Any,
    ) -> Self:
        """Draw the histogram.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        bins : int, array-like or "auto", default="auto"
            Number of bins, evenly wide on the axis as it is scaled, or their edges.
            "auto" is the root of the number of rows, within 10 and 50.
        xscale : {"auto", "linear", "log", "symlog"}, default="auto"
            Scale of the scores. "auto" is "linear" unless a quarter of a class would
            then share one of 50 bins, as it does when scores span decades. In that case
            it is "log", or "symlog" (linear up to the median magnitude) if some scores
            are not positive.
        stat : {"share", "count"}, default="share"
            Height of a bar: the fraction of the rows of its class, or their number.
        **kwargs : dict
            Arguments of matplotlib's ``Axes.stairs`` for the bars.

        Returns
        -------
        display : ScoreDistributionDisplay
            The display itself.
        """
        if stat not in HEIGHT_LABELS:
            raise ValueError(f"stat={stat!r}: give one of {list(HEIGHT_LABELS)}.")
        self.ax_, self.figure_ = drawing.axes_and_figure(ax)
        self._set_xscale(xscale)
        edges = self._bin_edges(bins)
        self.bars_ = [self._draw(edges, stat, kwargs, *c) for c in self._classes()]
        self.threshold_line_ = self._draw_threshold()
        self.ax_.set(title=self.name, ylabel=HEIGHT_LABELS[stat])
        self.ax_.set_xlabel("Anomaly score (higher = more anomalous)")
        drawing.label_log_ticks(self.ax_.xaxis)
        title, below = self._performance(), ax is None
        self.legend_ = drawing.add_legend(self.ax_, below=below, title=title)
        if ax is not None:
            self._make_room()
        return self

    def _classes(self):
        """Triples (label, colour, scores), one for each class."""
        if self.is_anomaly is None:
            return [("rows", drawing.BLUE, self.anomaly_score)]
        return [
            ("normal", drawing.BLUE, self.anomaly_score[~self.is_anomaly]),
            ("anomaly", drawing.VERMILION, self.anomaly_score[self.is_anomaly]),
        ]

    def _set_xscale(self, xscale):
        marks = () if self.threshold is None else self.threshold
        marked = np.append(self.anomaly_score, marks)
        if xscale == "auto":
            xscale = _choose_scale([scores for *_, scores in self._classes()], marked)
        if xscale == "log" and marked.min() <= 0:
            raise ValueError(
                f"xscale='log' needs positive scores, and {marked.min():.3g} is among "
                "them and the threshold: use 'symlog'."
            )
        options = {"linthresh": _linear_width(marked)} if xscale == "symlog" else {}
        self.ax_.set_xscale(xscale, **options)

    def _bin_edges(self, bins):
        if np.ndim(bins) == 1:
            return np.asarray(bins)
        scores = self.anomaly_score
        if isinstance(bins, str) and bins != "auto":
            raise ValueError(f"bins={bins!r}: give an int, edges or 'auto'.")
        if isinstance(bins, str):
            bins = int(np.clip(np.sqrt(len(scores)), MIN_BINS, MAX_BINS))
        scale = self.ax_.xaxis.get_transform()
        threshold = None if self.threshold is None else scale.transform(self.threshold)
        edges = _even_edges(scale.transform(scores), bins, threshold)
        edges = scale.inverted().transform(edges)
        # Rounding in the transform and its inverse must not lose the rows at the ends.
        edges[0], edges[-1] = min(edges[0], scores.min()), max(edges[-1], scores.max())
        return edges

    def _draw(self, edges, stat, kwargs, label, color, scores):
        heights = np.histogram(scores, edges)[0]
        if stat == "share":
            heights = heights / len(scores)
        look = {"fill": True, "facecolor": (color, 0.45), "edgecolor": color}
        look |= {"linewidth": 1.2, "label": f"{label} ({len(scores)})"}
        return self.ax_.stairs(heights, edges, **(look | kwargs))

    def _draw_threshold(self):
        if self.threshold is None:
            return None
        label = f"threshold {self.threshold:.3g}"
        return self.ax_.axvline(self.threshold, label=label, **drawing.REFERENCE)

    def _performance(self):
        if self.is_anomaly is None:
            return None
        roc_auc = roc_auc_score(self.is_anomaly, self.anomaly_score)
        precision = average_precision_score(self.is_anomaly, self.anomaly_score)
        return (
            f"ROC AUC {roc_auc:.3f}, average precision {precision:.3f} "
            f"(prevalence {np.mean(self.is_anomaly):.2g})"
        )

    def _make_room(self):
        """Raise the top of the axes until the legend inside covers no bar."""
        covered = self.legend_.get_window_extent().height / self.ax_.bbox.height
        self.ax_.set_ylim(top=self.ax_.dataLim.y1 / (0.95 - min(covered, 0.6)))


def _threshold(estimator, detector):
    """Threshold of the detector as an anomaly score, if it has one."""
    if not hasattr(estimator, "score_samples"):
        return 0.0
    offset = getattr(detector, "offset_", None)
    # OneClassSVM keeps an array of one number.
    return None if offset is None else -float(np.ravel(offset)[0])


def _even_edges(values, n_bins, threshold):
    """Edges of evenly wide bins around `values`; one of them is the threshold."""
    low, high = values.min(), values.max()
    if low == high:
        half = max(0.5, abs(low) * 0.05)
        low, high = low - half, high + half
    if threshold is None or not low < threshold < high:
        return np.linspace(low, high, n_bins + 1)
    width = (high - low) / n_bins
    first = np.floor((low - threshold) / width)
    last = np.ceil((high - threshold) / width)
    return threshold + width * np.arange(first, last + 1)


def _choose_scale(classes, marked):
    """Name of a scale that does not put a quarter of a class into one bar."""
    if marked.min() == marked.max():
        return "linear"
    width = _linear_width(marked)
    # The inverse hyperbolic sine is what "symlog" approximates.
    name, bend = "symlog", lambda scores: np.arcsinh(scores / width)
    if marked.min() > 0:
        name, bend = "log", np.log
    straight = min(_crowding(scores, marked) for scores in classes)
    bent = min(_crowding(bend(scores), bend(marked)) for scores in classes)
    return name if straight < 1 / MAX_BINS and bent > 2 * straight else "linear"


def _crowding(scores, marked):
    """Shortest interval with a quarter of the scores, as a fraction of the axis."""
    quarter = max(len(scores) // 4, 5)
    if len(scores) <= quarter:
        return 1.0
    scores = np.sort(scores)
    return (scores[quarter:] - scores[:-quarter]).min() / np.ptp(marked)


def _linear_width(scores):
    """Magnitude up to which "symlog" is linear: the median of the non-zero ones."""
    magnitudes = np.abs(scores[scores != 0])
    return float(np.median(magnitudes)) if len(magnitudes) else 1.0
