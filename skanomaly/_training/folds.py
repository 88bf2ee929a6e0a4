"""Scores of training rows by copies of a detector that were trained without them.

Copies whose networks can be stacked are trained as one network, each on its own rows.
The others are trained one after the other, and therefore are fewer.
"""

import numpy as np
import torch
from sklearn.base import clone
from skorch.callbacks import (
    EarlyStopping,
    EpochScoring,
    GradientNormClipping,
    LRScheduler,
    ParamMapper,
)
from torch import nn

from skanomaly._training.fit import build_net, callback_class, run_phases
from skanomaly._training.phases import Phase
from skanomaly._training.standardized import StandardizedModel
from skanomaly._training.threshold import AUTO_CONTAMINATION, MAX_CROSS_FIT_ROWS
from skanomaly.nets.stacked import LoopedModules, stack_modules
from skanomaly.utils._seeds import draw_seed, spawn_seeds

__all__ = ["needs_cross_fit", "out_of_fold_scores"]

# Copies that are trained as one network, which takes about twice the time of one.
N_STACKED = 5
# Of so many rows a half is enough for a copy (benchmarks.detection.thresholds).
MANY_ROWS = 2000
# Networks of these: a copy of an ensemble is several.
MAX_MEMBERS = 10
# Copies that are trained one after the other.
N_LOOPED = 2

# Floating-point operations in the step of a network beyond which stacking gains little.
MAX_MEMBER_FLOP = 6e7

# Cells of the training rows of all copies, as one tensor.
MAX_CELLS = 2**24

# They move every weight by its own gradients alone, so that stacked networks are
# trained as if each were by itself.
ELEMENTWISE_OPTIMIZERS = (
    torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD, torch.optim.RMSprop,
    torch.optim.NAdam, torch.optim.RAdam, torch.optim.Adagrad, torch.optim.Adamax,
)  # fmt: skip

# Callbacks of skorch that change the training. Others observe it, and may write files.
TRAINING_CALLBACKS = (
    EarlyStopping, EpochScoring, GradientNormClipping, LRScheduler, ParamMapper,
)  # fmt: skip


def needs_cross_fit(n_rows):
    """Whether the scores of training rows may be far lower than those of new ones.

    Fewer than ten rows are scored as they are.
    """
    return 1 <= n_rows * AUTO_CONTAMINATION and n_rows <= MAX_CROSS_FIT_ROWS


def out_of_fold_scores(detector, X, seed, max_epochs=None, context=None, in_all=False):
    """Score training rows by copies of a detector that are trained without them.

    All copies start with the same weights, so that their scores have the same unit.

    Parameters
    ----------
    detector : DeepDetector
        What to copy. It is not changed.
    X : ndarray of shape (n_samples, n_features)
        Its training rows, at least `N_STACKED` of them.
    seed : int
        Source of the folds and of the weights of the copies.
    max_epochs : int, default=None
        Epochs of the copies. None leaves it to their parameters.
    context : ndarray of shape (n_samples, ...), default=None
        Label of each row, see `Rows`.
    in_all : bool or ndarray of shape (n_samples,), default=False
        Rows that all copies are trained on, with a context.

    Returns
    -------
    scores : ndarray of shape (n_samples,)
        The anomaly score of each row by the copy that was trained without it.
    fold : ndarray of shape (n_samples,)
        The number of that copy.
    """
    split, own = spawn_seeds(seed, 2)
    order = np.random.default_rng(split).permutation(len(X))
    copy = _copy(detector, own, max_epochs)
    fold = order % _n_stacked(copy, len(X))
    may_stack = context is None and _may_stack(copy, X)
    copies = _trained_jointly(copy, X, fold) if may_stack else None
    if copies is None:
        fold = order % N_LOOPED
        copies = _trained_one_by_one(copy, X, fold, context, in_all)
    scores = np.empty(len(X))
    for k, trained in enumerate(copies):
        scores[fold == k] = trained._score(X[fold == k])
    return scores, fold


def _trained_one_by_one(copy, X, fold, context, in_all):
    """Yield the copies, trained for as many epochs, or steps, as all rows would be."""
    if not copy.early_stopping:
        n_epochs = copy._n_epochs(len(X))
        if copy._copies_take_all_steps:
            n_epochs = round(n_epochs * N_LOOPED / (N_LOOPED - 1))
        copy.set_params(max_epochs=n_epochs)
    for k in range(N_LOOPED):
        trained = _unfitted(copy)
        trained._title = f"threshold, copy {k + 1} of {N_LOOPED}"
        rows = (fold != k) | in_all
        trained._fit(X[rows], *(() if context is None else (context[rows],)))
        yield trained


# -- several networks as one


def _n_stacked(copy, n_rows):
    """Folds of copies that are one network: few of many rows, or of ensembles."""
    if n_rows >= MANY_ROWS:
        return N_LOOPED
    n_members = getattr(copy, "n_estimators", 1)
    return max(N_LOOPED, min(N_STACKED, MAX_MEMBERS // n_members))


def _may_stack(copy, X):
    """Whether nothing couples the copies, or ends the training of a single one."""
    changed = {key.partition("__")[0] for key in copy._net_params}
    return (
        not copy.callbacks
        and not copy.early_stopping
        and not changed & {"callbacks", "iterator_train"}
        and copy.optimizer in ELEMENTWISE_OPTIMIZERS
        and N_STACKED * X.size <= MAX_CELLS
    )


def _trained_jointly(copy, X, fold):
    """Return copies trained as one network, or None if they should not be stacked."""
    parts = [X[fold != k] for k in range(fold.max() + 1)]
    # Where folds differ by a row, the copies with more rows do without one.
    n_rows = min(map(len, parts))
    first = _Copy(copy, parts[0][:n_rows])
    if not first.is_stackable():
        return None
    copies = [first, *(_Copy(copy, part[:n_rows]) for part in parts[1:])]
    for c in copies:
        c.call("before")
    joint = JointModel([c.model for c in copies])
    _train(joint, copies)
    for k, c in enumerate(copies):
        c.finish(joint.unstacked(k, c.model))
    return [c.detector for c in copies]


class _Copy:
    """A copy of a detector, its rows, and its net, which is not trained by itself."""

    def __init__(self, detector, X):
        self.detector, self.X = _unfitted(detector), X
        kind = {"is_resumed": False, "is_partial_fit": False}
        self.net = self.detector._make_net(X, **kind)
        self.phases = self.detector._phases(self.net.max_epochs, **kind)
        # Training does not use them, and they may be of a kind that cannot be stacked.
        names = getattr(self.model, "only_for_scores", ())
        self.set_aside = {name: self.model._modules.pop(name) for name in names}

    @property
    def model(self):
        """The model in its net."""
        return self.net.module_.model

    def is_stackable(self):
        """Whether several are one network, which minimizes one loss, and is quicker."""
        if len(self.phases) > 1 or len(self.phases[0].players) > 1:
            return False
        joint = JointModel([self.model, self.model])
        n_weights = sum(w.numel() for w in joint.parameters()) / joint.n_members
        flop = 6 * n_weights * min(self.detector.batch_size, len(self.X))
        return joint.is_stacked and flop <= MAX_MEMBER_FLOP

    def call(self, hook):
        """Call a hook of the phase, if it has one."""
        function = getattr(self.phases[0], hook)
        if function is not None:
            function(self.net, self.X, None)

    def inputs(self):
        """Standardized rows, a tensor."""
        module = self.net.module_.train()
        return module.standardize(torch.tensor(self.X).to(self.net.device))

    def finish(self, model):
        """Take the trained model."""
        model._modules.update(self.set_aside)
        self.net.module_.model = model
        self.net.module_.eval()
        self.call("after")
        self.detector._set_net(self.net, self.X)


class JointModel(nn.Module):
    """The models of several copies as one; an ensemble is all of its members.

    Parameters
    ----------
    models : list of nn.Module
        Models of one structure.
    """

    masks_missing = True  # where the copies do not, no cell is missing any more

    def __init__(self, models):
        super().__init__()
        self.n_copies = len(models)
        by_member = zip(*map(_members, models), strict=True)
        self.members = stack_modules([part for copies in by_member for part in copies])

    @property
    def n_members(self):
        """Number of networks."""
        return self.members.n_members

    @property
    def is_stacked(self):
        """Whether one call computes all of them."""
        return not isinstance(self.members, LoopedModules)

    def forward(self, x):
        """Sum over the copies of their losses of each row, shape (n,).

        Parameters
        ----------
        x : tensor of shape (n, n_copies, d) or (n, n_members, n_copies, d)
            The rows of each copy.
        """
        return self.members(x.flatten(1, -2).transpose(0, 1)).sum(dim=0)

    def unstacked(self, k, model):
        """Return the trained model of a copy, given what it was before."""
        chosen = range(k, self.n_members, self.n_copies)
        members = [self.members.member(i) for i in chosen]
        if not hasattr(model, "members"):
            return members[0]
        model.members = stack_modules(members)
        return model


def _members(model):
    """List the members of an ensemble, or the model itself."""
    if not hasattr(model, "members"):
        return [model]
    return [model.members.member(k) for k in range(model.n_members)]


def _train(joint, copies):
    """Train the copies as one network, as each would be by itself."""
    first = copies[0].detector
    _, order, split = first._random_streams(draw_seed(first.random_state))
    net = build_net(
        lambda **_: StandardizedModel(joint),
        **first._net_options(len(copies[0].X), False, order, split),
    )
    net.title_ = f"threshold, {len(copies)} copies"
    on_epoch = copies[0].phases[0].on_epoch

    def on_each(model, n_done):
        for part in model.members.parts():
            on_epoch(part, n_done)

    phase = Phase(net.max_epochs, on_epoch=on_epoch and on_each)
    x = torch.stack([copy.inputs() for copy in copies], dim=1)
    run_phases(net, [phase], x, standardize_once=True)


# -- a copy


def _unfitted(detector):
    """Clone a detector, and let it know what the columns of the rows mean."""
    copied = clone(detector)
    copied._table = detector._table
    return copied


def _copy(detector, seed, max_epochs):
    """Copy the parameters, but for callbacks that only observe."""
    fold = _unfitted(detector)
    fold.set_params(random_state=seed, **detector._fold_params())
    if max_epochs is not None:
        fold.set_params(max_epochs=max_epochs)
    named = [(_name(item), item) for item in fold.callbacks or ()]
    observers = {
        name
        for name, item in named
        if not issubclass(callback_class(item), TRAINING_CALLBACKS)
    }
    fold.callbacks = [item for name, item in named if name not in observers] or None
    fold._net_params = {
        key: value
        for key, value in fold._net_params.items()
        if not (key.startswith("callbacks__") and key.split("__")[1] in observers)
    }
    return fold


def _name(item):
    """Name of a callback in parameters, as skorch gives it."""
    return item[0] if isinstance(item, tuple) else callback_class(item).__name__
