"""One optimizer step on a batch: losses, gradients and the move of the weights."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch.optim import optimizer as torch_optimizer

__all__ = [
    "Update", "alternating_step", "mean_gradient", "n_rows_of", "on_device",
    "plain_step", "row_losses", "take_step", "weights_of",
]  # fmt: skip


@functools.lru_cache(maxsize=8)
def mean_gradient(shape, dtype, device):
    """Return the gradient of a mean with respect to its terms, bit by bit.

    It is cached, and expanded from one number: torch forbids to write into it in place,
    and raises an error.
    """
    return torch.ones((), dtype=dtype, device=device).div_(shape.numel()).expand(shape)


def row_losses(model, batch):
    """Call a model on rows, or by keyword on rows and their context."""
    return model(**batch) if isinstance(batch, dict) else model(batch)


def on_device(batch, device):
    """Move a batch to a device."""
    if isinstance(batch, dict):
        return {name: tensor.to(device) for name, tensor in batch.items()}
    return batch.to(device)


def n_rows_of(batch):
    """Number of rows in a batch."""
    return len(batch["x"] if isinstance(batch, dict) else batch)


class Update(NamedTuple):
    """An optimizer step on a batch: of the whole model, or of one player."""

    player: str | None  # None: the whole model
    losses: Callable  # maps a batch to the losses of its rows
    weights: list
    step: Callable | None  # the optimizer's; None in evaluation


def take_step(update, batch):
    """Take a gradient step of all weights; return the mean loss."""
    for weight in update.weights:
        weight.grad = None
    losses = update.losses(batch)
    if update.weights:  # all of them may be frozen
        gradient = mean_gradient(losses.shape, losses.dtype, losses.device)
        losses.backward(gradient)
        update.step()
    # A number, not the tensor: a list of tiny tensors fragments the heap. Torch's mean
    # would take one kernel more.
    return losses.detach().sum().item() / losses.numel()


def alternating_step(update, batch):
    """Take a gradient step of one of several players; return the mean loss.

    Through torch's mean: second derivatives, as a critic's penalty has, would otherwise
    differ in the last bits.
    """
    for weight in update.weights:
        weight.grad = None
    loss = update.losses(batch).mean()
    if update.weights:
        # Without those of the other players.
        loss.backward(inputs=update.weights)
        update.step()
    return loss.item()


def weights_of(optimizer):
    """List the weights that an optimizer moves, over all its groups."""
    return [weight for group in optimizer.param_groups for weight in group["params"]]


_OPTIONS = ("weight_decay", "eps", "amsgrad", "maximize")
_HOOKS = ("_optimizer_step_pre_hooks", "_optimizer_step_post_hooks")
_GLOBAL_HOOKS = ("_global_optimizer_pre_hooks", "_global_optimizer_post_hooks")


def plain_step(optimizer):
    """Return a function that does what ``optimizer.step`` does, in less time.

    `torch.optim.Adam.step` collects weights and moments anew each time, opens a record
    for the profiler, calls hooks, groups tensors by device and counts the step once for
    every weight; for small networks that is a good part of a step. The function hands
    lists made once to the same kernel. It is the method itself wherever there could be
    a difference. While it is in use, no option of the optimizer may be changed but its
    learning rate.
    """
    if not _is_plain_adam(optimizer):
        return optimizer.step
    (group,) = optimizer.param_groups
    weights, (beta1, beta2) = group["params"], group["betas"]
    # The same numbers, but the kernel may write to them with gradients switched on.
    numbers = [weight.detach() for weight in weights]
    options = {name: group[name] for name in _OPTIONS}
    counter, moments = _state(optimizer, weights)

    def step():
        nonlocal counter, moments
        gradients = [weight.grad for weight in weights]
        if moments is None or any(gradient is None for gradient in gradients):
            # The first step makes the state of a weight.
            optimizer.step()
            counter, moments = _state(optimizer, weights)
            return
        counter += 1
        torch._fused_adam_(
            numbers, gradients, *moments, lr=group["lr"], beta1=beta1, beta2=beta2,
            **options, grad_scale=None, found_inf=None,
        )  # fmt: skip

    return step


def _state(optimizer, weights):
    """Return the number of steps of all weights, and lists of Adam's moments.

    From now on the numbers are views of one tensor, which is counted up at once. Both
    are None as long as a weight has no state.
    """
    states = [optimizer.state.get(weight) for weight in weights]
    if not all(states):
        return None, None
    counter = torch.stack([state["step"] for state in states])
    for state, number in zip(states, counter, strict=True):
        state["step"] = number
    names = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq", "step")
    return counter, [[state[n] for state in states if n in state] for n in names]


def _is_plain_adam(optimizer):
    """Whether it is torch's fused Adam with one group, and no hook on its steps."""
    hooks = [getattr(optimizer, name, True) for name in _HOOKS]
    hooks += [getattr(torch_optimizer, name, True) for name in _GLOBAL_HOOKS]
    return (
        type(optimizer) is torch.optim.Adam
        and hasattr(torch, "_fused_adam_")
        and len(optimizer.param_groups) == 1
        and bool(optimizer.param_groups[0].get("fused"))
        and not optimizer.param_groups[0].get("decoupled_weight_decay")
        and _is_of_one_kind(optimizer.param_groups[0])
        and not any(hooks)
        # A scheduler of torch puts its own there, a gradient scaler adds the others.
        and not {"step", "grad_scale", "found_inf"} & vars(optimizer).keys()
    )


def _is_of_one_kind(group):
    """Whether the kernel takes all weights at once: of one dtype, on the CPU."""
    numbers = [group["lr"], *group["betas"]]
    return (
        len({(w.device.type, w.dtype) for w in group["params"]}) == 1
        and group["params"][0].device.type == "cpu"
        and not any(isinstance(number, torch.Tensor) for number in numbers)
    )
