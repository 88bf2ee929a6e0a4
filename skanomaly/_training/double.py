"""A trained module in float64, of which one copy is kept for the next rows.

To copy a module takes longer than to score a single row.
"""

import copy
import zlib
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import nn

__all__ = ["float64_copy", "lent_copy"]

# The copy of each module, with the state of the module that it is a copy of. It stands
# beside the module and not inside: no pickle, file or copy of an estimator has it, and
# it goes when the module goes.
_KEPT: WeakKeyDictionary[nn.Module, tuple[Any, nn.Module]] = WeakKeyDictionary()

# Numbers in a copy that is kept, two megabytes. To copy larger networks takes little
# beside what they compute.
MAX_NUMBERS = 2**18
CHECKED = {torch.float32, torch.float64, torch.int64, torch.int32, torch.bool}

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
    is_small = sum(tensor.numel() for tensor in tensors) <= MAX_NUMBERS
    is_plain = all(tensor.device.type == "cpu" for tensor in tensors)
    is_plain &= all(tensor.dtype in CHECKED for tensor in tensors)
    is_ours = {type(part).__module__.partition(".")[0] for part in parts} <= STATELESS
    if not (is_small and is_plain and is_ours):
        return None
    return [_checksum(tensor) for tensor in tensors], [_settings(p) for p in parts]


def _checksum(tensor):
    """What tells that the numbers of a tensor have changed, in whatever way.

    The version that torch counts misses what is written through `.data` or numpy.
    """
    numbers = np.ascontiguousarray(tensor.detach().numpy())
    return numbers.shape, numbers.dtype, zlib.crc32(numbers.data)


def _settings(part):
    """Numbers and texts by which a module computes."""
    return {name: v for name, v in vars(part).items() if type(v) in PLAIN}
