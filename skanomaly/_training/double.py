"""A trained module in float64, of which one copy is kept for the next rows.

To copy a module takes longer than to score a single row.
"""

import copy
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

__all__ = ["float64_copy", "lent_copy"]

# The copy of each module, with the state of the module that it is a copy of. It stands
# beside the module and not inside: no pickle, file or copy of an estimator has it, and
# it goes when the module goes.
_KEPT: WeakKeyDictionary[nn.Module, tuple[Any, nn.Module]] = WeakKeyDictionary()

# Numbers in a copy that is kept, eight megabytes. To copy larger networks takes little
# beside what they compute.
MAX_NUMBERS = 2**20

# Their modules change nothing in themselves when they score. Those of users may.
STATELESS = {"skanomaly", "torch", "zuko"}

PLAIN = {bool, float, int, str}


def float64_copy(module):
    """Copy of a trained module that evaluates in float64."""
    with torch.inference_mode(False):  # or it could not be differentiated
        return copy.deepcopy(module).double().eval()


@contextmanager
def lent_copy(module):
    """Lend the float64 copy of a trained module: the kept one, if it is still right.

    It is taken out while it is in use, so that no two threads have the same one; a
    second thread makes its own. After an error it is dropped.
    """
    state = _state(module)
    kept_state, lent = _KEPT.pop(module, (None, None))
    if lent is None or kept_state != state:
        lent = float64_copy(module)
    yield lent
    if state is not None:
        _KEPT[module] = state, lent


def _state(module):
    """What tells that a module has changed; None if no copy should be kept."""
    parts = list(module.modules())
    tensors = [
        tensor
        for part in parts
        for tensor in (*part._parameters.values(), *part._buffers.values())
        if tensor is not None
    ]
    if (
        sum(tensor.numel() for tensor in tensors) > MAX_NUMBERS
        or any(tensor.is_inference() for tensor in tensors)  # they count no changes
        or {type(part).__module__.partition(".")[0] for part in parts} - STATELESS
    ):
        return None
    weights = [(id(tensor), tensor.data_ptr(), tensor._version) for tensor in tensors]
    return weights, [_settings(part) for part in parts]


def _settings(part):
    """Numbers and texts by which a module computes."""
    return {name: v for name, v in vars(part).items() if type(v) in PLAIN}
