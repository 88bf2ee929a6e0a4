"""Which search is used, and its parameters; the searches themselves need torch."""

from numbers import Integral, Real
from typing import Literal, TypeAlias

from sklearn.base import BaseEstimator

from skanomaly.utils._compat import Interval

__all__ = ["SEARCHES", "BeamSearch", "GradientSearch", "SearchLike", "resolved"]


class BeamSearch(BaseEstimator):
    """Search repairs cell by cell, keeping the most promising rows.

    Each kept row is changed in one more cell; of its changes those are evaluated that
    promise most by the gradient at the row itself (HotFlip [1]_), and the rows that
    come out most normal are kept. Only repairs of a single cell are proved to be least.

    Parameters
    ----------
    width : int, default=10
        Rows to keep.

    See Also
    --------
    GradientSearch : Walk between the rows instead.
    InverseGradientRepair : Takes it as `search`.

    References
    ----------
    .. [1] J. Ebrahimi et al., "HotFlip: white-box adversarial examples for text
       classification", ACL 2018.

    Examples
    --------
    >>> from skanomaly.correctors import BeamSearch, InverseGradientRepair
    >>> InverseGradientRepair(search=BeamSearch(width=30)).get_params()["search__width"]
    30
    """

    _parameter_constraints: dict = {
        "width": [Interval(Integral, 1, None, closed="left")]
    }

    def __init__(self, *, width: int = 10) -> None:
        self.width = width


class GradientSearch(BaseEstimator):
    r"""Search repairs by walks down the gradient of the anomaly score.

    A walk starts at a row as one-hot probabilities, with a little noise, and goes down
    the gradient until the most probable category of some cell is another one. It needs
    a classifier that is a torch network.

    Parameters
    ----------
    step : float, default=0.01
        Length :math:`\eta` of a step.
    n_iter : int, default=300
        Most steps of a walk. A category flips after about ``0.7 / step`` steps.
    noise : float, default=0.1
        Noise k at the start of a walk, in [0, 1].
    n_restarts : int, default=10
        Walks from each row, each with its own noise.

    See Also
    --------
    BeamSearch : Go from row to row, cell by cell.
    InverseGradientRepair : Takes it as `search`.

    Examples
    --------
    >>> from skanomaly.correctors import GradientSearch, InverseGradientRepair
    >>> repair = InverseGradientRepair(search=GradientSearch(step=0.05))
    >>> repair.set_params(search__n_restarts=4).search.n_restarts
    4
    """

    _parameter_constraints: dict = {
        "step": [Interval(Real, 0, None, closed="neither")],
        "n_iter": [Interval(Integral, 1, None, closed="left")],
        "noise": [Interval(Real, 0, 1, closed="both")],
        "n_restarts": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        step: float = 0.01,
        n_iter: int = 300,
        noise: float = 0.1,
        n_restarts: int = 10,
    ) -> None:
        self.step = step
        self.n_iter = n_iter
        self.noise = noise
        self.n_restarts = n_restarts


SEARCHES = {
    "auto": "auto",
    "exact": "exact",
    "beam": BeamSearch(),
    "gradient": GradientSearch(),
}
SearchLike: TypeAlias = (
    Literal["auto", "exact", "beam", "gradient"] | BeamSearch | GradientSearch
)


def resolved(search):
    """Return "auto", "exact", or the checked parameters of another search."""
    if isinstance(search, str):
        return SEARCHES[search]
    search._validate_params()
    return search
