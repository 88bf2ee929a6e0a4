"""Loss of a network by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skanomaly.displays import _drawing as drawing
from skanomaly.displays._drawing import Axes
from skanomaly.utils._typing import Estimator, FloatArray, IntArray

# Losses that fall by more than this factor get a logarithmic axis.
DECADE = 10.0


@dataclass(kw_only=True, eq=False, repr=False)
class TrainingCurveDisplay:
    """Loss of a network by epoch, in training and on held-out rows.

    Use :meth:`from_estimator` or :meth:`from_history` to make one. A curve that still
    falls at the end calls for more epochs; a held-out loss that rises while the
    training loss falls is overfitting and calls for `early_stopping`.

    The two curves are not measured alike. Of a batch in training the loss is taken
    before the step that the batch causes, and with noise and dropout where the detector
    has them; held-out rows are scored after the epoch and without either. So the
    held-out loss is often the *lower* one: compare how the curves move, not how high
    they are.

    Parameters
    ----------
    epoch : ndarray of shape (n_epochs,)
        Numbers of the epochs, from 1.
    train_loss : ndarray of shape (n_epochs,)
        Loss in training, mean over the rows.
    valid_loss : ndarray of shape (n_epochs,), default=None
        Loss of the held-out rows, mean over them.
    best_epoch : int, default=None
        Epoch to mark. None marks nothing.
    phase : sequence of str of length n_epochs, default=None
        Phase of the training that an epoch belongs to. Curves have a gap between
        phases, whose losses may not be comparable.
    name : str, default=None
        Title of the plot. None leaves it out.
    train_label : str, default="training"
        Name of the training loss in the legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    lines_ : list of matplotlib Line2D
        Training loss and, if there is one, loss of the held-out rows.
    best_point_ : matplotlib Line2D or None
        The mark at `best_epoch`.
    phase_lines_ : list of matplotlib Line2D
        Where a further phase begins.
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

    epoch: IntArray
    train_loss: FloatArray
    valid_loss: FloatArray | None = None
    best_epoch: int | None = None
    phase: Sequence[str | None] | None = None
    name: str | None = None
    train_label: str = "training"

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        *,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the losses of a fitted detector.

        Parameters
        ----------
        estimator : estimator
            Fitted detector with a `net_`, a Pipeline or a search that ends in one, or a
            skorch net.
        name : str, default=None
            Title of the plot. None takes the name of the detector's class.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : TrainingCurveDisplay
            The display, drawn.
        """
        detector = drawing.last_step(estimator)
        name = type(detector).__name__ if name is None else name
        return cls.from_history(
            _history(detector),
            name=name,
            train_label=_train_label(detector),
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_history(
        cls,
        history: Sequence[dict[str, Any]],
        *,
        name: str | None = None,
        train_label: str = "training",
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the losses that skorch recorded.

        The epoch with the lowest loss is marked, of the last phase if there are
        several; the loss of the held-out rows decides, if there is one.

        Parameters
        ----------
        history : list of dict
            ``net.history`` of a skorch net: one dict for each epoch, with "train_loss"
            and perhaps "valid_loss" and "phase".
        name : str, default=None
            Title of the plot. None leaves it out.
        train_label : str, default="training"
            Name of the training loss in the legend.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        display : TrainingCurveDisplay
            The display, drawn.
        """
        if not len(history) or "train_loss" not in history[-1]:
            raise ValueError(
                "history holds no train_loss: give the history of a skorch net that "
                "was trained for an epoch or more."
            )
        epoch = np.array([e.get("epoch", i) for i, e in enumerate(history, start=1)])
        train, valid = _column(history, "train_loss"), _column(history, "valid_loss")
        if not np.isfinite(train).any():
            raise ValueError("history holds no finite train_loss.")
        has_valid = np.isfinite(valid).any()
        phase = [e.get("phase") for e in history]
        of_last_phase = np.array([name == phase[-1] for name in phase])
        decisive = np.where(of_last_phase, valid if has_valid else train, np.inf)
        return cls(
            epoch=epoch,
            train_loss=train,
            valid_loss=valid if has_valid else None,
            best_epoch=int(epoch[np.nanargmin(decisive)]),
            phase=phase if len(set(phase)) > 1 else None,
            name=name,
            train_label=train_label,
        ).plot(ax=ax, **kwargs)

    def plot(
        self, ax: Axes | None = None, *, yscale: str = "auto", **kwargs: Any
    ) -> Self:
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
        self.ax_, self.figure_ = drawing.axes_and_figure(ax)
        self.lines_ = [
            self._draw(self.train_loss, self.train_label, drawing.BLUE, kwargs)
        ]
        if self.valid_loss is not None:
            self.lines_.append(
                self._draw(self.valid_loss, "held out", drawing.ORANGE, kwargs)
            )
        self.best_point_ = None if self.best_epoch is None else self._mark_best()
        self.phase_lines_ = [self._mark_phase(*s) for s in self._phase_starts().items()]
        self.ax_.set_yscale(self._yscale() if yscale == "auto" else yscale)
        self.ax_.locator_params(axis="x", integer=True)
        drawing.label_log_ticks(self.ax_.yaxis)
        self.ax_.set(xlabel="Epoch", ylabel="Loss (mean over rows)", title=self.name)
        self.legend_ = drawing.add_legend(self.ax_, below=ax is None)
        return self

    def _draw(self, loss, label, color, kwargs):
        # A single epoch is drawn as a dot.
        look = {"label": label, "color": color, "linewidth": 1.5}
        look |= {"marker": "o"} if len(self.epoch) == 1 else {}
        gaps = list(self._phase_starts())
        at, loss = np.asarray(self.epoch, dtype=np.float64), np.asarray(loss)
        at, loss = (np.insert(values, gaps, np.nan) for values in (at, loss))
        return self.ax_.plot(at, loss, **(look | kwargs))[0]

    def _phase_starts(self):
        """Positions and names of the phases after the first."""
        names = [] if self.phase is None else self.phase
        return {i: names[i] for i in range(1, len(names)) if names[i] != names[i - 1]}

    def _mark_phase(self, i, name):
        look = {"color": "0.5", "linestyle": ":", "linewidth": 1.0}
        return self.ax_.axvline(self.epoch[i], label=f"{name} begins", **look)

    def _mark_best(self):
        loss = self.train_loss if self.valid_loss is None else self.valid_loss
        best = loss[np.asarray(self.epoch) == self.best_epoch][0]
        look = {"marker": "o", "markersize": 8, "linestyle": "none"}
        look |= {"markerfacecolor": "none", "markeredgecolor": drawing.BLACK}
        label = f"lowest: {best:.4g} in epoch {self.best_epoch}"
        return self.ax_.plot(self.best_epoch, best, label=label, **look)[0]

    def _yscale(self):
        losses = [self.train_loss]
        losses += [] if self.valid_loss is None else [self.valid_loss]
        low, high = np.nanmin(losses), np.nanmax(losses)
        return "log" if low > 0 and high > DECADE * low else "linear"


def _column(history, key):
    """One number for each epoch; NaN where skorch recorded none."""
    return np.array([epoch.get(key, np.nan) for epoch in history], dtype=np.float64)


def _train_label(detector):
    """Name of the training loss, with what it has and the held-out loss has not."""
    on = [name for name in ("noise", "dropout") if np.any(getattr(detector, name, 0))]
    return f"training, with {' and '.join(on)}" if on else "training"


def _history(detector):
    net = getattr(detector, "net_", detector)
    if not hasattr(net, "history"):
        check_is_fitted(detector)
        raise TypeError(
            f"estimator={detector!r} has no net_: give a detector whose network is "
            "trained by skorch, or a skorch net."
        )
    return net.history
