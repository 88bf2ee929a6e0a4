"""Optimizers: the fused step where torch has one, and the state of an earlier one."""

import inspect

__all__ = ["can_fuse", "load_state"]


def load_state(optimizer, other):
    """Load the state of another optimizer, if it is of the same class."""
    own, theirs = optimizer.state_dict(), other.state_dict()
    if type(optimizer) is type(other) and _keeps_same_state(own, theirs):
        optimizer.load_state_dict({**own, "state": theirs["state"]})


def _keeps_same_state(own, theirs):
    """Whether two optimizers of a class have the same kind of state by weight."""
    switches = ("amsgrad", "centered", "momentum")
    pairs = zip(own["param_groups"], theirs["param_groups"], strict=True)
    return all(bool(a.get(s)) == bool(b.get(s)) for a, b in pairs for s in switches)


def can_fuse(optimizer):
    """Whether a class of optimizers has a fused step."""
    try:
        return "fused" in inspect.signature(optimizer).parameters
    except (TypeError, ValueError):
        return False
