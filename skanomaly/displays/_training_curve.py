"""Loss by epoch, and what all displays share: pyplot, colours, legends."""

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

__all__ = ["TrainingCurveDisplay"]

# Okabe and Ito's colours, which colour-blind people can tell apart; without the yellow,
# which is too pale for a line.
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, BLACK = "#E69F00", "#56B4E9", "#000000"

# Losses that fall by more than this factor get a logarithmic axis.
DECADE = 10.0

# Axes narrower than this get small text, in inches; a default figure has 5.
NARROW = 3.6

# From the axes down to a legend below them, past the labels; second for narrow axes.
LEGEND_GAPS = 0.5, 0.38


class TrainingCurveDisplay:
    """Loss of a network by epoch, in training and on the rows held out.

    Use :meth:`from_estimator` or :meth:`from_history` to make one. A curve that still
    falls at the end asks for more epochs; a held-out loss that rises while the training
    loss falls asks for `early_stopping`.

    Parameters
    ----------
    epoch : ndarray of shape (n_epochs,)
        Numbers of the epochs, from 1.
    train_loss : ndarray of shape (n_epochs,)
        Loss in training, mean over the rows.
    valid_loss : ndarray of shape (n_epochs,), default=None
        Loss of the rows held out, mean over them.
    best_epoch : int, default=None
        Epoch to mark. None marks nothing.
    name : str, default=None
        Title of the picture. None leaves it out.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    lines_ : list of matplotlib Line2D
        Training loss and, if there is one, loss of the rows held out.
    best_point_ : matplotlib Line2D or None
        The mark at `best_epoch`.
    legend_ : matplotlib Legend
        The legend.

    See Also
    --------
    ScoreDistributionDisplay : How well the trained detector separates.

    Examples
    --------
    >>> import numpy as np
    >>> from skanomaly.detectors import AutoEncoder
    >>> from skanomaly.displays import TrainingCurveDisplay
    >>> X = np.random.default_rng(0).normal(size=(100, 3))
    >>> detector = AutoEncoder(
    ...     hidden_units=(8,),
    ...     latent_dim=2,
    ...     max_epochs=5,
    ...     early_stopping=True,
    ...     random_state=0,
    ... ).fit(X)
    >>> display = TrainingCurveDisplay.from_estimator(detector)
    >>> display.train_loss.shape, display.valid_loss.shape
    ((5,), (5,))
    """

    def __init__(
        self, *, epoch, train_loss, valid_loss=None, best_epoch=None, name=None
    ):
        self.epoch = epoch
        self.train_loss = train_loss
        self.valid_loss = valid_loss
        self.best_epoch = best_epoch
        self.name = name

    @classmethod
    def from_estimator(cls, estimator, *, name=None, ax=None, **kwargs):
        """Draw the losses of a fitted detector.

        Parameters
        ----------
        estimator : estimator
            Fitted detector with a `net_`, a Pipeline or a search that ends in one, or a
            skorch net.
        name : str, default=None
            Title of the picture. None takes the name of the detector's class.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : TrainingCurveDisplay
            The display, drawn.
        """
        detector = last_step(estimator)
        name = type(detector).__name__ if name is None else name
        return cls.from_history(_history(detector), name=name, ax=ax, **kwargs)

    @classmethod
    def from_history(cls, history, *, name=None, ax=None, **kwargs):
        """Draw the losses that skorch recorded.

        The epoch with the lowest loss is marked; the loss of the rows held out decides,
        if there is one.

        Parameters
        ----------
        history : list of dict
            ``net.history`` of a skorch net: one dict an epoch, with "train_loss" and
            perhaps "valid_loss".
        name : str, default=None
            Title of the picture. None leaves it out.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : TrainingCurveDisplay
            The display, drawn.
        """
        import_pyplot()
        if not len(history) or "train_loss" not in history[-1]:
            raise ValueError(
                "history holds no train_loss: give the history of a skorch net that "
                "was trained for an epoch or more."
            )
        epoch = np.array([e.get("epoch", i) for i, e in enumerate(history, start=1)])
        train, valid = _column(history, "train_loss"), _column(history, "valid_loss")
        has_valid = np.isfinite(valid).any()
        decisive = valid if has_valid else train
        return cls(
            epoch=epoch,
            train_loss=train,
            valid_loss=valid if has_valid else None,
            best_epoch=int(epoch[np.nanargmin(decisive)]),
            name=name,
        ).plot(ax=ax, **kwargs)

    def plot(self, ax=None, *, yscale="auto", **kwargs):
        """Draw the losses.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        yscale : str, default="auto"
            Scale of the losses: "linear", "log", "symlog" or another one of matplotlib.
            "auto" is "log" for positive losses that span more than a factor of ten,
            else "linear".
        **kwargs : dict
            Arguments of matplotlib's ``Axes.plot`` for the curves.

        Returns
        -------
        display : TrainingCurveDisplay
            The display itself.
        """
        self.ax_ = ax_or_new(ax)
        self.figure_ = self.ax_.figure
        self.lines_ = [self._draw(self.train_loss, "training", BLUE, kwargs)]
        if self.valid_loss is not None:
            self.lines_.append(self._draw(self.valid_loss, "held out", ORANGE, kwargs))
        self.best_point_ = None if self.best_epoch is None else self._mark_best()
        self.ax_.set_yscale(self._yscale() if yscale == "auto" else yscale)
        self.ax_.locator_params(axis="x", integer=True)
        label_log_ticks(self.ax_.yaxis)
        self.ax_.set(xlabel="Epoch", ylabel="Loss (mean over rows)", title=self.name)
        self.legend_ = add_legend(self.ax_, below=ax is None)
        return self

    def _draw(self, loss, label, color, kwargs):
        # One epoch makes no line: a dot shows it.
        look = {"label": label, "color": color, "linewidth": 1.5}
        look |= {"marker": "o"} if len(self.epoch) == 1 else {}
        (line,) = self.ax_.plot(self.epoch, loss, **(look | kwargs))
        return line

    def _mark_best(self):
        loss = self.train_loss if self.valid_loss is None else self.valid_loss
        best = loss[np.asarray(self.epoch) == self.best_epoch][0]
        (point,) = self.ax_.plot(
            self.best_epoch,
            best,
            marker="o",
            markersize=8,
            markerfacecolor="none",
            markeredgecolor=BLACK,
            linestyle="none",
            label=f"lowest: {best:.4g} in epoch {self.best_epoch}",
        )
        return point

    def _yscale(self):
        losses = [self.train_loss]
        losses += [] if self.valid_loss is None else [self.valid_loss]
        low, high = np.nanmin(losses), np.nanmax(losses)
        return "log" if low > 0 and high > DECADE * low else "linear"


def _column(history, key):
    """One number an epoch; NaN where skorch recorded none."""
    return np.array([epoch.get(key, np.nan) for epoch in history], dtype=np.float64)


def _history(detector):
    net = getattr(detector, "net_", detector)
    if not hasattr(net, "history"):
        check_is_fitted(detector)
        raise TypeError(
            f"estimator={detector!r} has no net_: give a detector whose network is "
            "trained by skorch, or a skorch net."
        )
    return net.history


def next_step(estimator):
    """Return the estimator inside a search or at the end of a Pipeline, else None."""
    if isinstance(estimator, Pipeline):
        return estimator.steps[-1][1]
    return getattr(estimator, "best_estimator_", None)


def last_step(estimator):
    """Return the detector inside a search or at the end of a Pipeline."""
    while (inside := next_step(estimator)) is not None:
        estimator = inside
    return estimator


def import_pyplot():
    """Import matplotlib, which is not needed before something is drawn."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "Displays need matplotlib. Install it with `pip install skanomaly[plot]`."
        ) from error
    return plt


def ax_or_new(ax):
    """Return `ax`, or the axes of a new figure."""
    if ax is not None:
        return ax
    return import_pyplot().subplots(layout="constrained")[1]


def add_legend(ax, *, below, title=None):
    """Add a legend, below the axes or, in axes that are not ours, at the top inside."""
    from matplotlib.transforms import ScaledTranslation

    narrow = ax.bbox.width < NARROW * ax.figure.dpi
    if narrow:
        for text in (ax.title, ax.xaxis.label, ax.yaxis.label):
            text.set_fontsize("x-small")
        ax.tick_params(labelsize="x-small")
    small = {"fontsize": "x-small", "title_fontsize": "x-small"}
    if not below:
        title = title and title.replace(", ", "\n")
        return ax.legend(title=title, loc="upper right", **small)
    drop = ScaledTranslation(0, -LEGEND_GAPS[int(narrow)], ax.figure.dpi_scale_trans)
    return ax.legend(
        title=title and title.replace(", ", "\n" if narrow else ", "),
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=ax.transAxes + drop,
        ncols=2 if narrow else 3,
        borderaxespad=0,
        frameon=False,
        **(small if narrow else {}),
    )


def label_log_ticks(axis):
    """Write 2, 5, 10 on a logarithmic axis of few decades: 10^1 alone says little."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    if axis.get_scale() != "log":
        return
    low, high = axis.get_data_interval()
    if high < 1000 * low:
        subs = (1, 2, 5) if high > 5 * low else range(1, 10)
        axis.set_major_locator(LogLocator(subs=subs))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())
