"""Values that are no containers: what of them a file keeps, and how they come back.

What a file keeps is made of text, numbers, lists and arrays, and of other such values.
"""

from skanomaly._saving.numpy_values import NUMPY, SCIPY
from skanomaly._saving.pandas_values import PANDAS
from skanomaly._saving.python_values import PYTHON
from skanomaly._saving.torch_values import TORCH

__all__ = ["BY_TAG", "kind_of"]

KINDS = [*PYTHON, *NUMPY, *SCIPY, *PANDAS, *TORCH]
BY_TAG = {kind.tag: kind for kind in KINDS}
BY_CLASS = {c: kind for kind in KINDS for c in kind.classes}


def kind_of(value):
    """Return the `Kind` of a value, or None."""
    for c in type(value).__mro__:
        if c in BY_CLASS:
            return BY_CLASS[c]
    return None
