"""Callbacks of skorch that users pass: what they look at, and what they exclude."""

import torch
from skorch.callbacks import Callback, EarlyStopping, EpochScoring, LRScheduler

__all__ = ["check_can_alternate", "is_early_stopping", "watches_batches"]

BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_grad_computed")


def is_early_stopping(item):
    """Whether a callback, given with its name, stops the training early."""
    return isinstance(item[1], EarlyStopping)


def watches_batches(callback):
    """Whether a callback looks at single batches."""
    if isinstance(callback, LRScheduler) and callback.step_every == "epoch":
        return False
    if isinstance(callback, EpochScoring) and not callback.use_caching:
        return False
    return any(
        getattr(type(callback), hook) is not getattr(Callback, hook)
        for hook in BATCH_HOOKS
    )


def check_can_alternate(optimizer, callbacks):
    """Refuse what cannot train several networks against each other."""
    if optimizer is torch.optim.LBFGS:
        raise ValueError(
            "optimizer=LBFGS evaluates one loss several times in a step; networks "
            "that are trained against each other need an optimizer that does it "
            "once, such as Adam."
        )
    if any(isinstance(callback, LRScheduler) for _, callback in callbacks):
        raise ValueError(
            "callbacks holds an LRScheduler, which schedules one optimizer, but "
            "each network has its own here: use lr_schedule."
        )
