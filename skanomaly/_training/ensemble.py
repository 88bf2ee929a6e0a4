"""Ensembles: several members of one kind, trained and scored as one model."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skanomaly._training.batches import MemberBatches
from skanomaly._training.fit import iterator_options
from skanomaly.nets.layers import MemberStreams
from skanomaly.nets.stacked import stack_modules
from skanomaly.utils._inputs import check_n_samples
from skanomaly.utils._seeds import draw_seed, random_generator, spawn_seeds
from skanomaly.utils._state import of_one_fit
from skanomaly.utils._typing import FloatArray, MatrixLike, RandomStateLike

__all__ = [
    "STATISTICS",
    "EnsembleMixin",
    "EnsembleModel",
    "posterior_mean_variance",
]


def _moments(values):
    """Mean and population variance over the members, the first dimension.

    Around the first member, so that equal members have the variance zero exactly.
    """
    first = values[0]
    shifts = values - first
    shift = shifts.mean(dim=0)
    return first + shift, (shifts - shift).square().mean(dim=0)


def single(values):
    """Take the first member."""
    return values[0]


def mean(values):
    """Average over the members."""
    return _moments(values)[0]


def variance(values):
    """Population variance over the members."""
    return _moments(values)[1]


def waic(values):
    """Mean plus variance: the negative of the criterion for log-likelihoods."""
    return sum(_moments(values))


def posterior_mean_variance(codes):
    """Variance over the members of the codes, averaged over their coordinates."""
    return variance(codes).mean(dim=-1)


STATISTICS = {"mean": mean, "single": single, "variance": variance, "waic": waic}
# Of a single member these are always zero.
NEED_TWO = ("variance", "posterior_mean_variance")


class EnsembleModel(nn.Module):
    """Members of one kind, stacked.

    Rows come as (n, d), the same for all members, or in training as (n, n_members, d).

    Parameters
    ----------
    members : list of nn.Module
        Models of one structure.
    statistic : str
        How `score` combines the scores of the members.
    """

    statistics: dict = STATISTICS

    def __init__(self, *, members, statistic):
        super().__init__()
        self.members = stack_modules(members)
        self.n_members, self.statistic = self.members.n_members, statistic

    def forward(self, x):
        """Sum over the members of their losses of each row, shape (n,).

        The gradient of a member's weights is that of its own loss, so that an optimizer
        that works weight by weight trains each as if it were alone.
        """
        return self.members(self.by_member(x)).sum(dim=0)

    def by_member(self, x):
        """Rows with the members in front, shape (n_members, n, d)."""
        if x.ndim == 3:
            return x.transpose(0, 1)
        return x.expand(self.n_members, *x.shape)

    def call(self, method, x, *args):
        """Call a method of every member, shape (n_members, n, ...)."""
        return self.members.call(method, self.by_member(x), *args)

    def member_values(self, x):
        """Values that the statistic is computed from, shape (n_members, n, ...)."""
        return self.call("score", x)

    def summarize(self, values):
        """Statistic of the members' values, shape (n,)."""
        return self.statistics[self.statistic](values)

    def score(self, x):
        """Anomaly score of each row, shape (n,)."""
        return self.summarize(self.member_values(x))

    def resampled_scores(self, x, resamples):
        """Anomaly scores by resampled members, shape (n, n_resamples)."""
        values = self.member_values(x)
        return torch.stack([self.summarize(values[r]) for r in resamples], dim=-1)

    def encode(self, x):
        """Codes of the members side by side, shape (n, n_members * n_codes)."""
        return self.call("encode", x).transpose(0, 1).flatten(1)

    def decode(self, z):
        """Mean of the rows that the members decode, shape (n, d)."""
        codes = z.unflatten(1, (self.n_members, -1))
        return self.call("decode", codes).mean(dim=0)

    def reconstruct(self, x):
        """Mean of the members' reconstructions, shape (n, d)."""
        return self.call("reconstruct", x).mean(dim=0)

    def feature_scores(self, x):
        """Mean of the members' scores of each cell, shape (n, d)."""
        return self.call("feature_scores", x).mean(dim=0)

    def configure_score(self, statistic, **settings):
        """Set the statistic of the ensemble, and the score of its members."""
        self.statistic = statistic
        for part in self.members.parts():
            for name, value in settings.items():
                setattr(part, name, value)

    @property
    def masks_missing(self):
        """Whether the members leave missing cells out of their losses and scores."""
        return getattr(self.members.parts()[0], "masks_missing", False)

    @property
    def n_references(self):
        """Largest number of reference rows that the members take."""
        return getattr(self.members.parts()[0], "n_references", 0)

    def set_reference_rows(self, x):
        """Set the reference rows of the members, if they take any."""
        if len(x):
            self.call("set_reference_rows", x)


if TYPE_CHECKING:
    from skanomaly._training.detector import DeepDetector as Mixed
else:
    Mixed = object  # the detector follows among the bases


class EnsembleMixin(Mixed):
    """Makes an ensemble of a deep detector.

    ``class Ensemble(EnsembleMixin, Detector)`` with the parameters `EnsembleParams` is
    all it takes. Member ``k`` is what the detector learns with the k-th seed of
    ``spawn_seeds(seed, n_estimators)``.
    """

    n_estimators: int
    statistic: str
    bootstrap: bool

    _score_params: tuple[str, ...] = ("statistic",)
    _resumed_params: tuple[str, ...] = ("bootstrap",)
    _ensemble_model: type[EnsembleModel] = EnsembleModel

    @of_one_fit
    def member_scores(self, X: MatrixLike) -> FloatArray:
        """Score rows by every member.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to score.

        Returns
        -------
        ndarray of shape (n_samples, n_estimators)
            Anomaly scores, higher is more anomalous.
        """
        return self._apply(X, lambda model, x: model.call("score", x).T)

    @of_one_fit
    def bootstrap_scores(
        self,
        X: MatrixLike,
        n_bootstraps: int = 10,
        random_state: RandomStateLike = None,
    ) -> FloatArray:
        """Score rows by resampled members, to see how far scores depend on them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to score.
        n_bootstraps : int, default=10
            Number of resamples. Each has as many members as the ensemble, drawn with
            replacement; resamples of one member alone are left out, because they have
            no variance.
        random_state : int, RandomState instance or None, default=None
            Source of the resamples.

        Returns
        -------
        ndarray of shape (n_bootstraps, n_samples)
            Anomaly scores, higher is more anomalous, one row for each resample.
        """
        check_is_fitted(self)
        check_n_samples(n_bootstraps, "n_bootstraps")
        n_members = self.net_.module_.model.n_members
        resamples = _resamples(n_members, n_bootstraps, random_state)

        def scores(model, x):
            return model.resampled_scores(x, resamples)

        return self._apply(X, scores).T + self._score_shift()

    def _make_model(self, n_features, **build):
        _check_statistic(self.statistic, self.n_estimators)
        # The detector that follows this class among the bases has it; mypy cannot know.
        make_member = super()._make_model  # type: ignore[safe-super]
        members = [
            make_member(n_features, **{**build, "stream": stream})
            for stream in build["stream"].streams
        ]
        return self._ensemble_model(members=members, statistic=self.statistic)

    def _make_net(self, X, *, is_resumed, is_partial_fit):
        n_members = self.net_.module_.model.n_members if is_resumed else None
        if n_members not in (None, self.n_estimators):
            raise ValueError(
                f"n_estimators={self.n_estimators}, but training continues with "
                f"{n_members} members. Set warm_start=False, or fit a new detector."
            )
        return super()._make_net(
            X, is_resumed=is_resumed, is_partial_fit=is_partial_fit
        )

    def _random_streams(self, seed):
        """Give every member the streams that a single detector has with its seed."""
        seeds = [draw_seed(s) for s in spawn_seeds(seed, self.n_estimators)]
        streams, orders, splits = zip(*map(super()._random_streams, seeds), strict=True)
        return MemberStreams(streams), list(orders), splits[0]

    def _iterators(self, generators):
        if (
            "iterator_train" in self._net_params
        ):  # the user's: one order for all members
            if self.bootstrap:
                raise ValueError(
                    "bootstrap=True draws rows for each member, which iterator_train "
                    "does not: leave one of them out."
                )
            return super()._iterators(generators[0])
        own = {
            "iterator_train": MemberBatches,
            "iterator_train__bootstrap": self.bootstrap,
        }
        return iterator_options(generators, {**own, **self._net_params})

    def _configure_score(self, model):
        _check_statistic(self.statistic, model.n_members)
        model.configure_score(**self._chosen_score())


def _check_statistic(statistic, n_members):
    if n_members == 1 and statistic in NEED_TWO:
        raise ValueError(f"statistic={statistic!r} needs n_estimators of at least 2.")


def _resamples(n_members, n_resamples, random_state):
    """Indices of resampled members, at least two different ones if there are two."""
    rng = random_generator(random_state)
    resamples: list[np.ndarray] = []
    while len(resamples) < n_resamples:
        resample = rng.randint(n_members, size=n_members)
        if n_members == 1 or len(np.unique(resample)) > 1:
            resamples.append(resample)
    return np.array(resamples)
