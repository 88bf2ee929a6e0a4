"""How the anomaly scores of rows lie, and where the threshold cuts."""

import numpy as np
from sklearn.metrics import average_precision_score

from skanomaly.displays._training_curve import (
    BLACK,
    BLUE,
    VERMILION,
    ax_or_new,
    import_pyplot,
    last_step,
    legend,
)
from skanomaly.metrics import anomaly_roc_auc
from skanomaly.metrics._ranking import check_scores
from skanomaly.metrics._scorers import _anomaly_score

__all__ = ["ScoreDistributionDisplay"]

MIN_BINS, MAX_BINS = 10, 50

# Where rows differ by more than a factor, matplotlib needs to know from where on.
WIDTH_OPTIONS = {"asinh": "linear_width", "symlog": "linthresh"}


class ScoreDistributionDisplay:
    """Histogram of anomaly scores by class, with the threshold of the detector.

    Use :meth:`from_estimator` or :meth:`from_predictions` to make one. Scores grow to the
    right: `predict` calls the rows right of the threshold anomalous, and no bar straddles
    the threshold. By default every class is normalized on its own, so that a few
    anomalies can be seen beside many normal rows.

    Parameters
    ----------
    anomaly_score : ndarray of shape (n_samples,)
        Scores, higher = more anomalous, in the unit of the detector.
    is_anomaly : ndarray of bool of shape (n_samples,), default=None
        Which rows are anomalies. None draws all rows as one class.
    threshold : float, default=None
        Anomaly score above which `predict` says anomalous. None draws no line.
    roc_auc : float, default=None
        Area under the ROC curve, for the legend.
    average_precision : float, default=None
        Average precision, for the legend; the prevalence is printed beside it.
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
        The legend; its title holds ROC AUC and average precision.

    See Also
    --------
    ReconstructionDisplay : Why single rows score high.

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
    ROC AUC 0.995, average precision 0.968 (prevalence 0.1)
    """

    def __init__(
        self,
        *,
        anomaly_score,
        is_anomaly=None,
        threshold=None,
        roc_auc=None,
        average_precision=None,
        name=None,
    ):
        self.anomaly_score = anomaly_score
        self.is_anomaly = is_anomaly
        self.threshold = threshold
        self.roc_auc = roc_auc
        self.average_precision = average_precision
        self.name = name

    @classmethod
    def from_estimator(
        cls, estimator, X, y=None, *, anomaly_label=1, name=None, ax=None, **kwargs
    ):
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
        import_pyplot()
        detector = last_step(estimator)
        return cls.from_predictions(
            y,
            _anomaly_score(estimator, X),
            threshold=_threshold(estimator, detector),
            anomaly_label=anomaly_label,
            name=type(detector).__name__ if name is None else name,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true,
        anomaly_score,
        *,
        threshold=None,
        anomaly_label=1,
        name=None,
        ax=None,
        **kwargs,
    ):
        """Draw scores that you have.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,) or None
            Labels; rows equal to `anomaly_label` are anomalies, all others are normal.
        anomaly_score : array-like of shape (n_samples,)
            Finite scores, higher = more anomalous.
        threshold : float, default=None
            Anomaly score above which a row is called anomalous. None draws no line.
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
        import_pyplot()
        score = check_scores("anomaly_score", anomaly_score)
        labelled = {}
        if y_true is not None:
            roc_auc = anomaly_roc_auc(y_true, score, anomaly_label=anomaly_label)
            is_anomaly = np.ravel(y_true) == anomaly_label
            labelled = {
                "is_anomaly": is_anomaly,
                "roc_auc": roc_auc,
                "average_precision": average_precision_score(is_anomaly, score),
            }
        display = cls(anomaly_score=score, threshold=threshold, name=name, **labelled)
        return display.plot(ax=ax, **kwargs)

    def plot(
        self, ax=None, *, name=None, bins="auto", xscale="auto", stat="share", **kwargs
    ):
        """Draw the histogram.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        name : str, default=None
            Name for the title. None takes that of the display.
        bins : int, array-like or "auto", default="auto"
            Number of bins, evenly wide on the axis as it is scaled, or their edges.
            "auto" is the root of the number of rows, within 10 and 50.
        xscale : str, default="auto"
            Scale of the scores: "linear", "log", "asinh", "symlog" or another one of
            matplotlib. "auto" is "linear" unless a quarter of a class would share one of
            50 bins, as errors of reconstruction do: then "log", or "asinh" (linear about
            zero, logarithmic far from it) if some scores are not positive.
        stat : {"share", "count"}, default="share"
            Height of a bar: its share of the rows of its class, or its rows.
        **kwargs : dict
            Arguments of matplotlib's ``Axes.stairs`` for the bars.

        Returns
        -------
        display : ScoreDistributionDisplay
            The display itself.
        """
        if stat not in ("share", "count"):
            raise ValueError(f"stat={stat!r}: give 'share' or 'count'.")
        self.ax_ = ax_or_new(ax)
        self.figure_ = self.ax_.figure
        self._set_xscale(xscale)
        edges = self._bin_edges(bins)
        self.bars_ = [self._draw(*c, edges, stat, kwargs) for c in self._classes()]
        self.threshold_line_ = self._draw_threshold()
        self._annotate(self.name if name is None else name, stat, below=ax is None)
        return self

    def _classes(self):
        """Triples (label, colour, scores), one a class."""
        if self.is_anomaly is None:
            return [("rows", BLUE, self.anomaly_score)]
        return [
            ("normal", BLUE, self.anomaly_score[~self.is_anomaly]),
            ("anomaly", VERMILION, self.anomaly_score[self.is_anomaly]),
        ]

    def _set_xscale(self, xscale):
        marked = self.anomaly_score
        if self.threshold is not None:
            marked = np.append(marked, self.threshold)
        if xscale == "auto":
            xscale = _choose_scale([scores for *_, scores in self._classes()], marked)
        option = WIDTH_OPTIONS.get(xscale)
        self.ax_.set_xscale(xscale, **({option: _width(marked)} if option else {}))

    def _bin_edges(self, bins):
        if np.ndim(bins) == 1:
            return np.asarray(bins)
        if bins == "auto":
            n_rows = len(self.anomaly_score)
            bins = int(np.clip(np.sqrt(n_rows), MIN_BINS, MAX_BINS))
        scale = self.ax_.xaxis.get_transform()
        threshold = None if self.threshold is None else scale.transform(self.threshold)
        edges = _even_edges(scale.transform(self.anomaly_score), bins, threshold)
        edges = scale.inverted().transform(edges)
        # Transforming there and back must not lose the rows at the ends.
        edges[0] = min(edges[0], self.anomaly_score.min())
        edges[-1] = max(edges[-1], self.anomaly_score.max())
        return edges

    def _draw(self, label, color, scores, edges, stat, kwargs):
        heights = np.histogram(scores, edges)[0]
        if stat == "share":
            heights = heights / len(scores)
        look = {
            "fill": True,
            "facecolor": (color, 0.45),
            "edgecolor": color,
            "linewidth": 1.2,
            "label": f"{label} ({len(scores)})",
        }
        return self.ax_.stairs(heights, edges, **(look | kwargs))

    def _draw_threshold(self):
        if self.threshold is None:
            return None
        label = f"threshold {self.threshold:.3g}"
        look = {"color": BLACK, "linestyle": "--", "linewidth": 1.2, "label": label}
        return self.ax_.axvline(self.threshold, **look)

    def _annotate(self, name, stat, *, below):
        labels = {"share": "Share of the rows of a class", "count": "Rows"}
        self.ax_.set_xlabel("Anomaly score (higher = more anomalous)")
        self.ax_.set_ylabel(labels[stat])
        if name is not None:
            self.ax_.set_title(name)
        self.legend_ = legend(self.ax_, below=below, title=self._performance())

    def _performance(self):
        parts = []
        if self.roc_auc is not None:
            parts.append(f"ROC AUC {self.roc_auc:.3g}")
        if self.average_precision is not None:
            parts.append(f"average precision {self.average_precision:.3g}")
        if self.average_precision is not None and self.is_anomaly is not None:
            parts[-1] += f" (prevalence {np.mean(self.is_anomaly):.2g})"
        return ", ".join(parts) or None


def _threshold(estimator, detector):
    """Anomaly score at which the detector draws the line, if it draws one."""
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
    """Name of the scale: not linear if that squeezes a quarter of a class into a bar."""
    width = _width(marked)
    name, bend = "asinh", lambda scores: np.arcsinh(scores / width)
    if marked.min() > 0:
        name, bend = "log", np.log
    if marked.min() == marked.max():
        return "linear"
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


def _width(scores):
    """Magnitude up to which a bent scale shall be linear: the median of what is not 0."""
    magnitudes = np.abs(scores[scores != 0])
    return float(np.median(magnitudes)) if len(magnitudes) else 1.0
